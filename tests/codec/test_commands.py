"""`pixelcnn compress` and `pixelcnn decompress` return the images of files, and refuse what would lose something."""

import numpy as np
import pytest
from PIL import Image

import pixelcnn
from pixelcnn.cli import main
from pixelcnn.cli.pictures import read_levels, write_levels

pytest.importorskip("constriction")


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Files of a model of two classes, and of one of two levels."""
    folder, small = tmp_path_factory.mktemp("models"), {"num_blocks": 1, "num_filters": 2}
    gray = pixelcnn.PixelCNN((4, 5, 1), class_names=["bee", "sun"], head="logistic_mixture", **small)
    gray.save(folder / "gray.keras")
    pixelcnn.PixelCNN((4, 5, 1), high=1, **small).save(folder / "binary.keras")
    return folder


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 256, (3, 4, 5, 1), "uint8")


def complaint(capsys):
    *bars, text = capsys.readouterr().err.splitlines()
    assert text.startswith("pixelcnn: error: ") and all("ompressing" in line or not line for line in bars)
    return text


def test_pictures_and_arrays_return(models, pixels, tmp_path, capsys):
    model, compressed = str(models / "gray.keras"), str(tmp_path / "images.pxc")
    files = [str(tmp_path / "first.png"), str(tmp_path / "others.npy")]
    Image.fromarray(pixels[0, ..., 0]).save(files[0])
    np.save(files[1], pixels[1:])
    assert main(["compress", model, *files, "--label", "bee,sun,bee", "-o", compressed]) == 0
    assert "3 images in" in capsys.readouterr().out
    assert main(["decompress", model, compressed, "-o", str(tmp_path / "again.npy")]) == 0
    np.testing.assert_array_equal(np.load(tmp_path / "again.npy"), pixels)
    assert main(["decompress", model, compressed, "-o", str(tmp_path / "again.NPY")]) == 0
    np.testing.assert_array_equal(np.load(tmp_path / "again.NPY"), pixels)
    assert not list(tmp_path.glob(".*"))  # partial files
    assert main(["decompress", model, compressed, "-o", str(tmp_path / "again")]) == 0
    pictures = sorted((tmp_path / "again").iterdir())
    assert [path.name for path in pictures] == ["0.png", "1.png", "2.png"]
    np.testing.assert_array_equal([np.asarray(Image.open(path))[..., None] for path in pictures], pixels)


def test_two_levels_are_black_and_white(models, pixels, tmp_path, capsys):
    model, file, compressed = (str(path) for path in (models / "binary.keras", tmp_path / "a.png", tmp_path / "a.pxc"))
    Image.fromarray(pixels[0, ..., 0]).convert("1", dither=0).save(file)
    assert main(["compress", model, file, "-o", compressed]) == 0
    assert main(["decompress", model, compressed, "-o", str(tmp_path / "again")]) == 0
    (again,) = (tmp_path / "again").iterdir()
    assert Image.open(again).mode == "1"
    np.testing.assert_array_equal(np.asarray(Image.open(again)), np.asarray(Image.open(file)))
    Image.fromarray(pixels[0, ..., 0]).save(file)
    assert main(["compress", model, file, "-o", compressed]) == 2
    assert "expected a black and white picture" in complaint(capsys)
    assert main(["compress", model, file, "--label", "bee", "-o", compressed]) == 2


def test_two_levels_in_colour_lose_nothing(tmp_path):
    model = pixelcnn.PixelCNN((4, 5, 3), high=1, num_blocks=1, num_filters=6)
    images = np.random.default_rng(0).integers(0, 2, (3, 4, 5, 3), "uint8")
    write_levels(images, model, tmp_path / "again")
    np.testing.assert_array_equal(read_levels(sorted((tmp_path / "again").iterdir()), model), images)


def test_a_model_of_the_package_needs_no_path(models, pixels, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(pixelcnn, "load_pretrained", lambda name: pixelcnn.load(models / f"{name}.keras"))
    files = []
    for index, image in enumerate(pixels[:2]):
        files.append(str(tmp_path / f"{index}.png"))
        Image.fromarray(image[..., 0]).save(files[-1])
    compressed, again = str(tmp_path / "a.pxc"), str(tmp_path / "again.npy")
    arguments = ["compress", "--pretrained", "gray", "-o", compressed]
    assert main([*arguments, files[0]]) == 2
    assert "--label is missing" in complaint(capsys)
    assert main([*arguments, "--label", "sun", *files]) == 0
    assert main(["decompress", "--pretrained", "gray", compressed, "-o", again]) == 0
    np.testing.assert_array_equal(np.load(again), pixels[:2])


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("RGB", "grey, with at most 8 bits"), ("LA", "without transparency"), ("I;16", "at most 8 bits a channel")],
)
def test_a_picture_that_would_lose_something_is_refused(models, tmp_path, capsys, mode, expected):
    file = tmp_path / "a.png"
    Image.new(mode, (5, 4)).save(file)
    arguments = ["compress", str(models / "gray.keras"), str(file), "--label", "bee", "-o", str(tmp_path / "a.pxc")]
    assert main(arguments) == 2
    assert expected in complaint(capsys)
    assert not (tmp_path / "a.pxc").exists()


def test_wrong_arguments_are_one_line_and_cost_no_file(models, pixels, tmp_path, capsys):
    model, array, notes = str(models / "gray.keras"), tmp_path / "a.npy", tmp_path / "notes"
    np.save(array, pixels)
    notes.mkdir()
    (notes / "mine.txt").touch()
    compress = ["compress", model, str(array)]
    for arguments, expected in (
        ([*compress, "-o", str(tmp_path / "a.pxc")], "--label is missing"),
        ([*compress, "--label", "bee,sun", "-o", str(tmp_path / "a.pxc")], "--label has 2 names: expected 1, or 3"),
        ([*compress, "--label", "bee", "-o", str(tmp_path / "a.zip")], "expected a name that ends in .pxc"),
        (["compress", model, model, "--label", "bee", "-o", str(tmp_path / "a.pxc")], "cannot be read as an image"),
        (["compress", model, "--label", "bee", "-o", str(tmp_path / "a.pxc"), str(tmp_path / "b.npy")], "b.npy"),
        (["decompress", model, str(array), "-o", str(notes)], "exists: expected the name of a new folder"),
        (["decompress", model, str(array), "-o", str(array)], "is an input, which would be overwritten"),
        (["decompress", model, str(array), "-o", str(tmp_path / "new")], "begin with PXC"),
    ):
        try:
            assert main(arguments) == 2
        except SystemExit:  # argparse
            assert expected in capsys.readouterr().err
        else:
            assert expected in complaint(capsys)
    np.save(array, pixels[..., 0])
    assert main([*compress, "--label", "bee", "-o", str(tmp_path / "a.pxc")]) == 2
    assert "a.npy of shape (3, 4, 5) does not fit" in complaint(capsys)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npy", "notes"]
    assert [path.name for path in notes.iterdir()] == ["mine.txt"]
