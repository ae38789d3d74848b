"""The budget of a training, and the learning rate as a function of the spent share of the budget."""

import math
import time
from collections.abc import Callable
from typing import Any

import keras


class Clock:
    """Steps and seconds of a training, and the share of its budget that is spent.

    The budget is a number of steps, a number of seconds, or both; the one that is spent first ends the training. The
    clock of a resumed run starts with the steps and seconds of the earlier sessions.

    Args:
        total_steps: Number of steps of the whole training, or None.
        total_seconds: Number of seconds of the whole training, or None.
        steps: Number of steps in earlier sessions.
        seconds: Number of seconds in earlier sessions.
        timer: Function that returns a time in seconds; `time.process_time` counts processor time.

    Raises:
        ValueError: If both budgets are None, or one is not positive.

    Example:
        >>> clock = Clock(total_steps=10)
        >>> clock.start(); clock.step(); clock.step()
        >>> clock.fraction()
        0.2
    """

    def __init__(
        self,
        total_steps: int | None = None,
        total_seconds: float | None = None,
        steps: int = 0,
        seconds: float = 0.0,
        timer: Callable[[], float] = time.perf_counter,
    ):
        if total_steps is None and total_seconds is None:
            raise ValueError("total_steps and total_seconds are both None: expected at least one budget.")
        for name, value in (("total_steps", total_steps), ("total_seconds", total_seconds)):
            if value is not None and not value > 0:
                raise ValueError(f"{name}={value} does not fit: expected a number above 0.")
        self.total_steps, self.total_seconds = total_steps, total_seconds
        self.steps, self._seconds_before = steps, seconds
        self._timer = timer
        self._started: float | None = None

    def start(self) -> None:
        """Start counting seconds."""
        self._started = self._timer()

    def step(self, count: int = 1) -> None:
        """Count steps.

        Args:
            count: Number of steps.
        """
        self.steps += count

    @property
    def seconds(self) -> float:
        """Seconds spent so far, with the earlier sessions of the run."""
        running = 0.0 if self._started is None else self._timer() - self._started
        return self._seconds_before + running

    def fraction(self) -> float:
        """Return the spent share of the budget, 0 … 1."""
        shares = [0.0]
        if self.total_steps is not None:
            shares.append(self.steps / self.total_steps)
        if self.total_seconds is not None:
            shares.append(self.seconds / self.total_seconds)
        return min(1.0, max(shares))

    def seconds_left(self) -> float:
        """Return the estimated seconds until the budget is spent; infinity before the first step ends."""
        spent = self.fraction()
        if spent == 0.0:
            return math.inf
        by_share = self.seconds * (1 - spent) / spent
        return by_share if self.total_seconds is None else min(by_share, max(0.0, self.total_seconds - self.seconds))


def cosine_decay(peak: float, fraction: float, step: int, warmup_steps: int = 100, floor: float = 0.01) -> float:
    """Return the learning rate: linear warm-up to `peak`, then a half cosine down to `floor * peak`.

    The warm-up counts steps and not time, because the first step compiles as well, which may take a tenth of a budget
    in minutes.

    Args:
        peak: Highest learning rate.
        fraction: Spent share of the budget, 0 … 1.
        step: Number of steps so far.
        warmup_steps: Number of steps of the warm-up; 0 for none.
        floor: Last learning rate, as a share of `peak`.

    Example:
        >>> cosine_decay(1.0, fraction=0.0, step=100)
        1.0
        >>> cosine_decay(1.0, fraction=1.0, step=1000)
        0.01
    """
    warmup = min(1.0, (step + 1) / max(1, warmup_steps))
    decay = floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * fraction))
    return peak * warmup * decay


class CosineAnnealing(keras.callbacks.Callback):
    """Set the learning rate of each step from the clock, so that the rate is lowest when the budget is spent.

    This is a callback, because a `keras.optimizers.schedules` object knows the steps but not the time.

    Args:
        peak: Highest learning rate.
        clock: A `Clock` whose steps another callback counts, such as `Budget`.
        warmup_steps: Number of steps of the warm-up.
    """

    def __init__(self, peak: float, clock: Clock, warmup_steps: int = 100):
        super().__init__()
        self.peak, self.clock, self.warmup_steps = peak, clock, warmup_steps

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Set the learning rate of the step."""
        rate = cosine_decay(self.peak, self.clock.fraction(), self.clock.steps, self.warmup_steps)
        self.model.optimizer.learning_rate = rate


class Budget(keras.callbacks.Callback):
    """Count the clock's steps, and stop the training when its budget is spent, even in the middle of an epoch.

    Args:
        clock: A `Clock`.
    """

    def __init__(self, clock: Clock):
        super().__init__()
        self.clock = clock

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Start the clock before the first step, because its compilation is part of the budget."""
        self.clock.start()

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Note the first step of a call, which may do several (`steps_per_execution`)."""
        self._first = batch

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Count the steps of the call, and stop the training if the budget is spent."""
        self.clock.step(batch - self._first + 1)
        if self.clock.fraction() >= 1.0:
            self.model.stop_training = True


class TimeBudget(Budget):
    """Stop the training after a number of minutes of wall-clock time, which include compilation and evaluation.

    Args:
        minutes: A number above 0.

    Raises:
        ValueError: If `minutes` is not above 0.

    Example:
        >>> TimeBudget(minutes=0.5).clock.total_seconds
        30.0
    """

    def __init__(self, minutes: float):
        if not minutes > 0:
            raise ValueError(f"minutes={minutes} does not fit: expected a number above 0.")
        super().__init__(Clock(total_seconds=60.0 * minutes))
