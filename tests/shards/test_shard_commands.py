"""`pixelcnn sample --count --shard`, `sample --check`, `evaluate --shard` and `evaluate --merge`."""

import json
import sys

import numpy as np
import pytest
from PIL import Image

import pixelcnn
from pixelcnn.cli import main
from pixelcnn.shards import merge_scores


@pytest.fixture(scope="module")
def file(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "model.keras"
    model.save(path)
    return str(path)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Two classes of 3x3 pictures of four levels, of each 40, so that the test split has 4 of each."""
    path, random = tmp_path_factory.mktemp("pictures"), np.random.default_rng(0)
    for name in ("above", "below"):
        (path / name).mkdir()
        for i in range(40):
            Image.fromarray(random.integers(0, 4, (3, 3), dtype="uint8")).save(path / name / f"{i:02d}.png")
    return f"folder:{path}"


def complaint(capsys):
    text = capsys.readouterr().err
    assert "Traceback" not in text
    return text


def test_shards_of_a_draw(file, draw, whole, content, tmp_path, capsys):
    output = str(tmp_path / "images")
    command = ["sample", file, "--count", "11", "--seed", "5", "--temperature", "0.9", "--part-size", "4"]
    command += ["--classes", "below,above", "--output", output]
    assert main([*command, "--shard", "1/2"]) == 0
    assert f"parts written to {output}: 1" in capsys.readouterr().out
    assert main(["sample", "--check", output]) == 2
    assert "2 of 3 parts are absent or damaged: part-00000.npz, part-00002.npz" in complaint(capsys)
    assert len(draw(output)) == 2  # Python and the command line share a folder
    assert main(command) == 0
    assert "nothing to do" in capsys.readouterr().out
    assert main(["sample", "--check", output]) == 0
    assert "all 3 parts are whole, 11 images" in capsys.readouterr().out
    assert content(tmp_path / "images") == content(whole)
    assert main([*command, "--seed", "6"]) == 2
    assert "seed (there 5, now 6)" in complaint(capsys)


def test_merged_scores_are_the_figures_of_evaluate(file, pictures, tmp_path, capsys):
    command, folder = ["evaluate", file, "--data", pictures], str(tmp_path / "scores")
    whole, merged = tmp_path / "whole.json", tmp_path / "merged.json"
    assert main([*command, "--output", str(whole)]) == 0
    figures = capsys.readouterr().out.split(" (")[0]
    for i in range(2):
        if i:
            assert main(["evaluate", "--merge", folder]) == 2
            assert "absent or damaged" in complaint(capsys)
        assert main([*command, "--shard", f"{i}/2", "--part-size", "3", "--output", folder]) == 0
    capsys.readouterr()
    assert main(["evaluate", "--merge", folder, "--output", str(merged)]) == 0
    assert capsys.readouterr().out.startswith(figures)
    ours, theirs = (json.loads(path.read_text()) for path in (merged, whole))
    assert ours["bits_per_dim"] == pytest.approx(
        theirs["bits_per_dim"], rel=1e-6
    )  # other sizes of a batch round otherwise
    assert ours["standard_error"] == pytest.approx(theirs["standard_error"], rel=1e-4)
    rounded = set(theirs) - {"bits_per_dim", "standard_error"}
    assert ours.keys() == theirs.keys() and all(ours[name] == theirs[name] for name in rounded)


def test_a_model_without_classes_is_evaluated_too(pictures, tmp_path):
    path, figures, folder = (str(tmp_path / name) for name in ("model.keras", "figures.json", "scores"))
    pixelcnn.PixelCNN((3, 3, 1), high=3, num_blocks=1, num_filters=2).save(path)
    assert main(["evaluate", path, "--data", pictures, "--output", figures]) == 0
    assert main(["evaluate", path, "--data", pictures, "--shard", "0/1", "--output", folder]) == 0
    assert merge_scores(folder) == json.loads((tmp_path / "figures.json").read_text())


RAY = ["--output", "a", "--count", "2", "--engine", "ray"]


@pytest.mark.parametrize(
    "command, named",
    [
        (["sample", "MODEL", "--output", "a.png", "--shard", "0/2"], "--shard cannot be given without --count"),
        (["sample", "MODEL", "--output", "a.png", "--part-size", "2"], "--part-size cannot be given without --count"),
        (["sample", "MODEL", "--output", "a", "--count", "0"], "--count=0"),
        (["sample", "MODEL", "--output", "a", "--count", "2", "--part-size", "0"], "part_size=0"),
        (["sample", "MODEL", "--output", "a", "--count", "2", "--per-class", "2"], "--per-class cannot be given"),
        (["sample", "MODEL", "--output", "a", "--count", "2", "--gif", "a.gif"], "--gif cannot be given"),
        (["sample", "MODEL", "--output", "MODEL", "--count", "2"], "is a file"),
        (["sample", "MODEL", "--check", "."], "MODEL="),
        (["sample", "MODEL", "--output", "a.png", "--engine", "ray"], "--engine cannot be given without --count"),
        (["sample", "MODEL", "--output", "a.png", "--workers", "2"], "--workers cannot be given without --count"),
        (["sample", "MODEL", *RAY, "--shard", "0/2"], "--shard cannot be given with --engine ray"),
        (["sample", "MODEL", *RAY, "--devices", "all"], "--devices cannot be given with --engine ray"),
        (["sample", "MODEL", *RAY, "--part-size", "0"], "part_size=0"),
        (["sample", "MODEL", *RAY, "--count", "0"], "--count=0"),
        (["sample", "MODEL", *RAY], "engine='ray' needs Ray: pip install 'pixelcnn[ray]'"),
        (["sample", "MODEL", *RAY[:-2], "--workers", "2"], "--workers cannot be given without --engine ray"),
        (["sample", "--engine", "ray", "--check", "."], "--engine cannot be given with --check"),
        (["sample", "--count", "2", "--check", "."], "--count cannot be given with --check"),
        (["sample", "--check", "."], "manifest.json"),
        (["evaluate", "MODEL", "--shard", "0/2"], "--output is missing"),
        (["evaluate", "MODEL", "--part-size", "2"], "--part-size cannot be given without --shard"),
        (["evaluate", "MODEL", "--shard", "0/2", "--output", "a", "--classify"], "--classify cannot be given"),
        (["evaluate", "MODEL", "--shard", "0/2", "--output", "a"], "--data is missing"),
        (["evaluate", "MODEL", "--merge", "."], "MODEL="),
        (["evaluate", "--merge", ".", "--shard", "0/2"], "--shard cannot be given with --merge"),
        (["evaluate", "--merge", "."], "manifest.json"),
    ],
)
def test_wrong_arguments_are_named(command, named, file, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "ray", None)  # as if it was not installed
    assert main([file if word == "MODEL" else word for word in command]) == 2
    assert named in complaint(capsys)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["2/2", "1", "a/b", "-1/2", "0/0", "1/2/3", ""])
def test_a_shard_is_one_of_its_number(text, capsys):
    with pytest.raises(SystemExit):
        main(["sample", "MODEL", "--count", "2", "--output", "a", f"--shard={text}"])
    assert "expected I/N with I = 0 … N - 1" in complaint(capsys)
