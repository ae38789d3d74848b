import pytest

from pixelcnn.anomaly import Typicality
from properties.families import random_images


def test_the_score_is_the_distance_from_the_mean(plain):
    images = random_images(6, plain)
    nats = -plain.log_prob(images).astype("float64")
    detector = Typicality(plain).fit(images)
    assert detector.entropy == pytest.approx(nats.mean())
    assert detector.score(images).instance_score == pytest.approx(abs(nats - nats.mean()), abs=1e-4)
    assert detector.score(images).feature_score is None


def test_a_group_has_one_score(plain):
    images = random_images(6, plain)
    nats = -plain.log_prob(images).astype("float64")
    detector = Typicality(plain, entropy=80.0, group_size=3)
    expected = abs(nats.reshape((2, 3)).mean(axis=1) - 80)
    assert detector.score(images).instance_score == pytest.approx(expected, rel=1e-5)
    detector.infer_threshold(images, 100)
    # The most distant group of drawings with replacement has one image three times, or nearly so.
    assert expected.max() < detector.threshold <= abs(nats - 80).max() + 1e-4
    assert detector.predict(images)["data"]["is_outlier"].tolist() == [0, 0]
    with pytest.raises(ValueError, match=r"images of batch shape \(5,\) does not fit: .* group_size, 3"):
        detector.score(images[:5])


def test_what_does_not_fit_is_refused_by_name(plain):
    images = random_images(2, plain)
    with pytest.raises(ValueError, match=r"entropy=None does not fit: .* fit\(images\)"):
        Typicality(plain).score(images)
    with pytest.raises(ValueError, match="group_size=0 does not fit"):
        Typicality(plain, group_size=0)
    with pytest.raises(ValueError, match="images is empty"):
        Typicality(plain).fit(images[:0])
