import subprocess
import sys
import threading

import keras
import numpy as np
import pytest

import pixelcnn
from models import model
from pixelcnn import threads
from pixelcnn.sampling import batches, cached


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


@pytest.mark.parametrize(
    ("arguments", "given"),
    [
        pytest.param({}, {"sample_shape": 3}, marks=pytest.mark.full),
        pytest.param({"num_classes": 3}, {"conditional_input": [0, 1, 2]}, marks=pytest.mark.full),
        (
            {"spatial_condition_shape": (9, 6, 2)},
            {"conditional_input": np.random.default_rng(0).normal(size=(3, 9, 6, 2))},
        ),
    ],
)
def test_blocks_draw_what_one_call_draws(monkeypatch, arguments, given):
    distribution = model((9, 6, 2), dtype="float64", **arguments)
    at_once = distribution.sample(**given, seed=0, verbose=0)
    monkeypatch.setattr(cached, "A_MOMENT", 0)
    assert np.array_equal(distribution.sample(**given, seed=0, verbose=0), at_once)


@pytest.mark.parametrize(
    ("blocks_in_a_moment", "ends"),
    [
        (0.5, [2, 4, 6, 8, 10, 12, 13]),
        pytest.param(3.5, [6, 12, 13], marks=pytest.mark.full),
        (6.5, [8, 13]),
        pytest.param(7.5, [13], marks=pytest.mark.full),
    ],
)
def test_a_call_draws_as_many_rows_as_take_a_moment(monkeypatch, blocks_in_a_moment, ends):
    distribution = model((13, 4, 1), dtype="float64")
    at_once = distribution.sample(2, seed=0, verbose=0)
    sampler = distribution._sampler("cached")
    weights = sum(weight.size for weight in distribution.get_weights())
    of_a_block = 2 * 2 * sampler.rows * sampler.grid.width * weights  # to multiply and to add, 2 images
    monkeypatch.setattr(cached, "A_MOMENT", blocks_in_a_moment * of_a_block)
    seen = []
    drawn = distribution.sample(2, seed=0, verbose=lambda done, total: seen.append(done))
    assert [done for done in seen if done] == [2 * end for end in ends]  # rows of two images
    assert np.array_equal(drawn, at_once)
    upper, is_known = pixelcnn.occlude(drawn, rows=5)
    assert np.array_equal(distribution.complete(upper, is_known, seed=0, verbose=0), drawn)


def test_an_interrupt_leaves_the_process_usable(monkeypatch):
    monkeypatch.setattr(cached, "A_MOMENT", 0)  # blocks of rows
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


@pytest.mark.full
def test_guided_batches_of_a_large_model_are_those_drawn_one_after_the_other(monkeypatch):
    distribution, labels = pixelcnn.load_pretrained("quickdraw13"), np.repeat(np.arange(13), 8)
    drawn = {}
    for at_once in (1, 2):  # threads at once gave other images in each of four draws
        monkeypatch.setattr(cached, "draws_at_once", lambda at_once=at_once: at_once)
        drawn[at_once] = distribution.sample(conditional_input=labels, guidance=1.0, seed=0, verbose=0)
    assert np.array_equal(drawn[2], drawn[1])


@pytest.mark.skipif(keras.backend.backend() == "torch", reason="torch draws one batch after the other")
@pytest.mark.parametrize("particles", [pytest.param(1, marks=pytest.mark.full), 2])
def test_batches_that_are_drawn_at_once_are_those_drawn_one_after_the_other(monkeypatch, particles):
    distribution = model((7, 4, 1), dtype="float64", num_classes=11)
    labels = np.arange(11)
    images = distribution.sample(conditional_input=labels, seed=0, verbose=0)
    mask = np.arange(28).reshape(7, 4) % 12 < 9  # known to below the first rows, and later pixels
    given = {"conditional_input": labels, "seed": 1, "num_particles": particles}
    drawn, told = {}, {}
    monkeypatch.setattr(batches, "FEW", 1)
    for at_once in (1, 2, 3):
        monkeypatch.setattr(cached, "draws_at_once", lambda at_once=at_once: at_once)
        told[at_once] = []
        tell = lambda done, total, told=told[at_once]: told.append((done, total))  # noqa: E731
        drawn[at_once] = distribution.complete(images, mask, verbose=tell, **given)
    assert np.array_equal(drawn[2], drawn[1]) and np.array_equal(drawn[3], drawn[1])
    for progress in told.values():
        assert progress[-1] == (7 * 11, 7 * 11)  # rows of all images, whatever the batches


@pytest.mark.parametrize("particles", [1, 3])
def test_batches_together_hold_no_more_than_batch_size(monkeypatch, particles):
    sampler = cached.CachedSampler
    for cores in (1, 2, 5):
        monkeypatch.setattr(cached, "draws_at_once", lambda cores=cores: cores)
        for count in range(1, 40):
            for batch_size in range(1, 40):
                size, at_once = batches.size_and_number(sampler, count, particles, batch_size)
                assert size >= 1 and 1 <= at_once <= cores
                assert size * at_once <= max(1, batch_size // particles)
                assert at_once == 1 or at_once * batches.FEW <= count * particles


@pytest.mark.skipif(keras.backend.backend() == "torch", reason="torch draws one batch after the other")
def test_an_interrupt_of_draws_at_once_leaves_the_process_usable(monkeypatch):
    monkeypatch.setattr(cached, "A_MOMENT", 0)  # blocks of rows
    monkeypatch.setattr(cached, "draws_at_once", lambda: 2)
    distribution = model((8, 4, 1))
    expected = distribution.sample(8, seed=0, verbose=0)

    def interrupted(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        distribution.sample(8, seed=0, verbose=interrupted)
    assert np.array_equal(distribution.sample(8, seed=0, verbose=0), expected)


INTERRUPTED = """
import gc, signal, threading
import pixelcnn
from pixelcnn.sampling import cached

cached.draws_at_once = lambda: 2
distribution = pixelcnn.PixelCNNPlusPlus((8, 4, 1), num_resnet=1, num_hierarchies=2, num_filters=4)
distribution.sample(8, seed=0, batch_size=8, verbose=0)
threads = threading.active_count()
gc.disable()  # an interrupt that comes while JAX' hook of the collector runs is printed and lost
signal.signal(signal.SIGINT, signal.default_int_handler)  # which a process in the background has not
timer = threading.Timer(0.3, signal.raise_signal, [signal.SIGINT])
timer.start()
try:
    distribution.sample(100_000, seed=0, batch_size=8, verbose=0)  # takes far longer
except KeyboardInterrupt:
    timer.join()
    assert threading.active_count() <= threads
    print("interrupted")
"""


@pytest.mark.skipif(keras.backend.backend() == "torch", reason="torch draws one batch after the other")
def test_a_signal_interrupts_draws_at_once():
    # In a process of its own, whose main thread the test has.
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, timeout=300)
    assert done.stdout.split() == ["interrupted"], done.stderr


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
    assert told[-1] == (12, 12) and [done for done, _ in told] == sorted(done for done, _ in told)


@pytest.mark.skipif(keras.backend.backend() == "torch", reason="torch compiles nothing")
def test_the_first_draw_of_a_size_tells_that_it_is_compiled():
    distribution = model((4, 3, 1))

    def told(count):
        rows = []
        distribution.sample(count, seed=0, verbose=lambda done, total: rows.append(done))
        return rows

    assert told(1)[0] == 0 and 0 not in told(1)
    assert told(2)[0] == 0 and 0 not in told(2)


@pytest.mark.skipif(keras.backend.backend() == "torch", reason="torch compiles nothing")
def test_a_completion_tells_that_it_is_compiled_behind_its_known_rows_too():
    distribution, told = model((8, 3, 1)), []
    mask = np.arange(8)[:, None] < 6
    arguments = {"seed": 0, "verbose": lambda done, total: told.append(done)}
    distribution.complete(np.zeros((1, 8, 3, 1), int), np.repeat(mask, 3, axis=1), **arguments)
    assert told[0] > 0 and 0 in told and told[-1] == 8


@pytest.mark.skipif(keras.backend.backend() == "torch", reason="torch compiles nothing")
def test_an_interrupt_does_not_wait_for_a_compilation_and_the_next_draw_finds_it(monkeypatch):
    distribution = model((4, 3, 1))
    expected = distribution.sample(1, seed=0, verbose=0)
    sampler, compiled = distribution._sampler("cached"), threading.Event()
    whole = sampler._draw_block

    def compiling(*arguments):  # long, and deaf to interrupts
        compiled.wait(timeout=60)
        return whole(*arguments)

    monkeypatch.setattr(sampler, "_draw_block", compiling)
    monkeypatch.setattr(threads, "SOON", 0.01)
    monkeypatch.setattr(threads, "_pass_on", interrupted)
    with pytest.raises(KeyboardInterrupt):
        distribution.sample(1, seed=0, verbose=0)
    assert not compiled.is_set()
    compiled.set()
    monkeypatch.undo()
    assert np.array_equal(distribution.sample(1, seed=0, verbose=0), expected)


def interrupted(*arguments):
    raise KeyboardInterrupt


def test_draws_of_many_sizes_need_few_compilations():
    sizes = [cached.CachedSampler.convenient_size(count) for count in range(1, 200)]
    assert all(size >= count for count, size in enumerate(sizes, start=1))
    assert len(set(sizes[:16])) == 5 and len(set(sizes)) < 30
    distribution = model((3, 4, 1), num_hierarchies=1, num_classes=3)
    labels, mask = np.array([0, 1, 2, 1]), np.arange(12).reshape(3, 4) < 2
    whole = distribution.sample(seed=0, conditional_input=labels, verbose=0)
    three = {"seed": 0, "conditional_input": labels[:3], "verbose": 0}
    assert np.array_equal(distribution.sample(**three), whole[:3])  # four are drawn
    assert np.array_equal(distribution.sample(**three, batch_size=2), whole[:3])  # the second one twice
    assert np.array_equal(distribution.complete(whole[:3], mask, **three), whole[:3])


def test_weights_that_are_not_finite_draw_no_image():
    distribution = pixelcnn.PixelCNN((4, 4, 1), num_blocks=1, num_filters=2, high=3)
    weights = distribution.get_weights()
    distribution.set_weights([np.full_like(weight, np.nan) if weight.ndim else weight for weight in weights])
    for method in ("cached", "naive", "jacobi"):
        with pytest.raises(ValueError, match="weights that are not finite: .* in .*kernel"):
            distribution.sample(1, seed=0, method=method, verbose=0)
    with pytest.raises(ValueError, match="weights that are not finite: .* in .*kernel"):
        distribution.complete(np.zeros((1, 4, 4, 1)), np.zeros((4, 4)), seed=0, verbose=0)


@pytest.mark.parametrize(
    ("family", "small"),
    [(pixelcnn.PixelCNN, {"num_blocks": 1}), (pixelcnn.PixelCNNPlusPlus, {"num_resnet": 1, "num_hierarchies": 1})],
)
@pytest.mark.parametrize("method", ["cached", "naive", "jacobi"])
@pytest.mark.parametrize(
    "further",
    [
        pytest.param({}, marks=pytest.mark.full),
        pytest.param({"temperature": 0.5}, marks=pytest.mark.full),
        {"guidance": 1.0},
    ],
)
def test_a_network_that_overflows_draws_no_image(family, small, method, further):
    """Finite weights and a finite condition, whose product is not: every pixel would be of the lowest level."""
    keras.utils.set_random_seed(0)
    distribution = family((3, 3, 1), num_filters=8, high=3, conditional_shape=(2,), condition_dropout=0.5, **small)
    distribution.set_weights([1e3 * weight for weight in distribution.get_weights()])
    given = {"seed": 0, "method": method, "verbose": 0, **further}
    with pytest.raises(ValueError, match="output for a pixel is not finite"):
        distribution.sample(conditional_input=np.full((1, 2), 3e38), **given)
    known = np.full((1, 3, 3, 1), 2)  # what is known needs no distribution
    kept = distribution.complete(known, np.ones((3, 3)), conditional_input=np.full((1, 2), 3e38), **given)
    np.testing.assert_array_equal(kept, known)


@pytest.mark.parametrize("given", [{"temperature": 1e-300}, {"guidance": 1e300}, {"guidance": -1e300}])
def test_numbers_that_float32_cannot_compute_with_are_refused_by_name(given):
    distribution = pixelcnn.PixelCNN(
        (4, 4, 1), num_blocks=1, num_filters=2, high=3, num_classes=2, condition_dropout=0.5
    )
    with pytest.raises(ValueError, match=f"{next(iter(given))}=.*expected a number of at least"):
        distribution.sample(1, seed=0, conditional_input=1, verbose=0, **given)
