import hashlib
import importlib
import zipfile

import numpy as np
import pytest
from bitmap_server import serve

import pixelcnn
from pixelcnn.data import arrays, mnist
from pixelcnn.data.binarize import binarize
from pixelcnn.data.binarized_batches import BinarizedBatches

module = importlib.import_module("pixelcnn.data.mnist")  # the package has the function under this name
SPLITS = ("train", "valid", "test")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A small data set in the layout of the real one: all pixels of image k are k, its label is k mod 10."""
    monkeypatch.setattr(module, "TRAINING_IMAGES", 12)
    (tmp_path / "mnist").mkdir()
    images = np.broadcast_to(np.arange(20, dtype="uint8")[:, None, None], (20, 28, 28))
    labels = np.arange(20) % 10
    files = {"x_train": images[:15], "y_train": labels[:15], "x_test": images[15:], "y_test": labels[15:]}
    np.savez(tmp_path / "mnist" / "mnist.npz", **files)
    fixed = {split: images[:count] % 2 for split, count in zip(SPLITS, (6, 4, 2), strict=True)}
    np.savez(tmp_path / "mnist" / "binarized_mnist.npz", **fixed)
    return tmp_path


def as_text(images):
    """Images as in Larochelle's files: digits with spaces between, one image a line."""
    text = np.full((len(images), 2 * 784), ord(" "), "uint8")
    text[:, ::2] = images.reshape(-1, 784) + ord("0")
    text[:, -1] = ord("\n")
    return text.tobytes()


def test_three_splits_of_gray_digits(folder):
    splits = [mnist(split=split, data_dir=folder) for split in SPLITS]
    assert [data.images[:, 0, 0, 0].tolist() for data in splits] == [[*range(12)], [12, 13, 14], [*range(15, 20)]]
    for images, labels, names in splits:
        assert (images.dtype, images.shape[1:], labels.dtype) == (np.uint8, (28, 28, 1), np.int64)
        assert names == tuple("0123456789")
        np.testing.assert_array_equal(labels, images[:, 5, 5, 0] % 10)


def test_the_fixed_binarisation_has_splits_of_its_own_and_no_labels(folder):
    for split, count in zip(SPLITS, (6, 4, 2), strict=True):
        images, labels, names = mnist("fixed", split=split, data_dir=folder)
        assert (images.shape, labels, names) == ((count, 28, 28, 1), None, None)
        np.testing.assert_array_equal(images[:, 0, 0, 0], np.arange(count) % 2)


@pytest.mark.parametrize("binarized", [False, "fixed"])
def test_the_folder_may_be_that_of_the_files_or_come_from_the_environment(folder, monkeypatch, binarized):
    expected = mnist(binarized, data_dir=folder).images
    np.testing.assert_array_equal(mnist(binarized, data_dir=str(folder / "mnist")).images, expected)
    monkeypatch.setenv("PIXELCNN_DATA", str(folder))
    np.testing.assert_array_equal(mnist(binarized).images, expected)


def test_a_gray_level_is_the_probability_of_ink():
    draws = 20_000
    levels = np.array([0, 1, 64, 128, 254, 255], "uint8")
    ink = binarize(np.broadcast_to(levels, (draws, 6)), np.random.default_rng(0)).mean(axis=0)
    probability = levels / 255
    assert np.all(np.abs(ink - probability) <= 5 * np.sqrt(probability * (1 - probability) / draws))


@pytest.mark.parametrize("split", ["valid", "test"])
def test_a_dynamic_test_split_is_one_draw_for_a_seed(folder, split):
    gray = mnist(split=split, data_dir=folder)
    drawn = [mnist("dynamic", split=split, seed=seed, data_dir=folder) for seed in (0, 0.0, 1)]
    np.testing.assert_array_equal(drawn[0].images, drawn[1].images)
    assert np.any(drawn[0].images != drawn[2].images)
    assert drawn[0].images.shape == gray.images.shape and set(np.unique(drawn[0].images)) == {0, 1}
    np.testing.assert_array_equal(drawn[0].labels, gray.labels)


def test_dynamic_batches_are_a_function_of_seed_epoch_and_index(folder):
    batches, again, other = (mnist("dynamic", batch_size=5, seed=seed, data_dir=folder) for seed in (0, 0, 1))
    assert len(batches) == 2 and batches.class_names == tuple("0123456789")
    first = [batches[index] for index in (1, 0, 1)]
    np.testing.assert_array_equal(first[0][0], first[2][0])
    np.testing.assert_array_equal(first[0][0], again[1][0])
    assert np.any(first[0][0] != first[1][0]) and np.any(first[0][0] != other[1][0])
    batches.on_epoch_end()
    assert np.any(batches[1][0] != first[0][0])
    batches.set_epoch(0)
    np.testing.assert_array_equal(batches[1][0], first[0][0])


def test_labels_stay_with_their_images_and_all_come_in_an_epoch():
    images = np.zeros((10, 10, 1, 1), "uint8")
    images[range(10), range(10)] = 255  # certain, so that a binary image shows which one it was
    batches = BinarizedBatches(arrays(images, np.arange(10)), batch_size=5)
    batches.on_epoch_end()
    shown = np.concatenate([batches[index][0].reshape(5, 10).argmax(axis=1) for index in range(2)])
    labels = np.concatenate([batches[index][1] for index in range(2)])
    np.testing.assert_array_equal(shown, labels)
    assert sorted(labels) == list(range(10))


@pytest.mark.parametrize("num_classes", [None, 10])
def test_fit_takes_dynamic_batches(num_classes):
    """With labels or without them, and each epoch has batches of its own."""
    asked = []

    class Watched(BinarizedBatches):
        def __getitem__(self, index):
            asked.append((self.epoch, index))
            return super().__getitem__(index)

    batches = Watched(arrays(np.full((20, 2, 2), 100), np.arange(20) % 10), batch_size=10)
    dist = pixelcnn.PixelCNN((2, 2, 1), high=1, head="bernoulli", num_blocks=1, num_filters=4, num_classes=num_classes)
    dist.compile("adam")
    history = dist.fit(batches, epochs=2, verbose=0, shuffle=False).history
    assert np.all(np.isfinite(history["loss"]))
    (first, _), (second, _) = asked[-4], asked[-2]
    assert asked[-4:] == [(first, 0), (first, 1), (second, 0), (second, 1)] and first != second


def test_a_download_is_kept_and_its_bytes_are_checked(tmp_path, monkeypatch, no_network):
    images = np.random.default_rng(0).integers(0, 2, (3, 28, 28), "uint8")
    text = as_text(images)
    with serve({"binarized_mnist_test.amat": text, "binarized_mnist_valid.amat": text}) as server:
        server.behaviour = "ignores range"  # it is asked for whole files
        monkeypatch.setattr(module, "FIXED_URL", server.url)
        monkeypatch.setitem(module.FIXED_SHA256, "test", hashlib.sha256(text).hexdigest())
        for _ in range(2):
            np.testing.assert_array_equal(mnist("fixed", split="test").images[..., 0], images)
        assert len(server.requests) == 1
        with pytest.raises(ValueError, match="Incomplete or corrupted file"):
            mnist("fixed", split="valid")


@pytest.mark.parametrize("binarized, file", [(False, "mnist.npz"), ("fixed", "binarized_mnist.npz")])
def test_without_network_the_error_says_what_to_do(tmp_path, monkeypatch, no_network, binarized, file):
    with pytest.raises(ConnectionError, match=f"set PIXELCNN_DATA to a folder that holds mnist/{file}, or"):
        mnist(binarized)
    monkeypatch.setenv("PIXELCNN_DATA", str(tmp_path))
    with pytest.raises(ConnectionError, match=f"mnist/{file} \\(it is .* which has no such file"):
        mnist(binarized)


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"binarized": "static"}, "binarized='static' does not fit: expected one of False, 'fixed', 'dynamic'"),
        ({"binarized": True}, "binarized=True does not fit"),
        ({"split": "validation"}, "split='validation' does not fit: expected one of 'train', 'valid', 'test'"),
        ({"batch_size": 0}, "batch_size=0 does not fit: expected a whole number of at least 1"),
        ({"seed": -1}, "seed=-1 does not fit: expected a whole number of at least 0"),
    ],
)
def test_errors_name_the_argument_and_what_fits(folder, arguments, words):
    with pytest.raises(ValueError, match=words):
        mnist(**{"data_dir": folder, **arguments})


def test_files_that_do_not_fit_are_named(folder, tmp_path_factory):
    with pytest.raises(FileNotFoundError, match="expected a folder with mnist/mnist.npz"):
        mnist(data_dir=tmp_path_factory.mktemp("empty"))
    path = folder / "mnist" / "mnist.npz"
    np.savez(path, x_train=np.zeros((2, 28, 28), "uint8"))
    with pytest.raises(ValueError, match="mnist.npz lacks the array 'y_train'"):
        mnist(data_dir=folder)
    np.savez(path, x_train=np.zeros((2, 8, 8), "uint8"), y_train=[0, 1])
    with pytest.raises(ValueError, match="mnist.npz holds images of shape \\(8, 8\\); expected \\(28, 28\\)"):
        mnist(data_dir=folder)
    whole = path.read_bytes()
    for content in (whole[:500], b"", b"<html>", whole[:40] + b"damaged" + whole[47:]):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="mnist.npz cannot be read as an .npz file"):
            mnist(data_dir=folder)


def npz(path, **members):
    """Write a file with members that are no arrays, or headers that say what is not there."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_npy", ".npy"), content)


def header(shape, dtype="|u1"):
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


@pytest.mark.parametrize(
    "member, words",
    [
        (b"no array", "x_train.npy is not a .npy file"),
        (header("(20.0, 28, 28)") + bytes(15680), "damaged .npy header"),
        (header("(1000000, 28, 28)") + bytes(10_000_000), "at most 536,870,912 bytes are read"),
        (header("(-1, 28, 28)"), "at most"),
        (b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + bytes(50_000), "damaged .npy header: 4,294,967,295 bytes"),
        (header("(2, 28, 28)", "|O") + bytes(100), "cannot be loaded when allow_pickle=False"),
        (header("(2, 28, 28)") + bytes(100), "EOF"),
    ],
)
def test_members_that_are_no_arrays_are_named(folder, member, words):
    path = folder / "mnist" / "mnist.npz"
    npz(path, x_train_npy=member, y_train_npy=header("(2,)") + bytes(2))
    with pytest.raises(ValueError, match=f"mnist.npz cannot be read as an .npz file: .*{words}"):
        mnist(data_dir=folder)


def test_labels_that_do_not_exist_are_errors_that_name_the_file(folder):
    with np.load(folder / "mnist" / "mnist.npz") as file:
        arrays_of_file = dict(file)
    np.savez(folder / "mnist" / "mnist.npz", **{**arrays_of_file, "y_test": arrays_of_file["y_test"] + 10})
    with pytest.raises(ValueError, match="mnist.npz.*0 … 9"):
        mnist(split="test", data_dir=folder)


def test_a_file_that_is_an_array_alone_is_named(folder):
    np.save(folder / "mnist" / "mnist.npy", np.zeros((2, 28, 28)))
    (folder / "mnist" / "mnist.npy").rename(folder / "mnist" / "mnist.npz")
    with pytest.raises(ValueError, match="mnist.npz cannot be read as an .npz file"):
        mnist(data_dir=folder)
    npz(folder / "mnist" / "mnist.npz", x_train=header("(2, 28, 28)"))  # a member that is not called .npy
    with pytest.raises(ValueError, match="mnist.npz lacks the array 'x_train'"):
        mnist(data_dir=folder)


def test_real_gray_digits(real_data):
    assert [len(mnist(split=split, data_dir=real_data).images) for split in SPLITS] == [50_000, 10_000, 10_000]
    images, labels, _ = mnist(split="test", data_dir=real_data)
    assert np.bincount(labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert images.max() == 255 and 33 < images.mean() < 34


@pytest.mark.parametrize("split", SPLITS)
def test_the_real_fixed_binarisation_is_larochelles_byte_for_byte(real_data, split):
    """The sum is that of his text file: the folder and the download give the same images."""
    images = mnist("fixed", split=split, data_dir=real_data).images
    assert hashlib.sha256(as_text(images)).hexdigest() == module.FIXED_SHA256[split]
