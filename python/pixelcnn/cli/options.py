"""What several subcommands share: arguments for data, models and outputs, and what becomes of them."""

import argparse
import csv
import dataclasses
import itertools
import re
import shlex
from pathlib import Path

from pixelcnn import data
from pixelcnn.data.classes import resolve_classes
from pixelcnn.data.quickdraw import environment_folder
from pixelcnn.files import require_writable
from pixelcnn.training.data_source import DataSource

OF_QUICKDRAW = ("data_dir", "source")  # options that fit --data quickdraw only
PLACE = ("data", *OF_QUICKDRAW)  # options that say where drawings come from
CONFIG = "config.json"  # of a run, which cannot go on without it
FROM_NETWORK = 1500  # QuickDraw drawings of a class: 20 classes are about 24 MB


class Interrupted(KeyboardInterrupt):
    """An interrupt that says what was kept."""


def examples(*lines):
    """Return the examples that stand below a `--help`.

    Args:
        lines: Commands, one each.
    """
    return "examples:\n" + "\n".join(f"  {line}" for line in lines)


def given(arguments, names):
    """Return the options that the user has given, as a dictionary.

    Args:
        arguments: Parsed.
        names: Of options whose default is None or False.
    """
    values = {name: getattr(arguments, name) for name in names}
    return {name: value for name, value in values.items() if value is not None and value is not False}


def refuse(arguments, names, why):
    """Raise an error if the user has given options that would do nothing.

    Args:
        arguments: Parsed.
        names: Of options whose default is None or False.
        why: Text of the error after "cannot be given".

    Raises:
        ValueError: If one of them is given.
    """
    for name in given(arguments, names):
        raise ValueError(f"--{name.replace('_', '-')} cannot be given {why}.")


def command(*words):
    """Return a command as the user can type it: paths with spaces are quoted.

    Args:
        words: The command and its arguments.

    Example:
        >>> command("pixelcnn", "info", Path("my runs"))
        "pixelcnn info 'my runs'"
    """
    return shlex.join(map(str, words))


def add_command(subparsers, name, run, summary, *lines):
    """Add a subcommand and return its parser.

    Args:
        subparsers: What `add_subparsers` returned.
        name: Of the subcommand.
        run: Function of the parsed arguments.
        summary: One line.
        lines: Examples for its `--help`.
    """
    parser = subparsers.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog=examples(*lines),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run, needs_keras=True)
    add_debug(parser, default=argparse.SUPPRESS)  # a default here would overwrite a --debug before the command
    return parser


def add_debug(parser, default=False):
    """Add `--debug`, which stands before the command or after it.

    Args:
        parser: Of the whole command line or of a subcommand.
        default: Value without the option.
    """
    parser.add_argument("--debug", action="store_true", default=default, help="show the traceback of an error")


def add_place_arguments(parser, default):
    """Add `--data`, `--data-dir`, `--source` and `--size`: where images come from.

    Args:
        parser: Of a subcommand.
        default: What `--data` is when it is not given, for the help.

    Returns:
        The argument group, to add to.
    """
    group = parser.add_argument_group("data")
    group.add_argument("--data", metavar="NAME", help=f"doodles, quickdraw or folder:PATH (default: {default})")
    group.add_argument(
        "--data-dir",
        metavar="DIR",
        help="folder with QuickDraw's .npy files (default: PIXELCNN_DATA, else the network)",
    )
    group.add_argument(
        "--source",
        metavar="S",
        help="of QuickDraw: local (--data-dir), network (with a cache) or auto, the first there is (default: auto)",
    )
    group.add_argument(
        "--size",
        type=picture_size,
        metavar="HxW",
        help="scale and crop a folder's pictures to this height and width, such as 28 or 28x20; 28x28x1 makes them "
        "grey, 28x28x3 RGB (default: no change, all pictures must have one size)",
    )
    return group


def add_choice_arguments(group):
    """Add `--classes` and `--per-class`: which images of the place.

    Args:
        group: What `add_place_arguments` returned.
    """
    group.add_argument(
        "--classes",
        metavar="NAMES",
        help="comma-separated class names, or blog20 or quickdraw13 (default: blog20; all of a folder)",
    )
    group.add_argument(
        "--per-class",
        type=int,
        metavar="N",
        help="training drawings of each class; a tenth as many are the test split (default: 400 doodles, 1500 of "
        "quickdraw from the network, all of a folder)",
    )


def add_sampling_arguments(parser):
    """Add `--temperature`, `--guidance` and `--seed`.

    Args:
        parser: Of a subcommand.
    """
    parser.add_argument("--temperature", type=float, default=1.0, help="below 1 for more typical drawings (default: 1)")
    parser.add_argument(
        "--guidance",
        type=float,
        default=0.0,
        metavar="W",
        help="above 0 for more of the class, with a model trained with --condition-dropout (default: 0)",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of the noise (default: 0)")


def folder_path(text):
    """Return a path; refuse an empty text, such as an unset shell variable, which would be the working directory.

    Args:
        text: The path.

    Raises:
        argparse.ArgumentTypeError: If the text is empty.
    """
    if not text:
        raise argparse.ArgumentTypeError("the path is empty; expected a folder")
    return Path(text)


def picture_size(text):
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
        raise argparse.ArgumentTypeError(f"{text!r} is no size; expected HxW such as 28x28, or HxWxC with C = 1 or 3")
    height, width, channels = (number and int(number) for number in match.groups())
    return (height, width or height) if channels is None else (height, width, channels)


def data_source(arguments, classes=None, per_class=None, seed=0):
    """Return the `DataSource` that the arguments describe.

    Args:
        arguments: Parsed, with those of `add_place_arguments`.
        classes: Class names, or None for all.
        per_class: As in `DataSource`, or None for the default.
        seed: Of doodles.

    Raises:
        ValueError: If they describe none.
    """
    kind, data_dir = arguments.data or "doodles", arguments.data_dir
    if kind != "quickdraw":
        refuse(arguments, OF_QUICKDRAW, f"with --data {kind}: it fits --data quickdraw only")
    if arguments.source == "network":
        refuse(arguments, ["data_dir"], "with --source network")
    if kind == "quickdraw" and data_dir is None and arguments.source != "network":
        data_dir = environment_folder(classes)  # config.json keeps it for --resume
    if per_class is None and kind == "quickdraw" and data_dir is None:
        per_class = FROM_NETWORK
    return DataSource(kind, classes, per_class, data_dir, arguments.source or "auto", seed, arguments.size)


def numbered(path):
    """Yield a path, then PATH-2, PATH-3, … (before the suffix, if there is one).

    Args:
        path: A path.

    Example:
        >>> names = numbered(Path("figures.json"))
        >>> next(names).name, next(names).name, next(names).name
        ('figures.json', 'figures-2.json', 'figures-3.json')
    """
    yield path
    yield from (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in itertools.count(2))


def class_list(text):
    """Return the class names in a comma-separated text, `None` for None.

    Args:
        text: Names, numbers, or "blog20" or "quickdraw13". A name with a comma is put in quotation
            marks, as in CSV files.

    Raises:
        ValueError: If there is no name in it.

    Example:
        >>> class_list("bee, The Eiffel Tower,308")
        ('bee', 'The Eiffel Tower', '308')
        >>> class_list('"salt, pepper",bee')
        ('salt, pepper', 'bee')
    """
    if text is None:
        return None
    if text.lower() in ("blog20", "quickdraw13"):
        return tuple(getattr(data, text.upper()))
    try:
        (fields,) = csv.reader([text], skipinitialspace=True)
    except (ValueError, csv.Error):
        fields = []
    names = tuple(name.strip() for name in fields if name.strip())
    if not names:
        raise ValueError(f"--classes is {text!r}; expected comma-separated class names.")
    return names


def add_model_arguments(parser):
    """Add the model: a run folder, a model file or `--pretrained`.

    Args:
        parser: Of a subcommand.
    """
    parser.add_argument("model", nargs="?", metavar="MODEL", help="a run folder or a .keras file")
    parser.add_argument(
        "--pretrained", metavar="NAME", help="in place of MODEL one that comes with the package, such as quickdraw13"
    )


def load_model(arguments):
    """Return `(model, run)`: the distribution, and its `RunConfig` when it was given as a run folder.

    Args:
        arguments: Parsed, with those of `add_model_arguments`.

    Raises:
        ValueError: If no model is given, or two are, or it is not one.
        OSError: If it cannot be read.
    """
    if (arguments.model is None) == (arguments.pretrained is None):
        raise ValueError("expected a run folder, a .keras file or --pretrained NAME, and only one of them.")
    import pixelcnn

    if arguments.pretrained is not None:
        return pixelcnn.load_pretrained(arguments.pretrained), None
    path = Path(arguments.model)
    if not path.exists():
        raise ValueError(f"model is {str(path)!r}, which does not exist; expected a run folder or a .keras file.")
    if not path.is_dir():
        return pixelcnn.load(path), None
    return _load_run(path)


def _load_run(path):
    import pixelcnn
    from pixelcnn.training import RunFolder

    folder = RunFolder(path)
    config = folder.read_config()
    if not folder.model.exists():
        epochs, checkpoint = folder.last_checkpoint()
        state = f"its last checkpoint is {checkpoint}" if epochs else "it has no checkpoint yet"
        raise ValueError(
            f"{str(path)!r} holds a run that is not finished ({state}); "
            f"go on with: {command('pixelcnn', 'train', '--resume', '--output', path)}"
        )
    return pixelcnn.load(folder.model), config


def source_for(arguments, config, model, per_class=None):
    """Return the data to compare a model with: what the arguments say, else that of its run, else None.

    Args:
        arguments: Parsed, with those of `add_place_arguments`.
        config: `RunConfig` or None.
        model: A distribution; its class names are the classes to load.
        per_class: As in `DataSource`, or None for the default.

    Raises:
        ValueError: If an argument contradicts the run or another argument, or would do nothing.
    """
    if arguments.data is None and arguments.size is not None:
        raise ValueError("--size is given without --data folder:PATH; it scales and crops the pictures of a folder.")
    if arguments.data is None and config is None:
        refuse(arguments, OF_QUICKDRAW, "without --data")
        return None
    if arguments.data is None:
        # The data that the run was trained on, perhaps from another folder; its classes and sizes cannot change.
        if config.data.kind != "quickdraw":
            refuse(arguments, OF_QUICKDRAW, f"for a run on {config.data.kind}: it fits quickdraw only")
        return dataclasses.replace(config.data, **given(arguments, OF_QUICKDRAW))
    return data_source(arguments, tuple(class_names(model)) if model.class_names else None, per_class)


def load_split(source, split, model):
    """Return `(images, labels)` of a split, checked to be what the model takes.

    Args:
        source: A `DataSource`.
        split: "train" or "test".
        model: A distribution.

    Raises:
        ValueError: If the images have another shape than the model's, or other classes.
        OSError: If the data cannot be read.
    """
    images, labels, names = source.load(split)
    if tuple(images.shape[1:]) != tuple(model.image_shape):
        shape = tuple(model.image_shape)
        hint = f" Give --data {source.kind} --size {'x'.join(map(str, shape))}." if source.kind[:7] == "folder:" else ""
        raise ValueError(f"the data has images of shape {images.shape[1:]}; the model's are {shape}.{hint}")
    if model.class_names and [str(name) for name in names] != class_names(model):
        raise ValueError(
            f"the data has the classes {', '.join(map(str, names))}; the model's are {', '.join(class_names(model))}."
        )
    if model.num_classes and len(names) != model.num_classes:
        raise ValueError(f"the data has {len(names)} classes; the model has {model.num_classes}.")
    return images, labels


def select_classes(text, model):
    """Return the labels that `--classes` names, all of the model's without it.

    Args:
        text: Comma-separated names or numbers of the model's classes, or None.
        model: A class-conditional distribution.

    Raises:
        ValueError: If the model has no such class.
    """
    if not model.num_classes:
        raise ValueError("the model has no classes; --classes and class figures need a class-conditional one.")
    if text is None:
        return list(range(model.num_classes))
    names = model.class_names or [str(label) for label in range(model.num_classes)]
    wanted = [text] if text in names else class_list(text)  # a single name may have commas, or be "blog20"
    return [label for one in wanted for label in resolve_classes(one, names)]


def class_names(model):
    """Return the model's class names, or "class 0" and so on.

    Args:
        model: A class-conditional distribution.
    """
    return [str(name) for name in model.class_names or [f"class {k}" for k in range(model.num_classes)]]


def check_output(path, suffixes, inputs=()):
    """Check before the work that an output can be written there, and return it as a path.

    Args:
        path: The file.
        suffixes: What it may end in.
        inputs: Files that the command reads, and must not overwrite.

    Raises:
        ValueError: If the path has another suffix, is a folder, an input or a run's `config.json`, or lies below a file.
        OSError: If no file can be written there.
    """
    path = Path(path)
    if path.suffix.lower() not in suffixes:
        raise ValueError(f"--output is {str(path)!r}; expected a file name that ends in {' or '.join(suffixes)}.")
    if path.is_dir():
        raise ValueError(f"--output is {str(path)!r}, which is a folder; expected a file name.")
    if path.name == CONFIG or any(path.resolve() == Path(other).resolve() for other in inputs):
        what = "the name of a run's configuration" if path.name == CONFIG else "an image to complete"
        raise ValueError(f"--output is {str(path)!r}, {what}, which would be overwritten; expected another file name.")
    require_writable("--output", path)
    return path
