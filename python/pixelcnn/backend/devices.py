"""Several devices of one machine: the choice of devices, where a model's variables live, and work on one of them.

A model lives on the devices that were in use when the model was made: each device holds all weights. Keras' loops give
each device a share of each batch. Draws and likelihoods run as jobs, each job on one device (`threads.run_jobs`).
"""

import functools
import queue
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import keras

from pixelcnn import require
from pixelcnn.backend.device import device_names, has_accelerator, machine_count


def use_devices(devices: str | int | Sequence[str] = "all") -> tuple[str, ...]:
    """Choose the devices on which distributions that are made from now on train, draw and are evaluated.

    Each device holds all weights and computes its share of each batch. Training is that of one device with the same
    batch size, within rounding. Call this function before you make or load a distribution. A distribution keeps the
    devices with which it was made.

    On JAX this sets `keras.distribution.DataParallel`, on TensorFlow a `tf.distribute.MirroredStrategy`. Distributions
    that are made after `keras.distribution.set_distribution`, or in the scope of a strategy, do the same without this
    function. After `join_machines` a distribution lives on all devices of all machines.

    Args:
        devices: "all"; the number of devices, of which the first are taken; or a list of names, such as
            `["gpu:0", "gpu:2"]`. 1 is the default of the backend again.

    Returns:
        The names of the devices.

    Raises:
        ValueError: If there are no such devices, the backend is torch and `devices` is not 1, or several machines have
            joined and `devices` is not "all".

    Example:
        >>> len(use_devices(1))
        1
    """
    names = chosen_devices(devices)
    several = len(names) > 1 or isinstance(devices, (list, tuple))
    if keras.backend.backend() == "jax":
        keras.distribution.set_distribution(keras.distribution.DataParallel(devices=list(names)) if several else None)
    elif keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.distribute.experimental_set_strategy(_mirrored(names) if several else None)
    return names


@functools.cache
def _mirrored(names):
    """The strategy of these devices. All strategies of a process but the first add up gradients by copies, because
    TensorFlow's collectives keep the number of devices of the first strategy, and fail with another number.
    """
    import tensorflow as tf

    copies = tf.distribute.HierarchicalCopyAllReduce if has_accelerator() else tf.distribute.ReductionToOneDevice
    collectives = _mirrored.cache_info().currsize == 0
    return tf.distribute.MirroredStrategy([name.upper() for name in names], None if collectives else copies())


def chosen_devices(devices: Any) -> tuple[str, ...]:
    """Return the names of the devices that the argument of `use_devices` means."""
    if machine_count() > 1 and devices != "all":
        raise ValueError(
            f"devices={require.short(devices)} does not fit {machine_count()} machines: expected 'all', because "
            "they train on all devices that JAX sees on each of them (CUDA_VISIBLE_DEVICES may hide some of its GPUs)."
        )
    existing = tuple(device_names())
    names: tuple[str, ...] = ()
    if isinstance(devices, str):
        names = existing if devices == "all" else ()
    elif isinstance(devices, (list, tuple)):
        names = tuple(map(str, devices))
    elif require.is_integer(devices) and 1 <= devices <= len(existing):
        names = existing[: int(devices)]
    if not names or len(set(names)) < len(names) or not set(names) <= set(existing):
        raise ValueError(
            f"devices={require.short(devices)} does not fit: expected 'all', a number from 1 to {len(existing)}, or a "
            f"list of names among {require.listed(existing)}."
        )
    if keras.backend.backend() == "torch" and devices != 1:
        raise ValueError(
            f"devices={require.short(devices)} does not fit on torch, because Keras cannot distribute a model there; "
            "expected 1, or the backend jax or tensorflow."
        )
    return names


def devices_of(model: keras.Model) -> tuple[str, ...]:
    """Return the names of this machine's devices on which a model's variables live; none if nobody chose devices."""
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        mesh = _mesh(model)
        devices = () if mesh is None else [d for d in mesh.devices.flat if d.process_index == jax.process_index()]
        return tuple(f"{device.platform}:{device.id}" for device in devices)
    if backend == "tensorflow":
        return tuple(_strategy(model).extended.worker_devices) if device_count(model) > 1 else ()
    return ()


def devices_in_use() -> int:
    """Return the number of devices, of all machines, on which a model that is made now will train."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        return tf.distribute.get_strategy().num_replicas_in_sync
    distribution = keras.distribution.distribution() if backend == "jax" else None
    return 1 if distribution is None else distribution.device_mesh.devices.size


def names_in_use() -> tuple[str, ...]:
    """Return the names of the devices on which a model that is made now will train; none if nobody chose devices."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        chosen = tf.distribute.has_strategy()
        names = tf.distribute.get_strategy().extended.worker_devices if chosen else ()
        return tuple(name.rpartition("device:")[2].lower() for name in names)
    distribution = keras.distribution.distribution() if backend == "jax" else None
    return () if distribution is None else tuple(map(str, distribution.device_mesh.devices.flat))


def device_count(model: keras.Model) -> int:
    """Return the number of devices, of all machines, that share a training step of a model."""
    if keras.backend.backend() == "tensorflow":
        return 1 if _strategy(model) is None else _strategy(model).num_replicas_in_sync
    mesh = _mesh(model)
    return 1 if mesh is None else mesh.devices.size


def require_shares(name: str, batch_size: int, devices: int) -> None:
    """Check that devices get shares of one size of a whole batch.

    Args:
        name: The argument's name, for the error.
        batch_size: Number of images of a batch.
        devices: Number of devices, of all machines.

    Raises:
        ValueError: If the number of images does not divide by the number of devices.
    """
    if batch_size % devices:
        near = max(1, round(batch_size / devices)) * devices
        raise ValueError(
            f"{name}={batch_size} does not fit a model on {devices} devices: expected a multiple of {devices}, such as "
            f"{near}, because each device computes its share of a batch."
        )


def require_single_steps(name: str, steps: int | None, devices: int, expected: int | None) -> None:
    """Check that gradients of several steps are not added up where Keras cannot do so.

    Args:
        name: The argument's name, for the error.
        steps: Number of steps of an update, or None for one.
        devices: Number of devices, of all machines.
        expected: The value that fits, for the error.

    Raises:
        ValueError: If an update has several steps, on several devices of TensorFlow.
    """
    if devices > 1 and steps not in (None, 1) and keras.backend.backend() == "tensorflow":
        raise ValueError(
            f"{name}={steps} does not fit {devices} devices on TensorFlow: expected {expected}, because Keras cannot "
            "add up gradients under a tf.distribute strategy; on JAX it can."
        )


def _strategy(model):
    """The `tf.distribute` strategy with which a model was made, or None.

    Keras' own `model.distribute_strategy` would be the strategy of today for a model that was made without one.
    """
    return model._distribute_strategy


def _mesh(model):
    """The JAX mesh on which a model's variables live, or None."""
    layout = getattr(model.variables[0], "_layout", None)
    layout = getattr(layout, "backend_layout", layout)
    return getattr(layout, "mesh", None)


def on_devices_of(model: keras.Model) -> AbstractContextManager[Any]:
    """Return a context in which Keras' loops train and evaluate a model on the model's devices."""
    if keras.backend.backend() == "tensorflow":
        return _without_strategy() if _strategy(model) is None else _strategy(model).scope()
    distribution = keras.distribution.distribution()
    if isinstance(distribution, keras.distribution.ModelParallel):
        return nullcontext()
    if not devices_of(model):
        return nullcontext() if distribution is None else without_distribution()
    mesh = _mesh(model)
    return _whole_batches(tuple(f"{device.platform}:{device.id}" for device in mesh.devices.flat)).scope()


@contextmanager
def _without_strategy():
    """A context without a `tf.distribute` strategy, for a model that was made without one."""
    import tensorflow as tf

    if not tf.distribute.has_strategy():
        yield
        return
    strategy = tf.distribute.get_strategy()
    try:
        tf.distribute.experimental_set_strategy(None)
    except RuntimeError:  # this thread is inside of the strategy's scope, which cannot be left for a while
        raise ValueError(
            "a distribution that was made outside of a tf.distribute strategy does not fit inside of its scope; "
            "expected one made inside, or this call outside."
        ) from None
    try:
        yield
    finally:
        tf.distribute.experimental_set_strategy(strategy)


@contextmanager
def without_distribution() -> Iterator[None]:
    """A context without Keras' distribution, which would divide the batches of a model that lives on one device."""
    distribution = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(distribution)


def _whole_batches(devices):
    """Keras' data parallelism, except that each device is given the whole batch, of which `in_shares` takes a share.

    Keras' own refuses a batch that does not divide by the number of devices, such as the last batch of an epoch.
    """

    class WholeBatches(keras.distribution.DataParallel):
        takes_shares = True

        def get_data_layout(self, data_shape):
            return keras.distribution.TensorLayout([None] * len(data_shape), self.device_mesh)

    return WholeBatches(devices=list(devices), auto_shard_dataset=False)


def in_shares(tensors: Any) -> Any:
    """Give each device its share of a batch, in a step that JAX compiles. On other backends the batch is a share."""
    if keras.backend.backend() != "jax" or not hasattr(keras.distribution.distribution(), "takes_shares"):
        return tensors
    import jax

    distribution = keras.distribution.distribution()
    layout = keras.distribution.TensorLayout([distribution.batch_dim_name], distribution.device_mesh).backend_layout

    def share(tensor):
        return jax.lax.with_sharding_constraint(tensor, layout) if isinstance(tensor, jax.core.Tracer) else tensor

    return keras.tree.map_structure(lambda tensor: tensor if tensor is None else share(tensor), tensors)


def on_device(name: str) -> AbstractContextManager[Any]:
    """Return a context in which this thread makes tensors, and computes, on the device of this name."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.device(name)
    import jax

    return jax.default_device(_jax_device(name))


def values_on(values: Any, name: str) -> Any:
    """Return nested tensors on the device of this name."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        with tf.device(name):
            return keras.tree.map_structure(tf.identity, values)
    import jax

    device = _jax_device(name)

    def move(value):
        if value.is_fully_replicated:  # also the only way to a value that lives on other machines too
            parts = [shard.data for shard in value.addressable_shards if shard.device == device]
            if parts:
                return parts[0]
        return jax.device_put(value, device)

    return keras.tree.map_structure(move, values)


def _jax_device(name):
    import jax

    kind, number = name.split(":")
    return next(device for device in jax.local_devices(backend=kind) if device.id == int(number))


class Placed:
    """The values of a model's variables on each of its devices. Each thread takes a device, and gives it back.

    Args:
        values: Nested tensors.
        devices: The names of the devices; none leaves the choice to the backend.
    """

    def __init__(self, values: Any, devices: Sequence[str] = ()):
        self.values, self.devices = values, tuple(devices)
        self._free: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        for name in self.devices:
            self._free.put((name, values_on(values, name)))

    def prepared(self, prepare: Callable[[Any], Any]) -> "Placed":
        """Return the result of a function of the values on each device; it is computed once."""
        return Placed(prepare(self.values), self.devices)

    def at_once(self, default: int) -> int:
        """Return the number of jobs that run at once: one for each device, or the default without devices."""
        return len(self.devices) or default

    @contextmanager
    def taken(self) -> Iterator[Any]:
        """A context for a job on a free device, with the values there."""
        if not self.devices:
            yield self.values
            return
        name, values = self._free.get()
        try:
            with on_device(name):
                yield values
        finally:
            self._free.put((name, values))
