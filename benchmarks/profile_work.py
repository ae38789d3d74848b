"""Profile a training step, a draw, a completion and a `log_prob`: time for each kind of operation.

    python benchmarks/profile_work.py --profiles training sampling
    python benchmarks/profile_work.py --jax

One thread, so that the time of an operation is processor time of its own. Events are those of the backend's profiler:
operations in training and `log_prob` on TensorFlow, else what XLA made of them. Writes `results/profile_NAME.json`.
"""

import os
import sys

ON_JAX = "--jax" in sys.argv
if ON_JAX:
    os.environ["KERAS_BACKEND"] = "jax"
    os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])  # because XLA has a thread for each processor
for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(name, "1")  # before TensorFlow is imported
os.environ["PIXELCNN_COMPILE_CACHE"] = "off"  # because the profiler does not know the names of kernels read from it

import argparse
import re
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
from machines import machine
from records import RESULTS
from worker import SIZE, Ours, random_images

from pixelcnn.files import write_json

# The first pattern that matches an event names its kind. The name of an operation ends with its type (`name:Conv2D`);
# the name of an XLA fusion lists its operations (`multiply_add_fusion.3`).
KINDS = {
    "convolutions": r":\w*Conv2D|^convolution|^ynn_fusion",
    "matrix products": r":(Batch)?MatMul|^(matmul|dot)",
    "random numbers": r":\w*Random|[Rr]ng",
    "copies": r":(Concat|Pad|Slice|StridedSlice|Transpose|Split|Pack|Tile|Gather)|^(transpose_)?copy\w*fusion"
    r"|^(concat|copy|slice)[_.\d]*$|^wrapped_(copy|slice|transpose|concatenate|broadcast)|^XlaDynamicUpdateSlice",
    "elementwise work and sums": r"fusion|^wrapped|:(Elu|Sigmoid|Tanh|Exp|Log|Soft|Relu|Abs|Sign|Sqrt|Rsqrt|Square|Pow"
    r"|Mul|Neg|Add|Sub|Div|RealDiv|Select|Max|Min|Sum|Mean|BiasAdd|Cast|Greater|Less|Equal|Logical|Floor|Resource)",
}
ONEDNN = re.compile(":_Mkl(Native)?")  # start of the type of an operation that oneDNN computes
# Waits for another thread, whose events are counted, and JAX's frames of Python.
WAITING = re.compile(r"KernelAndDeviceFunc::Run|BlockUntilReady|wait for completion|^\$|^end: ")
PROFILES = {  # name: work, model, images
    "training": ("training", "blog", 16),
    "training_small": ("training", "small", 32),
    "log_prob": ("log_prob", "blog", 16),
    "sampling": ("sampling", "blog", 160),
    "sampling_few": ("sampling", "small", 2),
    "completion": ("completion", "blog", 16),
    "completion_one": ("completion", "small", 1),
}
PROFILES_ON_JAX = {
    "jax_training_small": ("training", "small", 32),
    "jax_sampling": ("sampling", "small", 64),
}


def works(model, batch):
    """Return a function for each work."""
    peer = Ours(model, "float32", "")
    images, labels = random_images(batch)
    mask = np.arange(SIZE)[:, None].repeat(SIZE, axis=1) < SIZE // 2
    return {
        "training": lambda: peer.step(images, labels),
        "log_prob": lambda: peer.log_prob(images, labels),
        "sampling": lambda: peer.sample(batch),
        "completion": lambda: peer.distribution.complete(
            images, mask, conditional_input=labels, seed=0, batch_size=batch, verbose=0
        ),
    }


def events(work):
    """Return (name, seconds) of the events that the profiler records during `work`, and the seconds of `work`."""
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    start, stop = profiler()
    with tempfile.TemporaryDirectory() as folder:
        start(folder)
        started = time.perf_counter()
        work()
        seconds = time.perf_counter() - started
        stop()
        space = xplane_pb2.XSpace()
        space.ParseFromString(next(Path(folder).rglob("*.xplane.pb")).read_bytes())
    return list(_innermost(space)), seconds


def profiler():
    """Return the functions that start and stop the profiler of the backend."""
    if ON_JAX:
        import jax

        return jax.profiler.start_trace, jax.profiler.stop_trace
    import tensorflow as tf

    return tf.profiler.experimental.start, tf.profiler.experimental.stop


def _innermost(space):
    """Subtract nested events from each event, so that no time counts twice."""
    for plane in space.planes:
        for line in plane.lines:
            order = sorted(line.events, key=lambda event: (event.offset_ps, -event.duration_ps))
            open_events = []
            for event in order:
                while open_events and open_events[-1][1] <= event.offset_ps:
                    yield _closed(plane, open_events.pop())
                if open_events:
                    open_events[-1][2] -= event.duration_ps
                open_events.append([event.metadata_id, event.offset_ps + event.duration_ps, event.duration_ps])
            while open_events:
                yield _closed(plane, open_events.pop())


def _closed(plane, event):
    return plane.event_metadata[event[0]].name, max(event[2], 0) / 1e12


def kind(name):
    """Return the title in `KINDS` of an event."""
    return next((title for title, pattern in KINDS.items() if re.search(pattern, name)), "other")


def profile(work, model, batch):
    """Return the seconds of each kind of operation, and of the ten largest events."""
    run = works(model, batch)[work]
    run()  # compiles
    figures, seconds = events(run)
    by_kind, by_name = Counter(), Counter()
    for name, spent in ((ONEDNN.sub(":", name), spent) for name, spent in figures):
        if not WAITING.search(name):
            by_kind[kind(name)] += spent
            by_name[re.sub(r"[_.]\d+$", "", name.rpartition(":")[2]).strip()] += spent
    return {
        "work": work,
        "model": model,
        "batch": batch,
        "seconds": seconds,
        "by_kind": {title: by_kind[title] for title in [*KINDS, "other"]},
        "largest": dict(by_name.most_common(10)),
        "backend": "jax" if ON_JAX else "tensorflow",
        "machine": machine(),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    profiles = PROFILES_ON_JAX if ON_JAX else PROFILES
    parser.add_argument("--jax", action="store_true", help="profile the JAX backend")
    parser.add_argument("--profiles", nargs="+", choices=list(profiles), default=list(profiles))
    for name in parser.parse_args().profiles:
        record = profile(*profiles[name])
        print(name, record["seconds"], record["by_kind"], record["largest"], flush=True)
        write_json(RESULTS / f"profile_{name}.json", record)


if __name__ == "__main__":
    main()
