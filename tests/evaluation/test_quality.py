"""Distances between sets, neighbours and shares, against cases with known answers."""

import math

import numpy as np
import pytest

from pixelcnn.evaluation import (
    Bits,
    Share,
    confusion_matrix,
    frechet_distance,
    mean_pairwise_distance,
    nearest_neighbours,
    share_per_class,
)
from pixelcnn.evaluation.share import mean_interval

RANDOM = np.random.default_rng(0)


def with_moments(count, mean, covariance):
    """Points whose mean and covariance are exactly these."""
    points = RANDOM.standard_normal((count, len(mean)))
    points -= points.mean(axis=0)
    points = points @ np.linalg.inv(np.linalg.cholesky(np.cov(points.T))).T
    return points @ np.linalg.cholesky(covariance).T + mean


def test_frechet_distance_of_known_gaussians():
    """For covariances that commute it is |m1 - m2|² + the sum of (s1 - s2)² along the common axes."""
    axes, _ = np.linalg.qr(RANDOM.standard_normal((3, 3)))
    first = with_moments(50, [0, 0, 1], axes @ np.diag([1.0, 4.0, 9.0]) @ axes.T)
    second = with_moments(80, [2, 0, 1], axes @ np.diag([4.0, 4.0, 1.0]) @ axes.T)
    assert frechet_distance(first, second) == pytest.approx(4 + 1 + 0 + 4)
    assert frechet_distance(second, first) == pytest.approx(4 + 1 + 0 + 4)


def test_frechet_distance_of_covariances_that_do_not_commute():
    """Against the square root of a matrix by its definition."""
    from scipy.linalg import sqrtm

    parts = [RANDOM.standard_normal((4, 4)) for _ in range(2)]
    first, second = (part @ part.T + np.eye(4) for part in parts)
    expected = np.trace(first + second - 2 * sqrtm(first @ second).real)
    measured = frechet_distance(with_moments(30, np.zeros(4), first), with_moments(30, np.zeros(4), second))
    assert measured == pytest.approx(expected)


@pytest.mark.parametrize("count", [3, 40])  # fewer and more points than features
def test_frechet_distance_of_a_set_to_itself_is_zero(count):
    points = RANDOM.standard_normal((count, 8))
    assert frechet_distance(points, RANDOM.permutation(points)) == pytest.approx(0, abs=1e-12)
    assert frechet_distance(points, points + 1) == pytest.approx(8)


@pytest.mark.parametrize(
    "second, named", [(np.ones((5, 2)), "shapes"), (np.ones((1, 3)), "shapes"), (np.full((5, 3), np.nan), "finite")]
)
def test_frechet_distance_refuses(second, named):
    with pytest.raises(ValueError, match=named):
        frechet_distance(np.ones((5, 3)), second)


def test_an_exact_copy_is_at_distance_zero_and_others_are_where_they_are():
    others = RANDOM.integers(0, 256, (600, 16))
    copied = RANDOM.permutation(600)[:300]  # more than a chunk
    indices, distances = nearest_neighbours(others[copied], others)
    assert indices.tolist() == copied.tolist() and not distances.any()
    points = RANDOM.random((20, 16))
    every = np.linalg.norm(points[:, None] - others, axis=-1)
    indices, distances = nearest_neighbours(points, others)
    assert indices.tolist() == every.argmin(axis=1).tolist()
    np.testing.assert_allclose(distances, every.min(axis=1))


def test_pairwise_distance_is_the_mean_over_different_points():
    points = RANDOM.random((7, 3))
    every = np.linalg.norm(points[:, None] - points, axis=-1)
    assert mean_pairwise_distance(points) == pytest.approx(every.sum() / (7 * 6))
    assert mean_pairwise_distance(np.ones((5, 3))) == 0
    assert np.isnan(mean_pairwise_distance(np.ones((1, 3))))


@pytest.mark.parametrize("points", [np.zeros(3), np.zeros((0, 3)), np.zeros((2, 2, 2))])
def test_distances_refuse_other_shapes(points):
    with pytest.raises(ValueError, match="shape"):
        mean_pairwise_distance(points)
    with pytest.raises(ValueError, match="shape"):
        nearest_neighbours(np.zeros((2, 3)), points)


def test_the_interval_of_a_share_covers_the_truth_in_95_of_100_experiments():
    for truth in (0.03, 0.5, 0.9):
        counts = RANDOM.binomial(50, truth, 2000)
        covers = [low <= truth <= high for low, high in (Share.of(int(count), 50).interval for count in counts)]
        assert 0.91 < np.mean(covers) < 0.99
    assert Share.of(8, 10).interval == pytest.approx((0.4902, 0.9433), abs=1e-4)  # as in published tables


def test_the_interval_of_a_mean_has_the_quantiles_of_student():
    from scipy.stats import t

    for count in (2, 3, 7, 11, 12, 13, 20, 100, 10_000):
        low, high = mean_interval(0.0, 1.0, count)
        assert (-low, high) == (pytest.approx(t.ppf(0.975, count - 1), rel=2e-3),) * 2
    assert np.isnan(mean_interval(1.0, math.nan, 1)).all()


def test_the_interval_of_bits_covers_the_truth():
    experiments = [Bits.of(RANDOM.gamma(2.0, 1.0, 100)) for _ in range(1000)]
    assert 0.92 < np.mean([bits.interval[0] <= 2 <= bits.interval[1] for bits in experiments]) < 0.97


@pytest.mark.parametrize("count, images", [(-1, 5), (6, 5), (0, 0)])
def test_a_share_refuses_numbers_that_are_no_share(count, images):
    with pytest.raises(ValueError, match=f"count={count}"):
        Share.of(count, images)


def test_confusions_are_counted_by_class():
    labels, predicted = RANDOM.integers(0, 3, 50), RANDOM.integers(0, 4, 50)
    matrix = confusion_matrix(labels, predicted, 4)
    assert matrix.sum() == 50 and matrix[1, 3] == np.sum((labels == 1) & (predicted == 3))
    shares = share_per_class(matrix)
    assert set(shares) == {0, 1, 2}
    assert shares[2].share == pytest.approx(np.mean(predicted[labels == 2] == 2))
    with pytest.raises(ValueError, match="predicted holds 3"):
        confusion_matrix(labels, predicted, 3)
    with pytest.raises(ValueError, match="shape"):
        confusion_matrix([0, 1], [0], 2)
