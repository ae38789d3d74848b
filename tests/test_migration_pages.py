"""The code of pages in `docs` runs. All `from-*.md`, for people who come from elsewhere, are among the pages."""

import re
from pathlib import Path

import keras
import pytest

pytestmark = pytest.mark.eager
DOCS = Path(__file__).parents[1] / "docs"
# In place of the trained model, which costs more to compile.
SMALL_QUICKDRAW13 = {
    'load_pretrained("quickdraw13")': (
        "PixelCNN((28, 28, 1), class_names=pixelcnn.data.QUICKDRAW13, num_filters=2, num_blocks=1, "
        'head="logistic_mixture")'
    )
}
# A page's code runs with these texts in place of its own, because a training of hours is no test.
SMALLER = {
    "serving.md": {**SMALL_QUICKDRAW13, "[1, 1, 1, 1]": "[1]", "(4, 28": "(1, 28"},
    "ising.md": {"range(300)": "range(3)"},
    "from-tfp.md": {
        "per_class=1500": "per_class=1",
        "num_resnet=5": "num_resnet=1",
        "num_filters=128": "num_filters=2",
        "epochs=10": "epochs=1",
        "in pixelcnn.data.BLOG20:": "in pixelcnn.data.BLOG20[:1]:",
        "[:8]": "[:2]",
        "sample(8,": "sample(2,",
        '"num_filters": 32': '"num_filters": 2',
    },
    "classes.md": {**SMALL_QUICKDRAW13, "entropy(16": "entropy(2", "sample(8": "sample(2", "doodles(6": "doodles(3"},
    "from-pytorch.md": {
        "cifar10()": "doodles(13)",
        "image_shape=(32, 32, 3), num_resnet=5, num_filters=80": "image_shape=(28, 28, 1), num_resnet=1, num_filters=2",
        "sample(25,": "sample(2,",
        "epochs=100": "epochs=1",
    },
    "from-keras-io.md": {
        "mnist().images": "mnist().images[:20]",
        "num_blocks=5, num_filters=128": "num_blocks=1, num_filters=4",
        "epochs=50": "epochs=1",
    },
    "from-generative-deep-learning.md": {
        "keras.datasets.fashion_mnist.load_data()": "(pixelcnn.data.doodles(20).images[..., 0], None), None",
        "num_blocks=5, num_filters=128": "num_blocks=1, num_filters=4",
        "num_filters=32": "num_filters=2",
        "epochs=150": "epochs=1",
        "epochs=10)": "epochs=1)",
    },
    "codes.md": {
        "num_blocks=8, num_filters=128": "num_blocks=1, num_filters=4",
        "num_resnet=2": "num_resnet=1",
        "num_filters=64": "num_filters=2",
        "(1000": "(8",
        ", 1000)": ", 8)",
        "epochs=20": "epochs=1",
        "sample(8,": "sample(2,",
        "num_filters=32": "num_filters=2, num_blocks=1",
        "epochs=8": "epochs=1",
        "sample(16,": "sample(2,",
        "(16, *codes": "(2, *codes",
    },
    "masks.md": {
        **SMALL_QUICKDRAW13,
        "mnist().images": "mnist().images[:20]",
        "num_blocks=4, num_filters=16": "num_blocks=1, num_filters=2",
        "epochs=5": "epochs=1",
        "[:8]": "[:2]",
        "sample(8,": "sample(2,",
        '"pizza", seed=0)': '"pizza", seed=0, num_particles=2, repetitions=2)',
    },
    "sizes.md": {
        "caves(6000, 16)": "caves(20, 16)",
        "epochs=12": "epochs=1",
        "(64, 64, 1)": "(20, 20, 1)",
        "caves(8, 64,": "caves(8, 20,",
    },
}
SLOW = ("from-tfp.md",)  # TFP takes 10 s for a training step
# What a page takes for granted: a reader's own files.
BEFORE = {
    "codes.md": """
import numpy as np
images, classes = np.random.default_rng(0).random((8, 28, 28, 1)), np.arange(8)
codebook = np.linspace(0, 1, 64)[:, None]
encoder = lambda batch: batch[:, ::4, ::4]
decoder = lambda codes: codebook[codes].repeat(4, axis=1).repeat(4, axis=2)
""",
    "from-tfp.md": """
import tensorflow_probability as tfp, tf_keras, numpy as np, tensorflow as tf
theirs = tfp.distributions.PixelCNN((28, 28, 1), num_resnet=1, num_hierarchies=3, num_filters=2)
inputs = tf_keras.Input((28, 28, 1))
model = tf_keras.Model(inputs, theirs.log_prob(inputs))
model.add_loss(-tf.reduce_mean(model.output))
model.compile(tf_keras.optimizers.Adam(1e-3), run_eagerly=True)
model.fit(np.zeros((2, 28, 28, 1), "float32"), verbose=0)
model.save_weights("weights.h5")
""",
    "from-pytorch.md": """
import torch
from reference import pytorch_port
torch.save(pytorch_port.random_state(1, 2, 2, 1), "pcnn.pth")
""",
}
WRITTEN = {
    "ising.md": [],
    "from-tfp.md": ["mine.keras", "draw_bee.png"],
    "from-pytorch.md": ["mine.keras", "drawn.png"],
    "from-keras-io.md": ["generated.png"],
    "from-generative-deep-learning.md": ["clothes.png"],
    "codes.md": [],
    "masks.md": [],
}


def test_every_page_is_tested():
    assert {path.name for path in DOCS.glob("from-*.md")} <= set(SMALLER)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="TFP runs on TensorFlow")
@pytest.mark.parametrize(
    "page", [pytest.param(page, marks=pytest.mark.full) if page in SLOW else page for page in SMALLER]
)
def test_the_python_of_a_page_runs(page, real_data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PIXELCNN_DATA", str(real_data))
    code = "\n".join(re.findall(r"^```python\n(.*?)^```$", (DOCS / page).read_text(), re.MULTILINE | re.DOTALL))
    for text, smaller in SMALLER[page].items():
        assert text in code, text
        code = code.replace(text, smaller)
    exec(compile(BEFORE.get(page, "") + code, page, "exec"), {})
    assert all((tmp_path / name).stat().st_size for name in WRITTEN.get(page, []))
