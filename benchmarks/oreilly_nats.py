"""The example `mnist_pixelrnn.py` as it stands: nats of the O'Reilly model as published and corrected, its figures.

    python benchmarks/oreilly_nats.py
    python benchmarks/oreilly_nats.py --epochs 8    fewer than the article's 20: on one core they take hours

Writes `results/oreilly_nats.json` and the example's figures to `docs/`.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from machines import machine
from records import RESULTS

from pixelcnn.files import write_json

ROOT = Path(__file__).parents[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments = parser.parse_known_args()[1]  # arguments of the example
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(ROOT / "examples" / "mnist_pixelrnn.py"), *arguments]
        said = subprocess.run(command, check=True, cwd=folder, stdout=subprocess.PIPE, text=True).stdout
        for figure in Path(folder).glob("*.png"):
            (ROOT / "docs" / figure.name).write_bytes(figure.read_bytes())
    record = {"machine": machine(), "seed": 0}
    line = r"^(\w+): ([\d.]+) nats on (\d+) test images after (\d+) epochs, ([\d.]+) CPU minutes"
    for name, nats, count, epochs, minutes in re.findall(line, said, re.MULTILINE):
        record[name] = {"test_nats": float(nats), "test_images": int(count)}
        record[name] |= {"epochs": int(epochs), "cpu_minutes": float(minutes)}
    write_json(RESULTS / "oreilly_nats.json", record)
    print(record)


if __name__ == "__main__":
    main()
