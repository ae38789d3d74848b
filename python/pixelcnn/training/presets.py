"""Four sizes of PixelCNN++, with the training settings that suit them."""

import dataclasses
from typing import Any

from pixelcnn import require

DTYPES = ("auto", "float32", "mixed_bfloat16")  # of a run; "auto" until `train` has measured which is faster


@dataclasses.dataclass(frozen=True)
class Preset:
    """A size of PixelCNN++ and how it is trained.

    Args:
        name: Name of the preset, as `--preset` takes it.
        num_resnet, num_hierarchies, num_filters, num_logistic_mix, dropout_p: As in `pixelcnn.PixelCNNPlusPlus`.
        learning_rate: Highest learning rate, after a short warm-up. From there the rate falls along a cosine.
        batch_size: Number of images of a step.
        epochs: Number of passes over the data, if neither epochs nor minutes are given.
        ema_momentum: Momentum of the moving average of the weights, which is what is kept in the end; None for none.
        purpose: One line for the table of `pixelcnn info`.

    Raises:
        ValueError: If a value is out of range or of another type.
    """

    name: str
    num_resnet: int
    num_hierarchies: int
    num_filters: int
    num_logistic_mix: int
    dropout_p: float
    learning_rate: float
    batch_size: int
    epochs: int
    ema_momentum: float | None
    purpose: str

    def __post_init__(self):
        for name in ("name", "purpose"):
            require.text(name, getattr(self, name))
        for name in ("num_filters", "num_logistic_mix", "batch_size", "epochs"):
            require.whole(name, getattr(self, name), 1)
        # Building takes time for each layer, however small; that of a preset with both of these takes 15 s.
        require.whole("num_resnet", self.num_resnet, 1, 100)
        require.whole("num_hierarchies", self.num_hierarchies, 1, 10)
        require.probability("dropout_p", self.dropout_p)
        require.positive_number("learning_rate", self.learning_rate)
        if self.ema_momentum is not None:
            require.probability("ema_momentum", self.ema_momentum)

    def model_arguments(self) -> dict[str, Any]:
        """Return the keyword arguments of `pixelcnn.PixelCNNPlusPlus` that the preset fixes.

        Example:
            >>> PRESETS["blog"].model_arguments()["num_filters"]
            128
        """
        names = ("num_resnet", "num_hierarchies", "num_filters", "num_logistic_mix", "dropout_p")
        return {name: getattr(self, name) for name in names}


# Dropout of one half is the papers' and the article's; in a model of 16 or 32 filters, which cannot overfit thousands
# of drawings in minutes, it only takes capacity away. The averages' horizons, 1 / (1 - momentum) steps, grow with the
# length of the training; 0.9995 is that of the PixelCNN++ paper. The small ones keep none: their rate is annealed
# within the run, and compiling the averages would take almost as long again as compiling the rest of a step.
PRESETS = {
    preset.name: preset
    for preset in (
        Preset("tiny", 1, 2, 16, 3, 0.0, 2e-3, 16, 5, None, "a look at how it works"),
        Preset("small", 1, 3, 32, 5, 0.0, 2e-3, 16, 5, None, "the demo, and half an hour on a processor"),
        Preset("blog", 5, 3, 128, 5, 0.5, 1e-3, 32, 10, 0.999, "the model of the tfprobability article"),
        Preset("paper", 5, 3, 160, 10, 0.5, 1e-3, 16, 50, 0.9995, "the size of the PixelCNN++ paper"),
    )
}


def find_preset(name: str) -> Preset:
    """Return the preset called `name`.

    Args:
        name: One of `PRESETS`.

    Raises:
        ValueError: If there is no such preset.

    Example:
        >>> find_preset("small").num_filters
        32
    """
    if name not in PRESETS:
        raise ValueError(f"preset is {name!r}; expected one of {', '.join(PRESETS)}.")
    return PRESETS[name]
