import pytest

import pixelcnn.data as data
from pixelcnn.data.labels import ARTICLE_LABELS


def test_tent_is_308_and_the_eiffel_tower_309():
    names = data.quickdraw_classes()
    assert (len(names), len(set(names))) == (345, 345)
    assert (names[308], names[309]) == ("tent", "The Eiffel Tower")


def test_blog20_is_the_articles_list_but_for_its_mistake():
    meant = [309 if label == 308 else label for label in ARTICLE_LABELS]
    assert tuple(data.quickdraw_classes()[label] for label in meant) == data.BLOG20


def test_quickdraw13_are_the_classes_with_400_rows(real_quickdraw):
    folder = real_quickdraw / "full" / "numpy_bitmap"
    many = [name for name in data.BLOG20 if (folder / f"{name}.npy").stat().st_size > 400 * 784]
    assert tuple(many) == data.QUICKDRAW13


def test_the_shipped_list_is_that_of_the_real_data(real_quickdraw):
    text = (real_quickdraw / "labels_tfds_order.txt").read_text(encoding="utf-8")
    assert tuple(text.splitlines()) == data.quickdraw_classes()


def test_the_package_exports_what_it_lists():
    assert all(hasattr(data, name) for name in data.__all__)
    with pytest.raises(AttributeError):
        _ = data.np
