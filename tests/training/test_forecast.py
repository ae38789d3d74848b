"""After the first steps a training says how fast it is, and how long it will take."""

from itertools import count

from pixelcnn.training.callbacks import Forecast
from pixelcnn.training.callbacks.forecast import forecast
from pixelcnn.training.schedule import Clock


def lines_of(clock, taken, **arguments):
    lines = []
    callback = Forecast(clock, 16, lines.append, **arguments)
    clock.start()
    callback.on_train_begin()
    for step in range(taken):
        clock.step()
        callback.on_train_batch_end(step)
    return lines


def test_one_line_without_the_step_that_compiles():
    seconds = count()  # each reading of the timer is a second later
    lines = lines_of(Clock(total_steps=1000, timer=lambda: next(seconds)), 20, steps=4, seconds=0.0)
    assert len(lines) == 1 and lines[0].startswith("16.0 images/s; about 17 min left, for 995 steps of 16 images")


def test_a_short_training_says_nothing():
    assert lines_of(Clock(total_steps=3), 3) == []


def test_the_budget_that_is_spent_first_counts():
    timer = iter((0.0, *[10.0] * 9)).__next__
    clock = Clock(total_steps=10**6, total_seconds=130.0, timer=timer)
    clock.start()
    assert forecast(clock, 8, 2.0) == "16.0 images/s; about 2 min left, for about 240 steps of 8 images"
