import pytest

from pixelcnn.data import BLOG20, filter_classes, quickdraw_classes
from pixelcnn.data.labels import ARTICLE_LABELS

tf = pytest.importorskip("tensorflow")
NAMES = ("ant", "bat", "cow", "dog")
LABELS = [0, 3, 2, 1, 3, 3, 0]
IMAGES = tf.reshape(tf.range(7.0), (7, 1, 1, 1))
PAIRS = tf.data.Dataset.from_tensor_slices((IMAGES, LABELS))
RECORDS = tf.data.Dataset.from_tensor_slices({"image": IMAGES, "label": LABELS, "id": tf.range(7)})


def contents(dataset):
    return [(int(tf.squeeze(image)), int(label)) for image, label in dataset]


@pytest.mark.parametrize("dataset", [PAIRS, RECORDS])
@pytest.mark.parametrize("classes", [["dog", "ant"], [3, 0], [3.0, 0.0], ["dog", 0]])
def test_labels_are_in_the_order_of_classes(dataset, classes):
    kept = filter_classes(dataset, classes, NAMES)
    assert contents(kept) == [(0, 1), (1, 0), (4, 0), (5, 0), (6, 1)]
    assert kept.element_spec[1].dtype == tf.int64


def test_numbers_need_no_names():
    assert contents(filter_classes(PAIRS, [2])) == [(2, 0)]


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        (["1"], [(0, 0), (6, 0)]),
        (["2", "1"], [(0, 1), (2, 0), (6, 1)]),
        ([b"10"], [(3, 0)]),
        (["0"], [(0, 0), (6, 0)]),  # no class is called so: label 0
        ([1], [(3, 0)]),  # a number is a label
        (["3", "10"], [(1, 0), (3, 1), (4, 0), (5, 0)]),
    ],
)
@pytest.mark.parametrize("names", [("1", "10", "2", "cow"), (b"1", b"10", b"2", b"cow"), (1, 10, 2, "cow")])
def test_a_text_is_a_name_first_and_a_label_where_none_matches(classes, expected, names):
    assert contents(filter_classes(PAIRS, classes, names)) == expected


def test_the_articles_labels_as_published_are_a_warning():
    with pytest.warns(UserWarning, match="308 is 'tent'"):
        filter_classes(PAIRS, ARTICLE_LABELS, quickdraw_classes())


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float32"])
def test_labels_of_any_dtype(dtype):
    dataset = PAIRS.map(lambda image, label: (image, tf.cast(label, dtype)))
    assert contents(filter_classes(dataset, ["cow"], NAMES)) == [(2, 0)]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"classes": ["eel"]}, "classes holds 'eel'"),
        ({"classes": [4]}, "classes holds 4"),
        ({"classes": [-1], "class_names": None}, "classes holds -1"),
        ({"classes": ["4"]}, "classes holds 4, .* 0 … 3 or a name: 'ant'"),
        ({"classes": ["-1"]}, "classes holds '-1'"),
        ({"classes": ["\N{SUPERSCRIPT TWO}"]}, "classes holds"),
        ({"classes": ["1", 1]}, "holds '1' more than once"),
        ({"classes": [10**400]}, "classes holds 1000.*…, which is not a class: expected"),
        ({"classes": None}, "classes holds None"),
        ({"class_names": None}, "because class_names is None"),
        ({"dataset": [1, 2]}, "dataset of type list does not fit: expected a tf.data.Dataset"),
        ({"dataset": {"train": PAIRS}}, "of type dict .*, one split"),
        ({"dataset": PAIRS.batch(2)}, "use .unbatch"),
        ({"dataset": PAIRS.map(lambda image, label: image)}, "dataset with elements .* expected .image, label"),
    ],
)
def test_errors_name_the_argument(arguments, words):
    with pytest.raises(ValueError, match=words):
        filter_classes(**{"dataset": PAIRS, "classes": ["ant"], "class_names": NAMES, **arguments})


def test_tensorflow_datasets():
    """As the article does it, on TFDS' own mock of the data set."""
    tfds = pytest.importorskip("tensorflow_datasets")
    with tfds.testing.mock_data(num_examples=500):
        whole, info = tfds.load("quickdraw_bitmap", split="train[:500]", with_info=True)
        assert tuple(info.features["label"].names) == quickdraw_classes()
        expected = sum(info.features["label"].int2str(record["label"]) in BLOG20 for record in tfds.as_numpy(whole))
        ways = [
            filter_classes(whole, BLOG20, info),
            filter_classes(whole, BLOG20, info.features["label"]),
            filter_classes((whole, info), BLOG20),
            filter_classes(whole, BLOG20, quickdraw_classes()),
            filter_classes(whole, [quickdraw_classes().index(name) for name in BLOG20]),
        ]
        labels = [[int(label) for _, label in dataset] for dataset in ways]
    assert 0 < expected == len(labels[0])
    assert all(other == labels[0] for other in labels)
    assert set(labels[0]) <= set(range(20))
    assert ways[0].element_spec[0].shape == (28, 28, 1)
