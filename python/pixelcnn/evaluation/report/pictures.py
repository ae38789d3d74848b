"""The pictures of a report, as HTML."""

from typing import Any

import numpy as np

from pixelcnn import plot
from pixelcnn.anomaly import surprise
from pixelcnn.distribution import PixelDistribution
from pixelcnn.evaluation.drawings import Drawings
from pixelcnn.evaluation.labelled_images import LabelledImages, class_names, first_of_each
from pixelcnn.evaluation.report.elements import picture
from pixelcnn.occlusion import occlude

CLASSES = 20  # classes that are shown at most
IN_A_ROW = 8  # drawings of a class, neighbours
COMPLETED, VERSIONS = 6, 3  # completed images, and completions of each
RANKED = 6  # most likely images, and least likely ones


class Look:
    """How images of a model are shown: its levels, and black on white if the images are gray and mostly dark.

    Args:
        model: A distribution of images with one or three channels.
        test: Test images.
    """

    def __init__(self, model: PixelDistribution, test: LabelledImages):
        dark = model.image_shape[-1] == 1 and float(np.mean(test.images)) < (model.low + model.high) / 2
        self.arguments: dict[str, Any] = {"low": model.low, "high": model.high, "invert": bool(dark)}

    def rows(self, *rows: np.ndarray) -> Any:
        """Return a picture of rows of equally many images.

        Args:
            rows: (B, H, W, C) integers each.
        """
        return plot.grid(np.concatenate(rows), columns=len(rows[0]), **self.arguments)


def real_and_generated(model: PixelDistribution, test: LabelledImages, drawn: LabelledImages, look: Look) -> str:
    """Return a panel for each class: real images above, drawings below.

    Args:
        model: A distribution.
        test: Test images.
        drawn: Drawings of the model.
        look: How images are shown.
    """
    titles = class_names(model) or ["images"]
    panels = []
    for label in sorted(set(test.classes.tolist()))[:CLASSES]:
        parts = [part.images[first_of_each(part.classes, [label], IN_A_ROW)] for part in (test, drawn)]
        count = min(map(len, parts))
        pages = look.rows(*(part[:count] for part in parts))
        panels.append(picture(pages, f"{titles[label]}: real above, generated below", titles[label]))
    return f'<div class="panels">{"".join(panels)}</div>'


def completions(model: PixelDistribution, test: LabelledImages, look: Look, **arguments: Any) -> str:
    """Return three panels: test images, their upper halves, and completions of these.

    Args:
        model: A distribution.
        test: Test images.
        look: How images are shown.
        arguments: `seed`, `temperature` and `guidance`, as in `sample`.
    """
    each = max(1, COMPLETED // len(set(test.classes.tolist())))
    chosen = test.at(first_of_each(test.classes, np.unique(test.classes).tolist(), each)[:COMPLETED])
    occluded = occlude(chosen.images, rows=model.image_shape[0] // 2)
    labels = None if chosen.labels is None else chosen.labels.repeat(VERSIONS)
    images = occluded.images.repeat(VERSIONS, axis=0)
    completed = model.complete(images, occluded.mask, labels, verbose=0, **arguments)
    completed = np.asarray(completed).reshape(len(chosen.images), VERSIONS, *model.image_shape)
    panels = plot.completion(chosen.images, occluded, completed, **look.arguments)
    return picture(panels, "columns of images: original, with the lower half hidden, and completed by the model")


def neighbours(train: LabelledImages, drawings: Drawings, look: Look) -> str:
    """Return the drawings that are nearest to a training image, above their nearest training images.

    Args:
        train: Training images.
        drawings: Drawings of the model, with their neighbours.
        look: How images are shown.
    """
    assert drawings.neighbours is not None  # the caller has training images
    nearest = np.argsort(drawings.neighbours.distances, kind="stable")[:IN_A_ROW]
    pages = look.rows(drawings.drawn.images[nearest], train.images[drawings.neighbours.indices[nearest]])
    return picture(pages, "drawings, and below each its nearest training image")


def surprises(model: PixelDistribution, test: LabelledImages, bits: np.ndarray, look: Look) -> str:
    """Return the most and the least likely test images with maps of their surprisal.

    Args:
        model: A distribution.
        test: Test images.
        bits: (B,) bits/dim of the test images.
        look: How images are shown.
    """
    order = np.argsort(bits, kind="stable")
    count = min(RANKED, len(order) // 2 or 1)
    parts = {"most likely": test.at(order[:count]), "least likely": test.at(order[::-1][:count])}
    maps = {name: surprise(model, part.images, part.labels) for name, part in parts.items()}
    most = max(float(part.max()) for part in maps.values())
    return "".join(
        picture(
            plot.surprise_maps(part.images, maps[name], most=most, **look.arguments),
            f"the {name} test images, above maps of the surprisal of their pixels",
            f"{name}: {bits[place]:.2f} bits/dim and {'more' if name == 'most likely' else 'less'}",
        )
        for (name, part), place in zip(parts.items(), (order[0], order[-1]), strict=True)
    )
