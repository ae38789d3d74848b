"""Data sets of TensorFlow Datasets: some classes of Quick, Draw!, and any data set of images in `fit`."""

import hashlib

import keras
import numpy as np
import pytest
from bitmap_server import bitmap_file, serve

import pixelcnn
from pixelcnn.data import BLOG20

tfds = pytest.importorskip("tensorflow_datasets", reason="needs TensorFlow Datasets")
pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="TFDS gives tensors of TensorFlow")

FILES = {name: bitmap_file(60, seed) for seed, name in enumerate(("bee", "The Eiffel Tower", "sun"))}


def rows_of(name):
    return np.frombuffer(FILES[name][128:], np.uint8).reshape(-1, 28, 28, 1)


def arrays(builder, split):
    pairs = list(tfds.as_numpy(builder.as_dataset(split=split, as_supervised=True)))
    images, labels = (np.stack(part) for part in zip(*pairs, strict=True))
    order = np.lexsort((images.reshape(len(images), -1).sum(axis=1), labels))  # TFDS shuffles what it prepares
    return images[order], labels[order]


def in_order(images):
    return images[np.argsort(images.reshape(len(images), -1).sum(axis=1))]


@pytest.fixture
def server(monkeypatch):
    """A server in Google's layout, whose files have the checksums that TFDS expects."""
    from pixelcnn.interop.tfds import BASE_URL, checksums

    infos = {
        f"{BASE_URL}/{name}.npy": checksums.UrlInfo(len(file), hashlib.sha256(file).hexdigest(), f"{name}.npy")
        for name, file in FILES.items()
    }
    monkeypatch.setattr(checksums, "load_url_infos", lambda path: infos)
    with serve(dict(FILES)) as server:
        yield server


def test_only_the_classes_and_rows_that_are_asked_for_are_prepared(server, tmp_path):
    classes = ["The Eiffel Tower", "bee"]
    builder = pixelcnn.interop.tfds_quickdraw(classes, per_class=5, data_dir=tmp_path, base_url=server.url)
    builder.download_and_prepare()
    assert sorted({name for name, _ in server.requests}) == sorted(classes)
    assert builder.info.features["label"].names == classes
    for split, first in (("train", 0), ("test", 54)):
        images, labels = arrays(builder, split)
        assert labels.tolist() == [0] * 5 + [1] * 5
        for label, name in enumerate(classes):
            np.testing.assert_array_equal(images[labels == label], in_order(rows_of(name)[first : first + 5]))


def test_all_rows_are_prepared_by_default_as_quickdraw_loads_them(server, tmp_path):
    builder = pixelcnn.interop.tfds_quickdraw(["sun"], data_dir=tmp_path, base_url=server.url)
    builder.download_and_prepare()
    assert {split: info.num_examples for split, info in builder.info.splits.items()} == {"train": 54, "test": 6}


def test_a_file_of_another_checksum_is_refused(tmp_path):
    from tensorflow_datasets.core.download.download_manager import NonMatchingChecksumError

    with serve(dict(FILES)) as server:
        builder = pixelcnn.interop.tfds_quickdraw(["bee"], data_dir=tmp_path, base_url=server.url)
        with pytest.raises(NonMatchingChecksumError, match="bee"):
            builder.download_and_prepare()


def test_each_choice_has_a_folder_of_its_own(tmp_path):
    choices = [(["bee"], None), (["bee"], 5), (["sun", "bee"], None), (["bee", "sun"], None), (BLOG20, 5), (BLOG20, 6)]
    folders = {pixelcnn.interop.tfds_quickdraw(classes, rows, data_dir=tmp_path).data_path for classes, rows in choices}
    assert len(folders) == len(choices)


def test_the_twenty_classes_are_two_gigabytes(tmp_path):
    infos = pixelcnn.interop.tfds_quickdraw(data_dir=tmp_path).url_infos
    assert len(infos) == 20 and sum(info.size for info in infos.values()) < 2.1 * 2**30


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"classes": ["beee"]}, "beee"),
        ({"classes": ["bee"], "per_class": 0}, "per_class=0"),
        ({"classes": []}, "classes"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        pixelcnn.interop.tfds_quickdraw(**arguments, data_dir=tmp_path)


def test_drawings_of_a_folder_are_not_taken_for_those_of_the_network(server, tmp_path):
    np.save(tmp_path / "sun.npy", np.full((10, 784), 7, np.uint8))
    for folder, rows in ((tmp_path, 8), (None, 54)):
        arguments = {"folder": folder, "data_dir": tmp_path / "prepared", "base_url": server.url}
        builder = pixelcnn.interop.tfds_quickdraw(["sun"], **arguments)
        builder.download_and_prepare()
        assert builder.info.splits["train"].num_examples == rows


@pytest.fixture(scope="module")
def drawings(tmp_path_factory, real_data):
    """Real drawings of two classes, prepared by TFDS."""
    folder = tmp_path_factory.mktemp("tfds")
    builder = pixelcnn.interop.tfds_quickdraw(["bee", "bicycle"], per_class=16, folder=real_data, data_dir=folder)
    builder.download_and_prepare()
    return builder


def test_a_folder_of_real_drawings_gives_what_quickdraw_gives(drawings, real_data):
    images, labels = arrays(drawings, "train")
    expected = pixelcnn.data.quickdraw(["bee", "bicycle"], 16, real_data, split="train")
    assert labels.tolist() == expected.labels.tolist()
    for label in range(2):
        np.testing.assert_array_equal(images[labels == label], in_order(expected.images[expected.labels == label]))


def float_image(element):
    import tensorflow as tf

    return {**element, "image": tf.cast(element["image"], tf.float32)}


ROUTES = {
    "dictionaries": lambda builder: builder.as_dataset("train").batch(8),
    "pairs": lambda builder: builder.as_dataset("train", as_supervised=True).batch(8),
    "batched by TFDS": lambda builder: builder.as_dataset("train", batch_size=8),
    "float": lambda builder: builder.as_dataset("train").map(float_image).batch(8),
    "numpy": lambda builder: tfds.as_numpy(builder.as_dataset("train").batch(8)),
    "whole": lambda builder: builder.as_dataset("train", batch_size=-1),
    "whole, numpy": lambda builder: tfds.as_numpy(builder.as_dataset("train", batch_size=-1, as_supervised=True)),
    "with validation": lambda builder: builder.as_dataset("train", as_supervised=True).shuffle(32).batch(8).prefetch(1),
}


@pytest.mark.parametrize("route", ROUTES)
def test_a_data_set_of_tfds_goes_into_fit(drawings, route):
    dist = pixelcnn.PixelCNN(
        (28, 28, 1), class_names=["bee", "bicycle"], num_blocks=1, num_filters=4, num_logistic_mix=1
    )
    dist.compile("adam", run_eagerly=True)
    validation = ROUTES[route](drawings) if route == "with validation" else None
    history = dist.fit(ROUTES[route](drawings), validation_data=validation, verbose=0).history
    assert np.isfinite(history["bits_per_dim"]).all()


@pytest.mark.parametrize("as_supervised", [False, True])
def test_single_images_are_an_error_that_shows_batch(drawings, as_supervised):
    dist = pixelcnn.PixelCNN((28, 28, 1), class_names=["bee", "bicycle"], num_blocks=1, num_filters=4)
    dist.compile("adam")
    with pytest.raises(ValueError, match=r"single images; expected batches of images: call \.batch\(32\)"):
        dist.fit(drawings.as_dataset("train", as_supervised=as_supervised))
    with pytest.raises(ValueError, match=r"single images; expected batches of images: call \.batch\(32\)"):
        dist.fit(tfds.as_numpy(drawings.as_dataset("train", as_supervised=as_supervised)))


def test_all_splits_at_once_are_an_error_that_names_them(drawings):
    dist = pixelcnn.PixelCNN((28, 28, 1), class_names=["bee", "bicycle"], num_blocks=1, num_filters=4)
    dist.compile("adam")
    with pytest.raises(ValueError, match="x is a dictionary of data sets, 'train', 'test'; expected one of them"):
        dist.fit(drawings.as_dataset(batch_size=8))


def test_a_data_source_goes_into_fit_by_a_loader_that_makes_batches(real_data, tmp_path):
    data = pytest.importorskip("torch.utils.data", reason="needs torch, whose DataLoader makes batches")
    from pixelcnn.interop.tfds import QuickdrawClasses, config

    wanted = config(["bee", "bicycle"], 16, str(real_data))
    builder = QuickdrawClasses(config=wanted, data_dir=tmp_path, file_format="array_record")
    builder.download_and_prepare()
    source = builder.as_data_source("train")
    dist = pixelcnn.PixelCNN((28, 28, 1), class_names=["bee", "bicycle"], num_blocks=1, num_filters=4)
    dist.compile("adam", run_eagerly=True)
    with pytest.raises(ValueError, match="single images; .*DataLoader"):
        dist.fit(source)
    history = dist.fit(data.DataLoader(source, batch_size=8), verbose=0).history
    assert np.isfinite(history["bits_per_dim"]).all()


def test_the_builder_is_registered_and_can_be_mocked():
    import pixelcnn.interop.tfds  # noqa: F401  (registers the builder)

    with tfds.testing.mock_data(num_examples=4):
        data = tfds.load("quickdraw_classes/quickdraw13", split="train", as_supervised=True)
        (image, label), *_ = list(tfds.as_numpy(data))
    assert image.shape == (28, 28, 1) and image.dtype == np.uint8 and 0 <= label < 13
