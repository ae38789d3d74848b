"""Training into run folders: presets, schedules, checkpoints and resuming.

Names are imported on first use, so that the command line can list the presets without waiting for Keras.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # Type checkers and editors do not run `__getattr__`. A test compares these names with `__all__`.
    from pixelcnn.data.augmented_batches import AugmentedBatches as AugmentedBatches
    from pixelcnn.data.batches import ShuffledBatches as ShuffledBatches
    from pixelcnn.training.averaging import averaged_weights as averaged_weights
    from pixelcnn.training.callbacks import Backup as Backup
    from pixelcnn.training.callbacks import EpochCheckpoint as EpochCheckpoint
    from pixelcnn.training.callbacks import HeldOut as HeldOut
    from pixelcnn.training.callbacks import HistoryFile as HistoryFile
    from pixelcnn.training.callbacks import Progress as Progress
    from pixelcnn.training.callbacks import SampleGrid as SampleGrid
    from pixelcnn.training.data_source import DataSource as DataSource
    from pixelcnn.training.dtype import fastest_dtype as fastest_dtype
    from pixelcnn.training.finite import NonFiniteStop as NonFiniteStop
    from pixelcnn.training.fitting_memory import largest_batch_size as largest_batch_size
    from pixelcnn.training.fitting_memory import training_memory as training_memory
    from pixelcnn.training.memory_limits import available_memory as available_memory
    from pixelcnn.training.muon import Muon as Muon
    from pixelcnn.training.presets import PRESETS as PRESETS
    from pixelcnn.training.presets import Preset as Preset
    from pixelcnn.training.presets import find_preset as find_preset
    from pixelcnn.training.run import train as train
    from pixelcnn.training.run_folder import RunConfig as RunConfig
    from pixelcnn.training.run_folder import RunFolder as RunFolder
    from pixelcnn.training.schedule import Budget as Budget
    from pixelcnn.training.schedule import Clock as Clock
    from pixelcnn.training.schedule import CosineAnnealing as CosineAnnealing
    from pixelcnn.training.schedule import TimeBudget as TimeBudget

_HOMES = {
    "PRESETS": ".presets",
    "Preset": ".presets",
    "find_preset": ".presets",
    "DataSource": ".data_source",
    "RunConfig": ".run_folder",
    "RunFolder": ".run_folder",
    "train": ".run",
    "fastest_dtype": ".dtype",
    "available_memory": ".memory_limits",
    "largest_batch_size": ".fitting_memory",
    "training_memory": ".fitting_memory",
    "averaged_weights": ".averaging",
    "Clock": ".schedule",
    "CosineAnnealing": ".schedule",
    "Budget": ".schedule",
    "TimeBudget": ".schedule",
    "AugmentedBatches": "..data.augmented_batches",
    "ShuffledBatches": "..data.batches",
    "Backup": ".callbacks",
    "EpochCheckpoint": ".callbacks",
    "HeldOut": ".callbacks",
    "HistoryFile": ".callbacks",
    "NonFiniteStop": ".finite",
    "Muon": ".muon",
    "Progress": ".callbacks",
    "SampleGrid": ".callbacks",
}

__all__ = list(_HOMES)


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name], __name__), name)


def __dir__():
    return sorted(__all__)
