"""Run the command `pixelcnn` as `python -m pixelcnn.cli`."""

import sys

from pixelcnn.cli import main

sys.exit(main())
