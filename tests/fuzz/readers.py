"""Every reader of files that others may have made: what a whole file is, how it is read, and the damage that fits."""

import json
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

import pixelcnn
from fuzz import damage
from pixelcnn.data.image_file import read_image
from pixelcnn.pretrained import export, read_exported
from pixelcnn.training import DataSource, Preset, RunConfig, RunFolder
from pixelcnn.training.callbacks import HistoryFile, read_history

RANDOM = np.random.default_rng(0)
PICTURE = Image.fromarray(RANDOM.integers(0, 256, (8, 9), np.uint8))


@dataclass(frozen=True)
class Reader:
    """A reader of one file.

    Args:
        file: the file's name; its folder is given to `read` where it is the folder that is read.
        whole: makes the file, at a path.
        read: reads it, at a path.
        kinds: functions of `damage` that fit beside those for any bytes.
    """

    file: str
    whole: Callable
    read: Callable
    kinds: tuple


def _model():
    return pixelcnn.PixelCNNPlusPlus(
        (4, 4, 1),
        num_resnet=1,
        num_hierarchies=1,
        num_filters=2,
        num_logistic_mix=1,
        high=3,
        class_names=("ant", "bee"),
    )


def _save_model(path):
    model = _model()
    model.compile("adam", ema_momentum=0.9)
    model.save(path)


def _save_npz(path):
    images, labels = RANDOM.integers(0, 256, (6, 28, 28), np.uint8), np.arange(6) % 3
    np.savez(path, x_train=images, y_train=labels, x_test=images, y_test=labels)


def _save_strokes(path):
    drawings = [[[[0, 255, 30], [0, 90, 200]], [[10, 20], [30, 40]]], [[[5, 250], [7, 80]]]]
    lines = [json.dumps({"word": "bee", "recognized": True, "drawing": drawing}) for drawing in drawings]
    path.write_text("\n".join(lines) + "\n")


def _save_config(path):
    preset = Preset("nano", 1, 1, 4, 2, 0.1, 1e-2, 4, 2, None, "tests")
    config = RunConfig(
        preset, DataSource("doodles", classes=("bee", "sun")), 2, None, 4, 1e-2, class_names=("bee", "sun")
    )
    RunFolder(path.parent).write_config(config)


def _save_history(path):
    rows = ("1,2.5,3,12,1.000e-02,9.5,0.85,0.9", "2,5.1,6,24,9.000e-03,8.5,0.75,0.8")
    path.write_text("\n".join((",".join(HistoryFile.columns), *rows)) + "\n")


READERS = {
    "keras": Reader(
        "model.keras",
        _save_model,
        pixelcnn.load,
        (*damage.ZIP, *(damage.in_config(kind) for kind in (*damage.TEXT, *damage.JSON))),
    ),
    "exported": Reader("model.npz", lambda path: export(_model(), path), read_exported, damage.ZIP),
    "npz": Reader("mnist.npz", _save_npz, lambda path: pixelcnn.data.mnist(data_dir=path.parent), damage.ZIP),
    "npy": Reader(
        "bee.npy",
        lambda path: np.save(path, RANDOM.integers(0, 256, (5, 784), np.uint8)),
        lambda path: pixelcnn.data.quickdraw(["bee"], data_dir=path.parent, verbose=0),
        damage.NPY,
    ),
    "ndjson": Reader(
        "bee.ndjson", _save_strokes, lambda path: pixelcnn.data.rasterize(path, renderer="portable"), damage.TEXT
    ),
    "png": Reader("a.png", PICTURE.save, read_image, damage.PNG),
    "jpeg": Reader("a.jpg", PICTURE.save, read_image, damage.JPEG),
    "gif": Reader("a.gif", PICTURE.save, read_image, ()),
    "bmp": Reader("a.bmp", PICTURE.save, read_image, ()),
    "tiff": Reader("a.tif", PICTURE.save, read_image, ()),
    "webp": Reader("a.webp", PICTURE.save, read_image, ()),
    "config": Reader(
        "config.json",
        _save_config,
        lambda path: RunFolder(path.parent).read_config(),
        (*damage.TEXT, *damage.JSON),
    ),
    "history": Reader("history.csv", _save_history, read_history, damage.TEXT),
}


def whole_file(reader, folder):
    """The bytes of a reader's whole file."""
    path = folder / reader.file
    reader.whole(path)
    return path.read_bytes()
