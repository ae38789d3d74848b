"""What a browser asks for, checked. A message that does not fit is a `ValueError`, whose text the page shows."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any

import numpy as np

from pixelcnn import require
from pixelcnn.data import rasterize
from pixelcnn.orders import Orders

MOST_VERSIONS = 4
PARTICLES = 16  # for an unknown region with known pixels below it; one number, because each number is compiled
TEMPERATURES = 0.1, 2.0
MOST_GUIDANCE = 10.0


@dataclass(frozen=True)
class Sheet:
    """A drawing so far.

    Args:
        levels: (H, W, 1).
        is_known: (H, W), whether the model must keep a pixel.
        label: The class, or None.
        orders: The orders in which the model may draw.
    """

    levels: np.ndarray
    is_known: np.ndarray
    label: int | None
    orders: Orders = Orders(1, (1, 1, 1))

    @property
    def order(self) -> int:
        """The order in which the fewest known pixels come after an unknown pixel, as `complete` chooses it."""
        return int(self.orders.fitting(self.is_known[..., None]))

    @property
    def is_known_first(self) -> bool:
        """Whether no known pixel comes after an unknown pixel in this order."""
        return not self.orders.late(self.is_known[..., None]).min()


@dataclass(frozen=True)
class Wish:
    """A request to go on with a drawing, in several versions."""

    sheet: Sheet
    versions: int
    seed: int
    temperature: float
    guidance: float

    @property
    def num_particles(self) -> int:
        """Number of drafts of each version."""
        return 1 if self.sheet.is_known_first else PARTICLES


def most_guidance(distribution: Any) -> float:
    """The largest guidance that the page offers for a model: 0 if the model cannot be guided."""
    return MOST_GUIDANCE if distribution.condition.dropout else 0.0


class Reader:
    """Reads the messages of browsers for one model.

    Args:
        distribution: A distribution of gray images, without a condition or conditioned on a class.

    Raises:
        ValueError: If the distribution does not fit.
    """

    def __init__(self, distribution: Any):
        distribution._require_no_context("pixelcnn serve")
        condition, channels = distribution.condition, distribution.image_shape[-1]
        if channels != 1 or set(condition.keys) - {"label", "keep", "order"}:
            raise ValueError(
                "MODEL does not fit: expected a model of gray images, without a condition or conditioned on a class, "
                f"but the model has {channels} channels and the condition {condition.keys}."
            )
        if distribution.get_config()["levels"] == "categorical":
            raise ValueError(
                "MODEL does not fit: expected a model with levels='ordinal', because the page shows levels as "
                "brightness, and codes are seen through the decoder of their VQ-VAE only."
            )
        self.height, self.width, _ = distribution.image_shape
        self.orders = condition.orders
        self.low, self.high = distribution.low, distribution.high
        self.num_classes, self.can_guide = distribution.num_classes, bool(condition.dropout)

    def sheet(self, message: dict[str, Any]) -> Sheet:
        """The drawing in a message.

        Keys of a message: `strokes`, a list of [xs, ys] on the canvas of 0 … 255; `picture`, levels in base64, on which
        the strokes are drawn; `from_row`, the first row that the model draws; or `hidden`, a text of H W characters,
        1 for pixels that the model draws; `label`.
        """
        levels = np.maximum(self._picture(message.get("picture")), self._strokes(message.get("strokes", [])))
        return Sheet(levels, self._is_known(message), self._label(message.get("label")), self.orders)

    def wish(self, message: dict[str, Any]) -> Wish:
        """A request to go on. Further keys: `versions`, `seed`, `temperature`, `guidance`."""
        guidance = require.within("guidance", message.get("guidance", 0.0), 0.0, MOST_GUIDANCE)
        if guidance and not self.can_guide:
            raise ValueError(f"guidance={guidance} does not fit: expected 0, because the model cannot be guided.")
        return Wish(
            self.sheet(message),
            require.whole("versions", message.get("versions", MOST_VERSIONS), 1, MOST_VERSIONS),
            require.whole("seed", message.get("seed", 0), 0, 2**53),  # the largest whole number of JavaScript
            require.within("temperature", message.get("temperature", 1.0), *TEMPERATURES),
            guidance,
        )

    def text_of(self, levels: np.ndarray) -> str:
        """Levels (H, W, 1) as a text, in the same form as a message's `picture`: one byte a pixel, 0 … 255."""
        bright = np.rint((levels.astype("float64") - self.low) * 255 / (self.high - self.low))
        return base64.b64encode(bright.astype("uint8").tobytes()).decode()

    def _levels(self, bright: np.ndarray) -> np.ndarray:
        """Levels of brightnesses 0 … 255."""
        return np.rint(bright / 255 * (self.high - self.low) + self.low)

    def _picture(self, text: Any) -> np.ndarray:
        shape = self.height, self.width, 1
        if text is None:
            return np.full(shape, self.low, "float64")
        try:
            pixels = np.frombuffer(base64.b64decode(text, validate=True), "uint8")
        except (TypeError, ValueError, binascii.Error):
            pixels = np.empty(0)
        if len(pixels) != self.height * self.width:
            raise ValueError(f"picture does not fit: expected {self.height * self.width} bytes in base64.")
        return self._levels(pixels.reshape(shape))

    def _strokes(self, strokes: Any) -> np.ndarray:
        if not isinstance(strokes, list):
            raise ValueError(f"strokes={require.short(strokes, 60)} does not fit: expected a list of [xs, ys].")
        side = max(self.height, self.width)
        bitmap = rasterize(strokes, side, centred=False) if strokes else np.zeros((side, side, 1), "uint8")
        return self._levels(bitmap[: self.height, : self.width])

    def _is_known(self, message: dict[str, Any]) -> np.ndarray:
        if "hidden" in message:
            hidden = message["hidden"]
            if not isinstance(hidden, str) or len(hidden) != self.height * self.width or set(hidden) - {"0", "1"}:
                raise ValueError(f"hidden does not fit: expected {self.height * self.width} characters 0 or 1.")
            return np.array([character == "0" for character in hidden]).reshape(self.height, self.width)
        first = require.whole("from_row", message.get("from_row", self.height), 0, self.height)
        return np.broadcast_to((np.arange(self.height) < first)[:, None], (self.height, self.width))

    def _label(self, label: Any) -> int | None:
        if self.num_classes is None:
            return None
        return require.whole("label", label, 0, self.num_classes - 1)
