"""Updates of variables under a condition, on one replica of a model or on several."""

import keras
from keras import ops


def replicas():
    """Number of replicas of the model, one on each device, that share a training step (`tf.distribute`)."""
    if keras.backend.backend() != "tensorflow":
        return 1
    import tensorflow as tf

    return tf.distribute.get_strategy().num_replicas_in_sync


def on_all_replicas(condition):
    """Whether a condition, a boolean tensor, is true on all replicas that share a training step."""
    if replicas() == 1:
        return condition
    import tensorflow as tf

    context = tf.distribute.get_replica_context()
    return context.all_reduce(tf.distribute.ReduceOp.SUM, tf.cast(condition, "float32")) == replicas()


def update_if(condition, update, variables):
    """Run an update of variables where a condition, a boolean tensor, holds.

    Args:
        condition: Whether to update; the same on all replicas (`on_all_replicas`).
        update: Function without arguments that assigns variables.
        variables: All variables that `update` assigns.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        if replicas() == 1:
            tf.cond(condition, lambda: (update(), True)[1], lambda: True)
        else:
            _update_or_restore(condition, update, [variable.value for variable in variables])
    elif backend == "torch":
        if condition:
            update()
    else:  # JAX always computes the update, because its compiled functions have no branches
        before = [variable.value for variable in variables]
        update()
        for variable, value in zip(variables, before, strict=True):
            variable.assign(ops.where(condition, variable.value, value))


def _update_or_restore(condition, update, variables):
    """As `update_if`, for several replicas: update, then undo the update if the condition is false.

    Replicas wait for each other during an update, which `tf.cond` does not allow.
    """
    import tensorflow as tf

    before = [tf.convert_to_tensor(variable) for variable in variables]
    update()

    def keep_or_restore(variable, condition, value):
        return variable.assign(tf.where(condition, variable, value))

    def on_each_replica(strategy, condition, *before):
        for variable, value in zip(variables, before, strict=True):
            strategy.extended.update(variable, keep_or_restore, args=(condition, value), group=False)

    tf.distribute.get_replica_context().merge_call(on_each_replica, args=(condition, *before))
