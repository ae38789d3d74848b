"""Networks: one family of distributions a module."""

# The module of each family. A family has this entry, a module, and the line that tells it to type checkers
# (`pixelcnn/__init__.py`).
FAMILIES = {
    "GatedPixelCNN": "pixelcnn.networks.gated_pixel_cnn",
    "PixelCNN": "pixelcnn.networks.pixel_cnn",
    "PixelCNNPlusPlus": "pixelcnn.networks.pixel_cnn_plus_plus",
    "PixelRNN": "pixelcnn.networks.pixel_rnn",
}
