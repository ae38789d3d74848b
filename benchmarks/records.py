"""Results files, as the pages that are rendered from them read them."""

import json
from collections import defaultdict
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


def middle_ratio(record, ours, theirs, key):
    """The median over all rounds of how many times ours is theirs: in a round they took turns."""
    return median(
        middle({"rounds": [entry]}, ours, key) / middle({"rounds": [entry]}, theirs, key) for entry in record["rounds"]
    )


def is_whole(record):
    """Whether nothing is left to measure: of a training its budget is spent."""
    if "cpu_minutes" not in record or "points" not in record:
        return True
    return bool(record["points"]) and record["points"][-1]["cpu_minutes"] >= record["cpu_minutes"]


def machines_line():
    """On what all results were measured: the processor of most, and those that others are of."""
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
    """The packages that a machine has."""
    return ", ".join(f"{name} {machine[name]}" for name in machine if name not in ("processor", "cores"))
