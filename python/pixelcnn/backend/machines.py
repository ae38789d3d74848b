"""Several machines that share one training: each runs the same program in one process, and JAX connects them."""

from collections.abc import Iterator
from contextlib import contextmanager

import keras
import numpy as np

from pixelcnn import require
from pixelcnn.backend.devices import use_devices

LOST_SECONDS = 30  # without a sign of life, after which a machine counts as lost
RESTART = "start the program again on all machines; with --resume, or with Backup, it goes on from the last checkpoint"


def join_machines(machines: int, machine: int, coordinator: str) -> None:
    """Join the machines that train together. Distributions that are made afterwards live on the devices of all of them.

    Call this function once, at the beginning of a program that all machines run, and wait: it returns when all of them
    have joined. From then on each call of `fit`, `evaluate`, `train` and `load` must be made on all machines, with the
    same arguments and data. The global batch has `batch_size` images, of which each device computes a share, so the
    training is that of one device, within rounding. Callbacks of this package write files on machine 0 only.

    Args:
        machines: Number of machines, or rather of processes. 1 changes nothing.
        machine: The number of this one, 0 … machines - 1.
        coordinator: HOST:PORT of machine 0, at which the others find it.

    Raises:
        ValueError: If an argument does not fit, or the backend is not JAX.
        RuntimeError: If JAX has computed already in this process.

    Example:
        >>> join_machines(1, 0, "localhost:12345")
    """
    machines = require.whole("machines", machines, 1)
    machine = require.whole("machine", machine, 0, machines - 1)
    host, _, port = require.text("coordinator", coordinator).rpartition(":")
    if not host or not port.isdecimal():
        raise ValueError(f"coordinator={coordinator!r} does not fit: expected HOST:PORT, such as 'node1:12345'.")
    if machines == 1:
        return
    if keras.backend.backend() != "jax":
        raise ValueError(
            f"machines={machines} does not fit on {keras.backend.backend()}: expected 1, or KERAS_BACKEND=jax, because "
            "Keras 3 trains on several machines on JAX only."
        )
    import jax

    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    jax.distributed.initialize(
        coordinator, machines, machine, heartbeat_timeout_seconds=LOST_SECONDS, shutdown_timeout_seconds=LOST_SECONDS
    )
    use_devices("all")


def machine_count() -> int:
    """Return the number of machines that `join_machines` has connected; 1 without it."""
    if keras.backend.backend() != "jax":
        return 1
    import jax

    return jax.process_count()


def is_first_machine() -> bool:
    """Return whether this is machine 0, the only one that writes files."""
    if keras.backend.backend() != "jax":
        return True
    import jax

    return jax.process_index() == 0


def number_of_first(number: int) -> int:
    """Return a number 0 … 2^32 - 1 as machine 0 has it. All machines call this function, and wait for each other."""
    if machine_count() == 1:
        return number
    from jax.experimental import multihost_utils

    return int(multihost_utils.broadcast_one_to_all(np.uint32(number)))


@contextmanager
def on_this_machine() -> Iterator[None]:
    """A context in which new variables live on this machine alone, so that the other machines need not make them.

    Keras makes an optimizer while it saves a model, and only machine 0 saves.
    """
    if machine_count() == 1:
        yield
        return
    distribution = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(distribution)


@contextmanager
def telling_of_lost_machines() -> Iterator[None]:
    """A context in which the error of a lost connection says what has happened, and how to go on.

    Raises:
        ConnectionError: In place of JAX' error.
    """
    if machine_count() == 1:
        yield
        return
    import jax

    try:
        yield
    except jax.errors.JaxRuntimeError as error:
        raise ConnectionError(
            f"another of the {machine_count()} machines has ended or cannot be reached: {RESTART}. "
            f"({str(error).splitlines()[0][:200]})"
        ) from error
