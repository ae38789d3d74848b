import os
from pathlib import Path

import pytest

DATA = Path(os.environ.get("PIXELCNN_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def real_data():
    """The folder of real data; tests that need it skip without it."""
    if not DATA.is_dir():
        pytest.skip("needs the real data (PIXELCNN_DATA)")
    return DATA
