"""A line with the speed of a training and the time that it will take, soon after its first step."""

import math
from collections.abc import Callable
from typing import Any

import keras

from pixelcnn.training.amounts import duration
from pixelcnn.training.schedule import Clock


class Forecast(keras.callbacks.Callback):
    """Print the images per second and the time left once, after the first steps.

    The first step of a session is not counted, because the backend compiles in this step. The time left is that of
    training steps: measuring and drawing after each epoch come on top.

    Args:
        clock: A `Clock`.
        batch_size: Number of images of a step.
        say: Function that prints a line.
        steps: Number of steps that are timed, at least.
        seconds: Number of seconds that are timed, at least.
    """

    def __init__(
        self,
        clock: Clock,
        batch_size: int,
        say: Callable[[str], object] = print,
        steps: int = 4,
        seconds: float = 1.0,
    ):
        super().__init__()
        self.clock, self.batch_size, self.say, self.steps, self.least = clock, batch_size, say, steps, seconds

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Begin anew."""
        self.start: tuple[int, float] | None = None
        self.told = False

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Note the end of the first step, and print the line when enough steps were timed."""
        if self.told:
            return
        if self.start is None:
            self.start = self.clock.steps, self.clock.seconds
            return
        steps, seconds = self.clock.steps - self.start[0], self.clock.seconds - self.start[1]
        if steps >= self.steps and seconds >= self.least:
            self.told = True
            self.say(forecast(self.clock, self.batch_size, steps / seconds))


def forecast(clock: Clock, batch_size: int, steps_per_second: float) -> str:
    """Return the line.

    Args:
        clock: The `Clock` of the training.
        batch_size: Number of images of a step.
        steps_per_second: The measured speed.

    Example:
        >>> forecast(Clock(total_steps=7200), batch_size=32, steps_per_second=2.0)
        '64.0 images/s; about 60 min left, for 7,200 steps of 32 images'
    """
    left, limits = math.inf, []
    if clock.total_steps is not None:
        steps = max(0, clock.total_steps - clock.steps)
        left, limits = steps / steps_per_second, [f"{steps:,} steps of {batch_size} images"]
    if clock.total_seconds is not None and clock.total_seconds - clock.seconds < left:
        left = max(0.0, clock.total_seconds - clock.seconds)
        limits = [f"about {left * steps_per_second:,.0f} steps of {batch_size} images"]
    return f"{batch_size * steps_per_second:.1f} images/s; about {duration(left)} left, for {limits[0]}"
