"""Render `BENCHMARKS.md` from the results: no figure stands there that is not in a results file."""

from pathlib import Path

import goals
import goals_of_quality
import other_systems
import scaling
from machines import instructions
from records import RESULTS, machines_line, middle, middle_ratio, read

HEAD = """# Benchmarks

Speed and quality of this package ("ours") beside TensorFlow Probability's PixelCNN (TFP). Unless it says otherwise,
both are measured in turns, each in its own process. Look at ratios rather than seconds, because seconds vary with the
load of the machine. [docs/performance.md](docs/performance.md) explains the figures.

Models are named by residual blocks, grids, filters and mixture components: 5/3/128/5 ("blog") is the network of the
article *Easy PixelCNN with tfprobability*, 1/3/32/5 ("small") a small one; the number behind is the batch. A goal is
what the project set itself.

`benchmarks/render.py` writes this page from `benchmarks/results/`; `make bench` measures what has no result there.
"""

SHAPES = {"blog": "5/3/128/5, 16", "small": "1/3/32/5, 32"}  # of the model, and the batch


def training():
    lines = [
        "\n## Training\n",
        "| model, batch | | images/s | over TFP | build + first step | of TFP's | `log_prob`, images/s |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, title in goals.TRAININGS.items():
        record = read(name)
        if record is None:
            continue
        rate = {peer: middle(record, peer, "images_per_second") for peer in record["rounds"][0]}
        start = {
            peer: middle(record, peer, "build_seconds") + middle(record, peer, "first_step_seconds") for peer in rate
        }
        for peer in rate:
            faster = middle_ratio(record, peer, "tfp", "images_per_second")
            lines.append(
                f"| {SHAPES[title]}, {instructions(record)} | {peer} | {rate[peer]:.2f} "
                f"| {faster:.2f} | {start[peer]:.1f} s | {start[peer] / start['tfp']:.2f} "
                f"| {passes(record, peer)} |"
            )
    lines.append(
        "\nA processor without bfloat16 instructions (AVX-512 BF16, AMX) emulates mixed_bfloat16, which is slow. "
        "`pixelcnn train` times a convolution in both precisions and takes the faster one."
    )
    return lines


def passes(record, peer):
    """Images a second of `log_prob`, in results that have it."""
    known = "log_prob_images_per_second" in record["rounds"][0][peer]
    return f"{middle(record, peer, 'log_prob_images_per_second'):.1f}" if known else ""


def starts():
    """Where the time of building and the first step goes, in results that have it."""
    lines = [
        "\nSeconds of building a model and of its first step. *Trace*: Python traces the step and its gradients. "
        "*Prepare*: the rest of the first step, in which TensorFlow optimises the graph.\n",
        "| model, batch | | build | initialise from data | trace | prepare | step |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, title in goals.TRAININGS.items():
        record = read(name)
        if record is None or "tracing_seconds" not in record["rounds"][0]["ours"]:
            continue
        for peer in record["rounds"][0]:
            build, first, tracing = (
                middle(record, peer, f"{what}_seconds") for what in ("build", "first_step", "tracing")
            )
            step = middle(record, peer, "step_seconds")
            initialize = middle(record, peer, "initialize_seconds") if peer != "tfp" else 0.0
            spent = (build, initialize, tracing, first - initialize - tracing - step, step)
            cells = " | ".join(f"{seconds:.1f}" if seconds else "in its steps" for seconds in spent)
            lines.append(f"| {SHAPES[title]}, {instructions(record)} | {peer} | {cells} |")
    return lines if len(lines) > 3 else []


def profiles():
    """Shares of the processor's time by kind of operation."""
    records = [read(path.stem) for path in sorted(RESULTS.glob("profile_*.json"))]
    if not records:
        return []
    kinds = list(records[0]["by_kind"])
    lines = [
        "\n## Where the time goes\n",
        "Shares of one thread's time by kind of operation, from `profile_work.py`. On JAX, and in compiled draws and "
        "completions, XLA's fusions count as elementwise work. The seconds include the profiler's own work, which for "
        "a few small images is more than half.\n",
        "| work, images | " + " | ".join(kinds) + " | seconds |",
        "|---|" + "---|" * (len(kinds) + 2),
    ]
    for record in records:
        seconds, total = record["by_kind"], sum(record["by_kind"].values())
        shares = " | ".join(f"{100 * seconds[kind] / total:.0f}%" for kind in kinds)
        title = (
            f"{record['work']} {SHAPES[record['model']].partition(',')[0]}, {record['batch']}, {instructions(record)}"
            + (", JAX" if record.get("backend") == "jax" else "")
        )
        lines.append(f"| {title} | {shares} | {record['seconds']:.2g} |")
    return lines


def sampling():
    lines = ["\n## Sampling\n"]
    record = read("sampling_small")
    if record:
        theirs, ours = (middle(record, peer, "sample_seconds") for peer in ("tfp", "ours"))
        lines += [
            f"1/3/32/5, 2 images, after compilation: TFP in graph mode {theirs:.2f} s, ours "
            f"{1000 * ours:.0f} ms: {theirs / ours:.0f} times as fast. The first call, with compilation: TFP "
            f"{middle(record, 'tfp', 'first_sample_seconds'):.1f} s, ours "
            f"{middle(record, 'ours', 'first_sample_seconds'):.1f} s.\n"
        ]
    record = read("sampling_blog")
    if record:
        sample, once = (middle(record, "ours", key) for key in ("sample_seconds", "log_prob_seconds"))
        lines += [
            f"5/3/128/5, 160 images (the article's figure), after compilation: {sample:.1f} s, "
            f"{sample / once:.2f} times one `log_prob` of the same images ({once:.1f} s). The first call, with "
            f"compilation: {middle(record, 'ours', 'first_sample_seconds'):.1f} s. {record.get('note', '')}\n"
        ]
    return lines


def quickdraw():
    ours, theirs = read("quickdraw13_ours"), read("quickdraw13_tfp")
    if not ours or not theirs:
        return []
    lines = [
        "\n## Thirty minutes on quickdraw13\n",
        f"Test bits/dim (last 10% of each class) against seconds of training, 1/3/32/5, {theirs['machine']['cores']} "
        f"cores of {theirs['machine']['processor']}, one after the other on one day. TFP as in the article: raw class "
        "number as condition, dropout 0.5, Adam 1e-3, batch 32. Ours: `pixelcnn train --data quickdraw --classes "
        f"quickdraw13 --minutes 30 {' '.join(ours['recipe'])}`.\n",
        "| | seconds | test bits/dim |",
        "|---|---|---|",
    ]
    for title, record in (("TFP", theirs), ("ours", ours)):
        lines += [f"| {title} | {point['seconds']:.0f} | {point['bits_per_dim']:.4f} |" for point in record["history"]]
    first, last = theirs["history"][-1]["bits_per_dim"], ours["history"][-1]["bits_per_dim"]
    lines.append(f"\nOurs ends {100 * (1 - last / first):.1f}% below TFP's.\n")
    lines.append(
        f"Fidelity, {ours['fidelity_count']} drawings of each class: TFP's {theirs['fidelity']:.3f}, ours "
        f"{ours['guided_fidelity']:.3f} with guidance {ours['guidance']['guidance']:g}, {ours['fidelity']:.3f} without "
        f"(chance {1 / 13:.3f}; the classifier's own balanced accuracy on real test drawings "
        f"{ours['classifier_balanced_accuracy']:.3f}).\n"
    )
    lines.append("![test bits/dim over seconds of training](docs/quickdraw13_curves.png)\n")
    lines.append("![real drawings above ours, with guidance](docs/quickdraw13.png)\n")
    return lines


def race():
    record = read("race")
    if not record:
        return []
    theirs, last = record["tfp"], record["points"][-1]
    result = f"{theirs['seconds'] / last['seconds']:.1f} times as fast" if record["reached"] else "no budget was enough"
    return [
        "\n## Seconds until TFP's figure of 30 minutes\n",
        f"TFP reaches {theirs['bits_per_dim']:.4f} test bits/dim on quickdraw13 in {theirs['seconds']:.0f} s. "
        f"`pixelcnn train` with growing budgets, each a training of its own (`race.py`): {result}.\n",
        "| budget, minutes | seconds | test bits/dim |",
        "|---|---|---|",
        *(f"| {p['minutes']:g} | {p['seconds']:.0f} | {p['bits_per_dim']:.4f} |" for p in record["points"]),
    ]


def drawings():
    record = read("drawings")
    if not record:
        return []
    lines = [
        "\n## Drawings of quickdraw13\n",
        "By two judges of different architectures (`judge_drawings.py`). In brackets: real images in the same measure, "
        "training images for the Fréchet distance, else test images. A judge differs a little from training to "
        "training. The nearest image is one for training.\n",
        "| model | guidance | bits/dim | fidelity | second judge | Fréchet distance | variety | nearest image |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, parts in record.items():
        for guidance, part in parts.items() if name != "machine" else ():
            second = list(part["judges"].values())[1]
            variety, near = part["diversity"], part["memorisation"]
            lines.append(
                f"| {name} | {guidance} | {part['test_bits_per_dim']:.4f} "
                f"| {part['fidelity']:.3f} ({part['classifier_balanced_accuracy']:.3f}) "
                f"| {second['fidelity']:.3f} ({second['classifier_balanced_accuracy']:.3f}) "
                f"| {part['frechet_distance']:.2f} ({part['frechet_distance_of_training']:.2f}) "
                f"| {variety['generated']['pairwise_distance']:.2f} ({variety['real']['pairwise_distance']:.2f}) "
                f"| {near['generated']['50%']:.2f} ({near['real']['50%']:.2f}) |"
            )
    return lines


def imported():
    record = read("import_from_tfp")
    if not record:
        return []
    theirs, ours = (record["sample_seconds"][name] for name in ("tfp", "ours"))
    agreement = ", ".join(f"{value:.0e} on {images}" for images, value in record["difference"].items())
    return [
        "\n## A model that TFP trained\n",
        f"TFP's 1/3/32/5 after {record['steps']} steps on quickdraw13 ({record['bits_per_dim']:.3f} test bits/dim), "
        f"and what `interop.from_tfp` makes of it in {record['import_seconds']:.1f} s (`import_from_tfp.py`). "
        f"Largest relative difference of log-probabilities in float32: {agreement}. Drawing {record['count']} images, "
        f"after compilation: TFP in graph mode {theirs:.1f} s, imported {1000 * ours:.0f} ms, {theirs / ours:.0f} "
        f"times as fast ({record['machine']['processor']}).\n",
    ]


def class_as_number():
    record = read("class_as_number")
    if not record:
        return []
    lines = [
        "\n## A class as a number, and as a vector\n",
        f"1/3/32/5 after {record['epochs']} epochs of quickdraw13, from one seed and on the same batches "
        f"(`class_as_number.py`). The classifier's own balanced accuracy on real test drawings is "
        f"{record['classifier_balanced_accuracy']:.3f}.\n",
        f"| condition | test bits/dim | fidelity, {record['fidelity_count']} drawings of each class |",
        "|---|---|---|",
    ]
    for name, title in (
        ("number", "the class number, as in the article"),
        ("vector", "a learned vector for each class"),
    ):
        lines.append(f"| {title} | {record[name]['test_bits_per_dim']:.4f} | {record[name]['fidelity']:.3f} |")
    return lines


def codec():
    record = read("codec")
    if not record:
        return []
    titles = {"png": "PNG (Pillow, optimised)", "webp": "WebP, lossless", "jpeg_xl": "JPEG XL, lossless"}
    lines = [
        "\n## Bytes of an image\n",
        "Test images without loss (`codec.py`). The bytes of `pixelcnn.codec` hold a header of about 60 bytes, and a "
        "checksum of 4 bytes for each image, which are large beside binary digits; *levels alone* is without the "
        "checksums and labels. A file format has all images in one picture, or each in a file of its own.",
    ]
    for name, data in record["data"].items():
        lines += [
            f"\n{name}, {data['images']} images; the model is {data['model']}.\n",
            "| bytes an image | all images together | each in a file of its own |",
            "|---|---|---|",
            f"| -log2 p | {data['ideal']:.1f} | |",
            f"| `pixelcnn.codec`, levels alone | {data['levels']:.1f} | |",
            f"| `pixelcnn.codec` | {data['codec']:.1f} | |",
        ]
        for kind, together in data["together"].items():
            lines.append(f"| {titles[kind]} | {together:.1f} | {data['one_by_one'][kind]:.1f} |")
    return lines


def anomalies():
    record = read("anomaly")
    if not record:
        return []
    kinds = list(record["pairs"][0]["auroc"])
    lines = [
        "\n## What does not belong\n",
        f"Area under the ROC curve of the detectors of `pixelcnn.anomaly`, {record['count']} images of each data set "
        f"(`anomaly.py`); 0.5 is chance, and the standard error is about 0.04. The model of QuickDraw is "
        "`quickdraw13` as it was shipped before 2026-11-29, with the classes unknown; the other models and all "
        "backgrounds have 1/2/16/5 and "
        f"{record['steps']} steps of 16 images. *Typicality of 8* scores 13 groups of eight images (0.11). "
        "In brackets: mean bits/dim. Where odd images have fewer bits, the plain likelihood is worse than chance.\n",
        "| trained on | does not belong | " + " | ".join(kinds) + " |",
        "|---|---|" + "---|" * len(kinds),
    ]
    for pair in record["pairs"]:
        names = (f"{pair[role]} ({pair['bits_per_dim'][pair[role]]:.2f})" for role in ("trained", "odd"))
        values = " | ".join(f"{pair['auroc'][kind]:.2f}" for kind in kinds)
        lines.append(f"| {' | '.join(names)} | {values} |")
    return lines


def classes_by_bayes():
    record = read("classes_by_bayes")
    if not record:
        return []
    lines = [
        "\n## Classes by Bayes' rule\n",
        f"Accuracy of `classify` for equally likely classes, on {record['images']} test images drawn at random "
        "(`classes_by_bayes.py`), beside the convolutional network of `pixelcnn.evaluation` on the same images. A "
        "distribution was trained to draw and never to classify. With the upper half known, it sums over the known "
        "rows only; the network sees background below. Nats of the true class are the mean of log p(class | image).\n",
        "| classifier | accuracy | upper half known | nats of the true class |",
        "|---|---|---|---|",
    ]
    for name, title in (
        ("quickdraw13", "the shipped `quickdraw13`, trained with `condition_dropout`"),
        ("quickdraw13_large", "the shipped `quickdraw13_large`, trained likewise"),
        ("quickdraw13_network", "quickdraw13: the network"),
        (
            "mnist",
            f"MNIST in two levels: a Gated PixelCNN 3/16, trained for {record['mnist_seconds']} s of processor time",
        ),
        ("mnist_network", "MNIST in two levels: the network"),
    ):
        if name in record:
            whole, upper, nats = (
                record[name][key] for key in ("accuracy", "accuracy_of_upper_half", "true_class_nats")
            )
            lines.append(f"| {title} | {whole:.3f} | {upper:.3f} | {nats:.2f} |")
    return lines


def vq_prior():
    record = read("vq_prior")
    if not record:
        return []
    lines = [
        "\n## A prior over the codes of a VQ-VAE\n",
        f"32x32 codes of K = 512 (`vq_prior.py`): images/s of training with batches of {record['batch']} and of "
        f"drawing {record['count']} images, after compilation, and the peak memory of a process for each "
        f"({record['machine']['processor']}). Keras' example draws a pixel by a pass of the whole network.\n",
        "| prior | training, images/s | GiB | drawing, images/s | GiB |",
        "|---|---|---|---|---|",
    ]
    for name, title in (
        ("pixel_cnn", "`PixelCNN`, 2 blocks, 128 filters"),
        ("gated_pixel_cnn", "`GatedPixelCNN`, 2 blocks, 128 filters"),
        ("keras_example", "the PixelCNN of Keras' VQ-VAE example"),
    ):
        figures = [record[name][work] for work in ("training", "sampling")]
        cells = [f"{part['images_per_second']:.3g} | {part['peak_gib']:.2f}" for part in figures]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return lines


def demo():
    record = read("demo")
    if not record:
        return []
    judged, asked, half = record["classifier_balanced_accuracy"], record["samples_per_class"], read("demo_half")
    slow = [f"With half the minutes of training, as at half the speed: {half['fidelity']:.3f}.\n"] if half else []
    return [
        "\n## The demo\n",
        f"`make demo` after installation, measured by `judge_demo.py`: {record['seconds']:.0f} s from start to "
        f"picture, {record['steps']:,} steps, {record['bits_per_dim']:.3f} bits/dim on held-out doodles. A classifier "
        f"trained on doodles (accuracy {judged:.4f} on other doodles) recognises the wanted class in a share of "
        f"{record['fidelity']:.3f} of {asked} generated drawings a class (chance {1 / 20:.3f}).\n",
        *slow,
        "![doodles above what the demo's model draws](docs/demo.png)\n",
    ]


def drawers():
    record = read("drawers")
    if not record:
        return []
    lines = [
        "\n## The page\n",
        f"{record['drawers']} people draw at once on the page of `pixelcnn serve`, four versions each with guidance "
        f"{record.get('guidance', 0):g}, for a minute "
        f"(`drawers.py`; server and drawers share {record['machine']['cores']} cores of "
        f"{record['machine']['processor']}). {record['lost']} requests were lost. Milliseconds:\n",
        "| from the request to | requests | median | 99th percentile | largest |",
        "|---|---|---|---|---|",
    ]
    for name, title in (
        ("first_rows", "the first rows below the line"),
        ("whole", "whole versions"),
        ("guesses", "p(class \\| drawing)"),
    ):
        median, p99, largest = (1000 * record[name][key] for key in ("median", "p99", "largest"))
        lines.append(f"| {title} | {record[name]['count']} | {median:.0f} | {p99:.0f} | {largest:.0f} |")
    return lines


def virtual_devices():
    record = read("virtual_devices")
    if not record:
        return []
    lines = [
        "\n## Several devices\n",
        f"1/3/32/5, steps of {record['batch']} images on virtual devices of {record['machine']['cores']} cores of "
        f"{record['machine']['processor']} (`virtual_devices.py`), in float32. The devices share the cores, so more of "
        "them train no faster. Core seconds show the work that sharing adds. *Adding up*: tensors in the shapes of the "
        f"weights ({scaling.gradient_bytes(record) / 1e6:.1f} MB), added up over the devices without a training.\n",
        "| backend | devices | images/s | core seconds a step | over one device | adding up, of them |",
        "|---|---|---|---|---|---|",
    ]
    for peer in record["rounds"][0]:
        backend, devices = peer.split()
        rate = record["batch"] / middle(record, peer, "step_seconds")
        core_seconds, more = middle(record, peer, "core_seconds"), scaling.over_one_device(record, peer)
        adding_up = "" if devices == "1" else f"{100 * scaling.share_of_adding_up(record, peer):.1f}%"
        lines.append(f"| {backend} | {devices} | {rate:.1f} | {core_seconds:.3f} | {more:.2f} | {adding_up} |")
    return lines


def large_data():
    record = read("large_data")
    if not record:
        return []
    lines = [
        "\n## Data larger than memory\n",
        f"`fit` of 1/3/32/5, batches of {record['batch']}, on the same {record['drawings']:,} drawings in memory, in a "
        "memory map, and in files that `quickdraw(in_memory=False)` leaves where they are (`large_data.py`; in turns, "
        f"{record['machine']['cores']} cores of {record['machine']['processor']}). *Reading*: processor time of a "
        "drawing in shuffled batches of 128. The files were in the system's cache.\n",
        "| images | images/s | over arrays | core seconds a step | reading a drawing |",
        "|---|---|---|---|---|",
    ]
    for kind, title in (("arrays", "arrays"), ("memory map", "a memory map"), ("files", "in files")):
        rate, step, reading = (
            middle(record, kind, key) for key in ("images_per_second", "core_seconds", "read_core_seconds")
        )
        over = middle_ratio(record, kind, "arrays", "images_per_second")
        lines.append(f"| {title} | {rate:.1f} | {over:.3f} | {step:.3f} | {1e6 * reading:.1f} µs |")
    return lines


def calling_from_r():
    record = read("r_overhead")
    if not record:
        return []
    lines = [
        "\n## From R\n",
        "The same work from R and from Python, in turns in one R session (`r-package/tools/overhead.R`); medians:\n",
    ]
    return lines + [
        f"- {work}: R {seconds['r']:.3f} s, Python {seconds['python']:.3f} s, ratio "
        f"{seconds['r'] / seconds['python']:.2f}."
        for work, seconds in record["works"].items()
    ]


def main():
    lines = [HEAD, machines_line()]
    measured = (
        goals.section, goals_of_quality.section, training, starts, profiles, sampling, imported, quickdraw, race,
        drawings, class_as_number, codec, anomalies, classes_by_bayes, vq_prior, demo, drawers, virtual_devices,
        large_data, calling_from_r,
    )  # fmt: skip
    lines += [line for section in (*measured, other_systems.section) for line in section()]
    (Path(__file__).parents[1] / "BENCHMARKS.md").write_text("\n".join(lines).rstrip() + "\n")
    scaling.main()


if __name__ == "__main__":
    main()
