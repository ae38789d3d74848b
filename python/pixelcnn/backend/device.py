"""The device that a backend computes on, and what it gains from threads and from XLA."""

import keras

from pixelcnn.threads import cores


def has_accelerator():
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


def training_gains_from_xla():
    """Whether XLA makes training faster: on a CPU it slows TensorFlow's convolutions down."""
    return keras.backend.backend() != "tensorflow" or has_accelerator()


def draws_in_threads():
    """Whether a draw runs in a thread of its own: on a CPU, if XLA compiles the draw.

    Then an interrupt need not wait for XLA, and several draws can run at once. Draws that run as Python code, those of
    torch and of eager functions, gain nothing from threads.
    """
    backend = keras.backend.backend()
    if backend == "torch" or has_accelerator():
        return False
    if backend == "tensorflow":
        import tensorflow as tf

        return not tf.config.functions_run_eagerly()
    return True


def draws_at_once():
    """How many draws to run at once: one for each core of a CPU, because XLA shares only large operations out among
    cores; 1 where draws do not run in threads.
    """
    return cores() if draws_in_threads() else 1


def compiles_training():
    """Whether `jit_compile=True` works: torch's compiler refuses the arithmetic on sizes of images in the networks."""
    return keras.backend.backend() != "torch"
