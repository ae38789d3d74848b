"""Reading of results files, for the pages that are rendered from them."""

import json
from collections import defaultdict
from pathlib import Path
from statistics import median

RESULTS = Path(__file__).parent / "results"


def read(name):
    """Return the record of a benchmark, or None if it was not measured."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def middle(record, peer, key):
    """Return the median of a figure, or of a list of figures, over all rounds."""
    values = []
    for entry in record["rounds"]:
        value = entry[peer][key]
        values += value if isinstance(value, list) else [value]
    return median(values)


def middle_ratio(record, ours, theirs, key):
    """Return the median over all rounds of our figure divided by theirs. A round measures both in turn."""
    return median(
        middle({"rounds": [entry]}, ours, key) / middle({"rounds": [entry]}, theirs, key) for entry in record["rounds"]
    )


def is_whole(record):
    """Return whether a record is complete. A training is complete when its budget is spent."""
    if "cpu_minutes" not in record or "points" not in record:
        return True
    return bool(record["points"]) and record["points"][-1]["cpu_minutes"] >= record["cpu_minutes"]


def machines_line():
    """Describe the machines of the results: the processor of most results, and the other processors."""
    records = {path.stem: read(path.stem) for path in sorted(RESULTS.glob("*.json"))}
    machines = {name: record["machine"] for name, record in records.items() if "machine" in record}
    if not machines:
        return ""
    of_processor = defaultdict(list)
    for name, machine in machines.items():
        of_processor[machine["processor"]].append(name)
    most, *others = sorted(of_processor, key=lambda processor: -len(of_processor[processor]))
    machine = machines[of_processor[most][0]]
    line = f"Measured on {most}, {machine['cores']} cores; {versions(machine)}"
    for processor in others:
        line += f"; on {processor}: {', '.join(f'`{name}`' for name in of_processor[processor])}"
    return f"{line}."


def versions(machine):
    """Return the packages in a machine's description."""
    return ", ".join(f"{name} {machine[name]}" for name in machine if name not in ("processor", "cores"))
