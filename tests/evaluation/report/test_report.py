"""A report holds what was measured, finds copies of training images out, and is one page that needs nothing else."""

import base64
import io
import json
from html.parser import HTMLParser

import keras
import numpy as np
import pytest
from PIL import Image

import pixelcnn
from models import shake
from pixelcnn.evaluation import check_data, measure_classification, write_report

RANDOM = np.random.default_rng(0)
NAMES = ("bee", "<b>sun & moon</b>")
EPOCHS = [{"bits_per_dim": "1.75", "val_bits_per_dim": ""}, {"bits_per_dim": "1.5", "val_bits_per_dim": "1.625"}]


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    model = pixelcnn.PixelCNN((4, 4, 1), class_names=NAMES, high=3, num_blocks=1, num_filters=2)
    shake(model)
    return model


@pytest.fixture(scope="module")
def test_images():
    labels = np.repeat([0, 1], [5, 3])
    return RANDOM.integers(0, 2, (8, 4, 4, 1)) + 2 * labels[:, None, None, None], labels


@pytest.fixture(scope="module")
def report(model, test_images, tmp_path_factory):
    """Figures and page of a model that draws its training images, because both have one seed."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    labels = np.repeat([0, 1], 6)
    train = model.sample(conditional_input=labels, seed=3, verbose=0), labels
    figures = write_report(model, test_images, path, train, samples=6, seed=3, history=EPOCHS, title="a < b")
    return figures, path.read_text()


class Page(HTMLParser):
    """The texts, attributes and pictures of a page; an element that is not closed is an error."""

    EMPTY = ("meta", "img", "polyline", "path", "br")

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.texts = [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def test_copies_of_training_images_are_found_out(report):
    figures, _ = report
    assert set(figures["memorisation"]["generated"].values()) == {0.0}
    assert figures["memorisation"]["real"]["5%"] > 0
    assert figures["frechet_distance"] == pytest.approx(figures["frechet_distance_of_training"], rel=1e-3, abs=1e-3)
    assert figures["frechet_distance"] > 0


def test_sets_are_compared_with_equally_many_images_of_each_class(report):
    figures, _ = report
    assert figures["compared_images"] == 5 + 3  # of 6 drawings, 6 training images, 5 and 3 test images
    assert 1 / 6 <= figures["diversity"]["generated"]["distinct_neighbours"] <= 1
    assert figures["diversity"]["real"]["pairwise_distance"] > 0


def test_figures_agree_with_each_other_and_are_json(report, model, test_images):
    figures, _ = report
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures
    images, labels = test_images
    bits = np.asarray(model.bits_per_dim(images, conditional_input=labels))
    assert figures["bits_per_dim"] == pytest.approx(bits.mean(), rel=1e-5)
    matrix = np.array([list(row.values()) for row in figures["fidelity_confusion"].values()])
    assert matrix.sum(axis=1).tolist() == [6, 6]
    assert figures["fidelity"] == pytest.approx(np.trace(matrix) / 12)
    for name in NAMES:
        (low, high), share = figures["fidelity_interval_by_class"][name], figures["fidelity_by_class"][name]
        assert low <= share <= high
        low, high = figures["bits_per_dim_interval_by_class"][name]
        assert low < figures["bits_per_dim_by_class"][name] < high
    speeds = (figures["images_per_second"], figures["images_per_processor_second"])
    assert all(speed[name] > 0 for speed in speeds for name in ("log_prob", "sample")) and figures["processor"]


def test_the_page_needs_nothing_else(report):
    _, text = report
    page = Page(text)
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "link", "iframe", "object", "form"})
    addresses = [attributes[name] for _, attributes in page.tags for name in ("src", "href") if name in attributes]
    assert addresses and all(address.startswith("data:image/png;base64,") for address in addresses)
    assert "url(" not in text and "@import" not in text
    for tag, attributes in page.tags:
        if tag == "img":
            picture = Image.open(io.BytesIO(base64.b64decode(attributes["src"].partition(",")[2])))
            assert picture.size == (int(attributes["width"]), int(attributes["height"])) and attributes["alt"]
    assert any(tag == "svg" and attributes.get("aria-label") for tag, attributes in page.tags)


def test_the_page_says_what_was_measured_and_escapes_names(report):
    figures, text = report
    shown = " ".join(Page(text).texts)
    assert NAMES[1] in shown and "a < b" in shown and "<b>sun" not in text
    for value in (figures["bits_per_dim"], figures["fidelity"]):
        assert f"{value:.3f}" in shown
    assert f"{figures['frechet_distance']:.2f}" in shown and figures["processor"] in shown
    titles = ("Training", "Completions", "Fidelity", "Nearest training images", "Most and least likely", "Speed")
    assert all(title in shown for title in titles)


def test_without_classes_distances_are_between_levels(tmp_path):
    plain = pixelcnn.PixelCNN((4, 4, 1), high=3, num_blocks=1, num_filters=2)
    train = plain.sample(4, seed=0, verbose=0)
    figures = write_report(plain, np.full((3, 4, 4, 1), 3), tmp_path / "plain.html", train, samples=4)
    assert figures["memorisation"]["generated"]["95%"] == 0
    farthest = np.sqrt(np.mean(((3.0 - train) / 3) ** 2, axis=(1, 2, 3))).min()
    assert figures["memorisation"]["real"]["50%"] == pytest.approx(farthest, abs=1e-4)
    assert figures["diversity"]["real"]["pairwise_distance"] == 0
    assert "fidelity" not in figures and "Fidelity" not in (tmp_path / "plain.html").read_text()


def test_without_training_images_nothing_is_compared(model, test_images, tmp_path):
    """With a single test image there is no interval either."""
    images, labels = test_images
    figures = write_report(model, (images[:1], labels[:1]), tmp_path / "report.html", samples=1)
    assert figures["standard_error"] is None and "– … –" in (tmp_path / "report.html").read_text()
    json.dumps(figures, allow_nan=False)
    assert not {"fidelity", "diversity", "memorisation"} & set(figures) and figures["samples_per_class"] == 1
    assert "Nearest training images" not in (tmp_path / "report.html").read_text()


def test_classes_by_bayes_rule_are_counted(model, test_images):
    record = measure_classification(model, check_data("test", test_images, model))
    matrix = np.array([list(row.values()) for row in record["bayes_confusion"].values()])
    assert matrix.sum(axis=1).tolist() == [5, 3]
    assert record["bayes_accuracy"] == pytest.approx(np.trace(matrix) / 8)


@pytest.mark.parametrize(
    "arguments, data, named",
    [
        ({}, np.zeros((2, 5, 4, 1), int), "test has images of shape"),
        ({}, np.zeros((0, 4, 4, 1), int), "test has images of shape"),
        ({"num_classes": 2}, np.zeros((2, 4, 4, 1), int), "test has labels"),
        ({"num_classes": 2}, (np.zeros((2, 4, 4, 1), int), [0]), "test has labels"),
        ({"num_classes": 2}, (np.zeros((2, 4, 4, 1), int), [0, 2]), "2"),
        ({"conditional_shape": (3,)}, np.zeros((2, 4, 4, 1), int), "condition of numbers"),
        ({"image_shape": (4, 4, 2)}, np.zeros((2, 4, 4, 2), int), "1 or 3 channels"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, data, named, tmp_path):
    other = pixelcnn.PixelCNN(**{"image_shape": (4, 4, 1), "high": 3, "num_blocks": 1, "num_filters": 4} | arguments)
    with pytest.raises(ValueError, match=named):
        write_report(other, data, tmp_path / "report.html")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "arguments, named",
    [
        ({"samples": 0}, "samples=0"),
        ({"temperature": 0}, "temperature=0"),
        ({"title": None}, "title=None"),
        ({"history": {"bits_per_dim": [1.0]}}, "history=.* a sequence of rows"),
        ({"train": (np.full((2, 4, 4, 1), 0.5), [0, 1])}, "train holds 0.5"),
        ({"guidance": 1.0}, "guidance=1.0"),
    ],
)
def test_settings_of_drawings_are_checked_first(model, test_images, tmp_path, monkeypatch, arguments, named):
    monkeypatch.setattr(type(model), "log_prob", None)  # would take long
    with pytest.raises(ValueError, match=named):
        write_report(model, test_images, tmp_path / "report.html", **arguments)
