"""Draws for all browsers at once: a thread for each core takes the requests that wait and draws them in one batch."""

import dataclasses
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from pixelcnn import anomaly
from pixelcnn.sampling.particles import Particles, noise_and_particles
from pixelcnn.sampling.sampler import Batch, Draw, Pixels
from pixelcnn.serve.messages import MOST_VERSIONS, Sheet, Wish
from pixelcnn.threads import cores

# Batch sizes in images. There are two, because each size is compiled, which takes some seconds.
FEW, MANY = MOST_VERSIONS, 4 * MOST_VERSIONS


class Busy(Exception):
    """More requests wait than the engine takes."""


class Cancelled(Exception):
    """Ends a draw that nobody waits for."""


class Job:
    """Work for one client.

    Args:
        client: Who asks. Clients take turns.
        work: A function without arguments whose result is told; or a `Wish`.
        tell: Called with each result: the levels (n, H, W, 1) so far and the number of finished rows for a `Wish`, the
            result of the function otherwise; then with None, or with an exception.
    """

    def __init__(self, client: Any, work: Callable[[], Any] | Wish, tell: Callable[[Any], object]):
        self.client, self.work, self.tell = client, work, tell
        self.cancelled = False

    @property
    def is_wish(self) -> bool:
        """Whether the job is to draw."""
        return isinstance(self.work, Wish)

    def goes_with(self, other: "Job") -> bool:
        """Whether one batch can draw both jobs."""
        mine, its = self.work, other.work
        if not (isinstance(mine, Wish) and isinstance(its, Wish)):
            return False
        same = ("temperature", "guidance", "num_particles")
        return mine.num_particles == 1 and all(getattr(mine, name) == getattr(its, name) for name in same)


class Engine:
    """Draws images and computes likelihoods for many clients.

    On a CPU batches with guidance are drawn and compiled one at a time, those without in as many threads as there are
    cores (`sampling/cached.py` says why).

    Args:
        distribution: A distribution whose weights do not change any more.
        most_waiting: Number of requests that may wait.
    """

    def __init__(self, distribution: Any, most_waiting: int = 256):
        self.distribution, self.most_waiting = distribution, most_waiting
        self._sampler = distribution._sampler("cached")
        self._prepared = self._sampler.prepare(distribution.values_of(distribution.network.variables))
        self._waiting: OrderedDict[Any, deque[Job]] = OrderedDict()  # in the order in which clients get their turns
        self._change, self._closed = threading.Condition(), False
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(cores())]

    def start(self, guidance: float = 0.0) -> None:
        """Compile the first batch size, and begin to work. The rest is compiled in the background.

        Args:
            guidance: The guidance of most wishes. Wishes without guidance and with it are compiled apart.
        """
        blank = Sheet(
            np.full(self.distribution.image_shape, self.distribution.low, "float32"),
            np.zeros(self.distribution.image_shape[:2], bool),
            None if self.distribution.num_classes is None else 0,
            self.distribution.condition.orders,
        )
        if self.distribution.num_classes:
            self.class_log_probs(blank, 1)
        wish = partial(Wish, versions=MOST_VERSIONS, seed=0, temperature=1.0, guidance=guidance)
        self.draw([Job(None, wish(blank), _nothing)])
        for thread in self._threads:
            thread.start()
        known_amid = blank.is_known.copy()
        known_amid[tuple(size // 2 for size in known_amid.shape)] = True  # which no order of many has first
        amid = dataclasses.replace(blank, is_known=known_amid)
        for jobs in (2 * [Job(None, wish(blank), _nothing)], [Job(None, wish(amid), _nothing)]):
            self.submit(Job("engine", partial(self.draw, jobs), _nothing))

    def close(self) -> None:
        """End the threads, each after its batch."""
        with self._change:
            self._closed = True
            self._change.notify_all()

    def submit(self, job: Job) -> None:
        """Put a job into the queue.

        Raises:
            Busy: If too many jobs wait.
        """
        with self._change:
            if sum(map(len, self._waiting.values())) >= self.most_waiting:
                raise Busy
            self._waiting.setdefault(job.client, deque()).append(job)
            self._change.notify()

    # ---- answers

    def class_log_probs(self, sheet: Sheet, rows: int) -> np.ndarray:
        """Log-probabilities (K,) of the classes given the first rows of a drawing, if all classes are equally likely.

        They are exact, because the first rows come first in raster order: log p(rows | class) is the sum of their
        pixels' log-probabilities.
        """
        count = self.distribution.num_classes
        images = np.repeat(sheet.levels[None], count, axis=0)
        nats = self.distribution.pixel_log_prob(images, np.arange(count))[:, :rows].sum(axis=(1, 2), dtype="float64")
        return nats - np.logaddexp.reduce(nats)

    def surprise(self, sheet: Sheet) -> np.ndarray:
        """Bits (H, W) that the pixels of a drawing cost."""
        return anomaly.surprise(self.distribution, sheet.levels, sheet.label)

    def draw(self, jobs: list[Job]) -> None:
        """Draw the wishes of jobs in one batch, each in the order that fits it, and tell the rows as they are drawn.
        Pixels that are not drawn yet have their known levels or the lowest level.
        """
        wishes: list[Any] = [job.work for job in jobs]
        draw = Draw(0, wishes[0].temperature, wishes[0].guidance, wishes[0].num_particles, by_block=True)
        ends, batch = np.cumsum([wish.versions for wish in wishes]), self._batch(wishes)
        turned_back, before = self._frame(wishes, len(batch.pixels.known) // wishes[0].num_particles)

        def tell(rows, levels):
            nonlocal drawn
            drawn += rows
            if all(job.cancelled for job in jobs):
                raise Cancelled
            is_drawn = (np.arange(self.distribution.image_shape[0]) < drawn)[:, None, None]
            seen = np.where(is_drawn, levels(), before)
            for job, images in zip(jobs, np.split(turned_back(seen), ends), strict=False):
                job.tell((images, drawn))

        drawn = 0
        levels = self._sampler.draw(self._prepared, batch, draw, tell)
        if np.isnan(levels).any():
            raise ValueError("the model's output for a pixel is not finite, so no level can be drawn.")
        for job, images in zip(jobs, np.split(turned_back(levels), ends), strict=False):
            job.tell((images, len(images[0])))
            job.tell(None)

    def _frame(self, wishes, count):
        """What `draw` needs to show `count` images: a function that turns the images back from their orders, and the
        images before anything is drawn, turned to their orders.
        """
        versions, orders = [wish.versions for wish in wishes], self.distribution.condition.orders
        of_each = _padded(np.repeat([wish.sheet.order for wish in wishes], versions), count)
        blank = [np.where(wish.sheet.is_known[..., None], wish.sheet.levels, self.distribution.low) for wish in wishes]
        before = orders.to_order(_padded(np.repeat(blank, versions, axis=0), count), of_each)
        return partial(orders.from_order, order=of_each), before

    def _batch(self, wishes):
        """The batch of some wishes. Image i of a wish gets the noise that `sample` and `complete` give to image i."""
        shape, particles = self.distribution.image_shape, wishes[0].num_particles
        noise = [noise_and_particles(wish.seed, 0, wish.versions, shape, particles) for wish in wishes]
        drafts = [len(uniforms) for uniforms, _ in noise]
        size = FEW * particles if sum(drafts) <= FEW * particles else MANY
        pad = partial(_padded, size=size)
        known = np.repeat([wish.sheet.levels for wish in wishes], drafts, axis=0).astype("float32")
        is_known = np.repeat([wish.sheet.is_known[..., None] for wish in wishes], drafts, axis=0)
        labels = [wish.sheet.label for wish in wishes]
        classes = None if self.distribution.num_classes is None else pad(np.repeat(labels, drafts))
        arrays, _ = self.distribution.condition.check(classes)
        condition = self.distribution.condition.flatten(arrays, (size,))
        if "order" in condition:
            condition["order"] = pad(np.repeat([wish.sheet.order for wish in wishes], drafts)).astype("int32")
        is_known, _ = self.distribution.condition.to_order(pad(is_known), condition)
        known, condition = self.distribution.condition.to_order(pad(known), condition)
        pixels = Pixels(pad(np.concatenate([uniforms for uniforms, _ in noise])), known, is_known)
        chooser = None if particles == 1 else Particles(particles, pad(noise[0][1].choices, size=size // particles))
        return Batch(pixels, condition, chooser)

    # ---- threads

    def _work(self):
        while jobs := self._next():
            jobs = [job for job in jobs if not job.cancelled]
            try:
                if not jobs:
                    continue
                if jobs[0].is_wish:
                    self.draw(jobs)
                else:
                    jobs[0].tell(jobs[0].work())
                    jobs[0].tell(None)
            except Cancelled:
                pass
            except Exception as error:  # an error of one batch must not end the thread, which others wait for
                for job in jobs:
                    job.tell(error)

    def _next(self):
        """The jobs of the next batch: of the clients in turn, the first that waits and those that go with it. Wishes go
        before likelihoods, because people wait for drawings. None when the engine is closed.
        """
        with self._change:
            self._change.wait_for(lambda: self._waiting or self._closed)
            if self._closed:
                return None
            jobs, images = [], 0
            for client in sorted(self._waiting, key=lambda client: not self._waiting[client][0].is_wish):
                job = self._waiting[client][0]
                if jobs and not (job.goes_with(jobs[0]) and images + job.work.versions <= MANY):
                    continue
                jobs.append(job)
                images += job.work.versions if job.is_wish else 0
                self._waiting[client].popleft()
                if self._waiting[client]:
                    self._waiting.move_to_end(client)
                else:
                    del self._waiting[client]
            return jobs


def _padded(array, size):
    """Repeat the last image up to a batch of `size` images."""
    return np.concatenate([array, np.repeat(array[-1:], size - len(array), axis=0)])


def _nothing(result):
    """Ignore a result."""
