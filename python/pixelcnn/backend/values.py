"""The values of a model's variables: copies, functions of the values, and gradients."""

import keras
from keras import ops


def current_values(variables):
    """The values of variables as tensors that later updates do not change. Gradients pass through them."""
    backend = keras.backend.backend()
    if backend == "torch":  # torch updates tensors in place
        return [variable.value.clone() for variable in variables]
    if backend == "tensorflow":
        import tensorflow as tf

        return [tf.convert_to_tensor(variable.value) for variable in variables]
    return [variable.value for variable in variables]


def copies(tensors):
    """Copies of tensors."""
    return [ops.copy(tensor) for tensor in tensors]


def deleted(tensors):
    """Whether JAX has deleted some of the tensors, because it reuses the memory of a training step's arguments."""
    return any(getattr(tensor, "is_deleted", lambda: False)() for tensor in tensors)


def in_stateless_scope():
    """Whether a `keras.StatelessScope` replaces the values of variables in this thread, as in JAX' training step."""
    from keras.src.backend.common.stateless_scope import in_stateless_scope

    return in_stateless_scope()


def with_values(function, variables):
    """Turn a function that reads variables into one that takes their values as its first argument."""

    def stateless(values, *arguments):
        with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
            return function(*arguments)

    return stateless


def value_and_gradients(function, variables):
    """The value and the gradients of a scalar function of a model's variables, computed eagerly.

    The gradient is None for a variable that the value does not depend on; on JAX it is zero.

    Args:
        function: Function without arguments that reads the variables and returns a scalar tensor.
        variables: The variables to differentiate by.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            value = function()
        return value, tape.gradient(value, [variable.value for variable in variables])
    if backend == "jax":
        import jax

        return jax.value_and_grad(with_values(function, variables))([variable.value for variable in variables])
    import torch

    value = function()
    return value, torch.autograd.grad(value, [variable.value for variable in variables], allow_unused=True)
