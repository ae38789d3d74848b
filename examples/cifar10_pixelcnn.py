"""Train PixelCNN and PixelCNN++ on colour photographs, and compare their bits/dim with lossless WebP files.

The two families model the dependence of red, green and blue in different ways. In `PixelCNN` (van den Oord,
Kalchbrenner, Kavukcuoglu 2016, <https://arxiv.org/abs/1601.06759>) masks in the network let green depend on red, and
blue on red and green; each colour has a softmax over its 256 levels. In `PixelCNNPlusPlus` (Salimans, Karpathy, Chen,
Kingma 2017, <https://arxiv.org/abs/1701.05517>) the distribution of a pixel is a mixture of logistics; the location of
green is linear in red, and the location of blue is linear in red and green. On all of CIFAR-10 the papers report 3.14
and 2.92 bits/dim, with networks that are several times as wide as these.

    python examples/cifar10_pixelcnn.py                an hour of training for each
    python examples/cifar10_pixelcnn.py --minutes 5    less
    python examples/cifar10_pixelcnn.py --quick        small networks, to see how it works

The script prints bits/dim of test images for both models and for WebP, and writes a figure of photographs above samples
of both models. The script reads the images from the folder cifar10 in PIXELCNN_DATA if this variable is set, else
downloads them. The folder may hold a part of the images.
"""

import argparse
import io

import keras
import numpy as np
from PIL import Image

import pixelcnn
from pixelcnn.training import Budget, Clock, CosineAnnealing

parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
parser.add_argument("--minutes", type=float, default=60, help="of training, for each of the two")
parser.add_argument("--quick", action="store_true", help="one epoch of small networks on a few images")
arguments = parser.parse_args()
keras.utils.set_random_seed(0)


def webp_bits_per_dim(images):
    """Bits/dim of images as lossless WebP files, at WebP's greatest effort."""
    file = io.BytesIO()
    sizes = []
    for image in images:
        file.seek(0)
        Image.fromarray(image).save(file, "WEBP", lossless=True, quality=100, method=6)
        sizes.append(file.tell())
    return 8 * np.mean(sizes) / images[0].size


def train(dist, images):
    """Train for one epoch with --quick, else for --minutes, while the learning rate falls to its final value."""
    dist.compile(optimizer=keras.optimizers.Adam(1e-3))
    clock = Clock(total_seconds=60 * arguments.minutes)
    callbacks = [] if arguments.quick else [Budget(clock), CosineAnnealing(1e-3, clock)]
    dist.fit(images, epochs=1 if arguments.quick else 10_000, batch_size=16, callbacks=callbacks, verbose=2)


training, test = pixelcnn.data.cifar10().images, pixelcnn.data.cifar10("test").images
if arguments.quick:
    training, test = training[:32], test[:16]
    models = {
        "PixelCNN": pixelcnn.PixelCNN((32, 32, 3), num_blocks=1, num_filters=12),
        "PixelCNN++": pixelcnn.PixelCNNPlusPlus((32, 32, 3), num_resnet=1, num_hierarchies=2, num_filters=8),
    }
else:
    models = {
        "PixelCNN": pixelcnn.PixelCNN((32, 32, 3), num_blocks=8, num_filters=96),
        "PixelCNN++": pixelcnn.PixelCNNPlusPlus((32, 32, 3), num_resnet=2, num_hierarchies=3, num_filters=48),
    }

columns = 2 if arguments.quick else 12
rows = {"photographs": test[:columns]}
for name, dist in models.items():
    train(dist, training)
    rows[name] = dist.sample(columns, seed=0)
    print(f"{name}: {dist.bits_per_dim(test).mean():.3f} bits/dim on {len(test)} test images")
print(f"lossless WebP: {webp_bits_per_dim(test):.3f} bits/dim")

figure = pixelcnn.plot.real_vs_generated(None, np.stack(list(rows.values())), list(rows), panel_columns=1)
pixelcnn.plot.save(figure, "cifar10_pixelcnn.png")
print("Wrote cifar10_pixelcnn.png.")
