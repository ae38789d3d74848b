"""The demo of the article 'Easy PixelCNN with tfprobability' (Keydana 2020, Posit AI Blog), in Python.

A conditional PixelCNN++ on twenty classes of Quick, Draw!, and a figure of real drawings above generated ones.

    python examples/quickdraw.py            the article's network: hours, best on a GPU
    python examples/quickdraw.py --quick    a small one: minutes on a CPU

Drawings come from the folder PIXELCNN_DATA where that is set, else from the network.
"""

import sys

import keras
import numpy as np

import pixelcnn

quick = "--quick" in sys.argv[1:]

# The article lists its classes as numbers, with 308 for The Eiffel Tower; 308 is tent. Here they go by name.
data = pixelcnn.data.quickdraw(per_class=400 if quick else 25_000)

dist = pixelcnn.PixelCNNPlusPlus(
    image_shape=(28, 28, 1),
    class_names=data.class_names,
    num_resnet=1 if quick else 5,
    num_hierarchies=3,
    num_filters=32 if quick else 128,
    num_logistic_mix=5,
    dropout_p=0.0 if quick else 0.5,
)

# The likelihood is the loss, so there is no functional model to wrap around it.
dist.compile(optimizer=keras.optimizers.Adam(2e-3 if quick else 1e-3))
dist.fit(data.images, data.labels, epochs=4 if quick else 10, batch_size=16 if quick else 32)

dist.save("quickdraw.keras")
rows = 8
labels = np.repeat(np.arange(len(data.class_names)), rows)
generated = dist.sample(conditional_input=labels, seed=0).reshape((len(data.class_names), rows, 28, 28, 1))
real = np.stack([data.images[data.labels == label][:rows] for label in range(len(data.class_names))])
pixelcnn.plot.save(pixelcnn.plot.real_vs_generated(real, generated, data.class_names), "quickdraw.png")
print("Wrote quickdraw.keras and quickdraw.png.")
