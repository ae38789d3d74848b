"""A run on binarised MNIST is a model of two levels without classes, and other commands read its folder."""

import dataclasses
import json

import numpy as np
import pytest

import pixelcnn
from pixelcnn.cli import main
from pixelcnn.training import DataSource, Preset, RunConfig, RunFolder, train
from pixelcnn.training.callbacks import read_history

NANO = Preset("nano", 1, 1, 2, 1, 0.0, 1e-2, 4, 2, None, "tests")


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """A folder with a small data set in the layout of the real one: training images have ink in their upper half."""
    path = tmp_path_factory.mktemp("data")
    (path / "mnist").mkdir()
    images = (np.random.default_rng(0).random((28, 28, 28)) < 0.2).astype("uint8")
    images[:12, 14:] = 0
    np.savez(path / "mnist" / "binarized_mnist.npz", train=images[:12], valid=images[12:20], test=images[20:])
    return path


def test_its_splits_are_those_of_the_file_and_it_has_no_classes(digits):
    source = DataSource("mnist", data_dir=str(digits))
    for split, count in (("train", 12), ("valid", 8), ("test", 8)):
        images, labels, names = source.open(split)
        assert (images.shape, labels, names) == ((count, 28, 28, 1), None, ())
    for name, value in (("classes", ("1",)), ("per_class", 5)):
        with pytest.raises(ValueError, match=f"{name}=.*does not fit data='mnist'"):
            DataSource("mnist", **{name: value})


def test_a_run_resumes_and_is_evaluated_and_described(digits, tmp_path, capsys):
    output = tmp_path / "run"
    config = RunConfig(NANO, DataSource("mnist", data_dir=str(digits)), 1, None, 4, 1e-2, held_out=4, sample_rows=0)
    train(config, output, every=float("inf"), say=lambda line: None)
    begun = RunFolder(output).read_config()
    assert begun.class_names == ()
    longer = dataclasses.replace(begun, epochs=2)
    model = train(longer, output, resume=True, every=float("inf"), say=lambda line: None)
    assert (model.high, model.num_classes, type(model.head).__name__) == (1, None, "Bernoulli")
    assert [row["epoch"] for row in read_history(output / "history.csv")] == ["1", "2"]

    capsys.readouterr()
    assert main(["info", str(output)]) == 0
    assert "levels 0 ... 1" in capsys.readouterr().out
    assert main(["evaluate", str(output)]) == 0
    record = json.loads((output / "evaluation.json").read_text())
    images = pixelcnn.data.mnist("fixed", "test", data_dir=digits).images
    assert record["bits_per_dim"] == pytest.approx(float(model.bits_per_dim(images).mean()), abs=1e-6)
    assert record["nats"] == pytest.approx(-float(model.log_prob(images).mean()), rel=1e-5)
    assert main(["evaluate", str(output), "--fidelity"]) == 2
    assert "--fidelity cannot be given for a model without classes" in capsys.readouterr().err
