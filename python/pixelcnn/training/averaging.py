"""The moving average of the weights, which Keras' optimizers keep, put into the model for a while."""

from contextlib import contextmanager

import keras


@contextmanager
def averaged_weights(model):
    """Hold the optimizer's moving averages in the model's weights for the length of a `with` block.

    Between steps the weights of a training at full learning rate jitter around a better point; their average is that
    point. What is measured or drawn during training uses it. Without averages (`use_ema=False`, or before the first
    step) nothing changes.

    Args:
        model: a compiled `keras.Model`.
    """
    if not _has_averages(model.optimizer):
        yield
        return
    raw = [keras.ops.convert_to_numpy(variable) for variable in model.trainable_variables]
    model.optimizer.finalize_variable_values(model.trainable_variables)
    try:
        yield
    finally:
        for variable, value in zip(model.trainable_variables, raw, strict=True):
            variable.assign(value)


def _has_averages(optimizer):
    """Whether the optimizer keeps averages and has taken at least one step."""
    if optimizer is None or not optimizer.built or not optimizer.use_ema:
        return False
    return int(keras.ops.convert_to_numpy(optimizer.iterations)) > 0
