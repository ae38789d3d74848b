"""Bytes of an image: `pixelcnn.codec` beside PNG, WebP and JPEG XL, without loss.

    python benchmarks/codec.py

Compresses test drawings of quickdraw13 with the shipped model, and with the file formats: each drawing in a file of its
own, and all drawings in one picture. Each result of `pixelcnn.codec` is decompressed and compared. JPEG XL needs
`pip install pillow-jxl-plugin`, and is left out without. Writes `results/codec.json` and
`docs/codec.png`. The figures do not depend on the load of the machine.
"""

import argparse
import importlib.util
import io
import json
import math
import os

import numpy as np
from machines import machine
from PIL import Image
from records import RESULTS

import pixelcnn
from pixelcnn.codec import compress, decompress

FORMATS = {
    "png": {"format": "PNG", "optimize": True},
    "webp": {"format": "WEBP", "lossless": True, "quality": 100, "method": 6},
}
if importlib.util.find_spec("pillow_jxl"):
    importlib.import_module("pillow_jxl")  # registers the format
    FORMATS["jpeg_xl"] = {"format": "JXL", "lossless": True, "effort": 9}


def size(picture, **arguments):
    """Return the number of bytes of a picture in a format."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, **arguments)
    return len(file.getvalue())


def draw(record, path):
    """Draw the bytes of a drawing in each format as bars."""
    from charts import pyplot

    bars = {"-log2 p": record["ideal"], "pixelcnn.codec": record["codec"]}
    bars |= {f"{name}, all together".replace("_", " "): number for name, number in record["together"].items()}
    bars |= {f"{name}, one by one".replace("_", " "): number for name, number in record["one_by_one"].items()}
    figure, axes = pyplot.subplots(figsize=(7, 3), layout="constrained")
    axes.bar_label(axes.barh(list(bars), list(bars.values()), color="tab:blue"), fmt="%.0f", padding=3)
    axes.invert_yaxis()
    axes.set_xlabel(f"bytes a drawing, mean of {record['drawings']} test drawings")
    axes.margins(x=0.1)
    figure.savefig(path, dpi=120)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--per-class", type=int, default=4, help="test drawings of each class")
    parser.add_argument("--data-dir", default=os.environ.get("PIXELCNN_DATA", "../shared/data"))
    arguments = parser.parse_args()
    dist = pixelcnn.load_pretrained("quickdraw13")
    data = pixelcnn.data.quickdraw(dist.class_names, data_dir=arguments.data_dir, split="test")
    rows = np.concatenate([np.flatnonzero(data.labels == label)[: arguments.per_class] for label in range(13)])
    images, labels = data.images[rows], data.labels[rows]
    compressed = compress(dist, images, labels)
    assert np.array_equal(decompress(dist, compressed), images)
    record = {
        "machine": machine(),
        "drawings": len(images),
        "ideal": float(-dist.log_prob(images, labels).sum() / (8 * math.log(2)) / len(images)),
        "codec": len(compressed) / len(images),
        "one_by_one": {
            name: sum(size(image[..., 0], **how) for image in images) / len(images) for name, how in FORMATS.items()
        },
        "together": {name: size(images.reshape(-1, 28), **how) / len(images) for name, how in FORMATS.items()},
    }
    print(json.dumps(record, indent=1))
    (RESULTS / "codec.json").write_text(json.dumps(record, indent=1) + "\n")
    draw(record, RESULTS.parents[1] / "docs" / "codec.png")


if __name__ == "__main__":
    main()
