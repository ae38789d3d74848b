"""No update from a gradient that is not finite; and where such gradients keep coming, an error that says from where."""

import collections
import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import ops

from pixelcnn.backend import on_all_replicas, update_if, value_and_gradients

PATIENCE = 10  # such gradients in a row that end a training
RERUN_IMAGES = 32  # images at once when arrays are looked through
RERUN_BATCHES = 1000  # most batches that are looked through


def skip_non_finite_updates(optimizer):
    """Make an optimizer leave the model and itself as they are where a gradient is not finite, and count such steps.

    Keras' `LossScaleOptimizer` does so of its own, so it is left alone.

    Args:
        optimizer: A Keras optimizer, whose variables for the model are not made yet.
    """
    if _scales_loss(optimizer) or hasattr(optimizer, "skipped_in_a_row"):
        return
    skipped = optimizer.add_variable(
        (), initializer="zeros", dtype="int32", aggregation="only_first_replica", name="skipped_in_a_row"
    )
    optimizer.skipped_in_a_row = skipped
    apply = optimizer.apply

    def apply_if_finite(grads, trainable_variables=None):
        grads = list(grads)
        trained = optimizer._trainable_variables if trainable_variables is None else list(trainable_variables)
        finite = on_all_replicas(all_finite(grads))
        in_a_row = ops.where(finite, 0, skipped.value + 1)
        update_if(finite, lambda: apply(grads, trainable_variables), [*trained, *optimizer.variables])
        skipped.assign(in_a_row)

    optimizer.apply = apply_if_finite


def all_finite(tensors):
    """Whether all numbers in all tensors are finite, as a tensor; an entry may be None."""
    found = [ops.all(ops.isfinite(ops.convert_to_tensor(tensor))) for tensor in tensors if tensor is not None]
    return ops.all(ops.stack(found))


def _scales_loss(optimizer):
    return isinstance(optimizer, keras.optimizers.LossScaleOptimizer)


def skipped_in_a_row(optimizer):
    """How many of the last steps in a row were not applied; a `LossScaleOptimizer` does not count them."""
    return int(ops.convert_to_numpy(getattr(optimizer, "skipped_in_a_row", 0)))


class NonFiniteStop(keras.callbacks.Callback):
    """End a training whose gradients are not finite for so many steps in a row, and say which tensor was the first.

    `fit` adds it. It looks at every `patience`-th step, so that no other step waits for the device.

    A `LossScaleOptimizer` halves its scale with each such step: that it comes down to 1 is how it works, `patience`
    steps in a row from there on are not.

    Args:
        batches: A function that gives the batches of the training again, or the last ones, as Keras' loop gets them.
        patience: How many steps in a row.

    Raises:
        FloatingPointError: From `fit`, in that case.
    """

    def __init__(self, batches: Callable[[], Iterable[Any]] = tuple, patience: int = PATIENCE):
        super().__init__()
        self.batches, self.patience = batches, patience
        self.step = 0

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Note where the scale of the loss begins."""
        self.scale = self._scale()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Look, when it is time."""
        self.step += 1
        if self.step % self.patience == 0:
            self._check()

    def _check(self):
        self.model.jax_state_sync()  # else JAX' loop has the values of the optimizer's variables
        skipped = self._skipped()
        if skipped < self.patience:
            return
        raise FloatingPointError(
            f"from step {max(1, self.step - skipped + 1)} to step {self.step} of this training no gradient was finite, "
            f"and none of these updates was applied. {describe_non_finite(self.model, self.batches())} "
            "A lower learning rate, gradient clipping (clipnorm=1.0) or float32 may help; so may a look at the data."
        )

    def _skipped(self):
        if not _scales_loss(self.model.optimizer):
            return skipped_in_a_row(self.model.optimizer)
        before, self.scale = self.scale, self._scale()
        return round(np.log2(before / self.scale)) if self.scale else self.patience

    def _scale(self):
        """What a `LossScaleOptimizer` multiplies the loss by, 1 at most."""
        optimizer = self.model.optimizer
        return min(1.0, float(optimizer.dynamic_scale)) if _scales_loss(optimizer) else 1.0


def describe_non_finite(model, batches):
    """A sentence: run eagerly, which tensor of which batch is the first that is not finite."""
    for index, batch in zip(range(RERUN_BATCHES), batches, strict=False):
        name = first_non_finite(model, batch)
        if name:
            return f"Run again, the first tensor that is not finite is {name} (batch {index})."
    return "Run again, all tensors were finite."


def first_non_finite(model, batch):
    """The name of the first tensor that is not finite when a batch is run eagerly, or None."""
    for variable in model.variables:
        if "float" in variable.dtype and not _finite(variable.value):
            return f"the variable {variable.path}"
    x, y, _ = keras.utils.unpack_x_y_sample_weight(batch)
    images, given = x if isinstance(x, (tuple, list)) else (x, y)
    images = ops.convert_to_tensor(images)
    given = None if given is None else keras.tree.map_structure(ops.convert_to_tensor, given)
    if not _finite(images):
        return "the images"
    condition = model.condition.from_tensors(given, model.compute_dtype) if model.condition else {}
    for name, tensor in condition.items():
        if not _finite(tensor):
            return f"the condition ({name})"
    return _first_in_forward_pass(model, images, condition) or _first_gradient(model, images, condition)


def _first_in_forward_pass(model, images, condition):
    found = []
    watched = list(model.network._flatten_layers())
    for layer in watched:
        layer.call = _watch(layer, found)
    try:
        nats = model._pixel_log_prob(images, condition, training=True)
    finally:
        for layer in watched:
            del layer.call
    if not found and not _finite(nats):
        found.append("the log-probability of the pixels")
    return found[0] if found else None


def _watch(layer, found):
    """The layer's `call`, which also notes the layer if its output in this thread is not finite."""
    call, here = layer.call, threading.get_ident()

    def watching(*args, **kwargs):
        outputs = call(*args, **kwargs)
        if threading.get_ident() == here and not found and not all(map(_finite, keras.tree.flatten(outputs))):
            found.append(f"the output of {layer.path}")
        return outputs

    return watching


def _first_gradient(model, images, condition):
    variables = model.trainable_variables
    _, gradients = value_and_gradients(
        lambda: -ops.mean(ops.sum(model._pixel_log_prob(images, condition, training=True), axis=(1, 2))), variables
    )
    for variable, gradient in zip(variables, gradients, strict=True):
        if gradient is not None and not _finite(gradient):
            return f"the gradient of {variable.path}"
    return None


def _finite(tensor):
    return bool(ops.all(ops.isfinite(tensor))) if ops.is_tensor(tensor) else True


def read_again(x, y):
    """The data set to train on, and a function that gives its batches, or the last ones, once more.

    Args:
        x, y: Arrays, or a data set and None.
    """
    recent = collections.deque(maxlen=2 * PATIENCE)
    if hasattr(x, "__next__"):  # gives each batch once
        return _remembering(x, recent), lambda: recent
    return x, partial(_batches, x, y)


def _batches(x, y):
    if isinstance(x, np.ndarray):
        for first in range(0, len(x), RERUN_IMAGES):
            part = slice(first, first + RERUN_IMAGES)
            yield x[part], keras.tree.map_structure(lambda array, part=part: array[part], y)
    else:
        yield from x


def _remembering(batches, recent):
    for batch in batches:
        recent.append(batch)
        yield batch
