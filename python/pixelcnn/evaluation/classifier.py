"""A small convolutional classifier of images: the judge of fidelity."""

import keras
import numpy as np

CHANNELS = "channels_last"  # images are (B, H, W, C) here, whatever `image_data_format` says


def build_classifier(image_shape, num_classes, low=0, high=255, seed=0):
    """Return an untrained classifier: a strided stem, two pairs of convolutions, a mean over places, one softmax.

    Shapes: images (B, H, W, C) integers to logits (B, K).

    Args:
        image_shape: (H, W, C), H and W at least 4.
        num_classes: K.
        low, high: Smallest and largest level.
        seed: Of weights and dropout.
    """
    seeds = iter(range(1000 * seed, 1000 * seed + 100))

    def convolution(features, filters, size, strides=1):
        kernel = keras.initializers.HeNormal(seed=next(seeds))
        layer = keras.layers.Conv2D(filters, size, strides, "same", CHANNELS, use_bias=False, kernel_initializer=kernel)
        return keras.layers.ReLU()(keras.layers.BatchNormalization(momentum=0.9)(layer(features)))

    image = keras.Input(tuple(image_shape))
    features = keras.layers.Rescaling(2.0 / (high - low), offset=-(high + low) / (high - low))(image)
    features = convolution(features, 32, 5, strides=2)
    for filters in (64, 128):
        features = convolution(features, filters, 3)
        features = convolution(features, filters, 3)
        features = keras.layers.MaxPooling2D(2, padding="same", data_format=CHANNELS)(features)
    features = keras.layers.GlobalAveragePooling2D(CHANNELS)(features)
    features = keras.layers.Dropout(0.4, seed=next(seeds))(features)
    kernel = keras.initializers.GlorotUniform(seed=next(seeds))
    return keras.Model(image, keras.layers.Dense(num_classes, kernel_initializer=kernel)(features), name="classifier")


def train_classifier(images, labels, num_classes=None, epochs=10, batch_size=64, low=0, high=255, seed=0, verbose=0):
    """Return a classifier trained on real images, every class weighing the same.

    Shapes: images (B, H, W, C), labels (B,).

    Args:
        images: Integers, levels `low … high`.
        labels: Integers 0 … K-1; every class must occur.
        num_classes: K; by default the largest label plus one.
        epochs: Passes over the images.
        batch_size: Images a step.
        low, high: Smallest and largest level.
        seed: Of weights, order, shifts and dropout.
        verbose: As in `keras.Model.fit`.

    Raises:
        ValueError: If there is no image, the numbers of images and labels differ, or a class has no image.
    """
    images, labels = check_pair(images, labels)
    num_classes = int(labels.max()) + 1 if num_classes is None else num_classes
    counts = np.bincount(labels, minlength=num_classes)
    if len(counts) > num_classes or not counts.all():
        missing = int(np.argmin(counts > 0))
        raise ValueError(
            f"labels has no {missing} or exceeds {num_classes - 1}; expected all of 0 … {num_classes - 1}."
        )
    classifier = build_classifier(images.shape[1:], num_classes, low, high, seed)
    batches = ShiftedBatches(images, labels, batch_size, fill=low, seed=seed)
    decay = keras.optimizers.schedules.CosineDecay(2e-3, epochs * len(batches), alpha=0.01)
    classifier.compile(
        optimizer=keras.optimizers.AdamW(decay, weight_decay=1e-3),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    weights = len(labels) / (num_classes * counts)
    classifier.fit(batches, epochs=epochs, class_weight=dict(enumerate(weights)), shuffle=False, verbose=verbose)
    return classifier


class ShiftedBatches(keras.utils.PyDataset):
    """Batches in a new order each epoch, every image shifted by up to a tenth of its size each way.

    Args:
        images: (B, H, W, C) integers.
        labels: (B,) integers.
        batch_size: Images a batch.
        fill: Level of what comes in from outside.
        seed: Of order and shifts.

    Example:
        >>> batches = ShiftedBatches(np.ones((4, 10, 10, 1)), np.arange(4), batch_size=2)
        >>> batches[0][0].shape
        (2, 10, 10, 1)
    """

    def __init__(self, images, labels, batch_size, fill=0, seed=0):
        super().__init__(workers=1)
        self.images, self.labels, self.fill = images, labels, fill
        self.batch_size = min(batch_size, len(images))
        self.random = np.random.default_rng(seed)
        self.order = self.random.permutation(len(images))

    def __len__(self):
        return len(self.images) // self.batch_size

    def __getitem__(self, index):
        chosen = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        return shift(self.images[chosen], self.random, self.fill), self.labels[chosen]

    def on_epoch_end(self):
        """Choose the next order."""
        self.order = self.random.permutation(len(self.images))


def shift(images, random, fill=0):
    """Return the images, each moved by a random whole number of pixels, at most a tenth of its height and width.

    Shapes: (B, H, W, C) to (B, H, W, C).

    Args:
        images: Integers.
        random: `numpy.random.Generator`.
        fill: Level of what comes in from outside.

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


def predict_classes(classifier, images, batch_size=256):
    """Return the class that the classifier gives each image, (B,) integers.

    Args:
        classifier: What `train_classifier` returned.
        images: (B, H, W, C) integers.
        batch_size: Images a chunk.
    """
    return classifier.predict(np.asarray(images), batch_size=batch_size, verbose=0).argmax(axis=-1)


def check_pair(images, labels):
    """Check images and labels, and return them as arrays.

    Raises:
        ValueError: If there is no image, the numbers of images and labels differ, or labels are not integers from 0.
    """
    images, labels = np.asarray(images), np.asarray(labels)
    if images.ndim != 4 or len(images) == 0:
        raise ValueError(f"images has shape {images.shape}; expected (B, H, W, C) with B >= 1.")
    if labels.shape != (len(images),) or not np.issubdtype(labels.dtype, np.integer) or labels.min() < 0:
        raise ValueError(
            f"labels has shape {labels.shape} and type {labels.dtype}; expected {len(images)} integers, zero or more."
        )
    return images, labels
