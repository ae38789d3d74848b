"""A run folder: where its files are, how one is begun, and what `config.json` holds."""

import dataclasses
import importlib.metadata
import shutil
from pathlib import Path

from pixelcnn import require
from pixelcnn.files import read_json, write_json
from pixelcnn.training.callbacks import list_checkpoints
from pixelcnn.training.data_source import DataSource
from pixelcnn.training.presets import Preset


@dataclasses.dataclass(frozen=True)
class RunConfig:
    """All that is needed to train a run, and to go on with it later.

    Args:
        preset: a `Preset`.
        data: a `DataSource`.
        epochs: passes over the data, or None when only the time counts.
        minutes: wall-clock budget, or None when only the epochs count.
        batch_size: images a step.
        learning_rate: peak of the schedule.
        dtype: "float32" or "mixed_bfloat16".
        seed: of the weights, the order of the images and the dropout.
        held_out: how many test images to measure after each epoch; 0 for none.
        sample_rows: drawings of each class in the grid after each epoch; 0 for none.
        keep: how many checkpoints to keep; None for all.
        image_shape, class_names: of the data, filled in when it is loaded.
        versions: of the packages that made the run.
        condition_dropout: probability with which an image loses its class in training.

    Raises:
        ValueError: a number is out of range, or neither `epochs` nor `minutes` is given.
    """

    preset: Preset
    data: DataSource
    epochs: int | None
    minutes: float | None
    batch_size: int
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

    def __post_init__(self):
        if self.epochs is None and self.minutes is None:
            raise ValueError("epochs and minutes are both None; expected at least one of them.")
        for name in ("epochs", "minutes", "batch_size", "learning_rate", "keep"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ValueError(f"{name} is {value}; expected a positive number.")
        for name in ("held_out", "sample_rows", "seed"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is {getattr(self, name)}; expected zero or a positive number.")
        require.probability("condition_dropout", self.condition_dropout)

    def to_json(self):
        """Return the record as plain dictionaries and lists."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, record, path="config.json"):
        """Rebuild the record.

        Args:
            record: what `to_json` returned.
            path: named in the error.

        Raises:
            ValueError: it is not such a record.
        """
        try:
            record = dict(record, preset=Preset(**record["preset"]), data=DataSource(**record["data"]))
            for name in ("image_shape", "class_names"):
                record[name] = None if record[name] is None else tuple(record[name])
            return cls(**record)
        except (KeyError, TypeError) as error:
            raise ValueError(f"{path} is not the configuration of a pixelcnn run ({error}).") from None


class RunFolder:
    """The paths of a run.

    Args:
        path: the folder; it need not exist.

    Example:
        >>> RunFolder("runs/bees").model.as_posix()
        'runs/bees/model.keras'
    """

    def __init__(self, path):
        self.path = Path(path)
        self.config = self.path / "config.json"
        self.model = self.path / "model.keras"
        self.history = self.path / "history.csv"
        self.logs = self.path / "logs"
        self.samples = self.path / "samples"
        self.checkpoints = self.path / "checkpoints"

    def require_new(self):
        """Check that a new run may begin here.

        Raises:
            ValueError: the folder holds something.
        """
        if self.path.exists() and not self.path.is_dir():
            raise ValueError(f"output is {str(self.path)!r}, which is a file; expected a folder.")
        if self.path.exists() and any(self.path.iterdir()):
            hint = "add --resume to go on with the run in it" if self.config.exists() else "it holds no run"
            raise ValueError(f"output is {str(self.path)!r}, which is not empty ({hint}); expected a new folder.")

    def read_config(self):
        """Return the run's `RunConfig`.

        Raises:
            ValueError: the folder holds no run, or a broken one.
        """
        if not self.config.is_file():
            raise ValueError(f"{str(self.path)!r} holds no config.json; expected the folder of a run.")
        return RunConfig.from_json(read_json(self.config), self.config)

    def write_config(self, config):
        """Write `config.json`, in one piece; the folder is made when missing.

        Args:
            config: a `RunConfig`.
        """
        write_json(self.config, config.to_json())

    def last_checkpoint(self):
        """Return `(epochs done, path)` of the last checkpoint, or `(0, None)`."""
        found = list_checkpoints(self.checkpoints)
        return found[-1] if found else (0, None)

    def clear(self):
        """Remove the files of the run that is here, and nothing else.

        Raises:
            ValueError: the folder holds something and no run.
        """
        if not self.path.exists() or not any(self.path.iterdir()):
            return
        self.read_config()  # somebody else's folder raises here
        for folder in (self.logs, self.samples, self.checkpoints):
            shutil.rmtree(folder, ignore_errors=True)
        made_from_it = (self.path / "figure.png", self.path / "evaluation.json")
        for file in (*made_from_it, self.model, self.history, self.config):
            file.unlink(missing_ok=True)


def installed_versions():
    """Return the versions of pixelcnn, keras, numpy and the backend, by name.

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
