"""The networks: each family of distributions has its own module."""

# The module of each family. A new family needs a module, an entry here, and an import for type checkers in
# `pixelcnn/__init__.py`.
FAMILIES = {
    "GatedPixelCNN": "pixelcnn.networks.gated_pixel_cnn",
    "PixelCNN": "pixelcnn.networks.pixel_cnn",
    "PixelCNNPlusPlus": "pixelcnn.networks.pixel_cnn_plus_plus",
    "PixelRNN": "pixelcnn.networks.pixel_rnn",
}
