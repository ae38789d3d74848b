"""Four sizes of PixelCNN++, with the training settings that suit them."""

import dataclasses
from typing import Any

from pixelcnn import require

OPTIMIZERS = ("adam", "muon")
# Of figures of models that were trained with condition_dropout, until `evaluate --guidances` measures what suits.
FIGURE_GUIDANCE = 1.0
DTYPES = ("auto", "float32", "mixed_bfloat16")  # of a run; `train` replaces "auto" by the faster one


@dataclasses.dataclass(frozen=True)
class Preset:
    """A size of PixelCNN++, and the settings of its training.

    Args:
        name: Name of the preset, the value of `--preset`.
        num_resnet, num_hierarchies, num_filters, num_logistic_mix, dropout_p: As in `pixelcnn.PixelCNNPlusPlus`.
        learning_rate: Highest learning rate. A short warm-up leads to this rate, and a cosine down from it.
        batch_size: Number of images of a step.
        epochs: Number of passes over the data, if the user gives neither epochs nor minutes.
        ema_momentum: Momentum of the moving averages of the weights, with which a training ends; None for no averages.
        purpose: One line for the table of `pixelcnn info`.
        optimizer: "muon" (`pixelcnn.training.Muon`) or "adam".

    Raises:
        ValueError: If an argument does not fit.
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
    optimizer: str = "adam"

    def __post_init__(self):
        for name in ("name", "purpose"):
            require.text(name, getattr(self, name))
        require.one_of("optimizer", self.optimizer, OPTIMIZERS)
        plain = {
            name: require.whole(name, getattr(self, name), 1)
            for name in ("num_filters", "num_logistic_mix", "batch_size", "epochs")
        }
        # These limits bound the time to build a model, which grows with the number of layers: 15 s at both limits.
        plain["num_resnet"] = require.whole("num_resnet", self.num_resnet, 1, 100)
        plain["num_hierarchies"] = require.whole("num_hierarchies", self.num_hierarchies, 1, 10)
        plain["dropout_p"] = require.probability("dropout_p", self.dropout_p)
        plain["learning_rate"] = require.positive_number("learning_rate", self.learning_rate)
        if self.ema_momentum is not None:
            plain["ema_momentum"] = require.probability("ema_momentum", self.ema_momentum)
        for name, value in plain.items():  # plain types, because JSON has no NumPy numbers and R passes 3 as 3.0
            object.__setattr__(self, name, value)

    def model_arguments(self) -> dict[str, Any]:
        """Return the keyword arguments of `pixelcnn.PixelCNNPlusPlus` that the preset sets.

        Example:
            >>> PRESETS["blog"].model_arguments()["num_filters"]
            128
        """
        names = ("num_resnet", "num_hierarchies", "num_filters", "num_logistic_mix", "dropout_p")
        return {name: getattr(self, name) for name in names}


# Dropout: 0.5 is the value of the paper and of the article. The models of 16 and 32 filters have no dropout, because
# they cannot overfit thousands of drawings in minutes, and dropout would reduce their capacity.
# Optimizer: after 5 minutes of one core Muon with batches of 8 is at 1.64 bits/dim, Adam with batches of 16 at 1.75
# (docs/experiments.md). The large presets have Adam, as in the paper, because Muon was not measured with them.
# Averages: the horizon, 1 / (1 - momentum) steps, grows with the length of the training; 0.9995 is the PixelCNN++
# paper's value. The small presets have no averages, because their learning rate falls within the run, and the averages
# would almost double the time to compile a step.
PRESETS = {
    preset.name: preset
    for preset in (
        Preset("tiny", 1, 2, 16, 3, 0.0, 6e-3, 8, 5, None, "a look at how it works", "muon"),
        Preset("small", 1, 3, 32, 5, 0.0, 6e-3, 8, 5, None, "the demo, and half an hour on a processor", "muon"),
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
    return PRESETS[require.one_of("preset", name, PRESETS)]
