import keras
import numpy as np
import pytest
from keras import ops
from scipy.stats import chisquare

import pixelcnn
from models import all_images, model
from pixelcnn import noise

STRUCTURES = [
    ((5, 6, 1), {"num_hierarchies": 1, "receptive_field_dims": (3, 5)}),
    ((7, 5, 2), {"num_hierarchies": 2, "resnet_activation": "elu"}),
    ((5, 7, 1), {"num_hierarchies": 3, "num_classes": 3}),
    ((6, 9, 3), {"num_hierarchies": 2, "receptive_field_dims": (5, 7), "conditional_shape": (2,)}),
    ((4, 4, 1), {"num_hierarchies": 2, "receptive_field_dims": (4, 5), "use_weight_norm": False}),
    ((7, 6, 1), {"num_hierarchies": 3, "spatial_condition_shape": (7, 6, 2), "num_classes": 2}),
    ((1, 1, 1), {"num_hierarchies": 1}),
    ((2, 1, 4), {"num_hierarchies": 2, "high": 1}),
]
CONDITIONS = {
    "num_classes": lambda random, n: random.integers(0, 2, n),
    "conditional_shape": lambda random, n: random.standard_normal((n, 2)),
    "spatial_condition_shape": lambda random, n: (random.integers(0, 2, n), random.standard_normal((n, 7, 6, 2))),
}


def condition_for(arguments, count):
    random = np.random.default_rng(1)
    for key in ("spatial_condition_shape", "conditional_shape", "num_classes"):
        if key in arguments:
            return CONDITIONS[key](random, count)
    return None


@pytest.mark.parametrize(
    ("image_shape", "arguments", "temperature"), [(*case, 1.0) for case in STRUCTURES] + [(*STRUCTURES[1], 0.7)]
)
def test_cached_and_naive_sampling_agree_image_for_image_in_float64(image_shape, arguments, temperature):
    distribution = model(image_shape, dtype="float64", **arguments)
    given = {"conditional_input": condition_for(arguments, 3), "seed": 5, "verbose": 0, "temperature": temperature}
    shape = 3 if given["conditional_input"] is None else (3,)
    naive = distribution.sample(shape, method="naive", **given)
    assert np.array_equal(distribution.sample(shape, **given), naive)
    half = np.arange(image_shape[0]) < (image_shape[0] + 1) // 2
    mask = np.broadcast_to(half[:, None], image_shape[:2])
    other = distribution.sample(shape, **{**given, "seed": 6})
    completed = distribution.complete(other, mask, **given)
    assert np.array_equal(completed, distribution.complete(other, mask, method="naive", **given))
    assert np.array_equal(completed[:, mask], other[:, mask])


def test_in_float32_a_redrawn_pixel_differs_only_at_a_step_of_the_distribution_function():
    distribution = model((9, 7, 1), num_hierarchies=3, num_classes=2)
    labels = np.array([0, 1, 1, 0])
    images = distribution.sample(4, seed=3, conditional_input=0, verbose=0)
    images = distribution.sample((4,), seed=3, conditional_input=labels, verbose=0)
    parameters = distribution.pixel_parameters(ops.convert_to_tensor(images), {"label": ops.convert_to_tensor(labels)})
    uniforms = noise.uniforms(3, 0, 4, (9, 7, 1))
    cumulative = np.cumsum(ops.convert_to_numpy(distribution.head.probs(parameters, images)), axis=-1)
    cumulative[..., -1] = 1
    redrawn = np.argmax(cumulative >= uniforms, axis=-1)
    differs = redrawn != images[..., 0]
    distance = np.abs(cumulative - uniforms).min(axis=-1)
    assert np.all(distance[differs] < 1e-5)


@pytest.mark.parametrize("method", ["cached", "naive"])
@pytest.mark.parametrize("temperature", [1.0, 0.6])
def test_samples_follow_the_probabilities(method, temperature):
    distribution = model((2, 2, 1), high=2, num_hierarchies=2, num_classes=2)
    images = all_images((2, 2, 1), 0, 2)
    count = 20_000
    drawn = distribution.sample(
        count, seed=11, conditional_input=1, method=method, temperature=temperature, batch_size=count, verbose=0
    )
    codes = 3 ** np.arange(4)
    order = np.argsort(images.reshape(-1, 4) @ codes)
    observed = np.bincount(drawn.reshape(-1, 4) @ codes, minlength=81)
    expected = count * exact_probabilities(distribution, images, 1, temperature)[order]
    often = expected >= 5
    if not often.all():
        observed = np.append(observed[often], observed[~often].sum())
        expected = np.append(expected[often], expected[~often].sum())
    assert chisquare(observed, expected * observed.sum() / expected.sum()).pvalue > 1e-4


def exact_probabilities(distribution, images, label, temperature):
    """The pmf of all images, every pixel's conditional tempered."""
    labels = np.full(len(images), label)
    parameters = distribution.pixel_parameters(ops.convert_to_tensor(images), {"label": ops.convert_to_tensor(labels)})
    log_probs = ops.convert_to_numpy(distribution.head.log_probs(parameters, images)).astype("float64") / temperature
    log_probs -= np.log(np.exp(log_probs).sum(axis=-1, keepdims=True))
    return np.exp(np.take_along_axis(log_probs, images, axis=-1).sum(axis=(1, 2, 3)))


def test_seeds_name_images():
    distribution = model((5, 5, 1), num_hierarchies=1)
    eight = distribution.sample(8, seed=1, verbose=0)
    assert np.array_equal(eight, distribution.sample(8, seed=1, verbose=0))
    assert np.array_equal(eight, distribution.sample(16, seed=1, batch_size=16, verbose=0)[:8])
    assert np.array_equal(eight, distribution.sample(8, seed=1, batch_size=3, verbose=0))
    assert not np.array_equal(eight, distribution.sample(8, seed=2, verbose=0))
    assert not np.array_equal(distribution.sample(8, verbose=0), distribution.sample(8, verbose=0))


def test_sampling_follows_the_weights_of_the_moment():
    distribution = model((4, 4, 1), num_hierarchies=1)
    before = distribution.sample(4, seed=0, verbose=0)
    saved = distribution.get_weights()
    distribution.set_weights([np.zeros_like(weight) + 0.5 for weight in saved])
    assert not np.array_equal(before, distribution.sample(4, seed=0, verbose=0))
    distribution.set_weights(saved)
    assert np.array_equal(before, distribution.sample(4, seed=0, verbose=0))


def test_sample_shapes_end_in_the_conditions_batch_shape():
    plain = model((3, 4, 1), num_hierarchies=1)
    classes = model((3, 4, 1), num_hierarchies=1, num_classes=3)
    assert plain.sample(verbose=0).shape == (3, 4, 1)
    assert plain.sample((2, 3), verbose=0).shape == (2, 3, 3, 4, 1)
    assert plain.sample(0, verbose=0).shape == (0, 3, 4, 1)
    assert classes.sample(conditional_input=2, verbose=0).shape == (3, 4, 1)
    assert classes.sample(5, conditional_input=2.0, verbose=0).shape == (5, 3, 4, 1)
    assert classes.sample(conditional_input=[0, 1], verbose=0).shape == (2, 3, 4, 1)
    drawn = classes.sample((4, 2), seed=0, conditional_input=[0, 1], verbose=0)
    assert drawn.shape == (4, 2, 3, 4, 1)
    with pytest.raises(ValueError, match="sample_shape"):
        classes.sample(3, conditional_input=[0, 1], verbose=0)
    with pytest.raises(ValueError, match="sample_shape"):
        plain.sample(-1)


def test_a_known_pixel_in_the_middle_is_kept():
    distribution = model((5, 6, 2))
    images = distribution.sample(3, seed=0, verbose=0)
    mask = np.random.default_rng(0).random((3, 5, 6, 2)) < 0.5
    completed = distribution.complete(images, mask, seed=1, verbose=0)
    assert np.array_equal(completed[mask], images[mask])
    assert np.array_equal(distribution.complete(images, np.ones((5, 6)), verbose=0), images)
    assert np.array_equal(distribution.complete(images, np.zeros((5, 6)), seed=0, verbose=0), images)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"temperature": 0}, "temperature"),
        ({"method": "fast"}, "method"),
        ({"seed": 0.5}, "seed"),
        ({"batch_size": 0}, "batch_size"),
        ({"sample_shape": 1.5}, "sample_shape"),
        ({"conditional_input": 1}, "conditional_input"),
    ],
)
def test_a_bad_argument_of_sample_is_named(arguments, name):
    with pytest.raises(ValueError, match=name):
        model((3, 3, 1)).sample(**{"sample_shape": 1, "verbose": 0, **arguments})


def test_an_interrupt_leaves_the_process_usable(monkeypatch):
    distribution = model((8, 4, 1))
    expected = distribution.sample(2, seed=0, verbose=0)
    sampler = distribution._sampler("cached")
    whole, calls = sampler._draw_block, []

    def interrupted(*arguments):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return whole(*arguments)

    monkeypatch.setattr(sampler, "_draw_block", interrupted)
    with pytest.raises(KeyboardInterrupt):
        distribution.sample(2, seed=0, verbose=0)
    monkeypatch.undo()
    assert np.array_equal(distribution.sample(2, seed=0, verbose=0), expected)


def test_global_random_state_is_not_touched():
    distribution = model((3, 3, 1), num_hierarchies=1)
    np.random.seed(0)
    keras.utils.set_random_seed(0)
    before = np.random.get_state()[1].copy()
    distribution.sample(2, verbose=0)
    distribution.sample(2, seed=0, verbose=0)
    assert np.array_equal(before, np.random.get_state()[1])


def test_a_missing_class_is_named():
    distribution = pixelcnn.PixelCNNPlusPlus(
        (3, 3, 1), class_names=("bee", "sun"), num_resnet=1, num_hierarchies=1, num_filters=4
    )
    assert distribution.sample(conditional_input="sun", seed=0, verbose=0).shape == (3, 3, 1)
    assert distribution.sample(conditional_input=["sun", "bee"], seed=0, verbose=0).shape == (2, 3, 3, 1)
    with pytest.raises(ValueError, match="moon.*bee, sun"):
        distribution.sample(conditional_input="moon", verbose=0)


def test_progress_may_be_a_function_of_the_users():
    told = []
    model((4, 3, 1)).sample(3, seed=0, batch_size=2, verbose=lambda done, total: told.append((done, total)))
    assert told[-1] == (8, 8) and [done for done, _ in told] == sorted(done for done, _ in told)
