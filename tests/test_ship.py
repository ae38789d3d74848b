"""A shipped model and its card come from a run folder, and the card's recipe is the run's configuration."""

import dataclasses
import importlib.util
import shlex
from pathlib import Path

import numpy as np
import pytest

import pixelcnn
from models import shake
from pixelcnn.cli import build_parser
from pixelcnn.cli.train import new_config
from pixelcnn.data import BLOG20
from pixelcnn.files import write_json
from pixelcnn.pretrained import read_exported
from pixelcnn.pretrained.card import read_card
from pixelcnn.training import DataSource, RunConfig, RunFolder, find_preset
from pixelcnn.training.data_source import checksum


@pytest.fixture(scope="module")
def ship():
    path = Path(__file__).parents[1] / "benchmarks" / "ship.py"
    spec = importlib.util.spec_from_file_location("ship", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SMALL = find_preset("small")
MORE = {"condition_dropout": 0.1, "shift": 1, "flip": ("bee", "sun"), "balance": 0.5, "held_out": 100, "accumulate": 2}
CONFIGS = [
    RunConfig(SMALL, DataSource("doodles"), 3, None, 16, 2e-3, dtype="auto"),
    RunConfig(SMALL, DataSource("quickdraw", BLOG20, source="network", per_class=9), None, 30.0, 8, 4e-3, **MORE),
    RunConfig(dataclasses.replace(SMALL, num_resnet=2, ema_momentum=0.9995), DataSource("mnist"), None, 0.5, 8, 2e-3),
    RunConfig(
        SMALL, DataSource("doodles", ("bee", "sun"), 7, seed=4), 1, 2.5, 16, 1e-3, "mixed_bfloat16", 4, remat=True
    ),
    RunConfig(SMALL, DataSource("folder:photos", ("a, b", "c"), size=(8, 6)), 1, None, 16, 2e-3, "auto", orders=4),
]


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.data.kind)
def test_the_recipe_makes_the_configuration_again(ship, config, monkeypatch):
    monkeypatch.delenv("PIXELCNN_DATA", raising=False)
    command = shlex.split(ship.recipe(config, "name"))
    found = new_config(build_parser().parse_args(command[1:]))
    place = {"source": "auto"}  # the machine's files do not belong to the recipe
    assert dataclasses.replace(found, data=dataclasses.replace(found.data, **place)) == dataclasses.replace(
        config, data=dataclasses.replace(config.data, **place)
    )


@pytest.mark.parametrize("classes", [("bee", "sun"), None], ids=["classes", "none"])
def test_the_files_of_a_run_are_read_as_a_model_and_its_card(ship, classes, tmp_path, monkeypatch):
    head = {} if classes else {"high": 1, "head": "bernoulli"}
    model = pixelcnn.PixelCNNPlusPlus(
        (4, 4, 1), class_names=classes, num_resnet=1, num_hierarchies=1, num_filters=2, num_logistic_mix=1,
        condition_dropout=0.1 if classes else 0.0, **head,
    )  # fmt: skip
    shake(model)
    run, package = RunFolder(tmp_path / "run"), tmp_path / "package"
    package.mkdir()
    images = np.zeros((5, 4, 4, 1), "uint8")
    labels = None if classes is None else np.array([0, 0, 0, 1, 1])
    monkeypatch.setattr(DataSource, "load", lambda self, split: (images, labels, classes or ()))
    source = DataSource("doodles", classes) if classes else DataSource("mnist")
    run.write_config(RunConfig(SMALL, source, 1, None, 16, 2e-3))
    model.save(run.model)
    with pytest.raises(SystemExit, match="has no figures of these weights"):
        ship.main([str(run.path), "dots"], package)
    assert not list(package.iterdir())

    record = {"weights_checksum": checksum(*model.get_weights()), "bits_per_dim": 1.5, "nats": 80.25}
    drawn = {"guidance": 2.0, "fidelity": 0.9, "classifier_balanced_accuracy": 0.89, "frechet_distance": 1.25}
    drawn |= {"frechet_distance_of_training": 0.5, "fidelity_by_class": {"bee": 0.8, "sun": 1.0}}
    drawn |= {"guidance_choice": {"guidance": 2.0}}
    write_json(run.path / "evaluation.json", record | (drawn if classes else {}))
    ship.main([str(run.path), "dots"], package)
    card, again = read_card(package / "dots.md"), read_exported(package / "dots.npz")
    assert (again.num_classes, again.high, again.class_names) == (model.num_classes, model.high, model.class_names)
    assert card.figures["test bits/dim"] == 1.5
    if classes:
        assert (card.guidance, card.figures["fidelity at guidance 2"]) == (2.0, 0.9)
        assert "bee 3, sun 2" in card.data and "bee is recognised in 80%" in card.bad_at
    else:
        assert (card.guidance, card.figures["test nats"]) == (0.0, 80.25)
    with pytest.raises(SystemExit, match="would be replaced"):
        ship.main([str(run.path), "dots"], package)
