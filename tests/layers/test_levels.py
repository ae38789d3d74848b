import keras
import numpy as np
import pytest
from keras import ops

import pixelcnn
from pixelcnn.layers.levels import EmbeddedLevels

pytestmark = pytest.mark.quick


def embedding(channels=3, low=-2, high=4, ones=1, dtype="float32"):
    keras.utils.set_random_seed(0)
    made = EmbeddedLevels(channels, low, high, 5, ones, name="levels", dtype=dtype)
    made.add_weights()
    return made


def test_feature_i_belongs_to_channel_i_mod_c():
    made = embedding()
    table, levels = ops.convert_to_numpy(made.table), np.random.default_rng(0).integers(-2, 5, (2, 3, 4, 3))
    features = ops.convert_to_numpy(made(ops.convert_to_tensor(levels)))
    assert features.shape == (2, 3, 4, made.width) == (2, 3, 4, 16) and np.all(features[..., -1] == 1)
    for channel in range(3):
        expected = table[channel][levels[..., channel] + 2]
        assert np.array_equal(features[..., channel : made.num_features : 3], expected)


def test_a_level_that_does_not_exist_has_features_zero():
    made = embedding(channels=1, low=0, ones=0)
    features = ops.convert_to_numpy(made(ops.convert_to_tensor(np.array([[-1.0], [5.0], [4.0]], "float32"))))
    assert not features[:2].any() and features[2].all()


@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "mixed_float16", "float32"])
def test_half_precision_tells_all_levels_apart(dtype):
    made = embedding(channels=1, low=0, high=1023, dtype=dtype)
    levels = ops.convert_to_tensor(np.arange(1024, dtype="float32")[:, None])
    features = made(levels)
    assert keras.backend.standardize_dtype(features.dtype) == made.compute_dtype
    table = ops.convert_to_numpy(ops.cast(ops.cast(made.table, made.compute_dtype), "float32"))
    assert np.array_equal(ops.convert_to_numpy(ops.cast(features[:, :-1], "float32")), table[0])


SMALL = {"num_blocks": 1, "num_filters": 4}


def test_a_level_whose_features_are_zero_is_not_the_zeros_around_an_image():
    network = pixelcnn.PixelCNN((4, 4, 2), high=9, levels="categorical", **{**SMALL, "num_filters": 8}).network
    network.reading.table.assign(np.zeros(network.reading.table.shape))
    features = ops.convert_to_numpy(network.read(ops.zeros((1, 4, 4, 2))))
    assert np.all(np.any(features != 0, axis=-1))


def test_the_head_follows_the_levels():
    for head in (None, "categorical"):
        for family, size in (("PixelCNN", SMALL), ("PixelCNNPlusPlus", {"num_resnet": 1, "num_filters": 4})):
            made = getattr(pixelcnn, family)((4, 4, 1), high=511, levels="categorical", head=head, **size)
            assert made.get_config()["head"] == "categorical"
    assert pixelcnn.PixelCNN((4, 4, 1), high=1, levels="categorical", **SMALL).get_config()["head"] == "bernoulli"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"levels": "nominal"}, "levels='nominal' does not fit: expected one of 'ordinal', 'categorical'"),
        ({"embedding_dim": 0}, "embedding_dim=0"),
        ({"levels": "categorical", "head": "logistic_mixture"}, "head='logistic_mixture'.*levels='categorical'"),
        ({"levels": "categorical", "head": "bernoulli"}, "head='bernoulli'"),
        ({"spatial_condition_levels": 4}, "spatial_condition_levels=4.*spatial_condition_shape"),
        ({"spatial_condition_levels": 0, "spatial_condition_shape": (4, 4, 1)}, "spatial_condition_levels=0"),
    ],
)
def test_a_bad_argument_is_named(arguments, named):
    with pytest.raises(ValueError, match=named):
        pixelcnn.PixelCNN((4, 4, 1), **SMALL, **arguments)


def test_the_authors_details_go_with_a_mixture_only():
    with pytest.raises(ValueError, match="variant='openai'.*head='categorical'"):
        pixelcnn.PixelCNNPlusPlus((4, 4, 1), levels="categorical", variant="openai", num_resnet=1, num_filters=4)


def test_a_table_is_in_the_summary(capsys):
    made = pixelcnn.PixelCNN(
        (4, 4, 1), high=9, levels="categorical", spatial_condition_shape=(4, 4, 1), spatial_condition_levels=3, **SMALL
    )
    made.summary()
    printed = capsys.readouterr().out
    assert "levels (EmbeddedLevels)" in printed and "160" in printed and "map_codes (EmbeddedLevels)" in printed
