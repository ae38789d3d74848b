"""Loaders of images as plain arrays: `ImageData(images, labels, class_names)`."""

from pixelcnn.data.arrays import arrays
from pixelcnn.data.doodles import doodles
from pixelcnn.data.filter_classes import filter_classes
from pixelcnn.data.folder import folder
from pixelcnn.data.image_data import ImageData
from pixelcnn.data.labels import BLOG20, QUICKDRAW13, quickdraw_classes
from pixelcnn.data.quickdraw import quickdraw
from pixelcnn.data.strokes import rasterize, read_strokes

__all__ = [
    "BLOG20",
    "QUICKDRAW13",
    "ImageData",
    "arrays",
    "doodles",
    "filter_classes",
    "folder",
    "quickdraw",
    "quickdraw_classes",
    "rasterize",
    "read_strokes",
]
