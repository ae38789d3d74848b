import numpy as np
import pytest
from scipy.stats import kstest

from pixelcnn import noise


def test_uniforms_depend_on_seed_and_image_alone():
    sixteen = noise.uniforms(3, 0, 16, (4, 5, 2))
    assert np.array_equal(sixteen[5:9], noise.uniforms(3, 5, 4, (4, 5, 2)))
    assert not np.array_equal(sixteen, noise.uniforms(4, 0, 16, (4, 5, 2)))
    assert len(np.unique(sixteen)) == sixteen.size


def test_uniforms_are_uniform_and_strictly_inside():
    many = noise.uniforms(0, 0, 50, (40, 50, 1))
    assert many.dtype == np.float32 and many.min() > 0 and many.max() < 1
    assert kstest(many.ravel(), "uniform").pvalue > 1e-4
    neighbours = np.corrcoef(many[:-1].ravel(), many[1:].ravel())[0, 1]
    assert abs(neighbours) < 5 / np.sqrt(many.size)


def test_the_stream_is_the_same_everywhere():
    expected = [0.01154679, 0.2415492, 0.11142582]
    assert noise.uniforms(0, 0, 1, (3,))[0] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("seed", [0, 2**64 - 1, np.int32(5), np.uint64(2**64 - 1), 3.0, None])
def test_a_seed_is_a_whole_number_of_64_bits(seed):
    assert 0 <= noise.check_seed(seed) < 2**64
    assert seed is None or noise.check_seed(seed) == seed


@pytest.mark.parametrize("seed", [-1, 2**64, 2**70, 2.0**64, 0.5, "7", True, np.nan])
def test_no_two_seeds_are_the_same_seed(seed):
    with pytest.raises(ValueError, match="seed="):
        noise.check_seed(seed)
