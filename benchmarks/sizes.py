"""Models that several benchmarks measure: name of the class and its arguments."""

BINARY = {"image_shape": (28, 28, 1), "high": 1}
GRAY = {"image_shape": (28, 28, 1)}
# Models that `mnist_nats.py` trains on binarised MNIST.
MNIST = {
    # Deep networks, because each block sees one more row above and digits are 20 rows high.
    "pixel_cnn": ("PixelCNN", BINARY | {"num_blocks": 16, "num_filters": 48}),
    "gated_pixel_cnn": ("GatedPixelCNN", BINARY | {"num_blocks": 16, "num_filters": 24}),
    "row": ("PixelRNN", BINARY | {"cell": "row", "num_layers": 7, "num_filters": 32}),
    "diagonal": ("PixelRNN", BINARY | {"cell": "diagonal", "num_layers": 7, "num_filters": 32}),
    "pixel_cnn_plus_plus": (
        "PixelCNNPlusPlus",
        BINARY | {"head": "bernoulli", "num_resnet": 2, "num_hierarchies": 3, "num_filters": 32, "dropout_p": 0.0},
    ),
}
# Models of gray images of 256 levels with 32 filters. Depth and head are the defaults of the families, except
# that PixelCNN++ is the preset `small`.
SMALL = {
    "pixel_cnn": ("PixelCNN", GRAY | {"num_filters": 32}),
    "gated_pixel_cnn": ("GatedPixelCNN", GRAY | {"num_filters": 32}),
    "row": ("PixelRNN", GRAY | {"cell": "row", "num_filters": 32}),
    "diagonal": ("PixelRNN", GRAY | {"cell": "diagonal", "num_filters": 32}),
    "pixel_cnn_plus_plus": (
        "PixelCNNPlusPlus",
        GRAY | {"num_resnet": 1, "num_hierarchies": 3, "num_filters": 32, "num_logistic_mix": 5, "dropout_p": 0.0},
    ),
}
# PixelCNN++ with arguments that TFP's PixelCNN also has: the article's network, and a small network.
PLUS_PLUS = {
    "blog": {"num_resnet": 5, "num_hierarchies": 3, "num_filters": 128, "num_logistic_mix": 5, "dropout_p": 0.5},
    "small": {"num_resnet": 1, "num_hierarchies": 3, "num_filters": 32, "num_logistic_mix": 5, "dropout_p": 0.5},
}
RECURRENT = ("row", "diagonal")


def build(family, arguments, dtype=None):
    """Return an untrained distribution."""
    import pixelcnn

    return getattr(pixelcnn, family)(**arguments, dtype=dtype)
