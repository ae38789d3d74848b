"""A run folder: the paths of its files, its lock, and the content of `config.json`."""

import dataclasses
import importlib.metadata
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pixelcnn import require
from pixelcnn.files import PARTIAL, read_json, require_writable, write_json
from pixelcnn.orders import check_number_of_orders
from pixelcnn.training.callbacks import list_all_checkpoints
from pixelcnn.training.data_source import DataSource
from pixelcnn.training.folder_lock import LOCK, locked
from pixelcnn.training.presets import DTYPES, Preset


@dataclasses.dataclass(frozen=True)
class RunConfig:
    """The settings of a run, from which `train` begins or resumes the run.

    Args:
        preset: A `Preset`.
        data: A `DataSource`.
        epochs: Number of passes over the data, or None if only `minutes` limits the training.
        minutes: Minutes of wall-clock time, or None if only `epochs` limits the training.
        batch_size: Number of images of a step, or "auto" until `train` has chosen the largest that fits into memory.
        learning_rate: Highest learning rate of the schedule.
        dtype: "float32" or "mixed_bfloat16", or "auto" until `train` has measured which is faster.
        seed: Seed of the weights, of the order of the images and of dropout.
        held_out: Largest number of validation images, which are measured after each epoch; 0 for none. They are the
            last tenth of each class of the training split, or its own validation split of MNIST, and not trained on.
        sample_rows: Number of drawings of each class in the grid after each epoch; 0 for none.
        keep: Number of checkpoints that are kept, the newest, beside that of the best epoch; None for all.
        image_shape, class_names: Shape (H, W, C) and class names of the data. `train` sets both.
        versions: Versions of the installed packages, by name. `train` sets them.
        condition_dropout: Probability that an image loses its class in a training step.
        checksum: Checksum of the training split, or of a sample of it, which `train` sets. None in runs of older
            versions.
        orders: Number of orders of the pixels, 1, 4 or 8.
        checkpoint_minutes: Minutes between two checkpoints within an epoch; None for none within an epoch.
        accumulate: Number of steps whose gradients are averaged for one update of the weights.
        remat: Whether blocks are computed again for their gradients, as in `compile(remat=True)`.
        held_out_split: The split of the images that are measured after each epoch: "train", or "test" in runs of older
            versions.
        shift, flip, balance: As in `AugmentedBatches`, of the images that are trained on.

    Raises:
        ValueError: If an argument does not fit, or neither `epochs` nor `minutes` is given.
    """

    preset: Preset
    data: DataSource
    epochs: int | None
    minutes: float | None
    batch_size: int | str
    learning_rate: float
    dtype: str = "float32"
    seed: int = 0
    held_out: int = 1024
    sample_rows: int = 2
    keep: int | None = 3
    image_shape: tuple[int, int, int] | None = None
    class_names: tuple[str, ...] | None = None
    versions: dict | None = None
    condition_dropout: float = 0.0
    checksum: str | None = None
    orders: int = 1
    checkpoint_minutes: float | None = 5.0
    accumulate: int = 1
    remat: bool = False
    held_out_split: str = "train"
    shift: int = 0
    flip: tuple[str, ...] = ()
    balance: float = 0.0

    def __post_init__(self):
        for name, kind in (("preset", Preset), ("data", DataSource)):
            if not isinstance(getattr(self, name), kind):
                raise ValueError(f"{name}={getattr(self, name)!r} does not fit: expected a {kind.__name__}.")
        if self.epochs is None and self.minutes is None:
            raise ValueError("epochs and minutes are both None: expected a number for at least one of them.")
        if isinstance(self.batch_size, str):
            require.one_of("batch_size", self.batch_size, ("auto",))
        else:
            self._set("batch_size", require.whole("batch_size", self.batch_size, 1))
        lowest = {"epochs": 1, "accumulate": 1, "seed": 0, "held_out": 0, "sample_rows": 0, "keep": 1, "shift": 0}
        for name, low in lowest.items():
            if name not in ("epochs", "keep") or getattr(self, name) is not None:
                self._set(name, require.whole(name, getattr(self, name), low))
        for name in ("minutes", "checkpoint_minutes", "learning_rate"):
            if name == "learning_rate" or getattr(self, name) is not None:
                self._set(name, require.positive_number(name, getattr(self, name)))
        self._set("condition_dropout", require.probability("condition_dropout", self.condition_dropout))
        self._set("balance", require.share("balance", self.balance))
        self._set("orders", check_number_of_orders(self.orders))
        require.one_of("dtype", self.dtype, DTYPES)
        require.one_of("held_out_split", self.held_out_split, ("train", "test"))
        self._set("remat", require.boolean("remat", self.remat))
        self._set("flip", require.texts("flip", self.flip))
        if self.image_shape is not None:
            self._set("image_shape", require.sizes("image_shape", self.image_shape, 3))
        if self.class_names is not None:
            self._set("class_names", require.texts("class_names", self.class_names))
        if self.checksum is not None:
            require.text("checksum", self.checksum)
        if self.versions is not None and not isinstance(self.versions, dict):
            raise ValueError(f"versions={require.short(self.versions)} does not fit: expected a dictionary.")

    def _set(self, name, value):
        """Set a field of this frozen record to its plain type, because JSON has no tuples and R passes 3 as 3.0."""
        object.__setattr__(self, name, value)

    def to_json(self) -> dict[str, Any]:
        """Return the settings as plain dictionaries, lists, texts and numbers."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, record: Any, path: str | os.PathLike[str] = "config.json") -> "RunConfig":
        """Return the `RunConfig` of a record.

        Args:
            record: A dictionary that `to_json` returned.
            path: Path of the record's file, for the error.

        Raises:
            ValueError: If the record is not that of a `RunConfig`.
        """
        try:
            parts = {"preset": Preset(**record["preset"]), "data": DataSource(**record["data"])}
            return cls(**{"held_out_split": "test", **record, **parts})  # older versions measured test images
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"{path} does not fit: expected the configuration of a pixelcnn run ({error}).") from None


class RunFolder:
    """A run folder: the paths of its files, and its lock.

    Args:
        path: The folder, which need not exist.

    Example:
        >>> RunFolder("runs/bees").model.as_posix()
        'runs/bees/model.keras'
    """

    def __init__(self, path: str | os.PathLike[str]):
        self.path = Path(path)
        self.config = self.path / "config.json"
        self.model = self.path / "model.keras"
        self.history = self.path / "history.csv"
        self.logs = self.path / "logs"
        self.samples = self.path / "samples"
        self.checkpoints = self.path / "checkpoints"
        self.lock = self.path / LOCK

    def require_new(self) -> None:
        """Check that a new run may begin in the folder.

        Raises:
            ValueError: If the folder is a file or not empty.
            OSError: If the folder cannot be written.
        """
        if self.path.exists() and not self.path.is_dir():
            raise ValueError(f"output={str(self.path)!r} is a file: expected a folder.")
        self.require_writable()
        if self.path.exists() and any(path != self.lock for path in self.path.iterdir()):
            hint = "to go on with its run, add --resume" if self.config.exists() else "it holds no run"
            raise ValueError(f"output={str(self.path)!r} is not empty ({hint}): expected a new or empty folder.")

    def require_writable(self) -> None:
        """Check that a training can write into the folder and its sub-folders.

        Raises:
            ValueError: If one of the folders, or a parent, is a file.
            OSError: If a folder cannot be written.
        """
        for folder in (self.path, self.checkpoints, self.samples, self.logs):
            require_writable("output", folder)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the folder for a `with` block, so that no other process trains in it.

        The operating system releases the lock when the process ends, even by a crash. The file `.lock` stays: its
        presence does not mean that the folder is locked.

        Raises:
            BlockingIOError: If another process trains in the folder.
        """
        with locked(self.path):
            yield

    def remove_partial_files(self) -> None:
        """Remove the temporary files of killed processes. Only the process that holds the lock may call this method."""
        for pattern in (f"{PARTIAL}*.keras", f"checkpoints/{PARTIAL}*", f"samples/{PARTIAL}*"):
            for path in self.path.glob(pattern):
                if not path.is_dir():  # this package names no folder so
                    path.unlink(missing_ok=True)

    def read_config(self) -> RunConfig:
        """Return the run's `RunConfig`.

        Raises:
            ValueError: If the folder has no `config.json`, or the file is damaged.
        """
        if not self.config.is_file():
            state = "is a file" if self.path.is_file() else "holds no config.json"
            raise ValueError(f"{str(self.path)!r} {state}: expected the folder of a run.")
        return RunConfig.from_json(read_json(self.config), self.config)

    def write_config(self, config: RunConfig) -> None:
        """Write `config.json` in one step, so that the file is never cut off; make the folder if it is missing.

        Args:
            config: A `RunConfig`.
        """
        write_json(self.config, config.to_json())

    def last_checkpoint(self) -> tuple[int, int, Path | None]:
        """Return `(epochs, batches, path)` of the last checkpoint: whole epochs, and batches of the next epoch.

        The path is None if there is no checkpoint.
        """
        place, path = [((0, 0), None), *list_all_checkpoints(self.checkpoints)][-1]
        return *place, path


def installed_versions() -> dict[str, str]:
    """Return the name of the backend, and the versions of pixelcnn, keras, numpy and the backend, by name.

    Example:
        >>> "keras" in installed_versions()
        True
    """
    import keras

    backend = keras.backend.backend()
    versions = {"backend": backend}
    for name in ("pixelcnn", "keras", "numpy", backend):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "unknown"
    return versions
