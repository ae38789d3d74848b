"""Training into run folders: presets, schedules, checkpoints and resuming.

Names are imported on first use, so that the command line can list the presets without waiting for Keras.
"""

import importlib

_HOMES = {
    "PRESETS": ".presets",
    "Preset": ".presets",
    "find_preset": ".presets",
    "DataSource": ".data_source",
    "RunConfig": ".run_folder",
    "RunFolder": ".run_folder",
    "train": ".run",
    "fastest_dtype": ".dtype",
    "averaged_weights": ".averaging",
    "Clock": ".schedule",
    "CosineAnnealing": ".schedule",
    "Budget": ".schedule",
    "TimeBudget": ".schedule",
    "ShuffledBatches": "..data.batches",
    "EpochCheckpoint": ".callbacks",
    "HeldOut": ".callbacks",
    "HistoryFile": ".callbacks",
    "NonFiniteStop": ".finite",
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
