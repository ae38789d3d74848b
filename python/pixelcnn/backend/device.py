"""The device that a backend computes on, and whether threads and XLA make the backend faster on this device."""

from collections.abc import Sequence

import keras

from pixelcnn.threads import cores


def has_accelerator() -> bool:
    """Whether the backend sees a GPU or TPU."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        return bool(tf.config.list_physical_devices("GPU") or tf.config.list_physical_devices("TPU"))
    if backend == "jax":
        import jax

        return jax.default_backend() != "cpu"
    import torch

    return torch.cuda.is_available()


def device_names() -> list[str]:
    """Names of the devices of the backend's default kind, such as `cpu:0`. Keras does not list those of torch."""
    if keras.backend.backend() != "torch":
        return keras.distribution.list_devices()
    import torch

    return [f"gpu:{index}" for index in range(torch.cuda.device_count())] or ["cpu:0"]


def machine_count():
    """The number of machines that `join_machines` has connected; 1 without it."""
    if keras.backend.backend() != "jax":
        return 1
    import jax

    return jax.process_count()


def free_device_memory(names: Sequence[str] = ()) -> int | None:
    """Return the least bytes that an accelerator in use has left for this process.

    Args:
        names: The names of the devices in use; none for the first device.

    Returns:
        The number of bytes; None if the backend does not say it.
    """
    free = _free_by_name()
    chosen = [free[name] for name in names if name in free] or list(free.values())[:1]
    return min(chosen, default=None)


def _free_by_name() -> dict[str, int]:
    """The bytes that each accelerator of this machine has left, as far as the backend says it."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf
        from tensorflow.python.client import device_lib

        used = tf.config.experimental.get_memory_info
        devices = [one for one in device_lib.list_local_devices() if one.device_type == "GPU"]
        numbers = {one.name.rpartition(":")[2]: one.memory_limit for one in devices}
        return {f"gpu:{number}": limit - used(f"GPU:{number}")["current"] for number, limit in numbers.items()}
    if backend == "jax":
        import jax

        said = {f"{device.platform}:{device.id}": device.memory_stats() or {} for device in jax.local_devices()}
        return {
            name: numbers["bytes_limit"] - numbers["bytes_in_use"]
            for name, numbers in said.items()
            if "bytes_limit" in numbers
        }
    import torch

    return {"gpu:0": torch.cuda.mem_get_info()[0]} if torch.cuda.is_available() else {}


def training_gains_from_xla() -> bool:
    """Whether XLA makes training faster: everywhere but on TensorFlow on a CPU, whose convolutions XLA slows down."""
    return keras.backend.backend() != "tensorflow" or has_accelerator()


def draws_in_threads() -> bool:
    """Whether a draw runs in a thread of its own: on a CPU, if XLA compiles the draw.

    Then an interrupt need not wait for XLA, and several draws can run at once. On torch and with eager functions,
    draws run as Python code, which threads do not make faster.
    """
    backend = keras.backend.backend()
    if backend == "torch" or has_accelerator():
        return False
    if backend == "tensorflow":
        import tensorflow as tf

        return not tf.config.functions_run_eagerly()
    return True


def draws_at_once() -> int:
    """Number of draws that run at once: one for each core of a CPU, because XLA shares only large operations among
    cores; 1 where draws do not run in threads.
    """
    return cores() if draws_in_threads() else 1


def compiles_training() -> bool:
    """Whether `jit_compile=True` works: not on torch, whose compiler refuses arithmetic on image sizes."""
    return keras.backend.backend() != "torch"


def backend_version() -> str:
    """The version of the backend, such as `2.21.0`."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        return tf.__version__
    if backend == "jax":
        import jax

        return jax.__version__
    import torch

    return torch.__version__


def threads() -> int:
    """Number of threads that share one operation of the backend on a CPU."""
    if keras.backend.backend() == "torch":
        import torch

        return torch.get_num_threads()
    return cores()
