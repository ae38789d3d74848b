"""Figures, as `PIL.Image.Image`s: images, films of their drawing, and how the models work."""

from pixelcnn.plot.film import film
from pixelcnn.plot.images import completion, grid, real_vs_generated, surprise_maps
from pixelcnn.plot.saving import save, save_film

__all__ = ["completion", "film", "grid", "real_vs_generated", "save", "save_film", "surprise_maps"]
