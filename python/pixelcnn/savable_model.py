"""A Keras model in files: `.keras` files, files of weights, and presets."""

import importlib
import os
import tempfile
from pathlib import Path
from typing import Any, Self

import keras

from pixelcnn import require
from pixelcnn.backend import on_this_machine
from pixelcnn.files import on_hugging_face, replacing, write_bytes
from pixelcnn.shared_model import SharedModel, check_finite, in_one_thread
from pixelcnn.weights_file import CONFIG, METADATA, WEIGHTS, check_file, named


class SavableModel(SharedModel):
    """A `SharedModel` that is saved to files and loaded from files."""

    __module__ = "pixelcnn"  # reticulate makes S3 classes of this name, so the name must not depend on the file

    @in_one_thread
    def save(self, filepath: str | os.PathLike[str], overwrite: bool = True, **kwargs: Any) -> None:
        """Save architecture, weights and optimizer to a `.keras` file. An older file stays until the new one is whole.

        Args:
            filepath: Path that ends in `.keras`. Missing folders are created. Or `hf://user/name`: Keras uploads the
                model to the Hugging Face Hub, from where `from_preset` loads it.
            overwrite: Whether an existing file may be replaced.
            **kwargs: As in `keras.Model.save`.

        Raises:
            ValueError: If the path does not end in `.keras`.
            FileExistsError: If the file exists and may not be replaced.
        """
        path, overwrite = require.path("filepath", filepath), require.boolean("overwrite", overwrite)
        if on_hugging_face(filepath):
            with self.turn():
                super().save(filepath, overwrite, **kwargs)
            return
        if path.suffix != ".keras":
            raise ValueError(f"filepath={str(path)!r} does not fit: expected a name that ends in .keras.")
        if path.exists() and not overwrite:
            raise FileExistsError(f"filepath={str(path)!r} exists already; pass overwrite=True to replace it.")
        with replacing(path) as temporary, self.turn(), on_this_machine():
            super().save(temporary, overwrite=True, **kwargs)

    @in_one_thread
    def save_to_preset(self, preset_dir: str | os.PathLike[str]) -> None:
        """Save architecture and weights, without the optimizer, to a folder in the layout of Keras Hub.

        The files are `config.json`, `metadata.json` and `model.weights.h5`. `from_preset` and `keras.saving.load_model`
        read the folder.

        Args:
            preset_dir: Path of the folder. A missing folder is created; older files of these names are replaced.

        Raises:
            ValueError: If `preset_dir` is no path of a folder.

        Example:
            >>> import tempfile, pixelcnn
            >>> folder = tempfile.mkdtemp()
            >>> pixelcnn.PixelCNN((4, 4, 1), num_blocks=1, num_filters=8).save_to_preset(folder)
            >>> pixelcnn.PixelCNN.from_preset(folder).image_shape
            (4, 4, 1)
        """
        folder = require.path("preset_dir", preset_dir)
        if on_hugging_face(preset_dir):
            raise ValueError(
                f"preset_dir={preset_dir!r} does not fit: expected a folder; dist.save({preset_dir!r}) uploads a model."
            )
        without_optimizer = self.from_config(self.get_config())
        with self.turn():
            without_optimizer.set_weights(self.get_weights())
        with tempfile.TemporaryDirectory() as temporary:
            keras.saving.save_model(without_optimizer, temporary, zipped=False)
            for name in (WEIGHTS, METADATA, CONFIG):
                write_bytes(folder / name, Path(temporary, name).read_bytes())

    @classmethod
    def from_preset(cls, preset: str | os.PathLike[str]) -> Self:
        """Load a trained distribution by name, from a folder, or from the Hugging Face Hub.

        Args:
            preset: The name of a model of the package, such as `quickdraw13`; the path of a folder that
                `save_to_preset` or `keras.saving.save_model(..., zipped=False)` wrote; or `hf://user/name`, which
                `dist.save` uploads to.

        Returns:
            A distribution of this class. `pixelcnn.PixelDistribution.from_preset` returns one of any family.

        Raises:
            FileNotFoundError: If there is no such preset, or one of its files is missing.
            ImportError: If the preset is on the Hugging Face Hub, and the package `huggingface_hub` is not installed.
            ValueError: If a file is damaged, or holds a distribution of another class.

        Example:
            >>> import pixelcnn
            >>> pixelcnn.PixelCNNPlusPlus.from_preset("quickdraw13").image_shape
            (28, 28, 1)
        """
        # By name, because `pixelcnn.preset` imports all families, and each family imports this class.
        return importlib.import_module("pixelcnn.preset").load_preset(preset, cls)

    def load_weights(self, filepath: str | os.PathLike[str], **kwargs: Any) -> None:
        """Load weights, and the state of the optimizer, as `keras.Model.load_weights` does, after a check of the file.

        Args:
            filepath: Path of a `.keras`, `.weights.h5` or `.weights.json` file.
            **kwargs: As in `keras.Model.load_weights`.

        Raises:
            FileNotFoundError: If there is no such file.
            ValueError: If the file is damaged or of another distribution, or if weights are not finite or are integers
                in the place of floats.
        """
        path = require.path("filepath", filepath)
        with self.alone("load_weights"), self.turn():
            path.open("rb").close()  # outside `named`, because an OSError of the system names the file
            with named(path, "filepath"):
                if path.suffix in (".keras", ".h5"):
                    check_file(path, self)
                super().load_weights(path, **kwargs)
                check_finite(self.weights)
