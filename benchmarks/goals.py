"""The section of `BENCHMARKS.md` on speed and memory: goals and measurements."""

import re
from pathlib import Path

from charts import growth_chart
from machines import instructions
from records import RESULTS, middle, middle_ratio, read

NOT_MEASURED = "not measured"
NO_GPU = "not measured (no GPU)"
NO_BFLOAT16 = "bfloat16 not measured (no processor that has it)"
OURS = ("ours", "ours mixed_bfloat16")
TRAININGS = {  # result: model
    "training_blog": "blog",
    "training_blog_float32": "blog",
    "training_small": "small",
    "training_small_float32": "small",
}


def section():
    """Return the lines of the section."""
    table = ["| | goal | measured | what bounds it |", "|---|---|---|---|"]
    for what, goal, measured, bound in GOALS:
        why = f"[{bound}](docs/performance.md#{bound})" if bound else ""
        table.append(f"| {what} | {goal} | {measured() or NOT_MEASURED} | {why} |")
    gpu = [f"| {what} | {goal} | {NO_GPU} | |" for what, goal in ON_A_GPU]
    return ["\n## Speed and memory\n", *table, *gpu, *growth_table()]


def ratio(name, key, ours="ours", theirs="tfp", digits=2):
    """Return our figure divided by theirs, or None."""
    record = read(name)
    if not record or not {ours, theirs} <= set(record["rounds"][0]):
        return None
    return f"{middle_ratio(record, ours, theirs, key):.{digits}f}"


def precision(peer):
    return (peer.partition(" ")[2] or "float32").removeprefix("mixed_")


def training_speed():
    """Return how many times as fast as TFP's the training is, for each precision."""
    texts = [
        f"{title} {speed} ({precision(ours)}, {instructions(read(name))})"
        for name, title in TRAININGS.items()
        for ours in OURS
        if (speed := ratio(name, "images_per_second", ours))
    ]
    return ", ".join(texts) or None


def share_of_the_machine():
    """Return the share of the rate of matrix products in training (forward pass, two gradients) and in `log_prob`."""
    shares = []
    for name, title in TRAININGS.items():
        record = read(name)
        for peer in OURS:
            if title != "blog" or not record or "log_prob_seconds" not in record["rounds"][0].get(peer, {}):
                continue
            operations, most = (middle(record, peer, key) for key in ("operations_per_image", "matrix_product_rate"))
            rates = [
                passes * operations * middle(record, peer, key)
                for passes, key in ((3, "images_per_second"), (1, "log_prob_images_per_second"))
            ]
            trained, passed = (f"{100 * rate / most:.0f}% ({1e-9 * rate:.0f} GFLOP/s)" for rate in rates)
            shares.append(f"training {trained}, `log_prob` {passed} ({precision(peer)}, {instructions(record)})")
    if not any("bfloat16" in share for share in shares):
        shares.append(NO_BFLOAT16)
    return ", ".join(shares)


def start_up():
    texts = []
    for name, title in TRAININGS.items():
        record = read(name)
        if not record:
            continue
        seconds = {
            peer: middle(record, peer, "build_seconds") + middle(record, peer, "first_step_seconds")
            for peer in record["rounds"][0]
        }
        texts += [
            f"{title} {seconds[peer] / seconds['tfp']:.2f} ({precision(peer)}, {instructions(record)})"
            for peer in seconds
            if peer != "tfp"
        ]
    return ", ".join(texts) or None


def over_one_pass(name, peer="ours"):
    record = read(name)
    if not record:
        return None
    return f"{middle(record, peer, 'sample_seconds') / middle(record, peer, 'log_prob_seconds'):.2f}"


def against_passes():
    texts = [f"{over_one_pass(name)} at {count}" for name, count in (("sampling_blog", 160), ("sampling_blog_8", 8))
             if over_one_pass(name)]  # fmt: skip
    return ", ".join(texts) or None


def against_tfp():
    texts = [
        f"{1 / float(ratio(name, 'sample_seconds', theirs=theirs, digits=6)):.0f} at {what}"
        for name, theirs, what in (
            ("sampling_small", "tfp", "2"), ("sampling_small_64", "tfp", "64"),
            ("sampling_small_eager", "tfp eager", "2, TFP eager"),
        )
        if ratio(name, "sample_seconds", theirs=theirs)
    ]  # fmt: skip
    return ", ".join(texts) or None


def _cold_and_kept(name, peer, key):
    """Return the seconds of a process that compiles, and of the next one, which reads what was compiled."""
    record = read(name)
    if not record:
        return None
    texts = [
        f"{middle(record, one, key):.1f} s{title}"
        for one, title in ((peer, ""), (f"{peer} kept", " from the cache"))
        if one in record["rounds"][0]
    ]
    return f"{', '.join(texts)} ({instructions(record)})"


def cold():
    return _cold_and_kept("from_file_blog", "from_file", "process_seconds")


def first_images():
    return _cold_and_kept("first_images", "first_images", "core_seconds")


def compilation():
    """Return the extra time of the first rows in the first draw, compared with the next draw."""
    texts = [
        f"{middle(record, 'ours', 'compile_seconds'):.1f} s at {count} images"
        for name, count in (("sampling_blog_8", 8), ("sampling_blog", 160))
        if (record := read(name))
    ]
    return ", ".join(texts) or None


def memory():
    record = read("memory_blog")
    share = ratio("memory_blog", "peak_memory_bytes")
    return share and f"{share} ({middle(record, 'ours', 'peak_memory_bytes') / 2**30:.1f} GiB)"


def completions():
    """Return the time of a completion over a sample, and of half a sample plus half a `log_prob` in parentheses."""
    texts = []
    for name, title in (
        ("completion_small_1", "small, one image"), ("completion_small", "64"),
        ("completion_blog_1", "blog, one image"), ("completion_blog", "16"),
    ):  # fmt: skip
        if record := read(name):
            completed, sampled, passed = (
                middle(record, "ours", f"{what}_seconds") for what in ("complete", "sample", "log_prob")
            )
            texts.append(f"{title} {completed / sampled:.2f} ({(sampled + passed) / 2 / sampled:.2f})")
    return ", ".join(texts) and f"{', '.join(texts)}; in parentheses the time of half a sample and half a `log_prob`"


def recurrent_families():
    texts = [f"{cell} {over_one_pass(f'recurrent_{cell}', 'recurrent')}" for cell in ("row", "diagonal")
             if over_one_pass(f"recurrent_{cell}", "recurrent")]  # fmt: skip
    return ", ".join(texts) or None


def iterated():
    texts = [
        f"{middle(record, 'jacobi', 'jacobi_seconds') / middle(record, 'jacobi', 'sample_seconds'):.0f} times as long "
        f"in {record['rounds'][0]['jacobi']['passes']:.0f} passes ({title})"
        for name, title in (("jacobi_1", "one image"), ("jacobi_64", "64"))
        if (record := read(name))
    ]
    return ", ".join(texts) and f"on a CPU Jacobi takes {', '.join(texts)}; {NO_GPU}"


def from_r():
    record = read("r_overhead")
    return record and ", ".join(
        f"{work} {seconds['r'] / seconds['python']:.2f}" for work, seconds in record["works"].items()
    )


def reading():
    record = read("reading")
    if not record:
        return None
    return f"{middle(record, 'reading', 'seconds'):.2f} s for {middle(record, 'reading', 'drawings'):,.0f} drawings"


def waiting():
    record = read("input_wait_small")
    if not record:
        return None
    return f"{100 * middle(record, 'ours', 'input_seconds') / middle(record, 'ours', 'fit_seconds'):.2f}%"


def backends():
    record = read("backends_small")
    if not record:
        return None
    return ", ".join(
        f"{peer.removeprefix('ours').strip() or 'tensorflow'} {middle(record, peer, 'images_per_second'):.1f} images/s"
        for peer in record["rounds"][0]
    )


SHARE_GOAL = "training 60% float32, 50% bfloat16 with AMX"
TRAINING_GOAL = "float32 2.0 blog, 1.5 small; bfloat16 with AMX 4 and 2"
GOALS = (  # what, goal, measurement, and the section of the documents that explains the bound
    ("training, images/s: times TFP's", TRAINING_GOAL, training_speed, "training"),
    ("GFLOP/s over those of a plain matrix product, blog", SHARE_GOAL, share_of_the_machine, "training"),
    ("time to build and do the first step, over TFP's", "at most 0.15", start_up, "start-up"),
    (
        "time of sampling over that of one `log_prob` of the batch, blog",
        "1.5 at 160 images, 4 at 8",
        against_passes,
        "sampling",
    ),
    (
        "sampling, times as fast as TFP in graph mode, small",
        "300 at 2 and at 64; 2,500 over eager",
        against_tfp,
        "sampling",
    ),
    (
        "160 images of the blog model, from a file in a fresh process",
        "at most 40 s; 25 s from the cache",
        cold,
        "start-up",
    ),
    (
        "core seconds from `python` to the first 8 images of quickdraw13",
        "at most 10 s; 5 s from the cache",
        first_images,
        "start-up",
    ),
    ("compiling the sampler, blog", "at most 20 s", compilation, "start-up"),
    ("peak memory over TFP's, training, blog, batch 32", "at most 0.5", memory, ""),
    (
        "time of completing a half-known image over that of a sample",
        "small, one image 0.8; others 0.55",
        completions,
        "completion",
    ),
    ("PixelRNN: time of sampling over that of one `log_prob`", "at most 4", recurrent_families, ""),
    ("cached sampling against Jacobi iteration, quickdraw13", "measured", iterated, ""),
    ("time from R over that from Python", "at most 1.05", from_r, ""),
    ("reading QuickDraw drawings from a local folder", "28,000 under 1 s", reading, ""),
    ("waiting for data, share of the time of `fit`, small", "below 2%", waiting, ""),
    ("the same model on Keras' backends, training, small, batch 32", "measured", backends, ""),
)
ON_A_GPU = (
    ("training, share of the bfloat16 rate of a matrix product", "40%"),
    ("sampling 160 and 1,024 images of the blog model", "under 3 s and 6 s"),
    ("TensorFlow, training and sampling", "measured"),
)


def growth_table():
    """Return microseconds per pixel, for each image size and batch size."""
    microseconds = {}
    for path in RESULTS.glob("growth_*.json"):
        size, batch = map(int, re.findall(r"\d+", path.stem))
        seconds = middle(read(path.stem), "growth", "sample_seconds")
        microseconds[size, batch] = 1e6 * seconds / (size**2 * batch)
    if not microseconds:
        return []
    sizes, batches = (sorted({key[place] for key in microseconds}) for place in (0, 1))
    lines = [
        "\nSampling with 1/3/32/5: microseconds for each pixel of each image. The goal is that they grow neither with "
        "the batch nor with the size of the image.\n",
        "| size | " + " | ".join(f"batch {batch}" for batch in batches) + " |",
        "|---|" + "---|" * len(batches),
    ]
    for size in sizes:
        cells = [f"{microseconds[size, batch]:.1f}" if (size, batch) in microseconds else "" for batch in batches]
        lines.append(f"| {size} | " + " | ".join(cells) + " |")
    growth_chart(microseconds, Path(__file__).parents[1] / "docs" / "growth.png")
    return [*lines, "\n![microseconds a pixel over the size of images](docs/growth.png)"]
