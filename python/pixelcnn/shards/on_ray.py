"""Many images, drawn by the workers of a Ray cluster: each part is a shard, which a worker that is free draws next."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras

from pixelcnn import require
from pixelcnn.progress import progress
from pixelcnn.shards.folder import PART_SIZE

RETRIES = 3  # of a part whose worker has ended, such as by the loss of a node


class Worker:
    """An actor of Ray, which loads the model once and draws one shard after another.

    Args:
        prepare: See `sample_on_ray`.
    """

    def __init__(self, prepare: Callable[[], Callable[..., list[Path]]]):
        self._prepare = prepare
        self._draw: Callable[..., list[Path]] | None = None

    def draw(self, **shard: Any) -> list[Path]:
        """Draw a shard, and return the files that were written.

        Args:
            shard: The arguments `folder`, `shard` and `part_size` of `sample_shard`.
        """
        if self._draw is None:  # not in the constructor, where Ray would hide the kind of an error
            self._draw = self._prepare()
        return self._draw(**shard)


def sample_on_ray(
    prepare: Callable[[], Callable[..., list[Path]]],
    folder: str | os.PathLike[str],
    count: int,
    part_size: int = PART_SIZE,
    workers: int | None = None,
    verbose: int = 0,
) -> list[Path]:
    """Draw the parts of a folder that are not whole on a Ray cluster, as `sample_shard` draws them in one process.

    The cluster is the one that this process is connected to, that `RAY_ADDRESS` names or that runs on this machine;
    otherwise Ray starts on this machine until the parts are drawn. This process does not load the model, because it
    would take memory of a GPU that a worker needs.

    Args:
        prepare: A function that each worker calls once. It loads the model, and returns `sample_shard` with all
            arguments but `folder`, `shard` and `part_size`.
        folder: The folder, which all nodes of the cluster must see.
        count: Number of images.
        part_size: Number of images of a part.
        workers: Number of workers; None for one on each GPU, or on each node of a cluster without GPUs.
        verbose: 1 for a progress bar.

    Returns:
        The parts that were written.

    Raises:
        ImportError: If Ray is not installed.
        ValueError: If an argument does not fit, also one of `sample_shard`.
        OSError: If a file cannot be written, or a worker ends again and again.
    """
    parts = -(-count // require.positive_integer("part_size", part_size))
    job = {"folder": Path(folder).absolute(), "part_size": part_size}
    backend = {"env_vars": {"KERAS_BACKEND": keras.backend.backend()}}
    with _cluster() as ray, progress(verbose, parts, "Drawing", unit="parts") as advance:
        number, resources = _share(ray.nodes(), workers)
        worker = ray.remote(Worker).options(
            **resources, runtime_env=backend, scheduling_strategy="SPREAD", max_restarts=-1, max_task_retries=RETRIES
        )
        pool = ray.util.ActorPool([worker.remote(prepare) for _ in range(min(number, parts))])
        files = []
        for written in pool.map_unordered(
            lambda actor, part: actor.draw.remote(shard=(part, parts), **job), range(parts)
        ):
            files += written
            advance(1)
    return sorted(files)


@contextmanager
def _cluster() -> Iterator[Any]:
    """Connect to a cluster, return a context with the module `ray`, and raise errors of workers as they were raised."""
    try:
        import ray
    except ImportError:
        raise ImportError("engine='ray' needs Ray: pip install 'pixelcnn[ray]'.") from None
    started = not ray.is_initialized()
    if started:
        with _kept_handler(signal.SIGTERM):
            ray.init(log_to_driver=False, logging_level="warning")
    try:
        yield ray
    except ray.exceptions.RayTaskError as error:
        raise error.cause from None
    except ray.exceptions.RayError as error:
        raise ConnectionError(f"a worker of Ray has ended, and the same call goes on: {error}") from error
    finally:
        if started:
            ray.shutdown()


@contextmanager
def _kept_handler(number: int) -> Iterator[None]:
    """Keep the handler of a signal, in whose place Ray sets one that aborts the process."""
    handler = signal.getsignal(number)
    try:
        yield
    finally:
        if handler is not None and threading.current_thread() is threading.main_thread():
            signal.signal(number, handler)


def _share(nodes: list[dict[str, Any]], workers: int | None) -> tuple[int, dict[str, int]]:
    """Return the number of workers, and the resources of each: a GPU, or an equal share of the cores of a node.

    Args:
        nodes: What `ray.nodes()` returns.
        workers: See `sample_on_ray`.

    Example:
        >>> nodes = [{"Alive": True, "Resources": {"CPU": 8.0}}] * 2
        >>> _share(nodes, None), _share(nodes, 6)
        ((2, {'num_cpus': 8}), (6, {'num_cpus': 2}))
    """
    alive = [node["Resources"] for node in nodes if node["Alive"]]
    gpus, cores = ([int(node[kind]) for node in alive if node.get(kind, 0) >= 1] for kind in ("GPU", "CPU"))
    most = sum(gpus) or len(cores) * min(cores, default=0)
    number = require.whole("workers", (sum(gpus) or len(cores)) if workers is None else workers, 1, most)
    if gpus:
        return number, {"num_gpus": 1}
    return number, {"num_cpus": min(cores) // -(-number // len(cores))}
