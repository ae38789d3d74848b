"""A replica's share of a batch under `tf.distribute`, and its place in the batch of all replicas.

JAX computes with the batch of all devices, so only TensorFlow needs this. There replicas see their own images only. To
train as one device does, a replica divides by the number of all images, and takes its part of the random numbers of
all images. Shares may differ in size, and be empty: 5 images on 4 replicas are 2, 2, 1 and 0.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import keras
from keras import ops

from pixelcnn.backend.updates import replicas

_place: ContextVar = ContextVar("place", default=None)  # (index of the first image, images of all replicas), tensors


@contextmanager
def sharing(images: Any) -> Iterator[None]:
    """A context in which this replica knows the place of its images (B, ...) in the batch of all replicas."""
    if replicas() == 1:
        yield
        return
    import tensorflow as tf

    context, count = tf.distribute.get_replica_context(), ops.shape(images)[0]
    mine = tf.one_hot(context.replica_id_in_sync_group, replicas(), on_value=count, off_value=0, dtype="int32")
    counts = context.all_reduce(tf.distribute.ReduceOp.SUM, mine)
    first = tf.cumsum(counts, exclusive=True)[context.replica_id_in_sync_group]
    token = _place.set((first, tf.reduce_sum(counts)))
    try:
        yield
    finally:
        _place.reset(token)


def at_least_one(tensors: Any) -> Any:
    """Extend an empty share of a batch to one image of zeros, because TensorFlow refuses to convolve no image."""
    if _place.get() is None:
        return tensors
    import tensorflow as tf

    def extend(tensor):
        missing = tf.maximum(0, 1 - tf.shape(tensor)[0])
        return tf.concat([tensor, tf.zeros([missing, *tensor.shape[1:]], tensor.dtype)], axis=0)

    return keras.tree.map_structure(lambda tensor: tensor if tensor is None else extend(tensor), tensors)


def mean_over_all(values: Any) -> Any:
    """Return this replica's part of the mean over the images of all replicas: their sum is the mean."""
    if _place.get() is None:
        return ops.mean(values)
    _, count = _place.get()
    return ops.sum(values) / ops.cast(count, values.dtype)


def drawn_for_all(draw: Any, shape: Any) -> Any:
    """Draw random numbers (B, ...) as one device would: for all replicas, of which this one takes its part.

    Args:
        draw: Function of a shape.
        shape: The shape for the images of this replica.
    """
    if _place.get() is None:
        return draw(shape)
    (first, count), (batch, *others) = _place.get(), shape
    first = ops.minimum(first, count - batch)  # of an empty share, which `at_least_one` extends
    return draw((count, *others))[first : first + batch]


def weigh_by_images(tracker: Any) -> None:
    """Make Keras' mean of the losses of a pass weigh each replica's loss by its number of images.

    Keras multiplies a replica's part of the loss by the number of replicas, which is right for shares of one size.

    Args:
        tracker: The metric that Keras updates with a loss and a number of images.
    """
    if replicas() == 1:
        return
    import tensorflow as tf

    update = tracker.update_state

    def update_state(values, sample_weight=None):
        context, mine = tf.distribute.get_replica_context(), ops.cast(sample_weight, values.dtype)
        count = context.all_reduce(tf.distribute.ReduceOp.SUM, mine)
        return update(values * count / (replicas() * ops.maximum(mine, 1)), sample_weight=sample_weight)

    tracker.update_state = update_state
