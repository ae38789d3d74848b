"""`python -m pixelcnn.cli` does what `pixelcnn` does."""

import sys

from pixelcnn.cli import main

sys.exit(main())
