"""Arguments for data, models and outputs that several subcommands share, and the objects that they describe."""

import argparse
import csv
import dataclasses
import itertools
import os
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from pixelcnn import data
from pixelcnn.data.classes import resolve_classes
from pixelcnn.data.quickdraw import environment_folder
from pixelcnn.files import require_writable
from pixelcnn.training.data_source import DataSource

OF_QUICKDRAW = ("data_dir", "source")  # options for --data quickdraw
OF_MNIST = ("data_dir",)  # options for --data mnist
PLACE = ("data", *OF_QUICKDRAW)  # options for the origin of drawings
CONFIG = "config.json"  # of a run, which cannot be resumed without this file
FROM_NETWORK = 1500  # drawings of each class of QuickDraw; 20 classes are about 24 MB


class Interrupted(KeyboardInterrupt):
    """An interrupt whose text names the files that were kept."""


def examples(*lines: str) -> str:
    """Return the examples at the end of a `--help`.

    Args:
        lines: The commands.
    """
    return "examples:\n" + "\n".join(f"  {line}" for line in lines)


def options_given(arguments: argparse.Namespace, names: Iterable[str]) -> dict[str, Any]:
    """Return the names and values of the options that the user has given.

    Args:
        arguments: Parsed arguments.
        names: Names of options whose default is None or False.
    """
    values = {name: getattr(arguments, name) for name in names}
    return {name: value for name, value in values.items() if value is not None and value is not False}


def refuse(arguments: argparse.Namespace, names: Iterable[str], why: str) -> None:
    """Raise an error if the user has given options that would have no effect.

    Args:
        arguments: Parsed arguments.
        names: Names of options whose default is None or False.
        why: The text of the error after "cannot be given".

    Raises:
        ValueError: If one of these options is given.
    """
    for name in options_given(arguments, names):
        raise ValueError(f"--{name.replace('_', '-')} cannot be given {why}.")


def command(*words: object) -> str:
    """Return a command that the user can type, in which paths with spaces are quoted.

    Args:
        words: The command and its arguments.

    Example:
        >>> command("pixelcnn", "info", Path("my runs"))
        "pixelcnn info 'my runs'"
    """
    return shlex.join(map(str, words))


def add_command(
    subparsers: Any, name: str, run: Callable[[argparse.Namespace], None], summary: str, *lines: str
) -> argparse.ArgumentParser:
    """Add a subcommand and return its parser.

    Args:
        subparsers: A result of `add_subparsers`.
        name: Name of the subcommand.
        run: The function of the parsed arguments that runs the subcommand.
        summary: A description in one line.
        lines: Examples for `--help`.
    """
    parser = subparsers.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog=examples(*lines),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run, needs_keras=True)
    parser.register("type", int, whole_number)
    parser.register("type", float, number)
    add_debug(parser, default=argparse.SUPPRESS)  # False would overwrite a --debug before the command
    return parser


def add_debug(parser: argparse.ArgumentParser, default: Any = False) -> None:
    """Add `--debug`, which the user gives before or after the command.

    Args:
        parser: The parser of the whole command line or of a subcommand.
        default: The value without the option.
    """
    parser.add_argument("--debug", action="store_true", default=default, help="show the traceback of an error")


def add_place_arguments(parser: argparse.ArgumentParser, default: str) -> Any:
    """Add `--data`, `--data-dir`, `--source` and `--size`, the origin of images.

    Args:
        parser: The parser of a subcommand.
        default: The default of `--data`, for the help.

    Returns:
        The argument group, for further arguments.
    """
    group = parser.add_argument_group("data")
    group.add_argument("--data", metavar="NAME", help=f"doodles, quickdraw, mnist or folder:PATH (default: {default})")
    group.add_argument(
        "--data-dir",
        metavar="DIR",
        help="folder with QuickDraw's .npy files or with mnist/binarized_mnist.npz (default: PIXELCNN_DATA, else the "
        "network)",
    )
    group.add_argument(
        "--source",
        metavar="S",
        help="local (--data-dir), network (with a cache), or auto: local, else network; for QuickDraw (default: auto)",
    )
    group.add_argument(
        "--size",
        type=picture_size,
        metavar="HxW",
        help="scale and crop a folder's pictures to this height and width, such as 28 or 28x20; 28x28x1 makes pictures "
        "grey, 28x28x3 RGB (default: no change; all pictures must have the same size)",
    )
    return group


def add_choice_arguments(group: Any) -> None:
    """Add `--classes` and `--per-class`, the choice of images.

    Args:
        group: A result of `add_place_arguments`.
    """
    group.add_argument(
        "--classes",
        metavar="NAMES",
        help="comma-separated class names, or blog20 or quickdraw13 (default: blog20; all classes of a folder)",
    )
    group.add_argument(
        "--per-class",
        type=int,
        metavar="N",
        help="number of training drawings of each class; the test split has a tenth as many (default: 400 doodles, "
        "1500 drawings of quickdraw from the network, all pictures of a folder)",
    )


def add_sampling_arguments(
    parser: argparse.ArgumentParser, guidance: float | None = 0.0, why: str = "default: 0"
) -> None:
    """Add `--temperature`, `--guidance`, `--seed` and `--gif`.

    Args:
        parser: The parser of a subcommand.
        guidance: The default of `--guidance`.
        why: What the help says about the default of `--guidance`.
    """
    parser.add_argument(
        "--temperature", type=float, default=1.0, metavar="T", help="below 1 for more typical drawings (default: 1)"
    )
    add_guidance_argument(parser, guidance, why)
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="seed of the drawings (default: 0)")
    parser.add_argument(
        "--gif", metavar="GIF", help="a GIF file to write too, in which the images appear row by row (default: none)"
    )


def add_guidance_argument(parser: argparse.ArgumentParser, guidance: float | None, why: str) -> None:
    """Add `--guidance`.

    Args:
        parser: The parser of a subcommand.
        guidance: The default.
        why: What the help says about the default.
    """
    parser.add_argument(
        "--guidance",
        type=float,
        default=guidance,
        metavar="W",
        help=f"above 0 for drawings closer to the class; needs a model trained with --condition-dropout ({why})",
    )


def add_devices_argument(parser: argparse.ArgumentParser) -> None:
    """Add `--devices`.

    Args:
        parser: The parser of a subcommand.
    """
    parser.add_argument(
        "--devices",
        metavar="D",
        help="devices that share the work: all, a number, or names such as gpu:0,gpu:2; JAX and TensorFlow only "
        "(default: the backend's first device)",
    )


@contextmanager
def devices_in_use(arguments: argparse.Namespace) -> Iterator[None]:
    """Return a context in which a model is made or loaded on the devices of `--devices`.

    A model keeps its devices after the context. Other models, such as a classifier that judges drawings, take one.

    Args:
        arguments: Parsed arguments, perhaps with those of `add_devices_argument`.

    Raises:
        ValueError: If there are no such devices, the backend is torch, or several machines do not take all devices.
    """
    text = getattr(arguments, "devices", None)
    if text is None:
        yield
        return
    import pixelcnn
    from pixelcnn.backend import machine_count

    pixelcnn.use_devices(text if text == "all" else int(text) if text.isdecimal() else text.split(","))
    try:
        yield
    finally:
        if machine_count() == 1:
            pixelcnn.use_devices(1)


def whole_number(text: str) -> int:
    """Return the whole number in a text.

    Args:
        text: The text of an argument.

    Raises:
        argparse.ArgumentTypeError: If the text is not a whole number.
    """
    return _converted(int, text, "a whole number")


def whole_number_or_auto(text: str) -> int | str:
    """Return the whole number in a text, or "auto".

    Args:
        text: The text of an argument.

    Raises:
        argparse.ArgumentTypeError: If the text is neither.
    """
    return text if text == "auto" else _converted(int, text, "a whole number or auto")


def number(text: str) -> float:
    """Return the number in a text.

    Args:
        text: The text of an argument.

    Raises:
        argparse.ArgumentTypeError: If the text is not a number.
    """
    return _converted(float, text, "a number")


def _converted(kind: Callable[[str], Any], text: str, expected: str) -> Any:
    try:
        return kind(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} does not fit: expected {expected}") from None


def folder_path(text: str) -> Path:
    """Return a path; refuse an empty text, such as an unset shell variable, because it is the working directory.

    Args:
        text: The path.

    Raises:
        argparse.ArgumentTypeError: If the text is empty.
    """
    if not text:
        raise argparse.ArgumentTypeError("the path is empty: expected a folder")
    return Path(text)


def picture_size(text: str) -> tuple[int, ...]:
    """Return the value of `--size` as (H, W) or (H, W, C).

    Args:
        text: HxW or HxWxC; one number is a square.

    Raises:
        argparse.ArgumentTypeError: If the text is not a size.

    Example:
        >>> picture_size("28"), picture_size("28x20"), picture_size("28x28x1")
        ((28, 28), (28, 20), (28, 28, 1))
    """
    match = re.fullmatch("([1-9][0-9]{0,4})(?:x([1-9][0-9]{0,4})(?:x([13]))?)?", text.strip().lower())
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} does not fit: expected HxW such as 28x28, or HxWxC with C = 1 or 3")
    height, *others = (int(number) for number in match.groups() if number)
    return height, *(others or [height])


def data_source(
    arguments: argparse.Namespace, classes: tuple[str, ...] | None = None, per_class: int | None = None, seed: int = 0
) -> DataSource:
    """Return the `DataSource` that the arguments describe.

    Args:
        arguments: Parsed arguments, with those of `add_place_arguments`.
        classes: Class names, or None for all classes.
        per_class: As in `DataSource`, or None for the default.
        seed: Seed of doodles.

    Raises:
        ValueError: If the arguments do not describe a `DataSource`.
    """
    kind, data_dir = arguments.data or "doodles", arguments.data_dir
    _refuse_place(arguments, kind, f"with --data {kind}")
    if arguments.source == "network":
        refuse(arguments, ["data_dir"], "with --source network")
    if kind == "quickdraw" and data_dir is None and arguments.source != "network":
        data_dir = environment_folder(classes)  # config.json keeps this folder for --resume
    if per_class is None and kind == "quickdraw" and data_dir is None:
        per_class = FROM_NETWORK
    return DataSource(kind, classes, per_class, data_dir, arguments.source or "auto", seed, arguments.size)


def _refuse_place(arguments: argparse.Namespace, kind: str, where: str) -> None:
    """Refuse the options for the place of files that images of a kind do not have."""
    for name in OF_QUICKDRAW:
        kinds = ["quickdraw", *(["mnist"] if name in OF_MNIST else [])]
        if kind not in kinds:
            refuse(arguments, [name], f"{where}, because it is for {' and '.join(kinds)} only")


def numbered(path: Path) -> Iterator[Path]:
    """Yield a path, then PATH-2, PATH-3, …, with the number before the suffix.

    Args:
        path: A path.

    Example:
        >>> names = numbered(Path("figures.json"))
        >>> next(names).name, next(names).name, next(names).name
        ('figures.json', 'figures-2.json', 'figures-3.json')
    """
    yield path
    yield from (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in itertools.count(2))


def class_list(text: str, option: str = "--classes") -> tuple[str, ...]:
    """Return the class names in a comma-separated text.

    Args:
        text: Names, numbers, or "blog20" or "quickdraw13". A name with a comma is in quotation marks, as in CSV files.
        option: The option that has the text, for errors.

    Raises:
        ValueError: If the text holds no name.

    Example:
        >>> class_list("bee, The Eiffel Tower,308")
        ('bee', 'The Eiffel Tower', '308')
        >>> class_list('"salt, pepper",bee')
        ('salt, pepper', 'bee')
    """
    if text.lower() in ("blog20", "quickdraw13"):
        return tuple(getattr(data, text.upper()))
    try:
        (fields,) = csv.reader([text], skipinitialspace=True)
    except (ValueError, csv.Error):
        fields = []
    names = tuple(name.strip() for name in fields if name.strip())
    if not names:
        raise ValueError(f"{option}={text!r} does not fit: expected comma-separated class names.")
    return names


def add_model_arguments(parser: argparse.ArgumentParser, default: str | None = None) -> None:
    """Add the arguments for the model: a run folder, a model file or `--pretrained`.

    Args:
        parser: The parser of a subcommand.
        default: The value of `--pretrained` that the subcommand takes if the user names no model, for the help.
    """
    more = f" (default: --pretrained {default})" if default else ""
    parser.add_argument("model", nargs="?", metavar="MODEL", help=f"a run folder or a .keras file{more}")
    parser.add_argument(
        "--pretrained",
        metavar="NAME",
        help="in place of MODEL a model of the package, such as quickdraw13",
    )


def load_model(arguments: argparse.Namespace) -> tuple[Any, Any]:
    """Return the distribution, and the `RunConfig` of a run folder or None.

    Args:
        arguments: Parsed arguments, with those of `add_model_arguments`.

    Raises:
        ValueError: If no model or two models are given, or the path is not a model.
        OSError: If the model cannot be read.
    """
    if (arguments.model is None) == (arguments.pretrained is None):
        raise ValueError("MODEL is missing or given twice: expected a run folder, a .keras file or --pretrained NAME.")
    with devices_in_use(arguments):
        return _load(arguments)


def _load(arguments: argparse.Namespace) -> tuple[Any, Any]:
    import pixelcnn

    if arguments.pretrained is not None:
        return pixelcnn.load_pretrained(arguments.pretrained), None
    path = Path(arguments.model)
    if not path.exists():
        raise ValueError(f"MODEL={str(path)!r} does not exist: expected a run folder or a .keras file.")
    if not path.is_dir():
        return pixelcnn.load(path), None
    return _load_run(path)


def _load_run(path: Path) -> tuple[Any, Any]:
    import pixelcnn
    from pixelcnn.training import RunFolder

    folder = RunFolder(path)
    config = folder.read_config()
    if not folder.model.exists():
        *_, checkpoint = folder.last_checkpoint()
        state = f"its last checkpoint is {checkpoint}" if checkpoint else "it has no checkpoint yet"
        raise ValueError(
            f"MODEL={str(path)!r} does not fit: expected a finished run ({state}); "
            f"go on with: {command('pixelcnn', 'train', '--resume', '--output', path)}"
        )
    return pixelcnn.load(folder.model), config


def source_for(
    arguments: argparse.Namespace, config: Any, model: Any, per_class: int | None = None
) -> DataSource | None:
    """Return the data that the arguments describe, else the data of the model's run, else None.

    Args:
        arguments: Parsed arguments, with those of `add_place_arguments`.
        config: The `RunConfig` of the run, or None.
        model: A distribution, whose class names are the classes to load.
        per_class: As in `DataSource`, or None for the default.

    Raises:
        ValueError: If an argument contradicts the run or another argument, or would have no effect.
    """
    if arguments.data is None and arguments.size is not None:
        raise ValueError("--size cannot be given without --data folder:PATH, because it crops a folder's pictures.")
    if arguments.data is None and config is None:
        refuse(arguments, OF_QUICKDRAW, "without --data")
        return None
    if arguments.data is None:
        # The training data of the run, possibly from another folder. The classes and sizes cannot change.
        _refuse_place(arguments, config.data.kind, f"for a run on {config.data.kind}")
        return dataclasses.replace(config.data, **options_given(arguments, OF_QUICKDRAW))
    return data_source(arguments, tuple(class_names(model)) if model.class_names else None, per_class)


def load_split(source: DataSource, split: str, model: Any, in_memory: bool = True) -> tuple[Any, Any]:
    """Return `(images, labels)` of a split, and check that they fit the model. Images without classes have labels None.

    Args:
        source: A `DataSource`.
        split: "train" or "test".
        model: A distribution.
        in_memory: Whether drawings of more than 1 GiB are read too, and do not stay in their files.

    Raises:
        ValueError: If the data has another image shape or other classes than the model.
        OSError: If the data cannot be read.
    """
    images, labels, names = source.load(split) if in_memory else source.open(split)
    if tuple(images.shape[1:]) != tuple(model.image_shape):
        shape = tuple(model.image_shape)
        hint = f" Give --data {source.kind} --size {'x'.join(map(str, shape))}." if source.kind[:7] == "folder:" else ""
        raise ValueError(f"--data has images of shape {images.shape[1:]}: expected {shape}, as the model's.{hint}")
    if model.class_names and [str(name) for name in names] != class_names(model):
        raise ValueError(
            f"--data has the classes {', '.join(map(str, names))}: expected those of the model, "
            f"{', '.join(class_names(model))}."
        )
    if model.num_classes and len(names) != model.num_classes:
        raise ValueError(f"--data has {len(names)} classes: expected {model.num_classes}, as the model has.")
    return images, labels


def labels_for(text: str | None, count: int, model: Any, option: str) -> np.ndarray | None:
    """Return a label for each image, (count,), or None for images without a class.

    Args:
        text: One class of all images, or comma-separated one class for each image; None if the user gives none.
        count: Number of images.
        model: A distribution.
        option: The option that has the text, for errors.

    Raises:
        ValueError: If the model has no classes, or the classes do not fit.
    """
    if not model.num_classes:
        if text is None:
            return None
        raise ValueError(f"{option} cannot be given for a model without classes.")
    if text is None:
        raise ValueError(f"{option} is missing: expected the class of all images, or one class for each image.")
    labels = select_classes(text, model)
    if len(labels) not in (1, count):
        raise ValueError(f"{option} has {len(labels)} names: expected 1, or {count}, one for each image.")
    return np.resize(labels, count)


def select_classes(text: str | None, model: Any) -> list[int]:
    """Return the labels of the classes in `--classes`, or all labels of the model without `--classes`.

    Args:
        text: Comma-separated names or labels of the model's classes, or None.
        model: A class-conditional distribution.

    Raises:
        ValueError: If the model has no classes, or lacks a class.
    """
    if not model.num_classes:
        raise ValueError("MODEL has no classes: expected a class-conditional model for --classes and class figures.")
    if text is None:
        return list(range(model.num_classes))
    names = model.class_names or [str(label) for label in range(model.num_classes)]
    wanted = [text] if text in names else class_list(text)  # a class name may have commas, or be "blog20"
    return [label for one in wanted for label in resolve_classes(one, names)]


def class_names(model: Any) -> list[str]:
    """Return the model's class names, or "class 0", "class 1", … for classes without names.

    Args:
        model: A class-conditional distribution.
    """
    from pixelcnn.evaluation.labelled_images import class_names

    return class_names(model)


def shown(model: Any, images: np.ndarray | None) -> Any:
    """Return images as figures show them: those of levels that are names in colours, bytes (…, H, W, 3).

    Args:
        model: A distribution.
        images: Levels (…, H, W, C), or None.
    """
    from pixelcnn import vq

    return vq.colours(images) if images is not None and shows_colours(model) else images


def shows_colours(model: Any) -> bool:
    """Return whether figures show the levels of a model in colours, because the levels are names.

    Args:
        model: A distribution.
    """
    return model.get_config()["levels"] == "categorical" and model.image_shape[-1] == 1


def range_shown(model: Any) -> dict[str, Any]:
    """Return `low` and `high` of the images that `shown` returns, for the functions of `pixelcnn.plot`.

    Args:
        model: A distribution.
    """
    return {"low": 0, "high": 255} if shows_colours(model) else {"low": model.low, "high": model.high}


def check_output(
    path: str | os.PathLike[str],
    suffixes: Sequence[str],
    inputs: Iterable[str | os.PathLike[str]] = (),
    name: str = "--output",
) -> Path:
    """Check before the work that an output file can be written, and return its path.

    Args:
        path: The file.
        suffixes: The allowed suffixes.
        inputs: Files that the command reads, and must not overwrite.
        name: The option, for errors.

    Raises:
        ValueError: If the path has another suffix, is a folder, an input or a run's `config.json`, or if a parent is a
            file.
        OSError: If the file cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() not in suffixes:
        raise ValueError(f"{name}={str(path)!r} does not fit: expected a name that ends in {' or '.join(suffixes)}.")
    if path.is_dir():
        raise ValueError(f"{name}={str(path)!r} is a folder: expected a file name.")
    if path.name == CONFIG or any(path.resolve() == Path(other).resolve() for other in inputs):
        kind = "the name of a run's configuration" if path.name == CONFIG else "an input"
        raise ValueError(f"{name}={str(path)!r} is {kind}, which would be overwritten: expected another name.")
    require_writable(name, path)
    return path
