"""Bits/dim of the CIFAR-10 subset: PixelCNN with RGB masks and PixelCNN++, against lossless WebP of the same images.

    python benchmarks/cifar10_bits.py rgb_masks --output runs/cifar10_rgb_masks
    python benchmarks/cifar10_bits.py plus_plus --output runs/cifar10_plus_plus
    python benchmarks/cifar10_bits.py plus_plus --output runs/cifar10_plus_plus --resume    # after it was killed

4,660 training and 846 test images (`cifar10/cifar10_subset.npz` of `PIXELCNN_DATA`), so that figures of the whole set
do not compare. The last 188 training images are held out, to see when a model learns them by heart. WebP is measured
image by image, and once more with up to 256 images in a file, which share its header and its codes. Writes
`results/cifar10_bits_MODEL.json`.
"""

import io

import budgeted
from budgeted import Recipe
from PIL import Image

import pixelcnn
from pixelcnn.evaluation import bits_per_dim

COLOUR = {"image_shape": (32, 32, 3)}
RECIPES = {
    "rgb_masks": Recipe(
        "PixelCNN",
        COLOUR | {"num_blocks": 10, "num_filters": 96, "dropout_p": 0.1},
        "fastest",
        batch_size=8,
        ema_momentum=0.998,  # short average, because there are few steps
    ),
    "plus_plus": Recipe(
        "PixelCNNPlusPlus",
        COLOUR | {"num_resnet": 1, "num_hierarchies": 3, "num_filters": 48, "num_logistic_mix": 5, "dropout_p": 0.2},
        batch_size=8,
        ema_momentum=0.998,
    ),
}
HELD_OUT = 188
BATCH = 47  # divides 188 and 846, so that XLA compiles only one batch size


def cifar10(split):
    """Return levels (B, 32, 32, 3)."""
    return pixelcnn.data.cifar10(split, data_dir=budgeted.DATA).images


def webp_bits_per_dim(images):
    """Return bits per sub-pixel of lossless WebP, with one file per image."""
    return 8 * sum(_webp_bytes(image) for image in images) / images.size


def webp_bits_per_dim_in_sheets(images):
    """Return bits per sub-pixel of lossless WebP, with up to 256 images below each other in one file."""
    sheets = (images[first : first + 256].reshape(-1, *images.shape[2:]) for first in range(0, len(images), 256))
    return 8 * sum(map(_webp_bytes, sheets)) / images.size


def _webp_bytes(image):
    file = io.BytesIO()
    Image.fromarray(image).save(file, "WEBP", lossless=True, quality=100, method=6)
    return len(file.getvalue())


def main():
    arguments = budgeted.arguments(__doc__, RECIPES).parse_args()
    train, test = cifar10("train"), cifar10("test")

    def figures(model, is_last):
        figures = {"test": bits_per_dim(model, test, batch_size=BATCH)}
        figures["valid"] = bits_per_dim(model, train[-HELD_OUT:], batch_size=BATCH)
        return {f"{split}_bits_per_dim": bits.mean for split, bits in figures.items()}

    state = budgeted.train(
        RECIPES[arguments.model], train[:-HELD_OUT], arguments.output, figures, arguments.cpu_minutes, arguments.resume
    )
    webp = {
        "webp_bits_per_dim": webp_bits_per_dim(test),
        "webp_bits_per_dim_in_sheets": webp_bits_per_dim_in_sheets(test),
    }
    print(webp, flush=True)
    budgeted.write_result(f"cifar10_bits_{arguments.model}", {**webp, **state})


if __name__ == "__main__":
    main()
