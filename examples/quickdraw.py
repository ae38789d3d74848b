"""The demo of the article 'Easy PixelCNN with tfprobability' (Keydana 2020, Posit AI Blog), in Python.

A conditional PixelCNN++ on twenty classes of Quick, Draw!, and a figure of real drawings above generated ones.

    python examples/quickdraw.py                 the article's network: hours, best on a GPU
    python examples/quickdraw.py --small         a small network: for a CPU
    python examples/quickdraw.py --quick         few drawings, to see how it works
    python examples/quickdraw.py --pretrained    no training: the package's model of the twenty classes

The script reads drawings from the folder PIXELCNN_DATA if this variable is set, else downloads them.
"""

import argparse

import keras
import numpy as np

import pixelcnn

parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
parser.add_argument("--small", action="store_true", help="a small network: for a CPU")
parser.add_argument("--quick", action="store_true", help="one epoch of a few drawings")
parser.add_argument("--pretrained", action="store_true", help="no training: the package's model of the twenty classes")
arguments = parser.parse_args()
quick, small = arguments.quick, arguments.quick or arguments.small
keras.utils.set_random_seed(0)

SIX = ("bicycle", "broccoli", "butterfly", "guitar", "penguin", "rollerskates")


def write_figure(path, classes, guidance=0.0):
    """Write real drawings of some classes, and below them generated ones."""
    chosen = [class_names.index(name) for name in classes]
    generated = dist.sample((count, len(chosen)), conditional_input=np.array(chosen), seed=0, guidance=guidance)
    real = np.stack([images[labels == label][:count] for label in chosen])
    figure = pixelcnn.plot.real_vs_generated(real, generated.swapaxes(0, 1), classes)
    pixelcnn.plot.save(figure, path)


count = 2 if quick else 8
if arguments.pretrained:
    dist = pixelcnn.load_pretrained("quickdraw20")  # the error names the models that are there
    images, labels, class_names = pixelcnn.data.quickdraw(dist.class_names, per_class=count)
    suits = pixelcnn.pretrained.cards()["quickdraw20"].guidance
    write_figure("quickdraw_six.png", SIX, suits)
    write_figure("quickdraw_twenty.png", class_names, suits)
    print("Wrote quickdraw_six.png and quickdraw_twenty.png.")
    raise SystemExit

# The default classes are the article's, by name. The article's labels include 308 (tent), not 309 (The Eiffel Tower).
per_class = 2 if quick else 1000 if small else 25_000
images, labels, class_names = pixelcnn.data.quickdraw(per_class=per_class)

# Drawings of a class with few drawings are repeated, so that the network learns each class.
if small:
    rows = [np.resize(np.flatnonzero(labels == label), per_class) for label in range(len(class_names))]
    images, labels = images[np.concatenate(rows)], labels[np.concatenate(rows)]

dist = pixelcnn.PixelCNNPlusPlus(
    image_shape=(28, 28, 1),
    class_names=class_names,
    num_resnet=1 if small else 5,
    num_hierarchies=3,
    num_filters=32 if small else 128,
    num_logistic_mix=5,
    dropout_p=0.0 if small else 0.5,
)

epochs = 1 if quick else 4 if small else 10
batch_size = 16 if small else 32

# In a short training, a learning rate that starts high and falls to 0 works better than the article's constant rate.
learning_rate = 1e-3
if small:
    steps = len(images) // batch_size * epochs
    learning_rate = keras.optimizers.schedules.CosineDecay(0.0, steps, warmup_target=2e-3, warmup_steps=steps // 20)

# No functional model is needed, because the loss of the distribution is the negative log-likelihood.
dist.compile(optimizer=keras.optimizers.Adam(learning_rate))
dist.fit(images, labels, epochs=epochs, batch_size=batch_size)

dist.save("quickdraw.keras")
write_figure("quickdraw.png", class_names)
print("Wrote quickdraw.keras and quickdraw.png.")
