"""Nats of binarised MNIST after 15, 30, 60 and at most 120 CPU minutes of training, for each of the papers' families.

    python benchmarks/mnist_nats.py pixel_cnn --output runs/mnist_pixel_cnn
    python benchmarks/mnist_nats.py pixel_cnn --output runs/mnist_pixel_cnn --resume    # after it was killed

The data is the fixed binarisation that the papers report on (`mnist/binarized_mnist.npz` of `PIXELCNN_DATA`). Before
the end nats are those of every fifth test image (the test split lies class by class, its first images are all zeros),
at the end those of all 10,000. No checkpoint was chosen by them; sizes of networks were compared by
them, and validation images say the same. Writes `results/mnist_nats_MODEL.json` and, at the end, digits that the model
made up and half-hidden ones that it completed to `docs/`.
"""

from pathlib import Path

import budgeted
from budgeted import Recipe
from sizes import MNIST

import pixelcnn

RECIPES = {
    # Batches of 8, because many small steps reach fewer nats in this short budget than half as many steps with 16.
    "pixel_cnn": Recipe(*MNIST["pixel_cnn"], "fastest", batch_size=8, learning_rate=2e-3),
    "gated_pixel_cnn": Recipe(*MNIST["gated_pixel_cnn"], "fastest", batch_size=8, learning_rate=2e-3),
    "row": Recipe(*MNIST["row"], learning_rate=2e-3),
    "diagonal": Recipe(*MNIST["diagonal"], learning_rate=2e-3, ema_momentum=0.999),  # short average: fewer steps
    "pixel_cnn_plus_plus": Recipe(*MNIST["pixel_cnn_plus_plus"], batch_size=8, learning_rate=2e-3),
}
EVERY = 5  # at the marks before the end, every fifth test image is measured
BATCH = 100  # divides 2,000 and 10,000, so that XLA compiles only one batch size
DOCS = Path(__file__).parents[1] / "docs"


def binarised_mnist(split):
    """Return images (B, 28, 28, 1) of 0 and 1."""
    return pixelcnn.data.mnist("fixed", split=split, data_dir=budgeted.DATA).images


def nats(model, images):
    """Return the mean negative log-likelihood of an image in nats."""
    return float(-model.log_prob(images, batch_size=BATCH).mean())


def draw(model, images, name):
    """Write the figures of a trained model: generated digits, and completed digits (original, occluded, completed)."""
    generated = model.sample(64, seed=0, verbose=0)
    pixelcnn.plot.save(pixelcnn.plot.grid(generated, columns=16, high=1), DOCS / f"mnist_{name}_generated.png")
    original = images[:: len(images) // 8][:8]
    occluded = pixelcnn.occlude(original, rows=14)
    completed = model.complete(*occluded, seed=0, verbose=0)
    figure = pixelcnn.plot.completion(original, occluded, completed, high=1)
    pixelcnn.plot.save(figure, DOCS / f"mnist_{name}_completed.png")


def main():
    arguments = budgeted.arguments(__doc__, RECIPES).parse_args()
    held_out = {split: binarised_mnist(split) for split in ("valid", "test")}

    def figures(model, is_last):
        figures = {}
        for split, images in held_out.items():
            images = images if is_last else images[::EVERY]
            figures |= {f"{split}_nats": nats(model, images), f"{split}_images": len(images)}
        return figures

    state = budgeted.train(
        RECIPES[arguments.model], binarised_mnist("train"), arguments.output, figures, arguments.cpu_minutes,
        arguments.resume,
    )  # fmt: skip
    budgeted.write_result(f"mnist_nats_{arguments.model}", state)
    if (trained := arguments.output / "model.keras").exists():
        draw(pixelcnn.load(trained), held_out["test"], arguments.model)


if __name__ == "__main__":
    main()
