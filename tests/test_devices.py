import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from PIL import Image

import pixelcnn
from pixelcnn.backend import device_names
from pixelcnn.training import RunFolder
from pixelcnn.training.callbacks import read_history

# Virtual devices have to be asked for before the backend starts, so a test is a process of its own.
FOUR_DEVICES = """
import keras

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf

    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 4)
"""
# Batches of 8 of 29 images: the last batch, of 5 images, does not divide by the number of devices.
SCRIPT = """
import tempfile

import numpy as np

import pixelcnn
from pixelcnn.backend import device_count, names_in_use
from pixelcnn.training import Backup
from pixelcnn.training.finite import skipped_in_a_row

random = np.random.default_rng(0)
images, labels = random.integers(0, 4, (29, 4, 4, 1)), random.integers(0, 2, 29)
SMALL = {"num_resnet": 1, "num_hierarchies": 1, "num_filters": 3, "high": 3, "dropout_p": 0.5}
NAMES = ["loss", "bits_per_dim", "val_loss", "val_bits_per_dim"]


def trained(*devices):
    with tempfile.TemporaryDirectory() as folder:
        for epochs, number in enumerate(devices, 1):  # a resumed training, on another number of devices
            names = pixelcnn.use_devices(number)
            assert len(names) == number and names_in_use() == (names if number > 1 else ())
            keras.utils.set_random_seed(0)
            model = pixelcnn.PixelCNNPlusPlus((4, 4, 1), num_classes=2, condition_dropout=0.3, **SMALL)
            model.compile(keras.optimizers.Adam(1e-2), ema_momentum=0.6)
            pixelcnn.use_devices(1)  # a model keeps its devices
            assert device_count(model) == number
            history = model.fit(
                images, labels, batch_size=8, epochs=epochs, callbacks=[Backup(folder, seed=1)], verbose=0,
                validation_data=(images[:5], labels[:5]),
            ).history
            print("trained on", number, flush=True)
    return model, [*(history[name] for name in NAMES), *model.get_weights()]


one, expected = trained(1, 1)
two, found = trained(4, 2)
for first, second in zip(expected, found, strict=True):
    np.testing.assert_allclose(second, first, rtol=2e-4, atol=2e-5)
two.set_weights(one.get_weights())
np.testing.assert_array_equal(two.log_prob(images, labels, batch_size=4), one.log_prob(images, labels, batch_size=4))
np.testing.assert_array_equal(*(model.sample(9, 3, 1, batch_size=4, verbose=0) for model in (one, two)))
print("alike", flush=True)

mean_loss = two._mean_loss


def not_finite_with_image_7(batch, *arguments):  # so the gradients of the last device are not finite
    is_7 = keras.ops.any(keras.ops.all(keras.ops.cast(batch, "int32") == images[7].astype("int32"), axis=(1, 2, 3)))
    return mean_loss(batch, *arguments) * keras.ops.where(is_7, np.nan, 1.0)


two._mean_loss = not_finite_with_image_7
two.make_train_function(force=True)
before = two.get_weights()
two.train_on_batch(images[:8], labels[:8])
assert skipped_in_a_row(two.optimizer) == 1
for first, second in zip(before, two.get_weights(), strict=True):
    np.testing.assert_array_equal(second, first)
try:
    two.fit(images, labels, batch_size=9, verbose=0)
except ValueError as error:
    print(error)
"""


@pytest.mark.skipif(keras.backend.backend() == "torch", reason="Keras cannot distribute a model on torch")
@pytest.mark.full
def test_several_devices_train_draw_and_measure_as_one_does():
    done = run(SCRIPT)
    refused = "batch_size=9 does not fit a model on 2 devices: expected a multiple of 2, such as 8"
    assert refused in done.stdout, done.stdout + done.stderr[-3000:]


# Batches of 3 images do not divide by 4 devices.
MADE_BEFORE = """
import numpy as np

import pixelcnn

images = np.random.default_rng(0).integers(0, 4, (3, 2, 2, 1))
model = pixelcnn.PixelCNN((2, 2, 1), num_blocks=1, num_filters=2, high=3)
model.compile(keras.optimizers.SGD(0.1))
before = model.evaluate(images, verbose=0)
pixelcnn.use_devices(4)
np.testing.assert_allclose(model.evaluate(images, verbose=0), before, rtol=1e-6)
model.fit(images, batch_size=3, verbose=0)
other = pixelcnn.PixelCNN((2, 2, 1), num_blocks=1, num_filters=2, high=3)
assert len(pixelcnn.backend.names_in_use()) == 4  # as before the training
if keras.backend.backend() == "tensorflow":
    strategy = tf.distribute.get_strategy()
    pixelcnn.use_devices(1)
    with strategy.scope():
        try:
            model.evaluate(images, verbose=0)
        except ValueError as error:
            assert "made outside of a tf.distribute strategy does not fit" in str(error), error
        else:
            raise AssertionError("no error inside of the scope of a strategy")
print(pixelcnn.backend.device_count(model), pixelcnn.backend.device_count(other))
"""


@pytest.mark.skipif(keras.backend.backend() == "torch", reason="Keras cannot distribute a model on torch")
@pytest.mark.full
def test_a_model_of_one_device_stays_there():
    done = run(MADE_BEFORE)
    assert done.stdout.strip() == "1 4", done.stdout + done.stderr[-3000:]


def run(script, *arguments):
    """Run a script in a process that has four devices."""
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=4"
    return subprocess.run(
        [sys.executable, "-c", FOUR_DEVICES + script, *map(str, arguments)],
        capture_output=True, text=True, timeout=1200, env={**os.environ, "XLA_FLAGS": flags},
    )  # fmt: skip


COMMANDS = """
import sys

from pixelcnn.cli import main

pictures, output = sys.argv[1:]
train = ["train", "--data", f"folder:{pictures}", "--preset", "tiny", "--epochs", "1", "--batch-size", "4"]
train += ["--held-out", "2", "--samples", "1", "--dtype", "float32", "--condition-dropout", "0.2", "--output"]
assert main([*train, f"{output}/one"]) == 0
assert main([*train, f"{output}/two", "--devices", "2"]) == 0
main([*train, f"{output}/three", "--devices", "3"])
main([*train, f"{output}/few", "--per-class", "1", "--devices", "4"])
main([*train, f"{output}/many", "--accumulate", "2", "--devices", "2"])
"""


@pytest.mark.skipif(keras.backend.backend() == "torch", reason="Keras cannot distribute a model on torch")
@pytest.mark.full
def test_the_command_trains_on_two_devices_as_on_one(tmp_path):
    random = np.random.default_rng(0)
    for name in ("above", "below"):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for number in range(16):
            pixels = random.integers(0, 256, (4, 4), dtype="uint8")
            Image.fromarray(pixels).save(tmp_path / "pictures" / name / f"{number}.png")
    done = run(COMMANDS, tmp_path / "pictures", tmp_path)
    folders = [RunFolder(tmp_path / name) for name in ("one", "two")]
    assert all(folder.model.exists() for folder in folders), done.stderr[-3000:]
    (one,), (two,) = (read_history(folder.history) for folder in folders)
    for name in one.keys() - {"seconds"}:
        assert float(two[name]) == pytest.approx(float(one[name]), rel=1e-4)
    assert "batch_size=4 does not fit a model on 3 devices: expected a multiple of 3, such as 3" in done.stderr
    assert "data of 2 training images does not fit 4 devices: expected at least 4 images" in done.stderr
    refused = "accumulate=2 does not fit 2 devices on TensorFlow: expected 1" in done.stderr
    assert refused == (keras.backend.backend() == "tensorflow"), done.stderr[-3000:]
    assert (tmp_path / "many").exists() != refused


@pytest.mark.parametrize("devices", [0, 1000, "gpu", ["cpu:7"], [], None, 1.5])
def test_devices_that_do_not_exist_are_refused(devices):
    with pytest.raises(ValueError, match="^devices=.* does not fit: expected"):
        pixelcnn.use_devices(devices)


@pytest.mark.quick
def test_one_device_is_the_default():
    assert pixelcnn.use_devices(1) == tuple(device_names()[:1])


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="torch alone has no distribution in Keras")
@pytest.mark.quick
def test_torch_says_that_it_has_no_distribution():
    with pytest.raises(ValueError, match="devices='all' does not fit on torch, because Keras cannot distribute"):
        pixelcnn.use_devices("all")
