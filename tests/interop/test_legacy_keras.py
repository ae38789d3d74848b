"""Objects of legacy Keras (`tf_keras`), which R's tfprobability and keras make, beside Keras 3."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import pixelcnn

if keras.backend.backend() != "tensorflow":
    pytest.skip("the backend is not TensorFlow", allow_module_level=True)
tf_keras = pytest.importorskip("tf_keras")


@pytest.fixture
def dist():
    return pixelcnn.PixelCNNPlusPlus((4, 4, 1), num_classes=2, num_resnet=1, num_hierarchies=1, num_filters=2, high=3)


def test_a_legacy_input_is_refused_because_its_model_would_train_nothing(dist):
    images, labels = tf_keras.Input((4, 4, 1)), tf_keras.Input((), dtype="int32")
    with pytest.raises(ValueError, match=r"^value=.*expected an array or a tensor of Keras 3, such as keras\.Input"):
        dist.log_prob(images, conditional_input=keras.Input((), dtype="int32"))
    with pytest.raises(ValueError, match=r"^conditional_input=.*expected an array or a tensor of Keras 3"):
        dist.log_prob(keras.Input((4, 4, 1)), conditional_input=labels)


def test_legacy_optimizers_and_callbacks_are_refused(dist):
    with pytest.raises(ValueError, match=r"^optimizer=<tf_keras.*expected an optimizer of Keras 3"):
        dist.compile(tf_keras.optimizers.Adam())
    dist.compile()
    with pytest.raises(ValueError, match="^callbacks holds <tf_keras.*expected callbacks of Keras 3"):
        dist.fit(np.zeros((2, 4, 4, 1)), [0, 1], callbacks=[tf_keras.callbacks.History()])


def trained(path):
    """Return images and likelihoods of a distribution that was trained, saved and loaded."""
    keras.utils.set_random_seed(1)
    dist = pixelcnn.PixelCNN((2, 2, 1), num_filters=2, num_blocks=1, high=3)
    dist.compile("adam")
    dist.fit(np.arange(8).reshape(2, 2, 2, 1) % 4, verbose=0)
    dist.save(path)
    return dist.log_prob(np.zeros((1, 2, 2, 1))).tolist(), pixelcnn.load(path).sample(2, seed=1).tolist()


@pytest.mark.full
def test_the_variable_of_legacy_keras_changes_no_training_and_no_file(tmp_path):
    code = (
        "import test_legacy_keras, tensorflow as tf\n"
        f"results = test_legacy_keras.trained({str(tmp_path / 'other.keras')!r})\n"
        "print(tf.keras.layers.Dense.__module__.split('.')[0], results)"
    )
    path = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "TF_USE_LEGACY_KERAS": "1", "PYTHONPATH": path}
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == f"tf_keras {trained(tmp_path / 'model.keras')}"
