"""Quick, Draw! as a data set of TensorFlow Datasets (TFDS), of some classes and some rows only.

TFDS' own `quickdraw_bitmap` prepares all 345 classes, 36.8 GiB. Importing this module registers `quickdraw_classes`, so
`tfds.load("quickdraw_classes/blog20")` works. TFDS' download manager fetches the file of each class, 0.1 GB, and
compares its SHA-256 with the one that TFDS has for `quickdraw_bitmap`.

Source: <https://www.tensorflow.org/datasets/catalog/quickdraw_bitmap>
"""

import dataclasses
import hashlib
from pathlib import Path

import tensorflow_datasets as tfds
from tensorflow_datasets.core.download import checksums

from pixelcnn.data.labels import BLOG20, QUICKDRAW13
from pixelcnn.data.quickdraw import BASE_URL, in_files, quickdraw

# TFDS keeps prepared data below the configuration's name, so the name differs with the classes, rows and folder.
LONGEST_NAME = 60


@dataclasses.dataclass
class Config(tfds.core.BuilderConfig):
    """Which drawings to prepare.

    Args:
        classes: K class names; their order gives the labels 0 … K-1.
        per_class: Number of drawings of each class in each split, the first ones; None for all.
        folder: A folder with Google's `.npy` files, which are read in place of a download; or None.
        base_url: The address of the folder of `.npy` files on a server.
    """

    classes: tuple[str, ...] = BLOG20
    per_class: int | None = None
    folder: str | None = None
    base_url: str = BASE_URL


def config(classes, per_class=None, folder=None, base_url=BASE_URL):
    """Return a `Config` with a name of its own for each choice of classes, rows and folder."""
    name = "-".join([*(name.replace(" ", "_") for name in classes), *([] if per_class is None else [str(per_class)])])
    if folder is not None:
        name = f"{name}-folder_{_digest(str(Path(folder).absolute()))}"
    if len(name) > LONGEST_NAME:
        name = f"{len(classes)}_classes-{_digest(name)}"
    return Config(name=name, classes=tuple(classes), per_class=per_class, folder=folder, base_url=base_url)


def _digest(text):
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class QuickdrawClasses(tfds.core.GeneratorBasedBuilder):
    """Bitmaps of some classes of Quick, Draw!: "image" (28, 28, 1) uint8, and "label".

    The split "test" is the last 10% of the rows of each class (at least 2), "train" the rows before them.
    """

    VERSION = tfds.core.Version("1.0.0")
    BUILDER_CONFIGS = [
        Config(name="blog20", classes=BLOG20, description="the classes of the article 'Easy PixelCNN'"),
        Config(name="quickdraw13", classes=QUICKDRAW13, description="the classes of the model quickdraw13"),
    ]

    @property
    def url_infos(self):
        """The size and the SHA-256 of each file, which TFDS has for `quickdraw_bitmap`."""
        known = checksums.load_url_infos(tfds.core.tfds_path("datasets/quickdraw_bitmap/checksums.tsv"))
        return {self._url(name): known[f"{BASE_URL}/{name}.npy"] for name in self.builder_config.classes}

    def _info(self):
        return tfds.core.DatasetInfo(
            builder=self,
            description=self.__doc__,
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(shape=(28, 28, 1)),
                    "label": tfds.features.ClassLabel(names=list(self.builder_config.classes)),
                }
            ),
            supervised_keys=("image", "label"),
            homepage="https://github.com/googlecreativelab/quickdraw-dataset",
            license="CC BY 4.0, Google, Inc.",
        )

    def _url(self, name):
        return f"{self.builder_config.base_url}/{name}.npy"

    def _split_generators(self, dl_manager):
        wanted, files = self.builder_config, None
        if wanted.folder is None:
            files = dl_manager.download({name: self._url(name) for name in wanted.classes})
        return {split: self._generate_examples(split, files) for split in ("train", "test")}

    def _generate_examples(self, split, files):
        wanted = self.builder_config
        if files is None:
            data = quickdraw(
                wanted.classes, wanted.per_class, wanted.folder, "local", split=split, verbose=0, in_memory=False
            )
        else:
            data = in_files({name: Path(path) for name, path in files.items()}, wanted.per_class, split)
        for index, (image, label) in enumerate(zip(data.images, data.labels, strict=True)):
            yield index, {"image": image, "label": int(label)}
