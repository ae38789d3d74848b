"""Bytes of an image: `pixelcnn.codec` beside PNG, WebP and JPEG XL, without loss.

    TF_NUM_INTRAOP_THREADS=1 python benchmarks/codec.py

Compresses test images with a model of each data set (`DATA`), and with the file formats: each image in a file of its
own, and all images in one picture. Each result of `pixelcnn.codec` is decompressed and compared. The models of MNIST
and CIFAR-10 are trained first, some minutes of one core each, unless the folder `--runs` has them. JPEG XL needs
`pip install pillow-jxl-plugin`, and is left out without. Measures the data sets that `results/codec.json` lacks, and
draws `docs/codec.png`. The figures do not depend on the load of the machine.
"""

import argparse
import importlib.util
import io
import json
import math
import os
from pathlib import Path

import numpy as np
import orders
from machines import machine
from PIL import Image
from records import RESULTS, read

import anomaly
import pixelcnn
from pixelcnn.codec import compress, decompress

FORMATS = {
    "png": {"format": "PNG", "optimize": True},
    "webp": {"format": "WEBP", "lossless": True, "quality": 100, "method": 6},
}
if importlib.util.find_spec("pillow_jxl"):
    importlib.import_module("pillow_jxl")  # registers the format
    FORMATS["jpeg_xl"] = {"format": "JXL", "lossless": True, "effort": 9}
STEPS = 250  # of the training on CIFAR-10


def quickdraw13(arguments):
    """Return the shipped model, test drawings and their labels."""
    dist = pixelcnn.load_pretrained("quickdraw13")
    data = pixelcnn.data.quickdraw(dist.class_names, data_dir=arguments.data_dir, split="test")
    rows = np.concatenate([np.flatnonzero(data.labels == label)[:4] for label in range(13)])
    return dist, data.images[rows], data.labels[rows]


def mnist(arguments):
    """Return the model of `orders.py` with eight orders, and test digits."""
    dist = kept(arguments.runs / "orders_8.keras", lambda: orders.trained(8, arguments.data_dir))
    return dist, pixelcnn.data.mnist("fixed", split="test", data_dir=arguments.data_dir).images[:640], None


def cifar10(arguments):
    """Return the small PixelCNN++ of `anomaly.py`, and test photographs."""
    data = {split: pixelcnn.data.cifar10(split, data_dir=arguments.data_dir).images for split in ("train", "test")}
    dist = kept(arguments.runs / "codec_cifar10.keras", lambda: anomaly.trained(data["train"], STEPS))
    return dist, data["test"][:64], None


# Title: what the model is, and the function that returns the model, images and labels.
DATA = {
    "QuickDraw, 28x28 gray": ("the shipped quickdraw13, given each drawing's class", quickdraw13),
    "MNIST, 28x28 binary": (
        "GatedPixelCNN of 27,234 weights after 8,000 steps of 32 images (`orders.py 8`), in raster order", mnist,
    ),
    "CIFAR-10, 32x32 in colour": (
        f"PixelCNN++ 1/2/16/5 after {STEPS} steps of {anomaly.BATCH} images of a subset of 4,660 (`anomaly.py`)",
        cifar10,
    ),
}  # fmt: skip


def kept(path, train):
    """Return the model of a file, which is trained and written if there is none."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        train().save(path)
    return pixelcnn.load(path)


def in_one(images):
    """Return images (B, H, W, C) side by side in one picture, about as many columns as rows."""
    count, height, width, channels = images.shape
    columns = max(number for number in range(1, math.isqrt(count) + 1) if count % number == 0)
    rows = images.reshape((count // columns, columns, height, width, channels)).swapaxes(1, 2)
    return rows.reshape((count // columns * height, columns * width, channels))


def size(pixels, binary, **arguments):
    """Return the number of bytes of pixels (H, W, C) in a format. PNG has pixels of one bit."""
    picture = Image.fromarray((255 * pixels if binary else pixels).squeeze())
    file = io.BytesIO()
    (picture.convert("1") if binary and arguments["format"] == "PNG" else picture).save(file, **arguments)
    return len(file.getvalue())


def measured(dist, images, labels):
    """Return bytes of an image, the mean over all images, for each format."""
    ideal = float(-dist.log_prob(images, labels).sum(dtype="float64") / (8 * math.log(2)))
    compressed = compress(dist, images, labels)
    assert np.array_equal(decompress(dist, compressed), images)
    beside_levels = (4 if labels is None else 5) * len(images)  # checksums and labels
    assert len(compressed) - beside_levels <= 1.005 * ideal + 64
    count, binary = len(images), dist.high == 1
    return {
        "images": count,
        "ideal": ideal / count,
        "codec": len(compressed) / count,
        "levels": (len(compressed) - beside_levels) / count,
        "one_by_one": {
            name: sum(size(image, binary, **how) for image in images) / count for name, how in FORMATS.items()
        },
        "together": {name: size(in_one(images), binary, **how) / count for name, how in FORMATS.items()},
    }


def draw(data, path):
    """Draw the bytes of an image in each format as bars, a panel for each data set."""
    from charts import pyplot

    figure, panels = pyplot.subplots(len(data), figsize=(7, 2.4 * len(data)), layout="constrained")
    for axes, (title, record) in zip(panels, data.items(), strict=True):
        bars = {"-log2 p": record["ideal"], "pixelcnn.codec": record["codec"]}
        bars |= {f"{name}, all together".replace("_", " "): number for name, number in record["together"].items()}
        bars |= {f"{name}, one by one".replace("_", " "): number for name, number in record["one_by_one"].items()}
        axes.bar_label(axes.barh(list(bars), list(bars.values()), color="tab:blue"), fmt="%.0f", padding=3)
        axes.invert_yaxis()
        axes.set_title(f"{title}: bytes an image, mean of {record['images']:,} test images", fontsize=10)
        axes.margins(x=0.1)
    figure.savefig(path, dpi=100)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", default=os.environ.get("PIXELCNN_DATA", "../shared/data"))
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="folder of the models that are trained")
    arguments = parser.parse_args()
    record = read("codec") or {"machine": machine(), "data": {}}
    for title, (model, load) in DATA.items():
        if title not in record["data"]:
            record["data"][title] = {"model": model, **measured(*load(arguments))}
            print(title, json.dumps(record["data"][title], indent=1), flush=True)
            (RESULTS / "codec.json").write_text(json.dumps(record, indent=1) + "\n")
    draw(record["data"], RESULTS.parents[1] / "docs" / "codec.png")


if __name__ == "__main__":
    main()
