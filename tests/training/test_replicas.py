import subprocess
import sys

import keras
import pytest

# Two CPU devices have to be asked for before TensorFlow starts, so the test is a process of its own.
SCRIPT = """
import keras
import numpy as np
import tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)

import pixelcnn
from pixelcnn.training.finite import skipped_in_a_row

random = np.random.default_rng(0)
images, labels = random.integers(0, 4, (40, 3, 3, 1)), random.integers(0, 2, 40)
SMALL = {"num_resnet": 1, "num_hierarchies": 1, "num_filters": 3, "high": 3, "dropout_p": 0, "dtype": "float64"}
weight = random.uniform(0.5, 1.5, 40)


def trained(strategy):
    keras.utils.set_random_seed(0)
    with strategy.scope():
        model = pixelcnn.PixelCNNPlusPlus((3, 3, 1), num_classes=2, **SMALL)
        optimizer = keras.optimizers.SGD(1e-2, momentum=0.9)
        model.compile(optimizer, ema_momentum=0.6)
    given = {"batch_size": 8, "epochs": 1, "shuffle": False, "verbose": 0}
    history = model.fit(images, labels, sample_weight=weight, **given).history
    found = [history["loss"], history["bits_per_dim"], *model.get_weights()]

    def step():  # the gradients of one replica are not finite
        last = tf.distribute.get_replica_context().replica_id_in_sync_group == strategy.num_replicas_in_sync - 1
        factor = tf.where(last, np.inf, 1.0)
        weights = model.trainable_variables
        optimizer.apply([tf.fill(x.shape, tf.cast(factor, x.dtype)) for x in weights], weights)

    tf.function(lambda: strategy.run(step))()
    assert skipped_in_a_row(optimizer) == 1
    for before, after in zip(found[2:], model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    model.fit(images[8:16], labels[8:16], **given)
    assert skipped_in_a_row(optimizer) == 0
    batches = tf.data.Dataset.from_tensor_slices((images, labels)).batch(8)
    found.append(model.fit(strategy.experimental_distribute_dataset(batches), verbose=0).history["loss"])
    return [*found, *model.evaluate(images, labels, verbose=0), *model.get_weights()]


mirrored = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
for first, second in zip(trained(tf.distribute.get_strategy()), trained(mirrored), strict=True):
    np.testing.assert_allclose(second, first, rtol=1e-5, atol=1e-9)
with mirrored.scope():
    try:
        pixelcnn.PixelCNN((3, 3, 1), num_blocks=1, num_filters=4).compile(
            keras.optimizers.SGD(1e-2, gradient_accumulation_steps=2)
        )
    except ValueError as error:
        assert "gradient_accumulation_steps=2 does not fit" in str(error)
        print("refused")
print("alike")
"""


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="tf.distribute is TensorFlow's")
@pytest.mark.full
def test_two_replicas_train_as_one_device_does_with_averages_and_without_updates_that_are_not_finite():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=600)
    assert done.stdout.split() == ["refused", "alike"], done.stderr[-3000:]
