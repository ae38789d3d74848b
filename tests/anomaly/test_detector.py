"""All detectors share one signature, which is that of alibi-detect's outlier detectors."""

import json
import math

import numpy as np
import pytest

import pixelcnn
from models import model
from pixelcnn import anomaly
from properties.families import model as of_family
from properties.families import of_one_family_and_of_others_in_full, random_images


def detectors(distribution, images, conditional_input=None):
    """One detector of each kind, fitted without training."""
    return [
        anomaly.Likelihood(distribution),
        anomaly.LikelihoodRatio(distribution, distribution),
        anomaly.Typicality(distribution).fit(images, conditional_input),
        anomaly.Complexity(distribution),
        anomaly.Stirring(distribution).fit(images, conditional_input),
    ]


@of_one_family_and_of_others_in_full
@pytest.mark.parametrize(
    ("image_shape", "high"), [((3, 4, 3), 3), pytest.param((4, 4, 1), 255, marks=pytest.mark.full)]
)
def test_every_detector_scores_thresholds_and_predicts(family, image_shape, high):
    distribution = of_family(family, image_shape, "label", high=high)
    images = random_images(8, distribution)
    for detector in detectors(distribution, images[:4], [0, 1, 2, 0]):
        assert detector.infer_threshold(images[:4], threshold_perc=50) is detector
        of_pixels, of_images = detector.score(images)
        assert of_images.shape == (8,) and of_images.dtype == "float64" and np.all(np.isfinite(of_images))
        assert detector.threshold == pytest.approx(np.percentile(of_images[:4], 50), rel=1e-3, abs=1e-4)
        predicted = detector.predict(images)
        assert predicted["meta"]["name"] == type(detector).__name__ and predicted["meta"]["detector_type"] == "outlier"
        assert np.array_equal(predicted["data"]["is_outlier"], (of_images > detector.threshold).astype(int))
        assert np.array_equal(predicted["data"]["instance_score"], of_images)
        if of_pixels is None:
            assert predicted["data"]["feature_score"] is None
        else:
            assert of_pixels.shape == (8, *image_shape[:2])
            assert np.array_equal(predicted["data"]["feature_score"], of_pixels)


def test_a_model_with_weights_that_are_not_finite_judges_no_image():
    distribution = model((4, 4, 1), num_classes=3)
    images = random_images(4, distribution)
    fitted = detectors(distribution, images, [0, 1, 2, 0])
    for variable in distribution.trainable_variables:
        variable.assign(np.full(variable.shape, np.nan))
    for detector in fitted:
        for call in (detector.score, detector.infer_threshold):
            with pytest.raises(ValueError, match="this distribution holds weights that are not finite"):
                call(images, conditional_input=[0, 1, 2, 0])
            with pytest.raises(ValueError, match="this distribution holds weights that are not finite"):
                call(images)


def test_impossible_images_are_outliers_and_no_reference(monkeypatch):
    distribution = model((4, 4, 1), num_classes=3)
    images = random_images(4, distribution)
    possible = distribution.pixel_log_prob(images, 0)

    def impossible(images, *_, **__):
        nats = possible[: len(images)].copy()
        nats[0, 1, 2] = -np.inf  # in every class
        return nats

    monkeypatch.setattr(distribution, "pixel_log_prob", impossible)
    detector = anomaly.Likelihood(distribution, threshold=1e9)
    assert detector.predict(images)["data"]["is_outlier"].tolist() == [1, 0, 0, 0]
    assert np.isposinf(detector.score(images).instance_score[0])
    with pytest.raises(ValueError, match="images does not fit: expected possible images"):
        detector.infer_threshold(images)


def test_a_score_of_likelihood_is_minus_the_log_probability_and_surprise_is_in_bits():
    distribution = model((4, 4, 1), num_classes=3)
    images = random_images(6, distribution).reshape((2, 3, 4, 4, 1))
    scores = anomaly.Likelihood(distribution).score(images, [0, 1, 2])
    assert scores.instance_score == pytest.approx(-distribution.log_prob(images, [0, 1, 2]))
    assert np.array_equal(scores.feature_score, -distribution.pixel_log_prob(images, [0, 1, 2]))
    bits = anomaly.surprise(distribution, images, [0, 1, 2])
    assert bits.sum((-2, -1)) == pytest.approx(scores.instance_score / math.log(2))
    certain = anomaly.surprise(distribution, images, prior=[0, 1, 0])
    assert certain == pytest.approx(anomaly.surprise(distribution, images, 1), abs=1e-4)


def test_a_threshold_of_pixels_is_for_pixels(plain):
    images = random_images(4, plain)
    detector = anomaly.Likelihood(plain).infer_threshold(images, 90, outlier_type="feature")
    outliers = detector.predict(images, outlier_type="feature", return_instance_score=False)["data"]
    assert outliers["is_outlier"].shape == (4, 4, 4) and outliers["is_outlier"].sum() == 7  # of 64 pixels
    assert outliers["instance_score"] is None
    with pytest.raises(ValueError, match="outlier_type='instance' does not fit: expected 'feature'"):
        detector.predict(images)
    with pytest.raises(ValueError, match="expected 'instance', because Complexity scores whole images"):
        anomaly.Complexity(plain).infer_threshold(images, outlier_type="feature")


def test_a_detector_is_kept_as_its_configuration_beside_the_model(tmp_path):
    distribution = model((4, 4, 1), num_classes=3)
    images = random_images(6, distribution)
    distribution.save(tmp_path / "model.keras")
    loaded = pixelcnn.load(tmp_path / "model.keras")
    for detector in detectors(distribution, images):
        detector.infer_threshold(images)
        kept = json.loads(json.dumps(detector.get_config()))
        models = (loaded, loaded) if isinstance(detector, anomaly.LikelihoodRatio) else (loaded,)
        again = type(detector)(*models, **kept)
        assert again.get_config() == detector.get_config()
        assert np.array_equal(
            again.predict(images)["data"]["is_outlier"], detector.predict(images)["data"]["is_outlier"]
        )
        assert f"{type(detector).__name__}(" in repr(detector) and "threshold=" in repr(detector)


def test_what_does_not_fit_is_refused_by_name():
    distribution = model((4, 4, 1), num_classes=3)
    images, detector = random_images(4, distribution), anomaly.Likelihood(distribution)
    with pytest.raises(ValueError, match=r"threshold=None does not fit: .*infer_threshold"):
        detector.predict(images)
    with pytest.raises(ValueError, match="threshold_perc=101 does not fit"):
        detector.infer_threshold(images, 101)
    with pytest.raises(ValueError, match="outlier_type='pixel' does not fit: expected one of 'instance', 'feature'"):
        detector.infer_threshold(images, outlier_type="pixel")
    with pytest.raises(ValueError, match="images is empty"):
        detector.infer_threshold(images[:0])
    assert detector.score(images[:0]).feature_score.shape == (0, 4, 4)
    with pytest.raises(ValueError, match=r"images of shape \(4, 4, 5, 1\) does not fit"):
        detector.score(np.zeros((4, 4, 5, 1), "uint8"))
    with pytest.raises(ValueError, match="images holds 256"):
        detector.score(images.astype("int64") * 0 + 256)
    with pytest.raises(ValueError, match="conditional_input holds the label 3"):
        detector.score(images, 3)
    with pytest.raises(ValueError, match="dist='model' does not fit: expected a distribution"):
        anomaly.Likelihood("model")
    with pytest.raises(ValueError, match="dist=.*does not fit"):
        anomaly.surprise(None, images)
