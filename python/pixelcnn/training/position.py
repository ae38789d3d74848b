"""Where a training stands: what its next step needs beside the weights and the optimizer."""

import contextlib
import dataclasses
import json
import os
import zipfile
from typing import Any

import keras
import numpy as np

from pixelcnn import require

MEMBER = "training.json"  # of a checkpoint, which is a `.keras` archive
MOST_BYTES = 1 << 26  # of this member: the logs of about 600,000 epochs
SEED_STATE = "seed_generator_state"  # Keras' name of the state of a `SeedGenerator`


@dataclasses.dataclass(frozen=True)
class Position:
    """Where a training stands, as a checkpoint holds it beside the weights and the optimizer.

    Args:
        epoch: Number of whole epochs.
        batch: Number of batches that the training has done of the epoch under way.
        batches: Number of batches of an epoch.
        seed: Seed of the order of the images and of the random layers.
        steps: Number of steps of the whole training.
        seconds: Seconds of the whole training.
        random: The states of the random layers, in the order of the model's variables.
        metrics: The values of the metrics of the epoch under way, in the order of the model's variables of metrics.
        logs: The metrics of each whole epoch, as name -> value, and "epoch", counted from 0.

    Checkpoints of older versions hold weights and optimizer only. Their other fields are None.

    Raises:
        ValueError: If a value does not fit.
    """

    epoch: int = 0
    batch: int = 0
    batches: int | None = None
    seed: int | None = None
    steps: int | None = None
    seconds: float | None = None
    random: Any = None
    metrics: Any = None
    logs: Any = ()

    def __post_init__(self):
        for name in ("epoch", "batch", "batches", "seed", "steps"):
            value = getattr(self, name)
            if value is not None:
                require.whole(name, value, 0, 2**53)
        if self.seconds is not None:
            require.within("seconds", self.seconds, 0.0)
        if not isinstance(self.logs, (list, tuple)) or not all(map(_is_log, self.logs)):
            raise ValueError(f"logs={require.short(self.logs)} does not fit: expected dictionaries of numbers.")

    def to_archive(self, path: str | os.PathLike[str]) -> None:
        """Add this position to a `.keras` archive.

        Args:
            path: Path of the archive.
        """
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(MEMBER, json.dumps(dataclasses.asdict(self)))

    @classmethod
    def from_archive(cls, path: str | os.PathLike[str], epoch: int) -> "Position":
        """Return the position in a checkpoint.

        Args:
            path: Path of the checkpoint.
            epoch: Number of whole epochs, for a checkpoint of an older version, which holds no position.

        Raises:
            ValueError: If the file is no archive, or its position is damaged.
            OSError: If the file cannot be read.
        """
        try:
            with zipfile.ZipFile(path) as archive:
                if MEMBER not in archive.namelist():
                    return cls(epoch=epoch)
                size = archive.getinfo(MEMBER).file_size
                if size > MOST_BYTES:
                    raise ValueError(f"{size:,} bytes: expected at most {MOST_BYTES:,}")
                return cls(**json.loads(archive.read(MEMBER)))
        except (ValueError, TypeError, RecursionError, NotImplementedError, RuntimeError, zipfile.BadZipFile) as error:
            raise ValueError(f"{str(path)!r} cannot be read as a checkpoint ({MEMBER}: {error}).") from None

    def require_fits(self, model: Any) -> None:
        """Check that the states and metrics have the shapes of a model's.

        Args:
            model: A compiled distribution.

        Raises:
            ValueError: If a number of states or metrics, or one of their shapes, differs.
        """
        for name, variables in (("random", random_states(model)), ("metrics", model.metrics_variables)):
            values = getattr(self, name)
            shapes, expected = None, [tuple(variable.shape) for variable in variables]
            if values is None:
                continue
            with contextlib.suppress(TypeError, ValueError, OverflowError):
                shapes = [np.asarray(value, dtype="float64").shape for value in values]
            if shapes != expected:
                raise ValueError(f"{name}={require.short(values)} does not fit: expected numbers in shapes {expected}.")

    def apply(self, model: Any) -> None:
        """Set the states of the random layers, and the metrics, of the epoch under way.

        Args:
            model: The distribution of the training, which `require_fits` has checked.
        """
        for values, variables in ((self.random, random_states(model)), (self.metrics, model.metrics_variables)):
            for variable, value in zip(variables, values, strict=True):
                variable.assign(np.asarray(value, dtype=keras.backend.standardize_dtype(variable.dtype)))


def values_of(variables: list[Any]) -> list[Any]:
    """Return the values of variables as numbers and nested lists of numbers, which JSON holds without loss.

    Args:
        variables: Keras variables.
    """
    return [keras.ops.convert_to_numpy(variable).tolist() for variable in variables]


def random_states(model: Any) -> list[Any]:
    """Return the variables that hold the states of the random layers.

    Args:
        model: A Keras model.
    """
    return [variable for variable in model.variables if variable.name == SEED_STATE]


def seed_epoch(model: Any, seed: int, epoch: int) -> None:
    """Make the random numbers of an epoch a function of (seed, epoch): set the state of each random layer.

    This is needed because Keras' files lack these states: a resumed training would repeat the dropout of its first
    epochs.

    Args:
        model: A Keras model.
        seed: A whole number of at least 0.
        epoch: The number of the epoch, from 0.
    """
    random = np.random.default_rng((seed, epoch, 1))
    for variable in random_states(model):
        variable.assign(random.integers(0, 2**31, variable.shape).astype(variable.dtype))


def _is_log(log):
    return isinstance(log, dict) and all(isinstance(value, (int, float)) for value in log.values())
