"""The engine: versions are those of `complete`, whoever else draws at the same time."""

import queue
import threading

import numpy as np
import pytest

import pixelcnn
from pixelcnn.serve.engine import MANY, Busy, Engine, Job
from pixelcnn.serve.messages import PARTICLES, Sheet, Wish
from properties.families import shake


@pytest.fixture(scope="module")
def engine(distribution):
    """An engine of the small model, whose threads run."""
    engine = Engine(distribution)
    engine.start()
    yield engine
    engine.close()


def wish(distribution, seed=0, versions=2, rows=5, label=0, **arguments):
    """A wish to go on below some rows of noise."""
    levels = np.random.default_rng(seed).integers(0, 256, distribution.image_shape)
    known = np.broadcast_to(np.arange(12)[:, None] < rows, (12, 12))
    return Wish(Sheet(levels, known, label), versions, seed, **{"temperature": 1.0, "guidance": 0.0, **arguments})


def expected(distribution, wish):
    """What `complete` draws."""
    images = np.repeat(wish.sheet.levels[None], wish.versions, axis=0)
    return distribution.complete(
        images, wish.sheet.is_known, wish.sheet.label, seed=wish.seed, temperature=wish.temperature,
        guidance=wish.guidance, num_particles=wish.num_particles, verbose=0,
    )  # fmt: skip


def submitted(engine, wishes):
    """All results of wishes, each of a client of its own, submitted at once."""
    told = [queue.Queue() for _ in wishes]
    for client, (one, results) in enumerate(zip(wishes, told, strict=True)):
        engine.submit(Job(client, one, results.put))
    return [list(iter(results.get, None)) for results in told]


@pytest.mark.parametrize("arguments", [{}, {"temperature": 0.5}, {"guidance": 1.5}])
def test_versions_are_those_of_complete_whoever_draws_beside(engine, distribution, arguments):
    wishes = [wish(distribution, seed, 1 + seed % 4, 3 + seed, seed % 3, **arguments) for seed in range(6)]
    for one, results in zip(wishes, submitted(engine, wishes), strict=True):
        assert np.array_equal(results[-1][0], expected(distribution, one))


def test_rows_appear_one_after_the_other_and_stay(engine, distribution):
    (results,) = submitted(engine, [wish(distribution)])
    final = results[-1][0]
    assert [rows for _, rows in results] == [*range(1, 13), 12]
    for images, rows in results:
        assert np.array_equal(images[:, :rows], final[:, :rows])


def test_a_region_is_drawn_given_the_pixels_below_it(engine, distribution):
    known = np.ones((12, 12), bool)
    known[4:6, 3:9] = False
    one = Wish(Sheet(wish(distribution).sheet.levels, known, 1), 3, 7, 1.0, 0.0)
    (results,) = submitted(engine, [one])
    assert np.array_equal(results[-1][0], expected(distribution, one))
    assert np.array_equal(results[-1][0][:, known], np.repeat(one.sheet.levels[None], 3, axis=0)[:, known])


SIDES = {
    "top": np.s_[:2],
    "bottom": np.s_[-2:],
    "left": np.s_[:, :2],
    "right": np.s_[:, -3:],
    "middle": np.s_[2:3, 2:3],
}


def test_with_orders_each_wish_is_drawn_in_the_order_that_fits_it():
    distribution = pixelcnn.PixelCNN((6, 6, 1), num_blocks=1, num_filters=4, high=7, num_classes=2, orders=8)
    shake(distribution)
    engine, wishes = Engine(distribution), []
    for seed, side in enumerate(SIDES.values()):
        known = np.zeros((6, 6), bool)
        known[side] = True
        levels = np.random.default_rng(seed).integers(1, 8, distribution.image_shape)
        wishes.append(Wish(Sheet(levels, known, seed % 2, distribution.condition.orders), 2, seed, 1.0, 0.0))
    assert [one.num_particles for one in wishes] == [1, 1, 1, 1, PARTICLES]
    assert len({one.sheet.order for one in wishes[:4]}) == 4
    told = [[] for _ in wishes]
    jobs = [Job(None, one, results.append) for one, results in zip(wishes, told, strict=True)]
    engine.draw(jobs[:4])  # in one batch
    engine.draw(jobs[4:])
    for one, (*_, (final, _), end) in zip(wishes, told, strict=True):
        assert end is None and np.array_equal(final, expected(distribution, one))
    final, right = told[3][-2][0], wishes[3].sheet.is_known
    for seen, columns in told[3][:6]:  # columns appear from the right
        assert np.array_equal(seen[:, :, 6 - columns :], final[:, :, 6 - columns :])
        hidden = ~right & (np.arange(6) < 6 - columns)
        assert not seen[:, hidden].any() and np.array_equal(seen[:, right], final[:, right])


def test_classes_are_judged_by_the_rows_alone(engine, distribution):
    one = wish(distribution, rows=5)
    nats = engine.class_log_probs(one.sheet, 5)
    assert np.isclose(np.logaddexp.reduce(nats), 0)
    below = Sheet(np.where(np.arange(12)[:, None, None] < 5, one.sheet.levels, 9), one.sheet.is_known, None)
    assert np.array_equal(engine.class_log_probs(below, 5), nats)
    all_rows = distribution.log_prob(np.repeat(one.sheet.levels[None], 3, axis=0), np.arange(3)).astype("float64")
    np.testing.assert_allclose(
        engine.class_log_probs(one.sheet, 12), all_rows - np.logaddexp.reduce(all_rows), atol=1e-3
    )


def test_clients_take_turns_and_a_batch_holds_what_it_may(distribution):
    engine = Engine(distribution, most_waiting=50)
    told = []
    for number in range(40):
        engine.submit(Job("greedy", wish(distribution, number, 4), told.append))
    engine.submit(Job("modest", wish(distribution, 0, 4), told.append))
    jobs = engine._next()
    assert [job.client for job in jobs] == ["greedy", "modest"]
    assert sum(job.work.versions for job in jobs) <= MANY
    with pytest.raises(Busy):
        for number in range(20):
            engine.submit(Job("greedy", wish(distribution, number), told.append))


def test_wishes_go_before_likelihoods(distribution):
    engine = Engine(distribution)
    for client in range(3):
        engine.submit(Job(client, lambda: 0, print))
    engine.submit(Job("late", wish(distribution), print))
    assert [[job.client for job in engine._next()] for _ in range(4)] == [["late"], [0], [1], [2]]


def test_a_cancelled_job_is_not_drawn_to_its_end_and_the_next_is(engine, distribution):
    results, job = queue.Queue(), None

    def tell(result):
        job.cancelled = True
        results.put(result)

    job = Job("gone", wish(distribution), tell)
    engine.submit(job)
    assert results.get(timeout=60)[1] == 1
    (after,) = submitted(engine, [wish(distribution, 3)])
    assert len(after) == 13 and results.qsize() == 0


def test_an_error_is_told_and_the_threads_go_on(engine, distribution):
    def fail():
        raise RuntimeError("no")

    results = queue.Queue()
    for _ in range(2 * threading.active_count()):
        engine.submit(Job("wrong", fail, results.put))
        assert str(results.get(timeout=60)) == "no"
    assert len(submitted(engine, [wish(distribution)])[0]) == 13


def test_a_model_without_classes_is_served():
    plain = pixelcnn.PixelCNN((4, 4, 1), high=1, num_blocks=1, num_filters=2)
    engine = Engine(plain)
    engine.start()
    known = np.zeros((4, 4), bool)
    wanted = Wish(Sheet(np.zeros((4, 4, 1), int), known, None), 2, 7, 1.0, 0.0)
    rows = submitted(engine, [wanted])[0]
    engine.close()
    assert rows
    assert not any(isinstance(row, BaseException) for row in rows)
