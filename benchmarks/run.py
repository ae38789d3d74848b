"""Side by side with TFP's PixelCNN on this machine: `make bench`.

Every measurement runs in a process of its own, peer and project in turn, nothing else running. Results go to
`benchmarks/results/`, one file a row, and are not measured again while the file is there; `BENCHMARKS.md` is rendered
from them by `render.py`.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import render
from records import RESULTS

HERE = Path(__file__).parent
ROWS = {
    "training_small": ("training", "small", 32, 15, ("tfp", "ours", "ours mixed_bfloat16")),
    "training_blog": ("training", "blog", 16, 3, ("tfp", "ours", "ours mixed_bfloat16")),
    "sampling_small": ("sampling", "small", 2, 3, ("tfp", "ours")),
    "sampling_blog": ("sampling", "blog", 160, 1, ("ours",)),
}


def machine():
    """What the figures depend on."""
    model = platform.processor()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        flags = cpuinfo.read_text()
        model = f"{names[0]}{', AMX' if 'amx_tile' in flags else ', AVX-512' if 'avx512f' in flags else ''}"
    packages = ("tensorflow", "keras", "numpy", "tensorflow-probability", "tf_keras")
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        **{package: version(package) for package in packages},
    }


def in_own_process(script, *arguments):
    """Run a script; return what its last line says, as JSON."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2"}
    command = [sys.executable, script, *arguments]
    output = subprocess.run(command, check=True, env=environment, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(output.splitlines()[-1])


def measure(peer, work, model, batch, repeats):
    """One process, one measurement."""
    name, _, dtype = peer.partition(" ")
    return in_own_process(
        HERE / "worker.py", name, work, "--model", model, "--batch", str(batch), "--repeats", str(repeats),
        "--dtype", dtype or "float32",
    )  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", nargs="*", default=list(ROWS), choices=list(ROWS))
    parser.add_argument("--rounds", type=int, default=1, help="times that peer and project take turns")
    parser.add_argument("--again", action="store_true", help="measure rows that have a result already")
    arguments = parser.parse_args()
    RESULTS.mkdir(exist_ok=True)
    for row in arguments.rows:
        path = RESULTS / f"{row}.json"
        if path.exists() and not arguments.again:
            continue
        work, model, batch, repeats, peers = ROWS[row]
        rounds = []
        for _ in range(arguments.rounds):
            rounds.append({peer: measure(peer, work, model, batch, repeats) for peer in peers})
            print(row, json.dumps(rounds[-1]), flush=True)
        record = {"work": work, "model": model, "batch": batch, "machine": machine(), "rounds": rounds}
        path.write_text(json.dumps(record, indent=1) + "\n")
    render.main()


if __name__ == "__main__":
    main()
