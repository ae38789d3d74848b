"""Side by side with TFP's PixelCNN on this machine: `make bench`, a quarter of an hour, and `make bench-all`, a day:
all rows, then what scripts of their own measure. `make bench-quality` runs the scripts that measure drawings.

Every measurement runs in a process of its own, peer and project in turn, nothing else running. Results go to
`benchmarks/results/`, one file a row, and are not measured again while the file is there (`--again`); a run that was
killed goes on with the row that it was at. `BENCHMARKS.md` is rendered from them by `render.py`.
"""

import argparse
import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import render
import sizes
from machines import has_bfloat16, machine
from records import RESULTS, is_whole, read
from scripts import ONE_BY_ONE, QUALITY, SCRIPTS

HERE = Path(__file__).parent
DATA = Path(os.environ.get("PIXELCNN_DATA", HERE.parents[1] / "shared" / "data"))


@dataclass(frozen=True)
class Row:
    """A measurement and the peers that take turns.

    Args:
        arguments: Of `worker.py`, but for the peer.
        peers: Names, and with them a dtype, `eager`, one of Keras' backends, or `kept`: a process that reads what a
            process before it compiled. Other processes compile.
        quick: Whether `make bench` measures it.
        bfloat16: Whether it is for processors with instructions for bfloat16, or for those without; None: for all.
    """

    arguments: str
    peers: tuple = ("ours",)
    quick: bool = False
    bfloat16: bool | None = None


SMALL, BLOG = "training --model small --batch 32 --repeats 15", "training --model blog --batch 16 --repeats 3"
BOTH = ("tfp", "ours")
BOTH_AND_BFLOAT16 = (*BOTH, "ours mixed_bfloat16")
ROWS = {
    "training_small": Row(SMALL, BOTH_AND_BFLOAT16, quick=True, bfloat16=True),
    "training_blog": Row(BLOG, BOTH_AND_BFLOAT16, quick=True, bfloat16=True),
    "training_small_float32": Row(SMALL, BOTH, quick=True, bfloat16=False),
    "training_blog_float32": Row(BLOG, BOTH, quick=True, bfloat16=False),
    "backends_small": Row(SMALL, ("ours", "ours jax", "ours torch")),
    "memory_blog": Row("training --model blog --batch 32 --repeats 1", BOTH),
    "sampling_small": Row("sampling --model small --batch 2 --repeats 3", BOTH, quick=True),
    "sampling_small_64": Row("sampling --model small --batch 64 --repeats 1", BOTH),
    "sampling_small_eager": Row("sampling --model small --batch 2 --repeats 1", ("tfp eager", "ours")),
    "sampling_blog_8": Row("sampling --model blog --batch 8 --repeats 3", quick=True),
    "sampling_blog": Row("sampling --model blog --batch 160 --repeats 1"),
    "from_file_blog": Row("--batch 160", ("from_file", "from_file kept")),
    "first_images": Row("--batch 8", ("first_images", "first_images kept"), quick=True),
    "completion_small": Row("completion --model small --batch 64 --repeats 5", quick=True),
    "completion_small_1": Row("completion --model small --batch 1 --repeats 9"),
    "completion_blog": Row("completion --model blog --batch 16 --repeats 2"),
    "completion_blog_1": Row("completion --model blog --batch 1 --repeats 5"),
    "recurrent_row": Row("--model row --batch 16 --repeats 5", ("recurrent",), quick=True),
    "recurrent_diagonal": Row("--model diagonal --batch 16 --repeats 5", ("recurrent",), quick=True),
    "jacobi_1": Row("--batch 1 --repeats 5", ("jacobi",)),
    "jacobi_64": Row("--batch 64 --repeats 3", ("jacobi",)),
    "input_wait_small": Row("input_wait --model small --batch 32 --repeats 60", quick=True),
    "reading": Row("--repeats 3", ("reading",), quick=True),
    **{
        f"growth_{size}_{batch}": Row(f"--size {size} --batch {batch} --repeats 3", ("growth",))
        for size, batch in [*itertools.product((28, 56, 112), (1, 8, 64)), (28, 512)]
    },
}


def in_own_process(script, *arguments, **environment):
    """Run a script, and parse its last line as JSON."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2", "PIXELCNN_COMPILE_CACHE": "off", **environment}
    command = [sys.executable, script, *map(str, arguments)]
    output = subprocess.run(command, check=True, env=environment, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(output.splitlines()[-1])


def measure(peer, row):
    """Run one measurement in one process, and add the seconds and the core seconds of the process with its start."""
    name, _, variant = peer.partition(" ")
    options = {"eager": ("--way", "eager"), "mixed_bfloat16": ("--dtype", variant)}.get(variant, ())
    environment = {"KERAS_BACKEND": variant} if variant in ("jax", "torch") else {}
    with tempfile.TemporaryDirectory() as folder:
        if name == "from_file":
            options = ("--path", saved_blog_model(folder))
        elif name == "reading":
            options = ("--path", DATA)
        command = (HERE / "worker.py", name, *row.arguments.split(), *options)
        if variant == "kept":
            environment["PIXELCNN_COMPILE_CACHE"] = str(Path(folder) / "compiled")
            in_own_process(*command, **environment)
        started, used = time.perf_counter(), core_seconds()
        figures = in_own_process(*command, **environment)
        seconds = {"process_seconds": time.perf_counter() - started, "core_seconds": core_seconds() - used}
        return {**figures, **seconds}


def core_seconds():
    """Return the seconds of processor time of all processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def saved_blog_model(folder):
    """Return the path of a file with the untrained network of the article."""
    path = Path(folder) / "blog.keras"
    script = (
        "import sys, pixelcnn; "
        f"pixelcnn.PixelCNNPlusPlus((28, 28, 1), num_classes=20, **{sizes.PLUS_PLUS['blog']}).save(sys.argv[1])"
    )
    subprocess.run([sys.executable, "-c", script, path], check=True)
    return path


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", nargs="*", choices=list(ROWS), help="these, and not the subset")
    parser.add_argument("--all", action="store_true", help="all rows and scripts: a day")
    parser.add_argument("--quality", action="store_true", help="only what measures drawings: hours")
    parser.add_argument("--rounds", type=int, default=1, help="times that peer and project take turns")
    parser.add_argument("--again", action="store_true", help="measure rows that have a result already")
    arguments = parser.parse_args()
    RESULTS.mkdir(exist_ok=True)
    these = (None, has_bfloat16())
    rows = [name for name, row in ROWS.items() if (row.quick or arguments.all) and row.bfloat16 in these]
    for name in arguments.rows or (() if arguments.quality else rows):
        path, row = RESULTS / f"{name}.json", ROWS[name]
        if path.exists() and not arguments.again:
            continue
        rounds = []
        for _ in range(arguments.rounds):
            rounds.append({peer: measure(peer, row) for peer in row.peers})
            print(name, json.dumps(rounds[-1]), flush=True)
        record = {"arguments": row.arguments, "machine": machine(), "rounds": rounds}
        path.write_text(json.dumps(record, indent=1) + "\n")
    scripts = SCRIPTS if arguments.all else QUALITY if arguments.quality else {}
    for name, command in scripts.items():
        record = read(name)
        if arguments.again or record is None or name in ONE_BY_ONE or not is_whole(record):
            script, *options = command.split()
            subprocess.run([sys.executable, HERE / script, *options], check=True, cwd=HERE.parent)
    render.main()


if __name__ == "__main__":
    main()
