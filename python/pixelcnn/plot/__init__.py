"""Figures, as `PIL.Image.Image`s: images, films of their drawing, and how the models work."""

from pixelcnn.plot.curves import history, level_probs, pixel_distribution
from pixelcnn.plot.film import film
from pixelcnn.plot.images import completion, grid, real_vs_generated, surprise_maps
from pixelcnn.plot.masks import masks, open_cells
from pixelcnn.plot.receptive_field import influence, receptive_fields
from pixelcnn.plot.saving import save, save_film
from pixelcnn.plot.skewed import skewed

__all__ = [
    "completion",
    "film",
    "grid",
    "history",
    "influence",
    "level_probs",
    "masks",
    "open_cells",
    "pixel_distribution",
    "real_vs_generated",
    "receptive_fields",
    "save",
    "save_film",
    "skewed",
    "surprise_maps",
]
