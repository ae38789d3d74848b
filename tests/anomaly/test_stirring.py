import numpy as np
import pytest

from models import model
from pixelcnn.anomaly import Stirring
from pixelcnn.anomaly.stirring import _stir, _transforms, _unstir
from properties.families import given, random_images


def test_the_score_compares_with_all_flips_and_turns():
    distribution = model((4, 4, 3))
    images = random_images(3, distribution)
    stirred = [np.rot90(part, turns, (1, 2)) for part in (images, images[:, :, ::-1]) for turns in range(4)][1:]
    expected = np.mean([distribution.log_prob(part) for part in stirred], axis=0) - distribution.log_prob(images)
    scores = Stirring(distribution).score(images)
    assert scores.instance_score == pytest.approx(expected, rel=1e-4)
    assert scores.feature_score.sum((-2, -1)) == pytest.approx(expected, rel=1e-4)
    of_corner = distribution.pixel_log_prob(images)[:, 0, 0]
    corners = [(0, 3), (3, 3), (3, 0)]  # where the first pixel comes to lie by the turns alone
    turned = [distribution.pixel_log_prob(np.rot90(images, 4 - turns, (1, 2))) for turns in (1, 2, 3)]
    flipped = [distribution.pixel_log_prob(np.rot90(images[:, :, ::-1], turns, (1, 2))) for turns in range(4)]
    parts = [part[:, row, column] for part, (row, column) in zip(turned, corners, strict=True)]
    corners = [(0, 3), (0, 0), (3, 0), (3, 3)]
    parts += [part[:, row, column] for part, (row, column) in zip(flipped, corners, strict=True)]
    assert scores.feature_score[:, 0, 0] == pytest.approx(np.mean(parts, axis=0) - of_corner, abs=1e-4)


def test_images_that_are_not_square_are_flipped_and_turned_around():
    distribution = model((3, 5, 1))
    images = random_images(2, distribution)
    stirred = [images[:, ::-1], images[:, :, ::-1], images[:, ::-1, ::-1]]
    expected = np.mean([distribution.log_prob(part) for part in stirred], axis=0) - distribution.log_prob(images)
    assert Stirring(distribution).score(images).instance_score == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("shape", [(2, 3, 3, 1), (2, 3, 4, 2)])
def test_every_transform_differs_and_is_undone(shape):
    images = np.arange(np.prod(shape)).reshape(shape)
    transforms = _transforms(shape[1] == shape[2])
    stirred = [_stir(images, *transform, axis=-3) for transform in transforms]
    assert len(transforms) == (7 if shape[1] == shape[2] else 3)
    assert len({part.tobytes() for part in (images, *stirred)}) == len(transforms) + 1
    for transform, part in zip(transforms, stirred, strict=True):
        assert np.array_equal(_unstir(part[..., 0], *transform), images[..., 0])


def test_two_maps_in_a_list_are_a_batch_of_maps():
    distribution = model((3, 3, 1), spatial_condition_shape=(3, 3, 2))
    images, maps = random_images(2, distribution), given("map", 2, (3, 3, 1))
    expected = Stirring(distribution).score(images, maps).instance_score
    assert np.array_equal(Stirring(distribution).score(images, list(maps)).instance_score, expected)


def test_a_map_is_stirred_with_its_image():
    distribution = model((3, 3, 1), num_classes=3, spatial_condition_shape=(3, 3, 2))
    images, (labels, maps) = random_images(2, distribution), given("label and map", 2, (3, 3, 1))
    parts = [
        distribution.log_prob(_stir(images, *transform, -3), (labels, _stir(maps, *transform, -3)))
        for transform in _transforms(True)
    ]
    expected = np.mean(parts, axis=0) - distribution.log_prob(images, (labels, maps))
    assert Stirring(distribution).score(images, (labels, maps)).instance_score == pytest.approx(expected, rel=1e-4)


def test_after_fit_improbable_images_do_not_belong_whatever_their_stirred_images_say(plain):
    images = random_images(40, plain)
    nats = plain.log_prob(images).astype("float64")
    detector = Stirring(plain).fit(images)
    deviation = np.median(abs(nats - np.median(nats))) * 1.4826
    assert detector.limit == pytest.approx(np.median(nats) - 3 * deviation, rel=1e-5)
    detector.limit = float(np.median(nats))
    scores, uncorrected = detector.score(images).instance_score, Stirring(plain).score(images).instance_score
    assert np.array_equal(scores, np.where(nats < detector.limit, 1e10, uncorrected))
    with pytest.raises(ValueError, match="images is empty"):
        detector.fit(images[:0])
