"""Keras callbacks of a training, one callback per file."""

from pixelcnn.training.callbacks.backup import Backup, find_backup
from pixelcnn.training.callbacks.checkpoint import EpochCheckpoint
from pixelcnn.training.callbacks.epoch_seed import EpochSeed
from pixelcnn.training.callbacks.forecast import Forecast
from pixelcnn.training.callbacks.held_out import HeldOut
from pixelcnn.training.callbacks.history import HistoryFile, read_history
from pixelcnn.training.callbacks.numbered_files import list_all_checkpoints, list_checkpoints
from pixelcnn.training.callbacks.progress import Progress
from pixelcnn.training.callbacks.sample_grid import SampleGrid
from pixelcnn.training.callbacks.tensorboard_logs import tensorboard
