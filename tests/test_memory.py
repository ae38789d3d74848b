"""A training step reuses the memory that the step before freed, and maps no new memory."""

import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not glibc")

FILTERS, BATCH, STEPS = 16, 16, 20
PAGES_OF_FEATURES = 4 * BATCH * 28 * 28 * FILTERS // 4096

# A data set, since it is for those that TensorFlow has its C library hand freed arrays back.
TRAINING = f"""
import resource
import keras
import numpy as np
import pixelcnn
from pixelcnn.training import ShuffledBatches

def page_faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

class Faults(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.before = page_faults()

    def on_epoch_end(self, epoch, logs=None):
        faults.append(page_faults() - self.before)

faults = []
images = np.random.default_rng(0).integers(0, 2, ({BATCH * STEPS}, 28, 28, 1))
model = pixelcnn.PixelCNN((28, 28, 1), high=1, num_blocks=1, num_filters={FILTERS})
model.compile("adam")
model.fit(ShuffledBatches(images, None, {BATCH}), epochs=3, verbose=0, callbacks=[Faults()])
print(faults[-1] / {STEPS})
"""


def test_a_training_step_on_a_data_set_maps_less_than_one_array_of_features():
    done = subprocess.run([sys.executable, "-c", TRAINING], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout.split()[-1]) < PAGES_OF_FEATURES
