import gc
import os
from pathlib import Path

import keras
import pytest

DATA = Path(os.environ.get("PIXELCNN_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def real_data():
    """The folder of real data; tests that need it skip without it."""
    if not DATA.is_dir():
        pytest.skip("needs the real data (PIXELCNN_DATA)")
    return DATA


@pytest.fixture(autouse=True)
def same_weights_every_time():
    """Seed each test, so that new models and their training are the same in each run and a failure is repeatable."""
    keras.utils.set_random_seed(0)


@pytest.fixture(scope="module", autouse=True)
def let_go_of_models():
    """After each file, give back the memory of its models: their cycles would otherwise wait for a long time."""
    yield
    gc.collect()
