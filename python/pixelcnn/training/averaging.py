"""Moving averages of the weights: Keras' optimizers keep them; evaluation and sampling use them.

At full learning rate the weights jitter around a better point from step to step; their average is close to that point
[1, section 3; 2]. While the model holds the averages, the optimizer's variables for averages hold the weights of the
last step. So a saved file has both, and the variable `averages_in_model` says which of them the model holds. Weights
that a user sets or loads without an optimizer's state are both: a training goes on from them.

References:
    1. Salimans, Karpathy, Chen and Kingma, PixelCNN++, 2017, <https://arxiv.org/abs/1701.05517>.
    2. Polyak and Juditsky, Acceleration of Stochastic Approximation by Averaging, 1992,
       <https://doi.org/10.1137/0330046>.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from keras import ops

from pixelcnn.backend import current_values
from pixelcnn.threads import run_whole

NOT_SET = -1  # of `averages_in_model`, while weights are set


def keep_averages(optimizer, momentum):
    """Make an optimizer average the weights after each step: `average = m average + (1 - m) weights`.

    Args:
        optimizer: A Keras optimizer that has no variables for the model yet.
        momentum: m, at least 0 and below 1. The first average is the weights after the first step.

    Raises:
        ValueError: If the optimizer has been in use without averages.
    """
    optimizer = _innermost(optimizer)
    if optimizer.built and not optimizer.use_ema:
        raise ValueError(
            f"ema_momentum={momentum!r} does not fit: the optimizer was in use without averages; expected a new one."
        )
    optimizer.use_ema, optimizer.ema_momentum = True, momentum


def note_where_averages_are(model):
    """Make a model's optimizer exchange averages and weights at the end of `fit`, where Keras overwrites the weights.

    Args:
        model: A compiled distribution whose optimizer has no variables for the model yet.
    """
    optimizer = _innermost(model.optimizer)
    if not optimizer.use_ema or hasattr(optimizer, "averages_in_model"):
        return
    optimizer.averages_in_model = optimizer.add_variable(
        (), initializer="zeros", dtype="int32", aggregation="only_first_replica", name="averages_in_model"
    )
    optimizer.finalize_variable_values = lambda variables: _exchange(model, to_averages=True)
    if optimizer.gradient_accumulation_steps:
        _average_only_updates(optimizer)


def _average_only_updates(optimizer):
    """Move the averages only in steps that update the weights, not in steps that only add up gradients."""
    update_averages = optimizer._update_model_variables_moving_average

    def update_at_updates(trainable_variables):
        updates = (optimizer._iterations + 1) % optimizer.gradient_accumulation_steps == 0
        momentum = optimizer.ema_momentum
        optimizer.ema_momentum = ops.where(updates, momentum, 1.0)
        try:
            update_averages(trainable_variables)
        finally:
            optimizer.ema_momentum = momentum

    optimizer._update_model_variables_moving_average = update_at_updates


@contextmanager
def averaged_weights(model: Any) -> Iterator[None]:
    """Hold the averages in the model's weights for the length of a `with` block.

    `evaluate` and the callbacks that measure or draw during a training use this context. Nothing changes if the model
    holds the averages already, as after `fit`, or if there are none (before the first step, or without `ema_momentum`).

    Args:
        model: A compiled distribution.

    Raises:
        RuntimeError: If another thread trains or evaluates the model.
    """
    with model.alone("averaged_weights"):
        changed = _exchange(model, to_averages=True)
        try:
            yield
        finally:
            if changed:
                _exchange(model, to_averages=False)


@contextmanager
def training_weights(model):
    """Hold the weights of the last step in the model for the length of a `with` block, and the averages after it.

    Args:
        model: A compiled distribution.

    Raises:
        RuntimeError: If another thread trains or evaluates the model.
    """
    with model.alone("training_weights"):
        _exchange(model, to_averages=False)
        try:
            yield
        finally:
            _exchange(model, to_averages=True)


@contextmanager
def beginning_averages_anew(model: Any) -> Iterator[None]:
    """Begin the averages anew at the weights that a `with` block sets, unless the block sets the averages as well.

    Else the next training would go on from the weights of the step before, and mix them into the averages.

    Args:
        model: A distribution.
    """
    optimizer = _innermost(getattr(model, "optimizer", None))
    if hasattr(optimizer, "averages_in_model"):
        model.jax_state_sync()
    if not hasattr(optimizer, "averages_in_model") or not _has_averages(optimizer):
        yield
        return
    before = int(ops.convert_to_numpy(optimizer.averages_in_model))
    optimizer.averages_in_model.assign(NOT_SET)
    try:
        yield
    except BaseException:
        optimizer.averages_in_model.assign(before)
        raise
    if int(ops.convert_to_numpy(optimizer.averages_in_model)) == NOT_SET:
        pairs = zip(optimizer._trainable_variables, optimizer._model_variables_moving_average, strict=True)
        for variable, average in pairs:
            average.assign(variable)
        optimizer.averages_in_model.assign(0)


def _exchange(model, to_averages):
    """Exchange weights and averages unless the model holds the wanted ones; return whether they were exchanged.

    All values are read before the first one is written, and an interrupt waits until the last one is written, because a
    model with only some of its weights exchanged could be saved unnoticed.
    """
    optimizer = _innermost(getattr(model, "optimizer", None))
    if not hasattr(optimizer, "averages_in_model"):
        return False
    model.jax_state_sync()
    if not _has_averages(optimizer) or bool(ops.convert_to_numpy(optimizer.averages_in_model)) == to_averages:
        return False
    weights, averages = optimizer._trainable_variables, optimizer._model_variables_moving_average
    values = current_values([*averages, *weights])

    def write():
        with model.turn():
            for variable, value in zip([*weights, *averages], values, strict=True):
                variable.assign(value)
            optimizer.averages_in_model.assign(int(to_averages))

    run_whole(write)
    return True


def _has_averages(optimizer):
    """Whether the optimizer has averages, which the first step makes."""
    return optimizer.built and int(ops.convert_to_numpy(optimizer.iterations)) > 0


def _innermost(optimizer):
    """Return the optimizer that takes the steps, which a `LossScaleOptimizer` has inside."""
    return getattr(optimizer, "inner_optimizer", optimizer)
