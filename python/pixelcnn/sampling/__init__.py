"""Drawing images: pixel by pixel with a memory (`cached`), by whole passes of the network (`naive`, `jacobi`), and as
several weighed drafts (`particles`).
"""

from pixelcnn.sampling.bands import BandSampler
from pixelcnn.sampling.batches import draw_in_batches, in_slices, size_and_number
from pixelcnn.sampling.cached import CachedSampler
from pixelcnn.sampling.jacobi import JacobiSampler
from pixelcnn.sampling.naive import NaiveSampler
from pixelcnn.sampling.sampler import Draw
from pixelcnn.sampling.steps import PixelSteps

__all__ = [
    "BandSampler",
    "CachedSampler",
    "Draw",
    "JacobiSampler",
    "NaiveSampler",
    "PixelSteps",
    "draw_in_batches",
    "in_slices",
    "size_and_number",
]
