"""The clock and what hangs on it."""

import numpy as np
import pytest

import pixelcnn
from pixelcnn.training.schedule import Budget, Clock, TimeBudget, cosine_decay


def test_rate_rises_then_falls_to_the_floor():
    total = 500
    rates = [cosine_decay(2.0, step / total, step, warmup_steps=50, floor=0.1) for step in range(total + 1)]
    top = int(np.argmax(rates))
    assert 30 <= top <= 60
    assert np.all(np.diff(rates[:40]) > 0) and np.all(np.diff(rates[60:]) < 0)
    assert rates[-1] == pytest.approx(0.2) and max(rates) <= 2.0 and rates[0] > 0


def test_a_resumed_clock_goes_on():
    whole = Clock(total_steps=10)
    for _ in range(4):
        whole.step()
    resumed = Clock(total_steps=10, steps=4)
    assert resumed.fraction() == whole.fraction() == 0.4


def test_seconds_include_earlier_sessions():
    clock = Clock(total_seconds=100, seconds=50)
    assert clock.fraction() == 0.5
    clock.start()
    assert clock.seconds >= 50 and 0 <= clock.seconds_left() <= 50


def test_the_tighter_of_two_budgets_counts():
    assert Clock(total_steps=10, total_seconds=100, steps=2, seconds=90).fraction() == 0.9


@pytest.mark.parametrize("budget", [{}, {"total_steps": 0}, {"total_seconds": -1.0}, {"total_seconds": float("nan")}])
def test_a_clock_needs_a_budget(budget):
    with pytest.raises(ValueError, match="total_"):
        Clock(**budget)


def test_a_time_budget_needs_time():
    with pytest.raises(ValueError, match="minutes"):
        TimeBudget(0)


def test_a_clock_goes_by_its_timer():
    times = iter([100.0, 130.0])
    clock = Clock(total_seconds=60, seconds=10, timer=lambda: next(times))
    clock.start()
    assert clock.fraction() == pytest.approx(40 / 60)


def test_no_warm_up_begins_at_the_peak():
    assert cosine_decay(0.5, fraction=0.0, step=0, warmup_steps=0) == 0.5


@pytest.mark.parametrize("at_once", [1, 4])
def test_a_budget_counts_steps_whatever_the_number_of_steps_in_a_call(at_once):
    distribution = pixelcnn.PixelCNN((4, 4, 1), num_blocks=1, num_filters=2, high=3)
    distribution.compile("sgd", steps_per_execution=at_once)
    clock = Clock(total_steps=8)
    images = np.zeros((64, 4, 4, 1), int)
    distribution.fit(images, batch_size=4, epochs=3, verbose=0, callbacks=[Budget(clock)])
    assert clock.steps == 8 == int(distribution.optimizer.iterations)
