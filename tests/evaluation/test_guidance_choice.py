"""Two judges of the same drawings, and the guidance whose drawings are nearest to real images."""

import json

import keras
import numpy as np
import pytest

import pixelcnn
from models import shake
from pixelcnn.evaluation import Judge, LabelledImages, choose_guidance, measure_drawings

LABELS = np.repeat([0, 1], 60)


def small(**arguments):
    keras.utils.set_random_seed(0)
    model = pixelcnn.PixelCNN((4, 4, 1), num_classes=2, high=3, num_blocks=1, num_filters=2, **arguments)
    shake(model, size=1.0)
    return model


@pytest.fixture(scope="module")
def model():
    return small(condition_dropout=0.5)


@pytest.fixture(scope="module")
def choice(model):
    """Of a model whose training images were drawn with guidance 30."""
    train = model.sample(conditional_input=LABELS, seed=1, guidance=30.0, verbose=0), LABELS
    return choose_guidance(model, train, (0, 30), samples=20, seed=2)


def test_the_choice_is_the_guidance_of_the_least_distance(choice):
    points = {point["guidance"]: point for point in choice.record["points"]}
    assert list(points) == choice.record["settings"]["guidances"] == [0.0, 30.0]
    assert points[30.0]["frechet_distance"] < points[0.0]["frechet_distance"]
    assert choice.guidance == choice.record["guidance"] == 30.0
    assert choice.record["validation_images"] == 12  # the last tenth of each class
    assert all(0 <= point["fidelity"] <= 1 for point in points.values())
    assert json.loads(json.dumps(choice.record, allow_nan=False)) == choice.record


@pytest.mark.parametrize(
    "arguments, named",
    [
        ({"guidances": ()}, "guidances"),
        ({"guidances": (0, 1, 0.0)}, "each number once"),
        ({"guidances": (np.nan,)}, "finite"),
        ({"guidances": "12"}, "guidances"),
        ({"samples": 0}, "samples"),
        ({"seed": 0.5}, "seed=0.5 does not fit"),
        ({"train": (np.zeros((5, 4, 4, 1), int), [0, 0, 0, 1, 1])}, "2 images of class 1: expected at least 3"),
    ],
)
def test_a_choice_refuses_by_name(model, arguments, named):
    with pytest.raises(ValueError, match=named):
        choose_guidance(model, **{"train": (np.zeros((120, 4, 4, 1), int), LABELS), **arguments})


def test_a_choice_needs_a_model_that_takes_guidance():
    with pytest.raises(ValueError, match="condition_dropout"):
        choose_guidance(small(), (np.zeros((120, 4, 4, 1), int), LABELS))


def test_two_judges_are_compared(model):
    images = LabelledImages(model.sample(conditional_input=LABELS[::20], seed=1, verbose=0), LABELS[::20])
    record = measure_drawings(model, images, images, samples=3, seed=1, judges=2).record
    assert list(record["judges"]) == ["convolutional", "mixer"]
    assert record["judges"]["convolutional"]["fidelity"] == record["fidelity"]
    first, second = (part["fidelity"] for part in record["judges"].values())
    assert record["judges_difference"] == pytest.approx(abs(first - second), abs=1e-4)
    assert record["judges_agree"] == (record["judges_difference"] <= 0.03)
    with pytest.raises(ValueError, match="judges=3"):
        measure_drawings(model, images, images, judges=3)
    with pytest.raises(ValueError, match="judges=2 does not fit: expected 1 without"):
        measure_drawings(model, images, judges=2)


def test_one_image_has_no_distance():
    one = pixelcnn.PixelCNN((4, 4, 1), num_classes=1, high=3, num_blocks=1, num_filters=2, condition_dropout=0.1)
    images = LabelledImages(np.zeros((30, 4, 4, 1), int), np.zeros(30, int))
    with pytest.raises(ValueError, match="samples=1, 30 test images and 30 training images do not fit"):
        measure_drawings(one, images, images, samples=1)
    with pytest.raises(ValueError, match="samples=1 does not fit one class: expected at least 2"):
        choose_guidance(one, images, samples=1)


def test_a_seed_may_be_a_whole_float_as_numbers_of_r_are(model):
    images = LabelledImages(model.sample(conditional_input=LABELS[::20], seed=1, verbose=0), LABELS[::20])
    same, record = (measure_drawings(model, images, images, samples=1, seed=seed).record for seed in (2**40, 2.0**40))
    same.pop("classifier_seconds")
    record.pop("classifier_seconds")
    assert record == same
    json.dumps(measure_drawings(model, images, images, samples=1, temperature=np.float32(0.5)).record)


def test_judges_that_were_trained_before_measure_the_same(model):
    images = LabelledImages(model.sample(conditional_input=LABELS[::20], seed=1, verbose=0), LABELS[::20])
    judges = [Judge(model, images, 1, name) for name in ("convolutional", "mixer")]
    record = measure_drawings(model, images, images, samples=3, seed=1, judges=2).record
    again = measure_drawings(model, images, images, samples=3, seed=1, judges=judges).record
    for part in (record, again, *record["judges"].values(), *again["judges"].values()):
        part.pop("classifier_seconds")
    assert again == record
    for wrong in ([], ["mixer"], [judges[0], judges[0]]):
        with pytest.raises(ValueError, match=r"judges=.* does not fit: expected `Judge`s of different architectures"):
            measure_drawings(model, images, images, judges=wrong)
    with pytest.raises(ValueError, match=r"judges=.* does not fit: expected 1 without classes or without training"):
        measure_drawings(model, images, judges=judges)
