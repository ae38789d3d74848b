"""Several machines that share one training: each runs the same program in one process, and JAX connects them."""

import random
import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

import keras
import numpy as np

from pixelcnn import require
from pixelcnn.backend.device import machine_count
from pixelcnn.backend.devices import use_devices, without_distribution

LOST_SECONDS = 30  # without a sign of life, after which a machine counts as lost
RESTART = "start the program again on all machines; with --resume, or with Backup, it goes on from the last checkpoint"
# An error of JAX after the loss of a machine begins with a code of LOST_CODES, or has one of LOST_WORDS in its text.
# An error that begins with a code of OWN_CODES is one of the program or of this machine, whatever its text says.
LOST_CODES = ("UNAVAILABLE", "DEADLINE_EXCEEDED", "ABORTED", "CANCELLED")
LOST_WORDS = re.compile("gloo|nccl|heartbeat|coordination|connection|socket|peer", re.IGNORECASE)
OWN_CODES = ("RESOURCE_EXHAUSTED", "INVALID_ARGUMENT", "UNIMPLEMENTED")


def join_machines(machines: int, machine: int, coordinator: str) -> None:
    """Join the machines that train together. Distributions that are made afterwards live on the devices of all of them.

    Call this function once, at the beginning of a program that all machines run, and wait: it returns when all of them
    have joined. JAX ends a process that waits for more than 300 s. After the call each call of `fit`, `evaluate`,
    `train` and `load` must be made on all machines, with the same arguments and data. The global batch has `batch_size`
    images, of which each device computes a share, so the training is that of one device, within rounding. Callbacks of
    this package write files on machine 0 only.

    All machines get the state of machine 0's generators of Python and NumPy, from which fresh weights, dropout and the
    order of the images follow. So `keras.utils.set_random_seed` is not necessary; call it on all machines or on none.

    Args:
        machines: Number of machines, or rather of processes. 1 changes nothing.
        machine: The number of this one, 0 … machines - 1.
        coordinator: HOST:PORT of machine 0, at which the others find it.

    Raises:
        ValueError: If an argument does not fit, the backend is not JAX, or this process has joined already.
        RuntimeError: If JAX has computed already in this process.

    Example:
        >>> join_machines(1, 0, "localhost:12345")
    """
    machines = require.whole("machines", machines, 1)
    machine = require.whole("machine", machine, 0, machines - 1)
    host, _, port = require.text("coordinator", coordinator).rpartition(":")
    if not host or not port.isdecimal():
        raise ValueError(f"coordinator={coordinator!r} does not fit: expected HOST:PORT, such as 'node1:12345'.")
    if keras.backend.backend() != "jax":
        if machines == 1:
            return
        raise ValueError(
            f"machines={machines} does not fit on {keras.backend.backend()}: expected 1, or KERAS_BACKEND=jax, because "
            "Keras 3 trains on several machines on JAX only."
        )
    import jax

    if jax.distributed.is_initialized():
        raise ValueError(
            f"machines={machines} with machine={machine} does not fit: expected no second call of join_machines, "
            f"because this process is machine {jax.process_index()} of {jax.process_count()} already."
        )
    if machines > 1:
        _connect(machines, machine, coordinator)
        use_devices("all")
        share_random_state()


def _connect(machines, machine, coordinator):
    """Connect this process with those of the other machines."""
    import jax

    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    try:
        jax.distributed.initialize(
            coordinator, machines, machine, heartbeat_timeout_seconds=LOST_SECONDS,
            shutdown_timeout_seconds=LOST_SECONDS,
        )  # fmt: skip
    except RuntimeError as error:
        if isinstance(error, jax.errors.JaxRuntimeError):
            raise
        raise RuntimeError(
            "join_machines comes too late: expected its call before all others, because JAX has computed already in "
            "this process."
        ) from error


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


def numbers_of_all(numbers: Sequence[int]) -> np.ndarray:
    """Return n numbers 0 … 2^32 - 1 of each machine, (machines, n). All machines call this function."""
    mine = np.array(numbers, "uint32")
    if machine_count() == 1:
        return mine[None]
    from jax.experimental import multihost_utils

    return multihost_utils.process_allgather(mine)


def share_random_state() -> None:
    """Give all machines the state of machine 0's generators of Python and NumPy. All machines call this function.

    Keras draws the seeds of layers and the order of images from these generators.
    """
    if machine_count() == 1:
        return
    from jax.experimental import multihost_utils

    (version, words, _), (kind, key, place, *_) = random.getstate(), np.random.get_state()
    mine = np.array(words, "uint32"), np.array(key, "uint32"), np.uint32(place)
    words, key, place = multihost_utils.broadcast_one_to_all(mine)
    random.setstate((version, tuple(words.tolist()), None))
    np.random.set_state((kind, key, int(place), 0, 0.0))


def on_this_machine() -> AbstractContextManager[None]:
    """Return a context in which new variables live on this machine alone, so that other machines need not make them.

    Keras makes an optimizer while it saves a model, and only machine 0 saves.
    """
    return nullcontext() if machine_count() == 1 else without_distribution()


@contextmanager
def telling_of_lost_machines() -> Iterator[None]:
    """A context in which the error of a lost connection says what has happened, and how to go on.

    Raises:
        ConnectionError: In place of JAX' error. Other errors of JAX, such as a lack of memory, stay as they are.
    """
    if machine_count() == 1:
        yield
        return
    import jax

    try:
        yield
    except jax.errors.JaxRuntimeError as error:
        if not tells_of_loss(str(error)):
            raise
        raise ConnectionError(
            f"another of the {machine_count()} machines has ended or cannot be reached: {RESTART}. "
            f"({str(error).splitlines()[0][:200]})"
        ) from error


def tells_of_loss(message: str) -> bool:
    """Return whether an error of JAX with this message comes from a lost connection to another machine.

    Example:
        >>> tells_of_loss("UNAVAILABLE: The task is gone."), tells_of_loss("RESOURCE_EXHAUSTED: Out of memory.")
        (True, False)
    """
    code = message.partition(":")[0].strip()
    return code in LOST_CODES or code not in OWN_CODES and bool(LOST_WORDS.search(message))
