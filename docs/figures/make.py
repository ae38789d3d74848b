"""Make the figures of docs/figures.md by the code of the page."""

import os
import re
from pathlib import Path

FOLDER = Path(__file__).parent

if __name__ == "__main__":
    page = (FOLDER.parent / "figures.md").read_text(encoding="utf-8")
    os.chdir(FOLDER)
    exec("\n".join(re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)))
