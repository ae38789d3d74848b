import numpy as np
import pytest

from pixelcnn.data import CIFAR10_CLASSES, cifar10


@pytest.fixture
def folder(tmp_path):
    """A small data set in the layout of the real one: all pixels of image k are k."""
    (tmp_path / "cifar10").mkdir()
    write(tmp_path / "cifar10" / "cifar10_subset.npz", 4)
    return tmp_path


def write(path, count):
    images = np.broadcast_to(np.arange(count + 1, dtype="uint8")[:, None, None, None], (count + 1, 32, 32, 3))
    labels = np.arange(count + 1)
    np.savez(path, x_train=images[:-1], y_train=labels[:-1], x_test=images[-1:], y_test=labels[-1:, None])


def test_images_labels_and_names(folder, monkeypatch):
    images, labels, names = cifar10(data_dir=folder)
    assert (images.shape, images.dtype, labels.tolist()) == ((4, 32, 32, 3), np.uint8, [0, 1, 2, 3])
    assert names == CIFAR10_CLASSES and names[3] == "cat"
    monkeypatch.setenv("PIXELCNN_DATA", str(folder))
    test = cifar10("test")
    assert (test.images.shape, test.labels.tolist()) == ((1, 32, 32, 3), [4])


def test_the_whole_file_goes_before_the_subset(folder):
    write(folder / "cifar10" / "cifar10.npz", 7)
    assert len(cifar10(data_dir=folder).images) == 7
    assert len(cifar10(data_dir=folder / "cifar10").images) == 7


def test_without_network_the_error_says_what_to_do(no_network):
    with pytest.raises(ConnectionError, match="CIFAR-10 .* set PIXELCNN_DATA to a folder that holds cifar10/"):
        cifar10()


def test_errors_name_what_does_not_fit(folder, tmp_path_factory):
    with pytest.raises(ValueError, match="split='valid' does not fit: expected one of 'train', 'test'"):
        cifar10("valid", data_dir=folder)
    with pytest.raises(FileNotFoundError, match="a folder with cifar10/cifar10.npz or cifar10/cifar10_subset.npz"):
        cifar10(data_dir=tmp_path_factory.mktemp("empty"))
    np.savez(folder / "cifar10" / "cifar10_subset.npz", x_train=np.zeros((1, 3, 32, 32), "uint8"), y_train=[0])
    with pytest.raises(ValueError, match=r"holds images of shape \(3, 32, 32\); expected \(32, 32, 3\)"):
        cifar10(data_dir=folder)


def test_real_data(real_data):
    for split, count in (("train", 4660), ("test", 846)):
        images, labels, names = cifar10(split, data_dir=real_data)
        assert images.shape == (count, 32, 32, 3) and len(labels) == count
    with np.load(real_data / "cifar10" / "cifar10_subset.npz") as file:
        assert names == tuple(file["classes"])
        np.testing.assert_array_equal(labels, file["y_test"])
