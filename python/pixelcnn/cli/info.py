"""`pixelcnn info`: versions, devices, presets and trained models of the package, or a description of one model."""

import argparse
import dataclasses
import os
import platform
import textwrap
from pathlib import Path
from typing import Any

from pixelcnn.cli.options import add_command, add_model_arguments, load_model, refuse
from pixelcnn.cli.terminal import say
from pixelcnn.training.amounts import duration, size
from pixelcnn.training.presets import PRESETS, Preset

IMAGE_SHAPE, NUM_CLASSES, IMAGES = (28, 28, 1), 20, 10_000


def register(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = add_command(
        subparsers,
        "info",
        run,
        "show versions, devices, the trained models of the package and the costs of the presets on this machine, or a "
        "description of a model",
        "pixelcnn info",
        "pixelcnn info --measure                # train a few steps of each preset (takes minutes)",
        "pixelcnn info runs/quickdraw",
        "pixelcnn info --pretrained quickdraw13",
    )
    add_model_arguments(parser)
    parser.add_argument(
        "--measure", action="store_true", help="measure the times by training a few steps of each preset"
    )


def run(arguments: argparse.Namespace) -> None:
    """Print the machine, the trained models and the presets, or the description of a model."""
    if arguments.model is not None or arguments.pretrained is not None:
        refuse(arguments, ["measure"], "with a model, because it measures the presets")
        model, config = load_model(arguments)
        say(*card(model, config, arguments.model))
        if arguments.pretrained is not None:
            say(*pretrained_card(arguments.pretrained))
        return
    say(*machine(), "")
    say("trained models of the package, for --pretrained NAME", *pretrained_models(), "")
    print_presets(arguments.measure)


def machine() -> list[str]:
    """Return lines about versions, backend and devices."""
    from pixelcnn.backend import compile_cache_line, device_names
    from pixelcnn.training.dtype import fastest_dtype
    from pixelcnn.training.run_folder import installed_versions

    versions = installed_versions()
    backend = versions.pop("backend")
    return [
        f"python    {platform.python_version()} on {platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        f"packages  {', '.join(f'{name} {version}' for name, version in versions.items())}",
        f"backend   {backend}",
        f"devices   {', '.join(device_names())}",
        f"compiled  {compile_cache_line()}",
        f"dtype     {fastest_dtype()} is the choice of --dtype auto for the small preset on this machine",
    ]


def pretrained_models() -> list[str]:
    """Return a line with name and summary for each trained model of the package."""
    from pixelcnn.pretrained import cards

    return [line for card in cards().values() for line in field_lines(card.name, card.summary)]


def pretrained_card(name: str) -> list[str]:
    """Return the lines of the card of a trained model of the package.

    Args:
        name: Name of the model.
    """
    from pixelcnn.pretrained import cards

    fields = dataclasses.asdict(cards()[name])
    figures = "; ".join(f"{figure} {value:g}" for figure, value in fields["figures"].items())
    texts = fields | {"figures": figures, "guidance": f"{fields['guidance']:g}"}
    return [line for field, text in texts.items() for line in field_lines(field.replace("_", " "), text)]


def field_lines(name: str, text: str) -> list[str]:
    """Return the lines of a name and a text behind it, of at most 120 characters.

    Args:
        name: Name of a field or model.
        text: The text.

    Example:
        >>> field_lines("bad at", "lines")
        ['bad at      lines']
    """
    options: dict[str, Any] = {"break_long_words": False, "break_on_hyphens": False}
    return textwrap.wrap(f"{name:<11} {text}", 120, subsequent_indent=" " * 12, **options)


def print_presets(measure: bool) -> None:
    """Print the table of presets, each row as soon as its numbers are known.

    Args:
        measure: Whether to measure times by training a few steps of each preset, in place of estimates.
    """
    from pixelcnn.training.cost import matrix_rate
    from pixelcnn.training.memory_limits import available_memory

    rate = None if measure else matrix_rate()
    say(f"presets of PixelCNN++, for {NUM_CLASSES} classes of 28x28x1 images, float32")
    say("name    depth/grids/filters/mix   parameters    memory   batch   a pass over 10,000 images")
    for preset in PRESETS.values():
        say(preset_line(preset, rate))
    available = available_memory()
    left = "" if available is None else f"; {size(available)} available"
    say(f"memory is estimated: what training at this batch size takes beyond a process that has loaded a backend{left}")
    if rate is None:
        say("times are measured: training steps of each preset on random images on this machine")
    else:
        say(
            f"times are estimated from counted operations and a matrix product timed just now "
            f"({2e-9 * rate:,.0f} GFLOP/s); they can be off by a factor of two. --measure measures the times."
        )


def preset_line(preset: Preset, rate: float | None) -> str:
    """Return the row of a preset in the table.

    Args:
        preset: A `Preset`.
        rate: Measured multiply-adds per second, or None to train a few steps.
    """
    from pixelcnn.training.cost import pixel_cnn_plus_plus_cost

    cost = pixel_cnn_plus_plus_cost(IMAGE_SHAPE, NUM_CLASSES, **preset.model_arguments())
    if rate is None:
        from pixelcnn.training.measure import measure_images_per_second

        speed, first = measure_images_per_second(preset, IMAGE_SHAPE, NUM_CLASSES)
        text = f"{duration(IMAGES / speed)} ({speed:.1f} images/s; first step after {first:.0f} s)"
    else:
        text = f"about {duration(cost.training_seconds(IMAGES, rate))}"
    depth = f"{preset.num_resnet}/{preset.num_hierarchies}/{preset.num_filters}/{preset.num_logistic_mix}"
    averages, dropout = preset.ema_momentum is not None, preset.dropout_p > 0
    memory = size(cost.training_bytes(preset.batch_size, dropout=dropout, averages=averages))
    counted = f"{depth:<23} {cost.parameters:>12,} {memory:>9} {preset.batch_size:>7}"
    return f"{preset.name:<7} {counted}   {text}; {preset.purpose}"


def card(model: Any, config: Any, path: str | None) -> list[str]:
    """Return the lines that describe a model.

    Args:
        model: A distribution.
        config: The `RunConfig` of the model's run, or None.
        path: The run folder or model file, or None.
    """
    lines = [
        f"family      {type(model).__name__}",
        f"images      {model.image_shape}, levels {model.low} ... {model.high}",
        f"parameters  {model.count_params():,}",
        f"dtype       {model.dtype_policy.name}",
        f"training    {_memory(model, 32 if config is None else config.batch_size)}",
    ]
    if model.num_classes:
        names = ", ".join(str(name) for name in model.class_names) if model.class_names else "without names"
        lines.append(f"classes     {model.num_classes}: {names}")
    if model.condition.orders.count > 1:
        lines.append(f"orders      {model.condition.orders.count} of the pixels")
    if config is not None:
        lines += _training_lines(config, path)
    return lines


def _memory(model: Any, batch_size: int) -> str:
    from pixelcnn.training.fitting_memory import memory_line, memory_of
    from pixelcnn.training.memory_limits import available_memory

    return memory_line(memory_of(model), batch_size, available_memory())


def _training_lines(config: Any, path: Any) -> list[str]:
    from pixelcnn.training.callbacks import read_history
    from pixelcnn.training.run_folder import RunFolder

    rows = read_history(RunFolder(Path(path)).history)
    lines = [f"preset      {config.preset.name}", f"data        {config.data.kind}"]
    if rows:
        last = rows[-1]
        seconds, images = float(last["seconds"]), int(last["images"])
        done = f"{duration(seconds)}, {last['epoch']} epochs, {images:,} images, {images / seconds:.1f} images/s"
        lines.append(f"trained     {done}")
        validation = f", validation {last['val_bits_per_dim']}" if last["val_bits_per_dim"] else ""
        lines.append(f"bits/dim    {last['bits_per_dim']} in training{validation}")
    return lines
