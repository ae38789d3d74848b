"""Presets: trained models by name, in a folder, or on the Hugging Face Hub, in the layout of Keras Hub.

A preset has the files `config.json` (class and arguments) and `model.weights.h5`. A folder that Keras itself writes or
uploads has these files too.
"""

import os
from importlib.util import find_spec
from pathlib import Path

import keras

from pixelcnn import require
from pixelcnn.distribution import PixelDistribution
from pixelcnn.files import on_hugging_face, read_json
from pixelcnn.layers.budget import at_most
from pixelcnn.model_file import SMALLEST_WEIGHT, check_config, register_families
from pixelcnn.pretrained import NAMES, load_pretrained
from pixelcnn.weights_file import CONFIG, WEIGHTS, named


def load_preset(preset: str | os.PathLike[str], kind: type[PixelDistribution]) -> PixelDistribution:
    """Load a preset that holds a distribution of a class.

    Args:
        preset: As in `PixelDistribution.from_preset`.
        kind: The class, or a base class.

    Raises:
        FileNotFoundError, ImportError, ValueError: As in `PixelDistribution.from_preset`.
    """
    require.path("preset", preset)
    if preset in NAMES:
        model = load_pretrained(str(preset))
        _require_kind(preset, type(model), kind)
        return model
    register_families()
    config_file, weights = _file_of(preset, CONFIG), _file_of(preset, WEIGHTS)
    most_weights = weights.stat().st_size // SMALLEST_WEIGHT
    with named(preset, "preset"):
        config = read_json(config_file)
        of_preset = check_config(config, most_weights)
    _require_kind(preset, of_preset, kind)
    with named(preset, "preset"):
        with at_most(most_weights):
            model = keras.saving.deserialize_keras_object(config, safe_mode=True)
        model.load_weights(weights)
    return model


def _require_kind(preset, of_preset, kind):
    if not issubclass(of_preset, kind):
        raise ValueError(
            f"preset={str(preset)!r} does not fit: expected a {kind.__name__}, but it holds a {of_preset.__name__}; "
            f"call {of_preset.__name__}.from_preset."
        )


def _file_of(preset, name):
    """The path of a file of a preset, which is downloaded if it is not in the cache of `huggingface_hub`."""
    if on_hugging_face(preset):
        if find_spec("huggingface_hub") is None:
            raise ImportError(
                f"preset={preset!r} needs the package huggingface_hub, which is not installed; "
                "call pip install 'pixelcnn[hub]'."
            )
        import huggingface_hub

        try:
            return Path(huggingface_hub.hf_hub_download(preset.removeprefix("hf://"), name))
        except (OSError, ValueError, huggingface_hub.errors.EntryNotFoundError) as error:
            raise FileNotFoundError(f"preset={preset!r} has no {name} that can be downloaded: {error}") from error
    path = Path(preset, name)
    if not path.is_file():
        missing = f"has no file {name}" if Path(preset).is_dir() else "is no folder"
        raise FileNotFoundError(
            f"preset={str(preset)!r} {missing}: expected {', '.join(NAMES)}, a folder that save_to_preset() wrote, or "
            "hf://user/name."
        )
    return path
