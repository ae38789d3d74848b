"""Put the model of a run folder into the package: NAME.npz, and NAME.md with a draft of the card.

    pixelcnn evaluate runs/quickdraw20 --guidances 0,0.5,1,2
    pixelcnn evaluate runs/quickdraw20 --fidelity --guidance 1
    python benchmarks/ship.py runs/quickdraw20 quickdraw20

The recipe is that of the run's `config.json`; the figures are those of its `evaluation.json`, `evaluation-2.json`, …,
for the weights of the model as it is, which the file holds in half precision. What the figures cannot tell is marked
DRAFT, and is for you to write. A file that is there is kept, unless `--again` is given.
"""

import argparse
import csv
import io
import subprocess
from pathlib import Path

import numpy as np

import pixelcnn
from pixelcnn import data, pretrained
from pixelcnn.cli.evaluate import RESULTS, earlier_records
from pixelcnn.cli.guidance import chosen_guidance
from pixelcnn.cli.options import command
from pixelcnn.cli.train import OF_PRESET
from pixelcnn.files import write_text
from pixelcnn.training import RunFolder, find_preset
from pixelcnn.training.data_source import checksum

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "python" / "pixelcnn" / "pretrained"
LISTS = {data.BLOG20: "blog20", data.QUICKDRAW13: "quickdraw13"}
LICENCES = {
    "doodles": "Data: drawn by the package, Apache-2.0",
    "quickdraw": "Data: made available by Google, Inc. under CC BY 4.0",
}
SPLITS = {
    "doodles": "Trained on doodles of one seed; measured on doodles of another seed",
    "quickdraw": "Trained on the first 90% of the drawings of each class; measured on the last 10%",
    "mnist": "The training and test images of the published binarisation",
}


def recipe(config, name):
    """Return the command that trains as a run was trained.

    Args:
        config: The `RunConfig` of the run.
        name: Name of the model, and of the run folder in the command.
    """
    source, preset = config.data, find_preset(config.preset.name)
    options = {
        "data": source.kind,
        "per_class": source.per_class,
        "size": source.size and "x".join(map(str, source.size)),
    }
    options["classes"] = source.classes and (LISTS.get(source.classes) or listed(source.classes))
    options["preset"] = config.preset.name
    options |= {field: getattr(config.preset, field) for field in OF_PRESET}
    options |= {field: getattr(config, field) for field in ("epochs", "minutes", "batch_size", "accumulate", "remat")}
    options |= {field: getattr(config, field) for field in ("learning_rate", "dtype", "seed", "condition_dropout")}
    options |= {field: getattr(config, field) for field in ("orders", "held_out", "shift", "balance")}
    options["flip"] = listed(config.flip) if config.flip else None
    defaults = {field.name: field.default for field in type(config).__dataclass_fields__.values()}
    defaults |= {field: getattr(preset, field) for field in ("batch_size", "learning_rate", *OF_PRESET)} | {
        "dtype": "auto"
    }
    given = {field: value for field, value in options.items() if value is not None and value != defaults.get(field)}
    words = []
    for field, value in given.items():
        words += [
            f"--{field.replace('_', '-')}",
            *([] if value is True else [f"{value:g}" if type(value) is float else value]),
        ]
    return command("pixelcnn", "train", *words, "--output", f"runs/{name}")


def listed(names):
    """Return class names as `--classes` takes them, in quotation marks if a name has a comma."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(names)
    return line.getvalue()


def figures(run, model):
    """Return the figures of a run's weights by name."""
    weights, found = checksum(*model.get_weights()), {}
    for _, record in earlier_records(run / RESULTS):
        if record.get("weights_checksum") != weights:
            continue
        found["test bits/dim"] = record["bits_per_dim"]
        if not model.num_classes:
            found["test nats"] = record["nats"]
        if "fidelity" in record:
            at = f" at guidance {record['guidance']:g}" if record["guidance"] else ""
            found |= {
                f"fidelity{at}": record["fidelity"],
                "classifier accuracy": record["classifier_balanced_accuracy"],
            }
            found |= {f"Fréchet distance{at}": record["frechet_distance"]}
            found |= {"Fréchet distance of training images": record["frechet_distance_of_training"]}
    if not found:
        raise SystemExit(f"{run / RESULTS} has no figures of these weights: run `pixelcnn evaluate {run}` first.")
    return found


def card(run, name, model, config, commit):
    """Return the text of `NAME.md`."""
    images, labels, names = config.data.load("train")
    counts = dict(zip(names, np.bincount(labels).tolist(), strict=True)) if names else {}
    each = f" ({', '.join(f'{key} {count:,}' for key, count in counts.items())})" if counts else ""
    kind = config.data.kind.partition(":")[0]
    choice = chosen_guidance(run, model)
    rows = {
        "summary": f"DRAFT: {', '.join(names) or 'images without classes'}, {'x'.join(map(str, model.image_shape))}",
        "data": f"{len(images):,} images of {kind} for training{each}",
        "licence": f"{LICENCES.get(kind, 'DRAFT')}. Weights: Apache-2.0, as the package",
        "splits": SPLITS.get(kind, "DRAFT"),
        "recipe": f"`{recipe(config, name)}`",
        "commit": f"`{commit}`",
        "figures": "; ".join(f"{figure} {value:.4g}" for figure, value in figures(run, model).items()),
        "guidance": f"{choice[0] if choice else 0:g}",
        "bad at": worst(run, model),
    }
    table = "".join(f"| {field} | {text} |\n" for field, text in rows.items())
    steps = [
        f"**Architecture.** `{type(model).__name__}`, {model.count_params():,} parameters, in half precision.",
        "**Training.** DRAFT: machine and time.",
    ]
    return f"# Model card: {name}\n\n| | |\n|---|---|\n{table}\n" + "\n\n".join(steps) + "\n"


def worst(run, model):
    """Return the classes that are recognised least, for the card's row of faults."""
    weights = checksum(*model.get_weights())
    records = [record for _, record in earlier_records(run / RESULTS) if record.get("weights_checksum") == weights]
    shares = next((record["fidelity_by_class"] for record in records if "fidelity_by_class" in record), {})
    least = sorted(shares.items(), key=lambda item: item[1])[:3]
    return "DRAFT" + "".join(f"; {key} is recognised in {share:.0%} of drawings" for key, share in least)


def main(argv=None, package=PACKAGE):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("name")
    parser.add_argument("--commit", help="that trained the model (default: the one that is checked out)")
    parser.add_argument("--again", action="store_true", help="replace the files of NAME")
    arguments = parser.parse_args(argv)
    files = [package / f"{arguments.name}{suffix}" for suffix in (".npz", ".md")]
    there = [str(file) for file in files if file.exists()]
    if there and not arguments.again:
        raise SystemExit(f"{' and '.join(there)} would be replaced: give --again.")
    commit = arguments.commit or subprocess.run(
        ["git", "rev-parse", "--short=7", "HEAD"], check=True, capture_output=True, text=True, cwd=ROOT
    ).stdout.strip()  # fmt: skip
    folder = RunFolder(arguments.run)
    model = pixelcnn.load(folder.model)
    text = card(arguments.run, arguments.name, model, folder.read_config(), commit)
    pretrained.export(model, files[0], pretrained.MOST_BYTES)
    write_text(files[1], text)
    pretrained.card.read_card(files[1])
    print(f"wrote {files[0]} ({files[0].stat().st_size:,} bytes) and {files[1]}; write what is marked DRAFT")


if __name__ == "__main__":
    main()
