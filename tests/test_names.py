"""What `import pixelcnn` offers."""

import subprocess
import sys

NAMES = "import pixelcnn; print(*(getattr(pixelcnn, name).__name__ for name in pixelcnn.__all__))"


def test_every_public_name_is_there_after_one_import():
    done = subprocess.run([sys.executable, "-c", NAMES], capture_output=True, text=True, check=True)
    assert {"pixelcnn.interop", "pixelcnn.plot", "PixelRNN"} <= set(done.stdout.split())
