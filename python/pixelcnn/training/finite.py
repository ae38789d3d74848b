"""Skip updates with a gradient that is not finite, and end a training after ten of them in a row."""

import collections
import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import ops

from pixelcnn.backend import on_all_replicas, update_if, value_and_gradients

PATIENCE = 10  # steps in a row with a gradient that is not finite, after which a training ends
RERUN_IMAGES = 32  # batch size of arrays in the search for the first tensor that is not finite
RERUN_BATCHES = 1000  # largest number of batches in this search


def skip_non_finite_updates(optimizer):
    """Make an optimizer skip and count the steps whose gradients are not finite.

    A skipped step changes neither the model nor the optimizer. Keras' `LossScaleOptimizer` skips such steps itself, so
    it is not changed.

    Args:
        optimizer: A Keras optimizer that is not built yet.
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
    """Return a boolean tensor: whether all numbers in all tensors are finite. An entry of the list may be None."""
    flags = [ops.all(ops.isfinite(ops.convert_to_tensor(tensor))) for tensor in tensors if tensor is not None]
    return ops.all(ops.stack(flags))


def _scales_loss(optimizer):
    return isinstance(optimizer, keras.optimizers.LossScaleOptimizer)


def skipped_in_a_row(optimizer):
    """Return how many steps in a row, up to the last, were skipped; 0 for a `LossScaleOptimizer`, which counts none."""
    return int(ops.convert_to_numpy(getattr(optimizer, "skipped_in_a_row", 0)))


class NonFiniteStop(keras.callbacks.Callback):
    """End a training whose gradients are not finite for `patience` steps in a row, and name the first such tensor.

    `fit` adds this callback. The callback checks every `patience`-th step only, because a check waits for the device.

    A `LossScaleOptimizer` halves its scale at each step with a gradient that is not finite. A scale that falls to 1 is
    normal, so the callback counts only the halvings below 1.

    Args:
        batches: Function that returns the training's batches (or the last of them) again, as Keras' loop gets them.
        patience: Number of steps in a row.

    Raises:
        FloatingPointError: From `fit`, after `patience` such steps.
    """

    def __init__(self, batches: Callable[[], Iterable[Any]] = tuple, patience: int = PATIENCE):
        super().__init__()
        self.batches, self.patience = batches, patience
        self.step = 0

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Remember the scale of the loss before the first step."""
        self.scale = self._scale()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Check the gradients at every `patience`-th step."""
        self.step += 1
        if self.step % self.patience == 0:
            self._check()

    def _check(self):
        self.model.jax_state_sync()  # because Keras' loop on JAX updates the optimizer's variables only on demand
        skipped = self._skipped()
        if skipped < self.patience:
            return
        raise FloatingPointError(
            f"each step from {max(1, self.step - skipped + 1)} to {self.step} of this training had a gradient that is "
            f"not finite, so these updates were skipped. {describe_non_finite(self.model, self.batches())} "
            "Try a lower learning rate, gradient clipping (clipnorm=1.0) or float32, and check the data."
        )

    def _skipped(self):
        if not _scales_loss(self.model.optimizer):
            return skipped_in_a_row(self.model.optimizer)
        before, self.scale = self.scale, self._scale()
        return round(np.log2(before / self.scale)) if self.scale else self.patience

    def _scale(self):
        """Return the factor by which a `LossScaleOptimizer` multiplies the loss, at most 1; 1 for other optimizers."""
        optimizer = self.model.optimizer
        return min(1.0, float(optimizer.dynamic_scale)) if _scales_loss(optimizer) else 1.0


def describe_non_finite(model, batches):
    """Run batches eagerly, and return a sentence that names the first tensor that is not finite and its batch."""
    for index, batch in zip(range(RERUN_BATCHES), batches, strict=False):
        name = first_non_finite(model, batch)
        if name:
            return f"In a second, eager run, the first tensor that is not finite is {name} (batch {index})."
    return "In a second, eager run, all tensors were finite."


def first_non_finite(model, batch):
    """Run a batch eagerly, and return the name of the first tensor that is not finite, or None."""
    for variable in model.variables:
        if "float" in variable.dtype and not _finite(variable.value):
            return f"the variable {variable.path}"
    x, y, _ = keras.utils.unpack_x_y_sample_weight(batch)
    images, condition = x if isinstance(x, (tuple, list)) else (x, y)
    images = ops.convert_to_tensor(images)
    if not _finite(images):
        return "the images"
    if model.condition:
        condition = keras.tree.map_structure(ops.convert_to_tensor, condition)
    tensors = model.condition.from_tensors(condition, model.compute_dtype)
    for name, tensor in tensors.items():
        if not _finite(tensor):
            return f"the condition ({name})"
    return _first_in_forward_pass(model, images, tensors) or _first_gradient(model, images, tensors)


def _first_in_forward_pass(model, images, condition):
    names = []  # at most one
    watched = list(model.network._flatten_layers())
    for layer in watched:
        layer.call = _watch(layer, names)
    try:
        nats = model._pixel_log_prob(images, condition, training=True)
    finally:
        for layer in watched:
            del layer.call
    if names:
        return names[0]
    return None if _finite(nats) else "the log-probability of the pixels"


def _watch(layer, names):
    """Wrap the layer's `call`: the first output in this thread that is not finite adds the layer's path to `names`."""
    call, thread = layer.call, threading.get_ident()

    def watching(*args, **kwargs):
        outputs = call(*args, **kwargs)
        if threading.get_ident() == thread and not names and not all(map(_finite, keras.tree.flatten(outputs))):
            names.append(f"the output of {layer.path}")
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
    """Return the data set for the training, and a function that returns its batches (or the last of them) again.

    Args:
        x, y: Arrays, or a data set and None.
    """
    if hasattr(x, "__next__"):  # an iterator returns each batch once
        recent = collections.deque(maxlen=2 * PATIENCE)
        return _remembering(x, recent), lambda: recent
    return x, partial(_batches, x, y) if isinstance(x, np.ndarray) else lambda: x


def _batches(x, y):
    for first in range(0, len(x), RERUN_IMAGES):
        part = slice(first, first + RERUN_IMAGES)
        yield x[part], keras.tree.map_structure(lambda array, part=part: array[part], y)


def _remembering(batches, recent):
    for batch in batches:
        recent.append(batch)
        yield batch
