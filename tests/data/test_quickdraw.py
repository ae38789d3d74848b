import tracemalloc

import numpy as np
import pytest
from bitmap_server import bitmap_file, serve

from pixelcnn.data import BLOG20, QUICKDRAW13, quickdraw, quickdraw_classes
from pixelcnn.data.labels import ARTICLE_LABELS

ROWS = {"bee": 30, "tent": 7, "The Eiffel Tower": 25}


@pytest.fixture
def folder(tmp_path):
    """Small files in Google's layout: every pixel of drawing k is k."""
    inside = tmp_path / "quickdraw" / "full" / "numpy_bitmap"
    inside.mkdir(parents=True)
    for name, rows in ROWS.items():
        np.save(inside / f"{name}.npy", np.repeat(np.arange(rows, dtype=np.uint8)[:, None], 784, axis=1))
    return inside


def numbers(images):
    """Which rows of its file a loaded class consists of."""
    return images[:, 0, 0, 0].tolist()


def test_labels_are_in_the_order_of_classes(folder):
    images, labels, names = quickdraw(["tent", "bee"], per_class=3, data_dir=folder)
    assert (images.shape, images.dtype, labels.dtype) == ((6, 28, 28, 1), np.uint8, np.int64)
    assert (labels.tolist(), names) == ([0, 0, 0, 1, 1, 1], ("tent", "bee"))
    assert numbers(images) == [0, 1, 2] * 2


@pytest.mark.parametrize("classes", [["tent"], "tent", [308], 308, [308.0], [np.int32(308)], np.array([308])])
def test_classes_by_name_or_by_any_whole_number(folder, classes):
    images, labels, names = quickdraw(classes, data_dir=folder)
    assert (len(images), names) == (7, ("tent",))


@pytest.mark.parametrize("up", range(4))
def test_any_folder_of_googles_layout_will_do(folder, up, monkeypatch):
    parent = [folder, *folder.parents][up]
    assert len(quickdraw(["bee"], data_dir=str(parent)).images) == 30
    monkeypatch.setenv("PIXELCNN_DATA", str(parent))
    assert len(quickdraw(["bee"], source="local").images) == 30
    assert len(quickdraw(["bee"]).images) == 30


def test_the_last_tenth_at_least_two_are_the_test_split(folder):
    for name, rows in ROWS.items():
        train, test = (numbers(quickdraw([name], data_dir=folder, split=split).images) for split in ("train", "test"))
        assert train + test == list(range(rows))
        assert len(test) == max(2, rows // 10)


def test_a_class_without_a_training_image_is_refused(tmp_path):
    np.save(tmp_path / "bee.npy", np.zeros((2, 784), "uint8"))
    with pytest.raises(ValueError, match=r"bee.npy has 2 drawings, so none for split='train': expected at least 3"):
        quickdraw(["bee"], data_dir=tmp_path, split="train")
    assert len(quickdraw(["bee"], data_dir=tmp_path, split="test").images) == 2


def test_per_class_takes_the_first_of_the_split(folder):
    assert numbers(quickdraw(["bee"], 2, folder, split="test").images) == [27, 28]
    assert numbers(quickdraw(["bee"], 2, folder, split="train").images) == [0, 1]


def test_fewer_rows_than_asked_for_are_a_warning(folder):
    with pytest.warns(UserWarning, match="'tent' has 7 drawings .* fewer than per_class=20"):
        images, labels, _ = quickdraw(["bee", "tent"], per_class=20.0, data_dir=folder)
    assert np.bincount(labels).tolist() == [20, 7]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"classes": ["bea"]}, "classes holds 'bea'"),
        ({"classes": [345]}, "classes holds 345.*0 … 344"),
        ({"classes": [26.5]}, "classes holds 26.5"),
        ({"classes": [True]}, "classes holds True"),
        ({"classes": []}, "classes is empty"),
        ({"classes": ["bee", 26]}, "holds 'bee' more than once"),
        ({"per_class": 0}, "per_class=0 does not fit: expected a whole number of at least 1"),
        ({"per_class": float("nan")}, "per_class=nan does not fit"),
        ({"source": "disk"}, "source='disk' does not fit: expected one of 'auto', 'local', 'network'"),
        ({"split": "valid"}, "split='valid' does not fit: expected one of None, 'train', 'test'"),
        ({"source": "local", "data_dir": None}, "PIXELCNN_DATA"),
    ],
)
def test_errors_name_the_argument_and_what_fits(folder, arguments, words):
    with pytest.raises(ValueError, match=words):
        quickdraw(**{"classes": ["bee"], "data_dir": folder, **arguments})


def test_a_missing_class_is_named_with_its_folder(folder):
    with pytest.raises(FileNotFoundError, match="numpy_bitmap' lacks 'swan.npy'"):
        quickdraw(["bee", "swan"], data_dir=folder)
    with pytest.raises(FileNotFoundError, match="nowhere' does not fit: expected a folder"):
        quickdraw(["bee"], data_dir=folder / "nowhere")


@pytest.mark.parametrize("prefix", ["full_numpy_bitmap_", "full-numpy_bitmap-", "full%2Fnumpy_bitmap%2F"])
def test_files_may_have_the_names_that_browsers_give_them(tmp_path, folder, prefix):
    for name in ("bee", "The Eiffel Tower"):
        (tmp_path / f"{prefix}{name}.npy").write_bytes((folder / f"{name}.npy").read_bytes())
    images, _, names = quickdraw(["The Eiffel Tower", "bee"], data_dir=tmp_path)
    assert (len(images), names) == (55, ("The Eiffel Tower", "bee"))


def test_a_variable_for_other_data_does_not_block_the_network(tmp_path, monkeypatch, folder):
    (tmp_path / "mine" / "mnist").mkdir(parents=True)
    monkeypatch.setenv("PIXELCNN_DATA", str(tmp_path / "mine"))
    cached = {"cache_dir": tmp_path / "cache", "verbose": 0}
    with serve({"bee": bitmap_file(20)}) as server:
        assert len(quickdraw(["bee"], base_url=server.url, **cached).images) == 20
        with pytest.raises(FileNotFoundError, match="mine' lacks 'bee.npy'"):
            quickdraw(["bee"], source="local", **cached)
    monkeypatch.setenv("PIXELCNN_DATA", str(tmp_path))
    assert len(quickdraw(["bee"], **cached).images) == 30
    with pytest.raises(FileNotFoundError, match="numpy_bitmap' lacks 'swan.npy'"):
        quickdraw(["bee", "swan"], **cached)


def test_classes_that_are_digits_as_text(folder):
    assert quickdraw("308", data_dir=folder).class_names == ("tent",)
    assert quickdraw([b"bee", "308"], data_dir=folder).class_names == ("bee", "tent")


@pytest.mark.parametrize("rows", ["20.0", "'20'", "None", "True", "-1", "1048577", "1" * 400, "1" * 5000, "(" * 900])
def test_a_number_of_rows_that_is_none(folder, rows):
    text = f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({rows}, 784), }}\n".encode()
    header = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text
    (folder / "bee.npy").write_bytes(header + bytes(20 * 784))
    with pytest.raises(ValueError, match="bee.npy (has a damaged .npy header|holds uint8 of shape|is too long)"):
        quickdraw(["bee"], data_dir=folder)


def test_a_sparse_file_with_a_huge_header_takes_no_memory(folder):
    with (folder / "bee.npy").open("wb") as file:
        file.write(b"\x93NUMPY\x02\x00\xf0\xff\xff\xff")
        file.truncate(1 << 32)
    tracemalloc.start()
    with pytest.raises(ValueError, match="bee.npy has a damaged .npy header: 4,294,967,280 bytes"):
        quickdraw(["bee"], data_dir=folder)
    assert tracemalloc.get_traced_memory()[1] < 1e6
    tracemalloc.stop()


def test_the_articles_labels_as_published_are_a_warning_and_a_missing_tent_has_a_hint(folder):
    for name in {*(quickdraw_classes()[k] for k in ARTICLE_LABELS)} - set(ROWS):
        np.save(folder / f"{name}.npy", np.zeros((1, 784), np.uint8))
    with pytest.warns(UserWarning, match="308 is 'tent'; The Eiffel Tower, .*, is 309"):
        quickdraw([float(label) for label in ARTICLE_LABELS], data_dir=folder)
    (folder / "tent.npy").unlink()
    with pytest.raises(FileNotFoundError, match="lacks 'tent.npy'.*The Eiffel Tower, .*, is 309"):
        quickdraw([26, 308], data_dir=folder)


def test_damaged_files_are_named(folder):
    path = folder / "bee.npy"
    whole = path.read_bytes()
    other = folder / "other.npy"
    np.save(other, np.zeros((5, 784), np.float32))
    flat = folder / "flat.npy"
    np.save(flat, np.zeros((5, 28, 28), np.uint8))
    for content, words in [
        (whole[:-100], "bee.npy is truncated"),
        (whole + b"more", "bee.npy is too long"),
        (whole[:50], "bee.npy is truncated"),
        (b"", "bee.npy is not a .npy file"),
        (b"<html>", "bee.npy is not a .npy file: it starts with b'<html>'"),
        (other.read_bytes(), "bee.npy holds float32"),
        (flat.read_bytes(), "shape \\(n, 784\\)"),
        (whole.replace(b"'descr'", b"'decsr'"), "damaged .npy header"),
    ]:
        path.write_bytes(content)
        with pytest.raises(ValueError, match=words):
            quickdraw(["bee"], data_dir=folder)


def test_real_data(real_quickdraw):
    with pytest.warns(UserWarning, match="has 25 drawings"):
        images, labels, names = quickdraw(BLOG20, per_class=400, data_dir=real_quickdraw.parent)
    assert names == BLOG20
    counts = dict(zip(names, np.bincount(labels), strict=True))
    assert all(counts[name] == (400 if name in QUICKDRAW13 else 25) for name in names)
    raw = np.load(real_quickdraw / "full" / "numpy_bitmap" / "swan.npy")
    np.testing.assert_array_equal(images[labels == names.index("swan")].reshape(-1, 784), raw)


def test_an_empty_variable_is_none(monkeypatch):
    monkeypatch.setenv("PIXELCNN_DATA", "")
    with pytest.raises(ValueError, match="data_dir=None does not fit: expected a folder"):
        quickdraw(["bee"], source="local")


def test_a_folder_and_the_network_are_not_asked_for_together(tmp_path):
    with pytest.raises(ValueError, match="data_dir=.* does not fit: expected None"):
        quickdraw(["bee"], data_dir=tmp_path, source="network")
