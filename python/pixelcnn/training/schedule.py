"""How far a training has come, and the learning rate that follows from it."""

import math
import time
from collections.abc import Callable
from typing import Any

import keras


class Clock:
    """Steps and seconds of a training, and the fraction of its budget that is spent.

    The budget is a number of steps, a number of seconds, or both (whichever is spent first). A resumed run starts the
    clock where the earlier one stopped, so the fraction goes on from there.

    Args:
        total_steps: Steps of the whole training, or None.
        total_seconds: Seconds of the whole training, or None.
        steps: Steps taken before.
        seconds: Seconds spent before.
        timer: Function that reads the clock, in seconds; `time.process_time` counts those of the processor.

    Raises:
        ValueError: If neither budget is given, or one is not positive.

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
            raise ValueError("total_steps and total_seconds are both None; expected at least one budget.")
        for name, value in (("total_steps", total_steps), ("total_seconds", total_seconds)):
            if value is not None and not value > 0:
                raise ValueError(f"{name} is {value}; expected a positive number.")
        self.total_steps, self.total_seconds = total_steps, total_seconds
        self.steps, self._seconds_before = steps, seconds
        self._timer = timer
        self._started: float | None = None

    def start(self) -> None:
        """Start counting seconds."""
        self._started = self._timer()

    def step(self) -> None:
        """Count one step."""
        self.steps += 1

    @property
    def seconds(self) -> float:
        """Seconds spent so far, earlier sessions of the run included."""
        running = 0.0 if self._started is None else self._timer() - self._started
        return self._seconds_before + running

    def fraction(self) -> float:
        """Return the spent share of the budget, 0 ... 1."""
        shares = [0.0]
        if self.total_steps is not None:
            shares.append(self.steps / self.total_steps)
        if self.total_seconds is not None:
            shares.append(self.seconds / self.total_seconds)
        return min(1.0, max(shares))

    def seconds_left(self) -> float:
        """Return the estimated seconds until the budget is spent (infinity before anything is)."""
        spent = self.fraction()
        if spent == 0.0:
            return math.inf
        by_share = self.seconds * (1 - spent) / spent
        return by_share if self.total_seconds is None else min(by_share, max(0.0, self.total_seconds - self.seconds))


def cosine_decay(peak, fraction, step, warmup_steps=100, floor=0.01):
    """Return the learning rate: linear warm-up to `peak`, then a half cosine down to `floor * peak`.

    The warm-up counts steps and not time, because the first step also compiles: of a budget of minutes it may take a
    tenth.

    Args:
        peak: The highest learning rate.
        fraction: Spent share of the budget, 0 ... 1.
        step: Steps taken so far.
        warmup_steps: Length of the warm-up in steps.
        floor: Share of `peak` that is left at the end.

    Example:
        >>> cosine_decay(1.0, fraction=0.0, step=100)
        1.0
        >>> cosine_decay(1.0, fraction=1.0, step=1000)
        0.01
    """
    warmup = min(1.0, (step + 1) / warmup_steps)
    decay = floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * fraction))
    return peak * warmup * decay


class CosineAnnealing(keras.callbacks.Callback):
    """Set the learning rate before each step from the clock, so that the end of the budget finds it annealed.

    A `keras.optimizers.schedules` object would do for steps, but knows no wall clock.

    Args:
        peak: The highest learning rate.
        clock: A `Clock`, whose steps another callback counts, such as `Budget`.
        warmup_steps: Length of the warm-up in steps.
    """

    def __init__(self, peak: float, clock: Clock, warmup_steps: int = 100):
        super().__init__()
        self.peak, self.clock, self.warmup_steps = peak, clock, warmup_steps

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Set the rate of this step."""
        rate = cosine_decay(self.peak, self.clock.fraction(), self.clock.steps, self.warmup_steps)
        self.model.optimizer.learning_rate = rate


class Budget(keras.callbacks.Callback):
    """Count the clock's steps and stop the training when its budget is spent, in the middle of an epoch if need be.

    Args:
        clock: A `Clock`.
    """

    def __init__(self, clock: Clock):
        super().__init__()
        self.clock = clock

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Start the clock; compiling the first step is part of the budget."""
        self.clock.start()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Count the step; stop when nothing is left."""
        self.clock.step()
        if self.clock.fraction() >= 1.0:
            self.model.stop_training = True


class TimeBudget(Budget):
    """Stop the training after a number of minutes of wall-clock time, compilation and evaluation included.

    Args:
        minutes: Positive number.

    Raises:
        ValueError: If `minutes` is not positive.

    Example:
        >>> TimeBudget(minutes=0.5).clock.total_seconds
        30.0
    """

    def __init__(self, minutes: float):
        if not minutes > 0:
            raise ValueError(f"minutes is {minutes}; expected a positive number.")
        super().__init__(Clock(total_seconds=60.0 * minutes))
