"""The guidance of figures, and of the page, for which the user gives none.

It is that of the model's card, or of the run's evaluation, or else a moderate one. Models that were trained without
condition_dropout have none.
"""

import argparse
from pathlib import Path
from typing import Any

from pixelcnn.cli.evaluate import RESULTS, earlier_records
from pixelcnn.cli.options import command
from pixelcnn.cli.terminal import say
from pixelcnn.training.presets import FIGURE_GUIDANCE


def figure_guidance(arguments: argparse.Namespace, model: Any, run: Path | None) -> float:
    """Return the guidance of a figure or of the page, and print where it comes from if the user gives none.

    Args:
        arguments: Parsed arguments, of which `guidance`, `pretrained` and `temperature` are used.
        model: A distribution.
        run: The run folder of the model, or None.
    """
    if getattr(arguments, "guidance", None) is not None:
        return arguments.guidance
    if not model.num_classes or not model.condition.dropout:
        return 0.0
    guidance: float | None
    if getattr(arguments, "pretrained", None) is not None:
        from pixelcnn.pretrained import cards

        guidance, source = cards()[arguments.pretrained].guidance, "of the model's card"
    else:
        temperature = getattr(arguments, "temperature", 1.0)
        guidance, source = (run and chosen_guidance(run, model, temperature)) or (None, "")
    if guidance is None:
        measure = command("pixelcnn", "evaluate", run, "--guidances", "0,0.5,1,2") if run else "--guidance W"
        guidance, source = FIGURE_GUIDANCE, f"not measured to suit ({measure})"
    say(f"guidance {guidance:g}, {source}; --guidance 0 draws from the distribution as it is")
    return guidance


def chosen_guidance(run: Path, model: Any, temperature: float = 1.0) -> tuple[float, str] | None:
    """Return the guidance that `pixelcnn evaluate --guidances` has found for the weights of a model, and its file.

    Of several files the one with the most drawings counts, and of those the one with the highest number.

    Args:
        run: The run folder of the model.
        model: The distribution.
        temperature: The temperature of the draws, because another one suits another guidance.
    """
    from pixelcnn.training.data_source import checksum

    weights = checksum(*model.get_weights())
    choices = [
        (record["guidance_choice"], file)
        for file, record in earlier_records(run / RESULTS)
        if "guidance_choice" in record
        and record.get("weights_checksum") == weights
        and record["guidance_choice"].get("settings", {}).get("temperature", 1.0) == temperature
    ]
    if not choices:
        return None
    choice, file = max(reversed(choices), key=lambda pair: pair[0].get("settings", {}).get("samples_per_class", 0))
    return float(choice["guidance"]), f"of {file}"
