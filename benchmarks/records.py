"""Results files, as the pages that are rendered from them read them."""

import json
from pathlib import Path
from statistics import median

RESULTS = Path(__file__).parent / "results"


def read(name):
    """The record of a benchmark, or None where it was not measured."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def middle(record, peer, key):
    """The median over all rounds of a figure, or of a list of figures."""
    values = []
    for entry in record["rounds"]:
        value = entry[peer][key]
        values += value if isinstance(value, list) else [value]
    return median(values)


def machine_line(record):
    machine = record["machine"]
    packages = ", ".join(f"{name} {machine[name]}" for name in machine if name not in ("processor", "cores"))
    return f"Measured on {machine['processor']}, {machine['cores']} cores; {packages}."
