import json
import shlex
import zipfile
from pathlib import Path

import numpy as np
import pytest

import archives
import pixelcnn
from models import model, shake
from pixelcnn.cli import build_parser
from pixelcnn.networks import FAMILIES
from pixelcnn.pretrained import FOLDER, MOST_BYTES, NAMES, cards, export, read_exported
from pixelcnn.pretrained.card import read_card

SMALLEST = {
    "PixelCNNPlusPlus": {"num_resnet": 1, "num_hierarchies": 1, "num_logistic_mix": 1},
    "PixelRNN": {"num_layers": 1},
}
ROWS = {
    "summary": "Dots",
    "data": "Ten dots",
    "licence": "None",
    "splits": "Nine and one",
    "recipe": "`pixelcnn train --output runs/dots`",
    "commit": "`0123abc`",
    "figures": "test bits/dim 1.5; fidelity 0.25",
    "guidance": "2",
    "bad at": "Lines",
}


def written(path, rows):
    """A card with these rows, and a second table behind them."""
    table = "".join(f"| {name} | {text} |\n" for name, text in rows.items())
    path.write_text(f"# Model card\n\nText.\n\n| | |\n|---|---|\n{table}\nMore.\n\n| a | b |\n|---|---|\n| c | d |\n")
    return path


@pytest.mark.parametrize("name", NAMES)
def test_every_shipped_model_has_a_whole_card_and_is_finite(name):
    card, distribution = cards()[name], pixelcnn.load_pretrained(name)
    build_parser().parse_args(shlex.split(card.recipe)[1:])  # exits if `pixelcnn train` lacks an argument
    assert any(figure.startswith("test ") for figure in card.figures)
    assert card.guidance == 0 or distribution.condition.dropout
    assert (Path(str(FOLDER)) / f"{name}.npz").stat().st_size <= MOST_BYTES
    assert all(np.isfinite(weight).all() for weight in distribution.get_weights())
    levels = np.full((1, *distribution.image_shape), distribution.low)
    assert np.isfinite(distribution.log_prob(levels, 0 if distribution.num_classes else None)).all()


def test_each_card_has_its_model_and_all_models_are_below_ten_megabytes():
    files = list(Path(str(FOLDER)).iterdir())
    assert {file.stem for file in files if file.suffix == ".md"} == set(NAMES) == set(cards())
    assert sum(file.stat().st_size for file in Path(pixelcnn.__file__).parent.rglob("*.*")
               if file.suffix != ".pyc") < 10_000_000  # fmt: skip


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_is_exported_and_read(family, tmp_path):
    distribution = getattr(pixelcnn, family)(
        (4, 4, 1), num_classes=2, num_filters=2, high=3, **SMALLEST.get(family, {"num_blocks": 1})
    )
    shake(distribution)
    distribution.set_weights([weight.astype("float16") for weight in distribution.get_weights()])
    export(distribution, tmp_path / "model.npz", most_bytes=MOST_BYTES)
    again = read_exported(tmp_path / "model.npz")
    assert type(again) is type(distribution)
    images = np.random.default_rng(0).integers(0, 4, (3, 4, 4, 1))
    np.testing.assert_array_equal(again.log_prob(images, 1), distribution.log_prob(images, 1))


def test_a_file_without_a_family_is_a_pixel_cnn_plus_plus(tmp_path):
    with np.load(Path(str(FOLDER)) / "quickdraw13.npz") as archive:
        config = json.loads(str(archive["config"]))
        assert config.pop("family") == "PixelCNNPlusPlus"
        np.savez(tmp_path / "first.npz", **{**archive, "config": json.dumps(config)})
    assert type(read_exported(tmp_path / "first.npz")) is pixelcnn.PixelCNNPlusPlus


def test_an_export_is_of_a_family_and_of_the_size_that_fits(tmp_path):
    class Mine(pixelcnn.PixelCNN):
        pass

    with pytest.raises(ValueError, match="Mine.*expected one of"):
        export(Mine((4, 4, 1), num_blocks=1, num_filters=2), tmp_path / "model.npz")
    with pytest.raises(ValueError, match="expected at most 1,000"):
        export(model((4, 4, 1)), tmp_path / "model.npz", most_bytes=1000)
    assert list(tmp_path.iterdir()) == []


def test_a_card_is_the_first_table_of_its_file(tmp_path):
    card = read_card(written(tmp_path / "dots.md", ROWS))
    assert (card.name, card.bad_at, card.guidance) == ("dots", "Lines", 2.0)
    assert (card.recipe, card.commit) == ("pixelcnn train --output runs/dots", "0123abc")
    assert card.figures == {"test bits/dim": 1.5, "fidelity": 0.25}


@pytest.mark.parametrize(
    "change, named",
    [
        ({"licence": None}, "dots.md has the rows .* expected .*licence"),
        ({"license": "None"}, "license"),
        ({"data": ""}, "data=''"),
        ({"recipe": "`make demo`"}, "recipe='make demo'"),
        ({"commit": "`main`"}, "commit='main'"),
        ({"figures": "fidelity"}, "'fidelity' in figures"),
        ({"figures": "0.5"}, "figures"),
        ({"figures": "fidelity 0.5; fidelity 0.6"}, "figures"),
        ({"guidance": "about 1"}, "'about 1' in guidance"),
    ],
)
def test_a_card_that_is_not_whole_is_refused_by_field(change, named, tmp_path):
    rows = {name: text for name, text in (ROWS | change).items() if text is not None}
    with pytest.raises(ValueError, match=named):
        read_card(written(tmp_path / "dots.md", rows))


def test_an_exported_model_keeps_its_likelihood_to_half_precision(tmp_path):
    distribution = model((5, 6, 1), num_classes=2)
    export(distribution, tmp_path / "model.npz")
    with np.load(tmp_path / "model.npz", allow_pickle=False) as archive:
        assert all(archive[name].dtype == np.float16 for name in archive.files if name != "config")
    images = distribution.sample(4, seed=0, conditional_input=1, verbose=0)
    rounded = [weight.astype("float16").astype("float32") for weight in distribution.get_weights()]
    expected = distribution.log_prob(images, 1)
    distribution.set_weights(rounded)
    np.testing.assert_allclose(distribution.log_prob(images, 1), expected, rtol=2e-2)


def test_the_shipped_model_is_one_line_and_knows_real_drawings(real_data):
    distribution = pixelcnn.load_pretrained("quickdraw13")
    test = pixelcnn.data.quickdraw(distribution.class_names, data_dir=real_data, split="test")
    some = np.random.default_rng(0).choice(len(test.labels), 128, replace=False)
    images, labels = test.images[some], test.labels[some]
    right = distribution.bits_per_dim(images, labels).mean()
    assert right < 1.75
    assert right < distribution.bits_per_dim(images, (labels + 1) % 13).mean()


def test_an_unknown_model_is_named():
    with pytest.raises(ValueError, match="quickdraw99.*quickdraw13"):
        pixelcnn.load_pretrained("quickdraw99")


def test_damaged_files_and_weights_that_are_not_finite_are_refused_by_name(tmp_path):
    distribution = model((5, 6, 1), num_classes=2)
    export(distribution, tmp_path / "model.npz")
    whole = archives.members(tmp_path / "model.npz")
    infinite = whole["weight_1.npy"][:-2] + np.float16("inf").tobytes()
    damage = {
        "half": {**whole, "weight_1.npy": whole["weight_1.npy"][:-20]},
        "infinite": {**whole, "weight_1.npy": infinite},
        "less": {name: whole[name] for name in whole if name != "weight_3.npy"},
        "deep": {**whole, "config.npy": whole["config.npy"][:128] + "[".encode("utf-32-le") * 100_000},
        "none": {},
    }
    for name, contents in damage.items():
        with pytest.raises(ValueError, match=f"{name}.npz"):
            read_exported(archives.write(tmp_path / f"{name}.npz", contents))
    content = (tmp_path / "model.npz").read_bytes()
    with zipfile.ZipFile(tmp_path / "model.npz") as archive:
        member = archive.getinfo("weight_1.npy")
    place = member.header_offset + 100 + member.compress_size // 2  # within the member's data, behind its header
    (tmp_path / "flipped.npz").write_bytes(content[:place] + b"damage" + content[place + 6 :])
    with pytest.raises(ValueError, match="flipped.npz"):
        read_exported(tmp_path / "flipped.npz")


def test_weights_that_half_precision_cannot_hold_are_not_exported(tmp_path):
    distribution = model((5, 6, 1))
    distribution.weights[1].assign(distribution.weights[1] * 0 + 1e6)
    with pytest.raises(ValueError, match="half precision"):
        export(distribution, tmp_path / "model.npz")
    assert not (tmp_path / "model.npz").exists()
