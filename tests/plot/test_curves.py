"""Curves: probabilities that sum to one, components that sum to them, and what to install."""

import sys

import matplotlib.axes
import numpy as np
import pytest

import pixelcnn
from pixelcnn import plot


@pytest.fixture(scope="module")
def mixture():
    return pixelcnn.PixelCNN((3, 4, 2), high=70, num_blocks=1, num_filters=2, head="logistic_mixture", num_classes=2)


@pytest.mark.parametrize("channel", [0, 1])
def test_probabilities_of_levels_are_those_of_the_likelihood(mixture, channel):
    image = mixture.sample(conditional_input=1, seed=0, verbose=0)
    probs, components = plot.level_probs(mixture, image, (1, 2), channel, conditional_input=1)
    assert probs.shape == (71,) and components.shape == (10, 71)
    np.testing.assert_allclose(probs.sum(), 1, rtol=1e-5)
    np.testing.assert_allclose(components.sum(axis=0), probs, rtol=1e-5, atol=1e-9)


def test_the_channels_of_a_pixel_multiply_to_its_likelihood(mixture):
    image = mixture.sample(conditional_input=1, seed=0, verbose=0)
    product = 1.0
    for channel in (0, 1):
        product *= plot.level_probs(mixture, image, (1, 2), channel, 1)[0][image[1, 2, channel]]
    np.testing.assert_allclose(np.log(product), mixture.pixel_log_prob(image, 1)[1, 2], rtol=1e-4)


def test_another_head_has_no_components():
    dist = pixelcnn.PixelCNN((3, 3, 1), high=3, low=-2, num_blocks=1, num_filters=2)
    image = dist.sample(seed=0, verbose=0)
    probs, components = plot.level_probs(dist, image)
    assert probs.shape == (6,) and components.shape == (0, 6)
    pytest.importorskip("matplotlib")
    assert plot.pixel_distribution(dist, image).mode == "RGB"


def test_a_history_has_a_panel_for_each_metric(tmp_path):
    pytest.importorskip("matplotlib")
    metrics = {"loss": [3.0, 2.0], "bits_per_dim": [2.0, 1.0], "val_bits_per_dim": [1.5, 1.2]}
    both, one = plot.history(metrics), plot.history({"loss": [1.0]})
    assert both.width > one.width and both.height == one.height
    header = "epoch,seconds,steps,images,learning_rate,loss,bits_per_dim,val_bits_per_dim"
    (tmp_path / "history.csv").write_text(f"{header}\n1,1,1,1,1,3.0,2.0,1.5\n2,1,1,1,1,2.0,1.0,1.2\n")
    np.testing.assert_array_equal(plot.history(tmp_path / "history.csv"), both)
    (tmp_path / "history.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="history.csv does not fit: expected the history.csv of a run"):
        plot.history(tmp_path / "history.csv")
    with pytest.raises(ValueError, match="metrics={} does not fit"):
        plot.history({})


def test_without_matplotlib_the_error_says_what_to_install(mixture, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"pip install 'pixelcnn\[plot\]'"):
        plot.history({"loss": [1.0]})
    with pytest.raises(ImportError, match="matplotlib"):
        plot.pixel_distribution(mixture, np.zeros((3, 4, 2), int), conditional_input=0)


@pytest.mark.parametrize(
    "arguments, named",
    [
        ({"image": np.full((3, 4, 2), 71)}, "image holds 71, which does not fit"),
        ({"image": np.zeros((3, 4, 1), int)}, "image of shape"),
        ({"pixel": (0, 4)}, "pixel's column=4 does not fit"),
        ({"channel": 2}, "channel=2 does not fit: expected a whole number 0 … 1"),
    ],
)
def test_arguments_of_levels_that_do_not_fit_are_named(mixture, arguments, named):
    with pytest.raises(ValueError, match=named):
        plot.level_probs(mixture, **{"image": np.zeros((3, 4, 2), int), "conditional_input": 0} | arguments)


def test_validation_stands_at_its_epochs(monkeypatch):
    seen = {}
    monkeypatch.setattr(
        matplotlib.axes.Axes, "plot", lambda axes, x, y, style, label: seen.update({label: list(x)}), raising=True
    )
    monkeypatch.setattr(matplotlib.axes.Axes, "legend", lambda *_, **__: None)
    plot.history({"loss": [5, 4, 3, 2, 1, 0], "val_loss": [4, 1]})
    assert seen == {"training": [1, 2, 3, 4, 5, 6], "validation": [3, 6]}
    plot.history({"loss": [5, 4, 3, 2, 1], "val_loss": [4, 1]})  # validation_freq=2
    assert seen == {"training": [1, 2, 3, 4, 5], "validation": [2, 4]}
    with pytest.raises(ValueError, match="'val_loss' has 4 values for 6 epochs"):
        plot.history({"loss": [5, 4, 3, 2, 1, 0], "val_loss": [4, 1, 2, 3]})
