"""Small classifiers of images of two architectures, with which `fidelity` judges drawings."""

from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike

from pixelcnn import noise, require

ARCHITECTURES = ("convolutional", "mixer")
EPOCHS = {"convolutional": 10, "mixer": 20}  # the mixer learns more slowly
CHANNELS = "channels_last"  # images are (B, H, W, C), even if `image_data_format` is another


def build_classifier(
    image_shape: Sequence[int],
    num_classes: int,
    low: int = 0,
    high: int = 255,
    seed: int = 0,
    architecture: str = ARCHITECTURES[0],
) -> Any:
    """Return an untrained classifier: features of one of two architectures, a mean over pixels, logits.

    `convolutional` is a strided convolution and two pairs of convolutions with pooling. `mixer` is a ConvMixer: an
    embedding of patches of 2x2, and residual blocks of a depthwise and a pointwise convolution, without pooling.

    Shapes: images (B, H, W, C) integers to logits (B, K).

    Args:
        image_shape: (H, W, C), H and W at least 4.
        num_classes: K.
        low, high: Smallest and largest level.
        seed: Seed of weights and dropout.
        architecture: `convolutional` or `mixer`.

    Returns:
        A `keras.Model`.

    Raises:
        ValueError: If `architecture` is another one.

    References:
        Trockman and Kolter, Patches Are All You Need?, 2022, https://arxiv.org/abs/2201.09792 (`mixer`).
    """
    require.one_of("architecture", architecture, ARCHITECTURES)
    seed = noise.check_seed(seed)
    first = 1000 * seed % 2**62  # because `sample` takes seeds up to 2^64 - 1, and Keras up to 2^63 - 1
    seeds = iter(range(first, first + 100))
    image = keras.Input(tuple(image_shape))
    features = keras.layers.Rescaling(2.0 / (high - low), offset=-(high + low) / (high - low))(image)
    features = (_convolutions if architecture == "convolutional" else _mixer)(features, seeds)
    features = keras.layers.GlobalAveragePooling2D(CHANNELS)(features)
    features = keras.layers.Dropout(0.4, seed=next(seeds))(features)
    kernel = keras.initializers.GlorotUniform(seed=next(seeds))
    return keras.Model(image, keras.layers.Dense(num_classes, kernel_initializer=kernel)(features), name="classifier")


def _convolutions(features: Any, seeds: Iterator[int]) -> Any:
    features = _convolution(features, seeds, 32, 5, strides=2)
    for filters in (64, 128):
        features = _convolution(features, seeds, filters, 3)
        features = _convolution(features, seeds, filters, 3)
        features = keras.layers.MaxPooling2D(2, padding="same", data_format=CHANNELS)(features)
    return features


def _mixer(features: Any, seeds: Iterator[int]) -> Any:
    features = _convolution(features, seeds, 64, 2, strides=2)
    for _ in range(6):
        kernel = keras.initializers.HeNormal(seed=next(seeds))
        layer = keras.layers.DepthwiseConv2D(5, 1, "same", 1, CHANNELS, use_bias=False, depthwise_initializer=kernel)
        features = keras.layers.Add()([features, _activated(layer(features))])
        features = _convolution(features, seeds, 64, 1)
    return features


def _convolution(features: Any, seeds: Iterator[int], filters: int, size: int, strides: int = 1) -> Any:
    kernel = keras.initializers.HeNormal(seed=next(seeds))
    layer = keras.layers.Conv2D(filters, size, strides, "same", CHANNELS, use_bias=False, kernel_initializer=kernel)
    return _activated(layer(features))


def _activated(features: Any) -> Any:
    return keras.layers.ReLU()(keras.layers.BatchNormalization(momentum=0.9)(features))


def train_classifier(
    images: ArrayLike,
    labels: ArrayLike,
    num_classes: int | None = None,
    epochs: int | None = None,
    batch_size: int = 64,
    low: int = 0,
    high: int = 255,
    seed: int = 0,
    verbose: int = 0,
    architecture: str = ARCHITECTURES[0],
) -> Any:
    """Train a classifier on real images, in which all classes have the same weight.

    Shapes: images (B, H, W, C), labels (B,).

    Args:
        images: Integers, levels `low … high`.
        labels: Integers 0 … K-1; every class must occur.
        num_classes: K; by default the largest label plus one.
        epochs: Passes over the images; None for 10, and for 20 of the `mixer`.
        batch_size: Images in a training step.
        low, high: Smallest and largest level.
        seed: Seed of weights, order, shifts and dropout.
        verbose: As in `keras.Model.fit`.
        architecture: As in `build_classifier`.

    Returns:
        A trained `keras.Model`, images to logits (B, K).

    Raises:
        ValueError: If there is no image, the numbers of images and labels differ, a class has no image, or the
            architecture is unknown.
    """
    require.one_of("architecture", architecture, ARCHITECTURES)
    epochs = EPOCHS[architecture] if epochs is None else epochs
    epochs, batch_size = require.positive_integer("epochs", epochs), require.positive_integer("batch_size", batch_size)
    seed = noise.check_seed(seed)
    pixels, classes = check_pair(images, labels)
    num_classes = require.positive_integer("num_classes", classes.max() + 1 if num_classes is None else num_classes)
    counts = np.bincount(classes, minlength=num_classes)
    if len(counts) > num_classes or not counts.all():
        raise ValueError(
            f"labels with the classes {require.short(np.flatnonzero(counts).tolist())} does not fit: expected each of "
            f"0 … {num_classes - 1} and no other, because num_classes={num_classes}."
        )
    classifier = build_classifier(pixels.shape[1:], num_classes, low, high, seed, architecture)
    batches = ShiftedBatches(pixels, classes, batch_size, fill=low, seed=seed)
    decay = keras.optimizers.schedules.CosineDecay(2e-3, epochs * len(batches), alpha=0.01)
    classifier.compile(
        optimizer=keras.optimizers.AdamW(decay, weight_decay=1e-3),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    weights = len(classes) / (num_classes * counts)
    classifier.fit(batches, epochs=epochs, class_weight=dict(enumerate(weights)), shuffle=False, verbose=verbose)
    return classifier


class ShiftedBatches(keras.utils.PyDataset):
    """Batches in a new order in each epoch; each image is shifted by up to a tenth of its height and width.

    Args:
        images: (B, H, W, C) integers.
        labels: (B,) integers.
        batch_size: Images in a batch.
        fill: Level of pixels that a shift brings in from outside the image.
        seed: Seed of order and shifts.

    Example:
        >>> batches = ShiftedBatches(np.ones((4, 10, 10, 1)), np.arange(4), batch_size=2)
        >>> batches[0][0].shape
        (2, 10, 10, 1)
    """

    def __init__(self, images: np.ndarray, labels: np.ndarray, batch_size: int, fill: int = 0, seed: int = 0) -> None:
        super().__init__(workers=1)
        self.images, self.labels, self.fill = images, labels, fill
        self.batch_size = min(batch_size, len(images))
        self.random = np.random.default_rng(seed)
        self.order = self.random.permutation(len(images))

    def __len__(self) -> int:
        return len(self.images) // self.batch_size

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        chosen = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        return shift(self.images[chosen], self.random, self.fill), self.labels[chosen]

    def on_epoch_end(self) -> None:
        """Choose the order of the next epoch."""
        self.order = self.random.permutation(len(self.images))


def shift(images: np.ndarray, random: np.random.Generator, fill: int = 0) -> np.ndarray:
    """Return images that are moved by random whole numbers of pixels, at most a tenth of their height and width.

    Shapes: (B, H, W, C) to (B, H, W, C).

    Args:
        images: Integers.
        random: `numpy.random.Generator`.
        fill: Level of pixels that a shift brings in from outside the image.

    Example:
        >>> shift(np.ones((1, 10, 10, 1)), np.random.default_rng(0)).shape
        (1, 10, 10, 1)
    """
    count, height, width, _ = images.shape
    reach = (height // 10, width // 10)
    padded = np.pad(images, ((0, 0), (reach[0],) * 2, (reach[1],) * 2, (0, 0)), constant_values=fill)
    rows = random.integers(0, 2 * reach[0] + 1, count)[:, None] + np.arange(height)
    columns = random.integers(0, 2 * reach[1] + 1, count)[:, None] + np.arange(width)
    return padded[np.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]]


def predict_classes(classifier: Any, images: ArrayLike, batch_size: int = 256) -> np.ndarray:
    """Return the class that the classifier predicts for each image, (B,) integers.

    Args:
        classifier: A result of `train_classifier`.
        images: (B, H, W, C) integers.
        batch_size: Images that are computed at once.
    """
    return _outputs(classifier, images, batch_size).argmax(axis=-1)


def extract_features(classifier: Any, images: ArrayLike, batch_size: int = 256) -> np.ndarray:
    """Return the features of images that the classifier's last layer reads, (B, F) float32.

    Args:
        classifier: A result of `train_classifier`. F is 128, and 64 of a `mixer`.
        images: (B, H, W, C) integers.
        batch_size: Images that are computed at once.

    Example:
        >>> extract_features(build_classifier((8, 8, 1), num_classes=3), np.zeros((2, 8, 8, 1))).shape
        (2, 128)
    """
    inner = keras.Model(classifier.input, classifier.layers[-1].input)
    return _outputs(inner, images, batch_size)


def _outputs(model, images, batch_size):
    """What a model returns for images.

    Not by `predict`, which compiles anew for each `keras.Model` and each size of the last batch, and makes TensorFlow
    warn of it.
    """
    batches = np.array_split(np.asarray(images), range(batch_size, len(images), batch_size))
    return np.concatenate([keras.ops.convert_to_numpy(model(batch, training=False)) for batch in batches])


def check_pair(images: ArrayLike, labels: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Check images and labels, and return them as arrays.

    Raises:
        ValueError: If there is no image, the numbers of images and labels differ, or a label is not 0, 1, 2, ….
    """
    pixels, classes = np.asarray(images), np.asarray(labels)
    if pixels.ndim != 4 or len(pixels) == 0:
        raise ValueError(f"images of shape {pixels.shape} does not fit: expected (B, H, W, C) with B >= 1.")
    if classes.shape != (len(pixels),) or not np.issubdtype(classes.dtype, np.integer) or classes.min() < 0:
        raise ValueError(
            f"labels of shape {classes.shape} and type {classes.dtype} does not fit: expected {len(pixels)} integers "
            "of at least 0."
        )
    return pixels, classes
