"""Loaders of images as plain arrays: `ImageData(images, labels, class_names)`."""

from pixelcnn.data.arrays import arrays
from pixelcnn.data.cifar10 import CIFAR10_CLASSES, cifar10
from pixelcnn.data.doodles import doodles
from pixelcnn.data.filter_classes import filter_classes
from pixelcnn.data.folder import folder
from pixelcnn.data.image_data import ImageData
from pixelcnn.data.labels import BLOG20, QUICKDRAW13, quickdraw_classes
from pixelcnn.data.mnist import mnist
from pixelcnn.data.quickdraw import quickdraw
from pixelcnn.data.strokes import rasterize, read_strokes

__all__ = [
    "BLOG20",
    "CIFAR10_CLASSES",
    "QUICKDRAW13",
    "ImageData",
    "arrays",
    "cifar10",
    "doodles",
    "filter_classes",
    "folder",
    "mnist",
    "quickdraw",
    "quickdraw_classes",
    "rasterize",
    "read_strokes",
]
