"""The section of `BENCHMARKS.md` on other systems of the field: published figures, goals and measurements."""

from pathlib import Path

from records import middle, read
from scripts import SCRIPTS
from sizes import RECURRENT

MARKS = (15, 30, 60, 120)  # CPU minutes
NOT_MEASURED = "not measured"
DOCS = Path(__file__).parents[1] / "docs"
MNIST = "binarised MNIST (fixed), test nats"
CIFAR = "the CIFAR-10 subset, test bits/dim"
TRAINED = {  # result: title
    "mnist_nats_pixel_cnn": "PixelCNN",
    "mnist_nats_diagonal": "Diagonal BiLSTM, 7 layers",
    "mnist_nats_gated_pixel_cnn": "Gated PixelCNN",
    "mnist_nats_row": "Row LSTM, 7 layers",
    "mnist_nats_pixel_cnn_plus_plus": "PixelCNN++ with a Bernoulli head",
    "cifar10_bits_rgb_masks": "PixelCNN with RGB masks",
    "cifar10_bits_plus_plus": "PixelCNN++",
}


def section():
    """Return the lines of the section."""
    rows = [
        (TRAINED["mnist_nats_pixel_cnn"], MNIST, "81.30", "at most 84", nats("pixel_cnn", 84)),
        (TRAINED["mnist_nats_diagonal"], MNIST, "79.20", "at most 85", nats("diagonal", 85)),
        (
            TRAINED["mnist_nats_gated_pixel_cnn"], MNIST, "80.1 (reimplemented)", "at most 84",
            nats("gated_pixel_cnn", 84),
        ),
        (TRAINED["mnist_nats_row"], MNIST, "80.54", "at most 86", nats("row", 86)),
        (
            TRAINED["mnist_nats_pixel_cnn_plus_plus"], MNIST, "78.2 (a public PyTorch code, days on a GPU)",
            "at most 80.5", nats("pixel_cnn_plus_plus", 80.5),
        ),
        ("O'Reilly's, as published and corrected", "binarised MNIST, test nats", "none", "both figures", oreilly()),
        (
            "convolution against Diagonal BiLSTM", "training speed at equal width and depth",
            "about 20 times (the article)", "at most 8 times slower", recurrent_speed(),
        ),
        (
            "cached against naive sampling", "28x28, 16 images", "up to 183 times on a GPU (Ramachandran 2017)",
            "100 times convolutional, 50 times recurrent", cached_sampling(),
        ),
        (TRAINED["cifar10_bits_rgb_masks"], CIFAR, "3.14 on the whole set", "below WebP", bits("rgb_masks")),
        (TRAINED["cifar10_bits_plus_plus"], CIFAR, "2.92 on the whole set", "below WebP", bits("plus_plus")),
        ("guidance", "fidelity on quickdraw13", "none", "10 points above none at the best w", guidance()),
    ]  # fmt: skip
    table = ["| model | data | published | goal | here |", "|---|---|---|---|---|"]
    table += ["| " + " | ".join(row) + " |" for row in rows]
    return [
        "\n## The other systems of the field\n",
        *table,
        "",
        *trained(),
        *digits(),
        *sampling_table(),
        *curve(),
        *commands(),
    ]


def points(record):
    """Return the figures of a training for each mark; the last mark is the end of the budget."""
    marks = [*(mark for mark in MARKS if mark < record["cpu_minutes"]), record["cpu_minutes"]]
    return dict(zip(marks, record["points"], strict=False))


def over_time(record, key, digits):
    """Format the last figure and the figures before it."""
    texts = [(mark, f"{point[key]:.{digits}f}") for mark, point in points(record).items()]
    last, value = texts.pop()
    before = ", ".join(f"{value} at {mark:g}" for mark, value in texts)
    return f"{value} after {last:g} CPU minutes" + (f" ({before})" if before else "")


def nats(model, goal):
    record = read(f"mnist_nats_{model}")
    if not record or not record["points"]:
        return NOT_MEASURED
    short = record["points"][-1]["test_nats"] - goal
    why = f"; short by {short:.2f}, [why](docs/performance.md#binarised-mnist)" if short > 0 else ""
    return over_time(record, "test_nats", 2) + why


def bits(model):
    record = read(f"cifar10_bits_{model}")
    if not record or not record["points"]:
        return NOT_MEASURED
    return (
        f"{over_time(record, 'test_bits_per_dim', 3)}; WebP {record['webp_bits_per_dim']:.3f}, 256 images a file "
        f"{record['webp_bits_per_dim_in_sheets']:.3f}"
    )


def oreilly():
    record = read("oreilly_nats")
    if not record:
        return NOT_MEASURED
    texts = [
        f"{name} {record[name]['test_nats']:.2f} after {record[name]['epochs']} epochs of the article's 20, "
        f"{record[name]['cpu_minutes']:.0f} CPU minutes"
        for name in ("published", "corrected")
    ]
    return ", ".join(texts)


def recurrent_speed():
    record = read("convolution_against_diagonal")
    if not record:
        return NOT_MEASURED
    speed = {model: middle(record, model, "images_per_second") for model in record["rounds"][0]}
    slower = [f"{model} {speed['pixel_cnn'] / speed[model]:.1f} times slower" for model in ("diagonal", "row")]
    return f"{', '.join(slower)} ({record['filters']} filters, {record['depth']} layers, batch {record['batch']})"


def cached_sampling():
    record = read("cached_against_naive")
    if not record:
        return NOT_MEASURED
    least = {}
    for name, model in record["models"].items():
        kind = "recurrent" if name.rpartition("/")[2] in RECURRENT else "convolutional"
        least[kind] = min(model["ratio"], least.get(kind, model["ratio"]))
    return ", ".join(f"{kind} at least {ratio:.0f} times" for kind, ratio in least.items())


def guidance():
    record = read("guidance_curve")
    if not record:
        return NOT_MEASURED
    without = next(point["fidelity"] for point in record["points"] if point["guidance"] == 0)
    best = max(record["points"], key=lambda point: point["fidelity"])
    return f"{100 * (best['fidelity'] - without):.1f} points at w = {best['guidance']:g}, {without:.3f} without"


def trained():
    """Describe the model and its training."""
    records = {title: record for name, title in TRAINED.items() if (record := read(name))}
    if not records:
        return []
    return [
        "Nats and bits/dim are measured with the averaged weights in float32: at the end on all 10,000 test images, "
        "before the end on every fifth. All trainings use one thread. Their time includes imports, compilation and "
        "measuring; a run that was killed and resumed counts the time of all its parts.\n",
        *(recipe_line(title, record) for title, record in records.items()),
        "",
    ]


def recipe_line(title, record):
    recipe, last = record["recipe"], record["points"][-1]
    arguments = ", ".join(f"{key}={value}" for key, value in recipe["arguments"].items() if key != "image_shape")
    dtypes = ", ".join(dict.fromkeys(point.get("dtype", recipe["dtype"]) for point in record["points"]))
    return (
        f"- {title}: {arguments}; {dtypes}, batches of {recipe['batch_size']}, Adam "
        f"{recipe['learning_rate']:g} along a cosine to zero, averages {recipe['ema_momentum']:g}, seed "
        f"{recipe['seed']}; {last['images']:,} images in {last['cpu_minutes']:.0f} CPU minutes of "
        f"one core of {record['machine']['processor']}. {record.get('note', '')}".rstrip()
    )


def digits():
    """Return links to the figures of the models that were trained on binarised MNIST."""
    models = {name.removeprefix("mnist_nats_"): title for name, title in TRAINED.items()}
    models |= {f"pixelrnn_{variant}": f"O'Reilly's as {variant}" for variant in ("published", "corrected")}
    lines = []
    for model, title in models.items():
        if (DOCS / f"mnist_{model}_generated.png").exists():
            lines += [
                f"{title}. Left: generated digits. Right: test digits, the part that is shown, completions.\n",
                f"![digits by {title}](docs/mnist_{model}_generated.png) "
                f"![digits completed by {title}](docs/mnist_{model}_completed.png)\n",
            ]
    return lines


def sampling_table():
    record = read("cached_against_naive")
    if not record:
        return []
    lines = [
        f"Sampling {record['images']} images of 28x28, after compilation. `mnist`: the binary models above; `small`: "
        "256 levels, 32 filters. Of naive sampling 27 rows were timed, from the second row on, and stand for all 28.\n",
        "| | cached, s | naive, s | ratio |",
        "|---|---|---|---|",
    ]
    for name, model in record["models"].items():
        few = "" if model["naive_rows_timed"] == 27 else f" (from {model['naive_rows_timed']} rows)"
        ratio = f"{model['naive_seconds']:.1f}{few} | {model['ratio']:.0f}"
        lines.append(f"| {name} | {model['cached_seconds']:.3f} | {ratio} |")
    return [*lines, ""]


def curve():
    record = read("guidance_curve")
    if not record:
        return []
    return [
        "| w | " + " | ".join(f"{point['guidance']:g}" for point in record["points"]) + " |",
        "|---|" + "---|" * len(record["points"]),
        "| fidelity | " + " | ".join(f"{point['fidelity']:.3f}" for point in record["points"]) + " |",
        *distances(record),
        f"\nFidelity over guidance w: how often a classifier recognises the wanted class, for "
        f"{record['samples_per_class']} drawings of each class; its balanced accuracy on real "
        f"{record.get('compared_with', 'test')} drawings is "
        f"{record['classifier_balanced_accuracy']:.3f}. The model has "
        f"{record['test_bits_per_dim']:.3f} test bits/dim after {record['training_seconds'] / 60:.0f} minutes and "
        f"{record['steps']:,} steps of training, seed {record['seed']}.\n",
        "![fidelity over guidance](docs/guidance_curve.png)\n",
    ]


def distances(record):
    """Return the row of Fréchet distances, which older results lack."""
    if "frechet_distance_of_training" not in record:
        return []
    cells = " | ".join(f"{point['frechet_distance']:.2f}" for point in record["points"])
    return [f"| Fréchet distance (training drawings: {record['frechet_distance_of_training']:.2f}) | {cells} |"]


def commands():
    return [
        "`make bench-all` runs these commands where a result is missing; `--resume` goes on with a training that was "
        "killed:\n",
        "```",
        *(f"python benchmarks/{command}" for command in SCRIPTS.values()),
        "make bench-r",
        "```",
    ]
