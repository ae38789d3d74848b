"""The command line: a run from training to figures, and one line for whatever is wrong."""

import _thread
import argparse
import io
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import keras
import numpy as np
import pytest
from PIL import Image

import pixelcnn
from models import shake
from pixelcnn import data
from pixelcnn.cli import COMMANDS, build_parser, main
from pixelcnn.cli.complete import hidden_box, read_picture
from pixelcnn.cli.demo import new_folder
from pixelcnn.cli.evaluate import agree
from pixelcnn.cli.guidance import figure_guidance
from pixelcnn.cli.options import select_classes
from pixelcnn.cli.signals import raised_as_interrupts
from pixelcnn.cli.terminal import say
from pixelcnn.cli.train import new_config, resumed_config
from pixelcnn.files import PARTIAL
from pixelcnn.training import DataSource, Preset, RunConfig, find_preset, train
from pixelcnn.training.callbacks import list_all_checkpoints, list_checkpoints
from pixelcnn.training.cost import pixel_cnn_plus_plus_cost
from pixelcnn.training.data_source import checksum

pytestmark = pytest.mark.eager


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Two classes of 8x8 drawings, 26 each."""
    path, random = tmp_path_factory.mktemp("pictures"), np.random.default_rng(0)
    for name, rows in (("above", slice(0, 4)), ("below", slice(4, 8))):
        (path / name).mkdir()
        for i in range(26):
            pixels = random.integers(0, 40, (8, 8), dtype="uint8")
            pixels[rows] += 200
            Image.fromarray(pixels).save(path / name / f"{i:02d}.png")
    return path


@pytest.fixture(scope="module")
def finished(pictures, tmp_path_factory):
    """A run of a model smaller than any preset, so that its sampler compiles in seconds."""
    output = tmp_path_factory.mktemp("runs") / "run"
    preset = Preset("nano", 1, 1, 4, 2, 0.0, 1e-2, 16, 1, None, "tests")
    data = DataSource(f"folder:{pictures}")
    config = RunConfig(preset, data, 1, None, 16, 1e-2, held_out=4, sample_rows=0, condition_dropout=0.2, orders=4)
    train(config, output, every=float("inf"), say=lambda line: None)
    return output


def complaint(capsys):
    """The one line of an error."""
    text = capsys.readouterr().err
    assert text.count("\n") == 1 and text.startswith("pixelcnn: ") and "Traceback" not in text
    return text


# Help and errors ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
def test_help_has_examples(command, capsys):
    with pytest.raises(SystemExit) as stop:
        main([*command, "--help"])
    assert stop.value.code == 0
    assert "examples:" in capsys.readouterr().out


def test_help_explains_each_option_and_its_default():
    (subcommands,) = (action for action in build_parser()._actions if isinstance(action, argparse._SubParsersAction))
    for name, parser in subcommands.choices.items():
        for action in parser._actions:
            assert action.help, (name, action)
            if action.option_strings and action.nargs != 0 and not action.required:
                assert re.search(r"\(default: .*\)|in place of", action.help), (name, action.option_strings)


def test_help_does_not_wait_for_a_backend():
    code = (
        "import sys\nfrom pixelcnn.cli import main\n"
        "assert 'numpy' not in sys.modules, 'Ctrl-C while NumPy is imported would give a traceback'\n"
        "try: main(['train', '--help'])\nexcept SystemExit: pass\n"
        "sys.exit(any(name in sys.modules for name in ('keras', 'tensorflow', 'jax', 'torch')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-500:]
    assert "examples:" in done.stdout


def test_a_demo_says_what_it_does_before_it_loads_a_backend():
    code = (
        "import sys\nfor name in ('keras', 'tensorflow', 'jax', 'torch'): sys.modules[name] = None\n"
        "from pixelcnn.cli import main\nmain(['demo', '--minutes', '2'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "import of keras halted" in done.stderr  # the demo went as far as its first import of a backend
    assert "trains a small PixelCNN++ for 2 minutes" in done.stdout and "about 4 minutes" in done.stdout


@pytest.mark.parametrize(
    "arguments, named",
    [
        (["train", "--data", "quickdraws", "--output", "RUN"], "quickdraws"),
        (["train", "--epochs", "0", "--output", "RUN"], "epochs=0"),
        (["train", "--minutes", "-1", "--output", "RUN"], "minutes=-1"),
        (["train", "--minutes", "nan", "--output", "RUN"], "minutes=nan"),
        (["train", "--batch-size", "0", "--output", "RUN"], "batch_size=0"),
        (["train", "--accumulate", "0", "--output", "RUN"], "accumulate=0"),
        (["train", "--seed", "-1", "--output", "RUN"], "seed=-1"),
        (["train", "--data-dir", "bitmaps", "--output", "RUN"], "--data-dir cannot be given with --data doodles"),
        (["train", "--data", "folder:a", "--source", "auto", "--output", "RUN"], "--source cannot be given"),
        (
            ["train", "--data", "quickdraw", "--source", "network", "--data-dir", "a", "--output", "RUN"],
            "--data-dir cannot be given with --source network",
        ),
        (["train", "--condition-dropout", "1", "--output", "RUN"], "condition_dropout=1.0"),
        (["train", "--orders", "2", "--output", "RUN"], "orders=2"),
        (["train", "--classes", ",", "--output", "RUN"], "--classes"),
        (["train", "--classes", "dragonfly", "--epochs", "1", "--output", "RUN"], "dragonfly"),
        (["train", "--data", "folder:nowhere", "--output", "RUN"], "nowhere"),
        (["train", "--data", "quickdraw", "--data-dir", "nowhere", "--output", "RUN"], "nowhere"),
        (["train", "--resume", "--output", "RUN"], "config.json"),
        (["sample", "--output", "a.png"], "--pretrained"),
        (["sample", "nowhere", "--output", "a.png"], "nowhere"),
        (["sample", "nowhere", "--output", "a.gif"], ".png"),
        (["sample", "nowhere", "--output", "a.png", "--gif", "a.png"], "--gif='a.png'"),
        (["complete", "nowhere", "--output", "a.png", "--gif", "a.png"], "--gif='a.png'"),
        (["sample", "nowhere", "--per-class", "0", "--output", "a.png"], "--per-class=0"),
        (["complete", "nowhere", "--count", "0", "--output", "a.png"], "--count=0"),
        (["evaluate", "nowhere", "--fidelity", "--samples", "0"], "--samples=0"),
        (["evaluate", "nowhere", "--samples", "5"], "--samples cannot be given without --fidelity or --report"),
        (["evaluate", "nowhere", "--report", "page.txt"], "--report='page.txt' does not fit"),
        (["evaluate", "nowhere", "--seed", "0"], "--seed cannot be given without --fidelity"),
        (["evaluate", "nowhere", "--guidance", "0"], "--guidance cannot be given without --fidelity"),
        (["evaluate", "nowhere", "--temperature", "1"], "--temperature cannot be given without --fidelity"),
        (["evaluate", "nowhere", "--judges", "2"], "--judges cannot be given without --fidelity"),
        (["evaluate", "nowhere", "--fidelity", "--judges", "3"], "--judges=3"),
        (["evaluate", "nowhere", "--guidances", "0,1", "--guidance", "1"], "--guidance cannot be given without --fid"),
        (["sample", "nowhere", "--no-real", "--data", "doodles", "--output", "a.png"], "--data cannot be given"),
        (["sample", "nowhere", "--no-real", "--size", "8", "--output", "a.png"], "--size cannot be given"),
        (["complete", "nowhere", "--images", "a.png", "--count", "6", "--output", "b.png"], "--count cannot be given"),
        (["complete", "nowhere", "--images", "a", "--source", "auto", "--output", "b.png"], "--source cannot be given"),
        (["info", "nowhere", "--measure"], "--measure cannot be given with a model"),
        (["info", "nowhere"], "nowhere"),
        (["complete", "nowhere", "--images", "a.png", "--output", "b.png"], "MODEL='nowhere'"),
        (["train", "--classes", "bees", "--epochs", "1", "--output", "RUN"], "Did you mean 'bee'?"),
        (["demo", "--minutes", "0", "--output", "RUN"], "minutes=0"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(arguments, named, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    assert named in complaint(capsys)
    assert not list(tmp_path.iterdir())


def test_an_error_of_the_system_names_the_file_without_a_number(finished, capsys, tmp_path):
    command = ["complete", str(finished), "--classes", "above", "--output", str(tmp_path / "a.png"), "--images"]
    assert main([*command, str(tmp_path / "nowhere.png")]) == 2
    assert complaint(capsys) == f"pixelcnn: error: {tmp_path / 'nowhere.png'}: No such file or directory\n"


@pytest.mark.parametrize(
    "option, words", [("--epochs", "a whole number"), ("--minutes", "a number"), ("--output", "a folder")]
)
def test_an_option_that_is_no_number_says_what_fits(option, words, capsys):
    with pytest.raises(SystemExit):
        main(["train", option, "" if option == "--output" else "x"])
    assert f"argument {option}: " in (text := capsys.readouterr().err) and f"expected {words}" in text


def test_a_reader_that_ends_early_is_no_error(monkeypatch, capsys):
    monkeypatch.setattr(data, "quickdraw", lambda *_, **__: data.doodles(1))
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        assert main(["download"]) == 128 + 13
    assert capsys.readouterr().err == ""


def script_of(shell, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--print-completion", shell])
    assert stop.value.code == 0
    return capsys.readouterr().out


def test_bash_completes_commands_options_and_choices(capsys):
    script = script_of("bash", capsys)
    for words, completed in (("tr", "train"), ("train --cond", "--condition-dropout"), ("train --preset ti", "tiny")):
        words = ["pixelcnn", *words.split()]
        code = (
            f"{script}\nCOMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}; _shtab_pixelcnn; echo $COMPREPLY"
        )
        done = subprocess.run(["bash"], input=code, capture_output=True, text=True, check=True)
        assert done.stdout.split() == [completed]


def test_other_shells_have_scripts_too(capsys):
    script = script_of("zsh", capsys)
    assert script.startswith("#compdef pixelcnn") and "--condition-dropout" in script and ":_files -/" in script


def test_the_version_is_that_of_the_package(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert (stop.value.code, capsys.readouterr().out) == (0, f"pixelcnn {pixelcnn.__version__}\n")


@pytest.mark.parametrize("place", [0, 1, 5])
def test_debug_shows_the_traceback_before_and_after_the_command(place):
    arguments = ["train", "--data", "quickdraws", "--output", "RUN"]
    with pytest.raises(ValueError, match="quickdraws"):
        main([*arguments[:place], "--debug", *arguments[place:]])


@pytest.mark.parametrize("command", ["sample", "info"])
def test_a_file_that_is_no_model_is_named(command, tmp_path, capsys):
    (tmp_path / "model.keras").write_text("not a model")
    more = ["--output", str(tmp_path / "a.png")] if command == "sample" else []
    assert main([command, str(tmp_path / "model.keras"), *more]) == 2
    assert "model.keras" in complaint(capsys)
    assert not (tmp_path / "a.png").exists()


def test_a_model_file_is_no_run_folder(finished, capsys):
    assert main(["train", "--resume", "--output", str(finished / "model.keras")]) == 2
    assert "model.keras' is a file: expected the folder of a run" in complaint(capsys)
    assert main(["info", str(finished / "checkpoints")]) == 2
    assert "checkpoints' holds no config.json" in complaint(capsys)


def test_an_occupied_folder_is_refused(finished, pictures, tmp_path, capsys):
    before = (finished / "config.json").read_bytes()
    assert main(["train", "--data", f"folder:{pictures}", "--output", str(finished)]) == 2
    assert "--resume" in complaint(capsys)
    assert (finished / "config.json").read_bytes() == before
    (tmp_path / "thesis.txt").write_text("mine")
    assert main(["demo", "--output", str(tmp_path)]) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_demo_deletes_nothing(finished, tmp_path, capsys):
    before = {path: path.read_bytes() for path in finished.rglob("*") if path.is_file()}
    assert main(["demo", "--output", str(finished)]) == 2
    assert "not empty" in complaint(capsys)
    assert all(path.read_bytes() == content for path, content in before.items())
    assert new_folder(tmp_path / "demo") == tmp_path / "demo"
    (tmp_path / "demo").mkdir()
    assert new_folder(tmp_path / "demo") == tmp_path / "demo-2"


def test_resume_does_not_change_what_is_trained(finished, capsys):
    assert main(["train", "--resume", "--preset", "blog", "--output", str(finished)]) == 2
    assert "--preset" in complaint(capsys)


def test_a_budget_of_another_kind_takes_the_place_of_the_first(finished):
    def resumed(*budget):
        found = resumed_config(build_parser().parse_args(["train", "--resume", "--output", str(finished), *budget]))
        return found.epochs, found.minutes

    assert resumed() == (1, None)
    assert resumed("--epochs", "3") == (3, None)
    assert resumed("--minutes", "2") == (None, 2.0)
    assert resumed("--epochs", "3", "--minutes", "2") == (3, 2.0)


@pytest.mark.parametrize(
    "arguments, named",
    [
        (["evaluate", "RUN", "--per-class", "50"], "--per-class cannot be given without --data"),
        (["evaluate", "RUN", "--data-dir", "bitmaps"], "--data-dir cannot be given for a run on folder:"),
        (["sample", "RUN", "--source", "local", "--output", "PNG"], "--source cannot be given for a run on folder:"),
        (["complete", "RUN", "--keep-rows", "4", "--source", "auto", "--output", "PNG"], "--source cannot be given"),
        (["sample", "RUN/model.keras", "--data-dir", "bitmaps", "--output", "PNG"], "--data-dir cannot be given"),
        (
            ["sample", "PLAIN", "--classes", "bee", "--output", "PNG"],
            "--classes cannot be given for a model without classes",
        ),
        (
            ["sample", "PLAIN", "--data", "doodles", "--output", "PNG"],
            "--data cannot be given for a model without classes",
        ),
        (["complete", "PLAIN", "--classes", "bee", "--images", "a", "--output", "PNG"], "--classes cannot be given"),
        (["evaluate", "PLAIN", "--data", "doodles", "--fidelity"], "--fidelity cannot be given"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(finished, tmp_path, capsys, arguments, named):
    plain = tmp_path / "plain.keras"
    if "PLAIN" in arguments:
        pixelcnn.PixelCNNPlusPlus((4, 4, 1), num_resnet=1, num_hierarchies=1, num_filters=2).save(plain)
    places = {"RUN": finished, "RUN/model.keras": finished / "model.keras", "PLAIN": plain, "PNG": tmp_path / "a.png"}
    assert main([str(places.get(word, word)) for word in arguments]) == 2
    assert named in complaint(capsys)
    assert not (tmp_path / "a.png").exists()


# Names ----------------------------------------------------------------------------------------------------------------


def named_model(*names):
    return pixelcnn.PixelCNNPlusPlus((4, 4, 1), class_names=names, num_resnet=1, num_hierarchies=1, num_filters=2)


def test_a_name_goes_before_a_number():
    model = named_model("1", "10", "2")
    assert select_classes("1", model) == [0]
    assert select_classes("10,2,1", model) == [1, 2, 0]
    assert select_classes("0", model) == [0]  # no name, so a number
    assert select_classes(None, model) == [0, 1, 2]
    commas = named_model("a", "b", "a,b", "blog20")
    assert select_classes("a,b", commas) == [2] and select_classes("b,a", commas) == [1, 0]
    assert select_classes('b,"a,b"', commas) == [1, 2] and select_classes("blog20", commas) == [3]
    for wrong in ("3", "\u00b2", "9" * 5000):
        with pytest.raises(ValueError, match="a whole number 0 … 2 or a name: '1', '10', '2'"):
            select_classes(wrong, model)


@pytest.mark.parametrize("arguments", [["train", "--output", ""], ["demo", "--output", ""]])
def test_an_empty_path_is_not_the_working_directory(arguments, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main(arguments)
    assert "--output: the path is empty" in capsys.readouterr().err
    assert main(["train", "--data", "folder:", "--output", "run"]) == 2
    assert not list(tmp_path.iterdir())


@pytest.mark.filterwarnings("default:the pictures of")
def test_pictures_that_changed_since_the_training_are_told_of(pictures, finished, tmp_path, capsys):
    """A folder with the same numbers of pictures and classes, but one training image moved into the test split."""
    folder, run = tmp_path / "pictures", tmp_path / "run"
    shutil.copytree(pictures, folder)
    shutil.copytree(finished, run)
    config = json.loads((run / "config.json").read_text())
    config["data"]["kind"] = f"folder:{folder}"
    (run / "config.json").write_text(json.dumps(config))
    assert main(["evaluate", str(run)]) == 0
    assert "warning" not in capsys.readouterr().err
    (folder / "above" / "00.png").rename(folder / "above" / "99.png")
    assert main(["evaluate", str(run)]) == 0
    assert "have changed since the training" in capsys.readouterr().err
    assert main(["train", "--resume", "--epochs", "2", "--output", str(run)]) == 2
    assert "this run began with other data" in complaint(capsys)


def test_an_output_that_would_cost_a_file_is_refused_before_the_work(finished, tmp_path, capsys):
    photograph = tmp_path / "photo.png"
    Image.new("L", (8, 8)).save(photograph)
    before, config = photograph.read_bytes(), (finished / "config.json").read_bytes()
    run, complete = str(finished), ["complete", str(finished), "--classes", "above", "--images", str(photograph)]
    same = str(tmp_path / "." / "x" / ".." / "photo.png")
    assert main([*complete, "--output", same]) == 2
    assert "an input, which would be overwritten" in complaint(capsys)
    assert main(["evaluate", run, "--output", str(finished / "config.json")]) == 2
    assert "configuration, which would be overwritten" in complaint(capsys)
    assert main(["sample", run, "--no-real", "--output", str(photograph / "figure.png")]) == 2
    assert "does not fit: expected a folder, but" in complaint(capsys)
    assert (photograph.read_bytes(), (finished / "config.json").read_bytes()) == (before, config)


@pytest.mark.parametrize(
    "arguments",
    [
        ["sample", "nowhere", "--output", "/proc/x.png"],
        ["complete", "nowhere", "--output", "/proc/x/x.png"],
        ["evaluate", "nowhere", "--output", "/proc/x.json"],
        ["sample", "nowhere", "--output", "x" * 300 + ".png"],
        ["train", "--data", "folder:nowhere", "--output", "/proc/x"],
        ["export", "nowhere", "--output", "/proc/x"],
        ["demo", "--output", "/proc/x"],
        ["demo", "--output", "x" * 300],
    ],
)
def test_an_output_that_cannot_be_written_is_told_of_before_the_work(arguments, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    assert re.search("output cannot be written|File name too long", complaint(capsys))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("count", "message"), [(10**12, "needs more memory than the machine has"), (10**20, "a number is too large")]
)
def test_more_drawings_than_memory_are_one_line(finished, tmp_path, capsys, count, message):
    arguments = ["sample", str(finished), "--no-real", "--per-class", str(count), "--output", str(tmp_path / "a.png")]
    assert main(arguments) == 2
    assert message in complaint(capsys)


def test_only_a_lack_of_memory_is_told_as_one(monkeypatch, capsys):
    def overflow(arguments):
        return int(float("inf"))

    monkeypatch.setattr("pixelcnn.cli.info.run", overflow)
    assert main(["info", "nowhere"]) == 2
    assert "a number is too large: cannot convert float infinity to integer" in complaint(capsys)


def test_a_run_below_a_file_is_refused_before_the_data_is_read(tmp_path, capsys):
    (tmp_path / "notes.txt").touch()
    assert main(["train", "--data", "folder:nowhere", "--output", str(tmp_path / "notes.txt" / "run")]) == 2
    assert "does not fit: expected a folder, but" in complaint(capsys)


def test_a_variable_that_names_no_folder_is_named(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("PIXELCNN_DATA", str(tmp_path / "nowhere"))
    assert main(["train", "--data", "quickdraw", "--output", str(tmp_path / "run")]) == 2
    assert "PIXELCNN_DATA=" in complaint(capsys)


def test_half_of_the_rows_stay_where_nothing_is_said(finished, tmp_path):
    assert (
        main(["complete", str(finished), "--count", "1", "--per-image", "1", "--output", str(tmp_path / "a.png")]) == 0
    )


def test_what_a_terminal_acts_on_is_escaped(tmp_path, capsys):
    path = str(tmp_path / "model.keras")
    named_model("bee\x1b[2J", "sun\nmoon", "\u202egnp").save(path)
    assert main(["info", path]) == 0
    text = capsys.readouterr().out
    assert "classes     3: bee\\x1b[2J, sun\\nmoon, \\u202egnp" in text
    assert main(["sample", path, "--classes", "swan", "--output", str(tmp_path / "a.png")]) == 2
    assert "bee\\x1b[2J" in (line := complaint(capsys)) and line.rstrip("\n").isprintable()


def test_names_reach_a_terminal_of_any_encoding(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", stream)
    say("\u00e9t\u00e9 \udc80")
    assert stream.buffer.getvalue() == b"\\xe9t\\xe9 \\udc80\n"


def test_codes_are_shown_in_colours_of_their_own(tmp_path):
    path, figure = str(tmp_path / "prior.keras"), tmp_path / "figure.png"
    prior = pixelcnn.PixelCNN((4, 4, 1), num_blocks=1, num_filters=4, high=7, levels="categorical")
    prior.save(path)
    assert main(["sample", path, "--per-class", "2", "--output", str(figure)]) == 0
    shown = {tuple(pixel) for pixel in np.asarray(Image.open(figure)).reshape(-1, 3)}
    codes = prior.sample(2, seed=0, verbose=0)
    assert shown == {(225, 225, 225), *map(tuple, pixelcnn.vq.colours(codes).reshape(-1, 3))}


# A run ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def interruptible():
    """SIGINT acts, as on a terminal; a shell's background jobs start with it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupted_run_is_kept_and_goes_on(pictures, tmp_path, capsys, interruptible):
    output = tmp_path / "run"

    def interrupt_after_an_epoch():
        while not list_checkpoints(output / "checkpoints"):
            time.sleep(0.05)
        _thread.interrupt_main()

    threading.Thread(target=interrupt_after_an_epoch, daemon=True).start()
    data = ["--data", f"folder:{pictures}", "--preset", "tiny", "--batch-size", "16", "--dtype", "float32"]
    arguments = [*data, "--held-out", "4", "--samples", "0", "--epochs", "100000"]
    assert main(["train", *arguments, "--output", str(output)]) == 130
    line = complaint(capsys)
    assert "interrupted" in line and "--resume" in line and ".keras" in line
    assert not (output / "model.keras").exists() and (output / "config.json").exists()
    assert main(["info", str(output)]) == 2
    assert "--resume" in complaint(capsys)

    epochs = list_checkpoints(output / "checkpoints")[-1][0] + 1
    assert main(["train", "--resume", "--epochs", str(epochs), "--output", str(output)]) == 0
    names = {path.relative_to(output).as_posix() for path in output.rglob("*")}
    assert {"model.keras", "config.json", "history.csv", f"checkpoints/epoch-{epochs:03d}.keras"} <= names
    assert not [name for name in names if "partial" in name]
    assert len((output / "history.csv").read_text().splitlines()) == epochs + 1
    assert json.loads((output / "config.json").read_text())["epochs"] == epochs


def default_signals():
    """Handle signals as a process does that a user starts in a terminal."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


@contextmanager
def training(pictures, output):
    """A process that trains, once it has a checkpoint, one of each step; it does not end by itself."""
    arguments = ["--data", f"folder:{pictures}", "--preset", "tiny", "--dtype", "float32", "--held-out", "0"]
    arguments += ["--batch-size", "4", "--checkpoint-minutes", "1e-6"]
    command = [sys.executable, "-m", "pixelcnn.cli", "train", *arguments, "--samples", "0", "--epochs", "100000"]
    command += ["--output", str(output)]
    # Default signals, because the tests may run where signals are ignored, as under `nohup`.
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=default_signals) as process:
        try:
            while process.poll() is None and not list_all_checkpoints(output / "checkpoints"):
                time.sleep(0.05)
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGHUP, marks=pytest.mark.full)])
def test_a_signal_ends_a_run_as_an_interrupt_does(pictures, tmp_path, number):
    output = tmp_path / "the run"
    with training(pictures, output) as process:
        process.send_signal(number)
        line = process.communicate()[1]
    assert process.returncode == 128 + number
    assert line.startswith("pixelcnn: interrupted; kept") and line.count("\n") == 1
    assert f"go on with: pixelcnn train --resume --output '{output}'" in line
    assert not list(output.rglob(f"{PARTIAL}*"))


def test_a_second_process_is_refused_and_a_killed_one_is_not_in_the_way(pictures, tmp_path, capsys):
    output = tmp_path / "run"
    with training(pictures, output) as process:
        assert main(["train", "--resume", "--output", str(output)]) == 2
        assert "another process trains in" in complaint(capsys)
        process.kill()
    (output / "checkpoints" / f"{PARTIAL}1-0.keras").touch()  # as if it had died amid a write
    (output / "samples" / f"{PARTIAL}mine").mkdir(parents=True)  # a user's
    output = output.rename(tmp_path / "moved")
    epochs = list_all_checkpoints(output / "checkpoints")[-1][0][0] + 1
    assert main(["train", "--resume", "--epochs", str(epochs), "--output", str(output)]) == 0
    assert len((output / "history.csv").read_text().splitlines()) == epochs + 1
    assert [path.name for path in output.rglob(f"{PARTIAL}*")] == [f"{PARTIAL}mine"]


def test_an_ignored_signal_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as after `nohup`
    try:
        with raised_as_interrupts() as received:
            signal.raise_signal(signal.SIGHUP)
            assert not received and signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_training_that_fails_is_one_line_with_what_is_kept(pictures, tmp_path, capsys):
    output = tmp_path / "run"
    data = ["--data", f"folder:{pictures}", "--preset", "tiny", "--batch-size", "16", "--dtype", "float32"]
    arguments = [*data, "--samples", "0", "--held-out", "0", "--learning-rate", "1e30", "--epochs", "9"]
    assert main(["train", *arguments, "--output", str(output)]) == 1
    line = complaint(capsys)
    assert "had a gradient that is not finite" in line and "Kept" in line and ".keras" in line
    assert list_checkpoints(output / "checkpoints")


@contextmanager
def disk_of(most):
    """Limit files to `most` bytes, as on a disk that is almost full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize(
    "arguments, most, written",
    [
        (["train", "--resume", "--epochs", "3", "--output", "RUN"], 4000, "epoch-002.keras"),
        (["train", "--resume", "--epochs", "3", "--output", "RUN"], 20, "history.csv|config.json"),
        (["sample", "RUN", "--no-real", "--per-class", "1", "--output", "PNG"], 20, "a.png"),
        (["complete", "RUN", "--count", "1", "--per-image", "1", "--output", "PNG"], 20, "a.png"),
        (["evaluate", "RUN"], 20, "evaluation.json"),
    ],
)
def test_a_full_disk_is_one_line_and_costs_nothing(finished, tmp_path, capsys, arguments, most, written):
    shutil.copytree(finished, tmp_path / "run")
    (tmp_path / "a.png").write_text("old")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    places = {"RUN": str(tmp_path / "run"), "PNG": str(tmp_path / "a.png")}
    with disk_of(most):
        assert main([places.get(word, word) for word in arguments]) == 1
    line = capsys.readouterr().err.splitlines()[-1]
    assert re.search(f"^pixelcnn: error: .*({written}): File too large", line)
    assert ("go on with: pixelcnn train --resume" in line) == (arguments[0] == "train")
    rewritten = ("config.json", "history.csv")  # whole, with the new budget or the new row
    assert all(path.read_bytes() == content for path, content in before.items() if path.name not in rewritten)
    assert not list(tmp_path.rglob(f"{PARTIAL}*"))
    assert main(["train", "--resume", "--epochs", "1", "--output", places["RUN"]]) == 0


def test_sample_writes_the_figure(finished, tmp_path):
    both, generated, film = (tmp_path / name for name in ("both.png", "generated.png", "generated.gif"))
    assert main(["sample", str(finished), "--per-class", "2", "--output", str(both)]) == 0
    arguments = [
        "--per-class",
        "4",
        "--classes",
        "below",
        "--temperature",
        "0.8",
        "--guidance",
        "2",
        "--output",
        str(generated),
        "--gif",
        str(film),
    ]
    assert main(["sample", str(finished / "model.keras"), *arguments]) == 0
    with Image.open(both) as first, Image.open(generated) as second:
        assert first.height > second.height
        with Image.open(film) as frames:
            assert frames.n_frames == 1 + 8
            frames.seek(8)
            np.testing.assert_array_equal(frames.convert("L"), second)


def test_sample_names_an_unknown_class(finished, tmp_path, capsys):
    assert main(["sample", str(finished), "--classes", "beside", "--output", str(tmp_path / "a.png")]) == 2
    assert "'beside', which is not a class" in (line := complaint(capsys)) and "'above', 'below'" in line


def test_complete_takes_data_and_files(finished, pictures, tmp_path):
    output = tmp_path / "a.png"
    arguments = ["--keep-rows", "4", "--per-image", "2", "--guidance", "1", "--output", str(output)]
    film = tmp_path / "a.gif"
    assert main(["complete", str(finished), "--count", "2", *arguments, "--gif", str(film)]) == 0
    first = output.read_bytes()
    with Image.open(film) as frames:
        assert frames.n_frames == 1 + 4
    files = [str(pictures / "above" / f"{i:02d}.png") for i in range(2)]
    assert main(["complete", str(finished), "--images", *files, "--classes", "above", *arguments]) == 0
    assert output.read_bytes() != first


def test_complete_hides_a_side_where_the_model_has_an_order_for_it(finished, tmp_path, capsys):
    arguments = ["complete", str(finished), "--count", "1", "--per-image", "2", "--output", str(tmp_path / "a.png")]
    assert main([*arguments, "--hide", "top", "--keep-rows", "3"]) == 0  # a model of four orders
    capsys.readouterr()
    assert main([*arguments, "--hide", "left"]) == 2
    assert "--hide=left does not fit: expected one of bottom, top, because this model was trained" in complaint(capsys)
    assert main([*arguments, "--hide", "right", "--keep-rows", "3"]) == 2
    assert "--keep-rows cannot be given with --hide right" in complaint(capsys)


@pytest.mark.parametrize(
    ("side", "mask"),
    [
        ("bottom", [[1, 1, 1], [0, 0, 0], [0, 0, 0]]),
        ("top", [[0, 0, 0], [0, 0, 0], [1, 1, 1]]),
        ("left", [[0, 1, 1]] * 3),
        ("right", [[1, 0, 0]] * 3),
    ],
)
def test_what_complete_hides(side, mask):
    arguments = build_parser().parse_args(["complete", "a", "--hide", side, "--output", "a.png"])
    model = pixelcnn.PixelCNN((3, 3, 1), orders=8, num_blocks=1, num_filters=2)
    found = pixelcnn.occlude(np.ones((1, 3, 3, 1), "uint8"), box=hidden_box(arguments, model)).mask
    assert np.array_equal(found, mask)


def test_complete_names_unfit_images(finished, tmp_path, capsys):
    output = ["--keep-rows", "4", "--output", str(tmp_path / "a.png")]
    Image.new("L", (5, 9)).save(tmp_path / "large.png")
    (tmp_path / "text.png").write_text("no image")
    for name, wanted in (("large.png", "5x9"), ("text.png", "not an image")):
        assert main(["complete", str(finished), "--images", str(tmp_path / name), "--classes", "above", *output]) == 2
        assert wanted in complaint(capsys)
    assert main(["complete", str(finished), "--images", str(tmp_path / "large.png"), *output]) == 2
    assert main(["complete", str(finished), "--keep-rows", "8", *output[2:]]) == 2


def test_complete_reads_images_as_the_folder_does(pictures, tmp_path):
    """A rotated, transparent picture of 16 bits has the same levels as from `data.folder`."""
    (tmp_path / "a").mkdir()
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels = np.random.default_rng(0).integers(0, 256, (6, 8), "uint8")
    Image.fromarray(pixels).save(tmp_path / "a" / "side.png", exif=exif)
    Image.fromarray(pixels.astype("uint16").T * 257).save(tmp_path / "a" / "sixteen.png")
    Image.fromarray(np.stack([pixels.T, pixels.T // 2 * 2], axis=-1), "LA").save(tmp_path / "a" / "clear.png")
    images = data.folder(tmp_path).images
    for image, name in zip(images, sorted(path.name for path in (tmp_path / "a").iterdir()), strict=True):
        np.testing.assert_array_equal(read_picture(tmp_path / "a" / name, (8, 6, 1), crop=False), image)


def test_complete_takes_black_and_white_pictures_for_two_levels(tmp_path, capsys):
    model, output = str(tmp_path / "model.keras"), str(tmp_path / "a.png")
    pixelcnn.PixelCNN((4, 4, 1), high=1, num_blocks=1, num_filters=2).save(model)
    levels = np.random.default_rng(0).integers(0, 2, (4, 4), "uint8")
    Image.fromarray(levels * 255).convert("1").save(tmp_path / "two.png")
    Image.fromarray(levels * 200 + 20).save(tmp_path / "gray.png")
    complete = ["complete", model, "--keep-rows", "3", "--per-image", "1", "--output", output, "--images"]
    assert main([*complete, str(tmp_path / "two.png")]) == 0
    first = (tmp_path / "a.png").read_bytes()
    capsys.readouterr()
    assert main([*complete, str(tmp_path / "gray.png")]) == 2
    assert "gray.png does not fit: expected a black and white picture" in complaint(capsys)
    assert main([*complete, str(tmp_path / "gray.png"), "--size", "4"]) == 0
    assert (tmp_path / "a.png").read_bytes() == first


def test_complete_scales_and_crops_images_where_told_to(finished, tmp_path, capsys):
    Image.new("RGBA", (20, 9)).save(tmp_path / "wide.png")
    given = ["--classes", "above", "--keep-rows", "4", "--per-image", "1", "--output", str(tmp_path / "a.png")]
    arguments = ["complete", str(finished), "--images", str(tmp_path / "wide.png"), *given]
    assert main(arguments) == 2
    assert "Give --size 8x8" in complaint(capsys)
    assert main([*arguments, "--size", "8x9"]) == 2
    assert "--size=8x9 does not fit: expected the size of the model's images, (8, 8, 1)" in complaint(capsys)
    assert main([*arguments, "--size", "8"]) == 0 and (tmp_path / "a.png").exists()


def test_complete_refuses_bombs_and_pipes(finished, tmp_path, capsys):
    Image.new("1", (13_000, 13_000)).save(tmp_path / "bomb.png")
    os.mkfifo(tmp_path / "pipe.png")
    for name, words in (("bomb.png", "13000 x 13000 pixels"), ("pipe.png", "not a regular file")):
        images = ["--images", str(tmp_path / name), "--classes", "above", "--output", str(tmp_path / "a.png")]
        assert main(["complete", str(finished), "--keep-rows", "4", *images]) == 2
        assert name in (text := complaint(capsys)) and words in text


def test_a_size_is_for_a_folder(finished, pictures, tmp_path, capsys):
    config = new_config(
        build_parser().parse_args(["train", "--data", f"folder:{pictures}", "--size", "6x4", "--output", str(tmp_path)])
    )
    assert config.data.size == (6, 4)
    figure = ["sample", str(finished), "--output", str(tmp_path / "a.png"), "--per-class", "1"]
    for arguments, words in (
        ([*figure, "--size", "8"], "--size cannot be given without --data folder:PATH"),
        (["train", "--size", "8", "--output", str(tmp_path / "run")], "size=(8, 8) does not fit data='doodles'"),
        (["train", "--size", "8", "--resume", "--output", str(finished)], "--size cannot be given with --resume"),
        ([*figure, "--data", f"folder:{pictures}", "--size", "4"], f"--data folder:{pictures} --size 8x8x1"),
    ):
        assert main(arguments) == 2
        assert words in complaint(capsys)
    with pytest.raises(SystemExit):
        main([*figure, "--size", "8x0"])
    assert "'8x0' does not fit: expected HxW" in capsys.readouterr().err


def test_a_variable_for_other_data_does_not_become_quickdraws_folder(tmp_path, monkeypatch):
    (tmp_path / "mnist").mkdir()
    monkeypatch.setenv("PIXELCNN_DATA", str(tmp_path))
    arguments = build_parser().parse_args(["train", "--data", "quickdraw", "--classes", "bee", "--output", "run"])
    assert (new_config(arguments).data.data_dir, new_config(arguments).data.per_class) == (None, 1500)
    np.save(tmp_path / "bee.npy", np.zeros((30, 784), "uint8"))
    assert (new_config(arguments).data.data_dir, new_config(arguments).data.per_class) == (str(tmp_path), None)


def test_options_of_a_training_are_in_its_configuration(finished, tmp_path, capsys):
    options = ["--num-resnet", "2", "--num-filters", "8", "--dropout-p", "0.25", "--ema-momentum", "0.99"]
    options += ["--shift", "1", "--flip", "bee,sun", "--balance", "0.5", "--held-out", "7", "--optimizer", "adam"]
    config = new_config(build_parser().parse_args(["train", *options, "--output", str(tmp_path / "run")]))
    preset = config.preset
    assert (preset.num_resnet, preset.num_filters, preset.dropout_p, preset.ema_momentum) == (2, 8, 0.25, 0.99)
    assert preset.optimizer == "adam"
    assert (config.shift, config.flip, config.balance, config.held_out) == (1, ("bee", "sun"), 0.5, 7)
    assert RunConfig.from_json(json.loads(json.dumps(config.to_json()))) == config
    for name, value in zip(options[::2], options[1::2], strict=True):
        assert main(["train", "--resume", name, value, "--output", str(finished)]) == 2
        assert f"{name} cannot be given with --resume" in complaint(capsys)


def test_evaluate_prints_and_writes(finished, tmp_path, capsys):
    page = tmp_path / "report.html"
    assert main(["evaluate", str(finished), "--report", str(page), "--samples", "2", "--guidance", "1"]) == 0
    record = json.loads((finished / "evaluation.json").read_text())
    text, bars = capsys.readouterr()
    assert "Likelihood: 100%" in bars and "%|" not in text  # a pipe reads figures only
    assert all(part in text for part in ("bits/dim", "Fréchet distance", "nearest training image", f"wrote {page}"))
    assert "<h2>Training</h2>" in page.read_text() and "above" in page.read_text()
    low, high = record["fidelity_interval"]
    assert 0 < record["bits_per_dim"] < 20 and 0 <= low <= record["fidelity"] <= high <= 1
    assert set(record["bits_per_dim_by_class"]) == {"above", "below"} and record["guidance"] == 1


def test_evaluate_classifies_by_bayes_rule(finished, tmp_path, capsys):
    figures = tmp_path / "figures.json"
    assert main(["evaluate", str(finished), "--classify", "--output", str(figures)]) == 0
    record = json.loads(figures.read_text())
    assert f"{record['bayes_accuracy']:.3f} accuracy by Bayes' rule" in capsys.readouterr().out
    confusion = record["bayes_confusion"]
    assert set(confusion) == {"above", "below"}
    assert sum(sum(row.values()) for row in confusion.values()) == record["test_images"]
    right = sum(confusion[name][name] for name in confusion)
    assert record["bayes_accuracy"] == pytest.approx(right / record["test_images"])


def test_evaluate_loses_no_figures(finished, pictures, tmp_path, capsys):
    run = tmp_path / "run"
    shutil.copytree(finished, run, ignore=lambda folder, names: [name for name in names if "evaluation" in name])
    shutil.copytree(pictures, tmp_path / "others")

    def read(name):
        return json.loads((run / name).read_text())

    evaluate = ["evaluate", str(run)]
    assert main(evaluate) == 0
    plain = read("evaluation.json")
    assert main([*evaluate, "--fidelity", "--samples", "2"]) == 0
    both = read("evaluation.json")
    assert both.items() >= plain.items() and {"fidelity", "seed"} <= set(both)
    assert main(evaluate) == 0
    assert read("evaluation.json") == both
    assert main([*evaluate, "--fidelity", "--samples", "3"]) == 0  # another setting
    assert main([*evaluate, "--data", f"folder:{tmp_path / 'others'}"]) == 0  # other data
    assert "wrote " + str(run / "evaluation-3.json") in capsys.readouterr().out
    assert (read("evaluation.json"), read("evaluation-2.json")["samples_per_class"]) == (both, 3)
    (run / "evaluation.json").write_text("mine")
    assert main(evaluate) == 0
    assert (run / "evaluation.json").read_text() == "mine" and set(read("evaluation-2.json")) == set(both)


def test_figures_take_the_guidance_that_evaluate_found(finished, tmp_path, capsys):
    run = tmp_path / "run"
    shutil.copytree(finished, run, ignore=lambda folder, names: [name for name in names if "evaluation" in name])
    model, none = pixelcnn.load(run / "model.keras"), argparse.Namespace(guidance=None, pretrained=None)
    assert figure_guidance(none, model, run) == 1
    assert capsys.readouterr().out == (
        f"guidance 1, not measured to suit (pixelcnn evaluate {run} --guidances 0,0.5,1,2); --guidance 0 draws "
        "from the distribution as it is\n"
    )
    assert main(["evaluate", str(run), "--guidances", "1,2", "--samples", "2"]) == 0
    record = json.loads((run / "evaluation.json").read_text())
    best = record["guidance_choice"]["guidance"]
    assert best in (1, 2) and "fidelity" not in record
    assert f"  guidance {best:g} has the least distance" in capsys.readouterr().out
    assert figure_guidance(none, model, run) == best
    assert f"guidance {best:g}, of {run / 'evaluation.json'}; --guidance 0 draws" in capsys.readouterr().out
    assert figure_guidance(argparse.Namespace(guidance=0.0), model, run) == 0
    assert agree(record, record) and agree(record, {**record, "guidance_choice": {"settings": {}}}) is False
    other = {**record, "guidance_choice": {**record["guidance_choice"], "guidance": 7.0}}
    for temperature, samples, expected in ((0.5, 9, best), (1.0, 1, best), (1.0, 3, 7.0)):
        other["guidance_choice"]["settings"] = {"temperature": temperature, "samples_per_class": samples}
        (run / "evaluation-2.json").write_text(json.dumps(other))
        assert figure_guidance(none, model, run) == expected
    shake(model)
    assert figure_guidance(none, model, run) == 1  # the file is of other weights


def test_figures_of_a_run_stay_whatever_fails_after_them(finished, tmp_path, monkeypatch):
    run = tmp_path / "run"
    shutil.copytree(finished, run, ignore=lambda folder, names: [name for name in names if "evaluation" in name])
    results = run / "evaluation.json"
    for wrong in (["--seed", "-1"], ["--temperature", "-1"]):
        with monkeypatch.context() as patch:
            patch.setattr("pixelcnn.evaluation.measure_likelihood", None)  # would take long
            assert main(["evaluate", str(run), "--fidelity", *wrong]) == 2
    with monkeypatch.context() as patch:
        patch.setattr("pixelcnn.evaluation.measure_drawings", interrupt)
        assert main(["evaluate", str(run), "--fidelity", "--samples", "2"]) == 130
    before = json.loads(results.read_text())
    assert "bits_per_dim" in before
    results.write_text(json.dumps(before | {"kept": 1}))
    assert main(["evaluate", str(run), "--output", str(results)]) == 0
    assert json.loads(results.read_text()) == before | {"kept": 1}


def interrupt(*_, **__):
    raise KeyboardInterrupt


def test_figures_of_a_model_without_dropped_conditions_have_no_guidance(capsys):
    arguments = argparse.Namespace(guidance=None, pretrained="quickdraw13")
    assert (
        figure_guidance(arguments, pixelcnn.PixelCNN((4, 4, 1), num_classes=2, num_filters=2, num_blocks=1), None) == 0
    )
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "model, options, guidance",
    [
        ("--pretrained", [], 0.5),
        ("--pretrained", ["--guidance", "2.5"], 2.5),
        ("run", [], 10.0),
        ("plain", [], 0.0),
    ],
)
def test_the_page_begins_with_the_guidance_of_figures(model, options, guidance, finished, tmp_path, monkeypatch):
    app = pytest.importorskip("pixelcnn.serve.app", reason="starlette is not installed", exc_type=ImportError)
    pytest.importorskip("uvicorn", reason="uvicorn is not installed")
    begun = []

    def make_app(distribution, title, names, guidance):
        begun.append(guidance)
        raise KeyboardInterrupt

    monkeypatch.setattr(app, "make_app", make_app)
    run = tmp_path / "run"
    shutil.copytree(finished, run)
    weights = checksum(*pixelcnn.load(run / "model.keras").get_weights())
    found = {"weights_checksum": weights, "guidance_choice": {"guidance": 30.0, "settings": {}}}
    (run / "evaluation.json").write_text(json.dumps(found))
    pixelcnn.PixelCNN((4, 4, 1), num_classes=2, num_filters=2, num_blocks=1).save(tmp_path / "plain.keras")
    of = {"--pretrained": ["--pretrained", "quickdraw20"], "run": [str(run)], "plain": [str(tmp_path / "plain.keras")]}
    serve = ["serve", *of[model], *options, "--port", "0", "--no-browser"]
    main(serve)
    assert begun == [guidance]  # the page offers guidance up to 10


def test_the_page_of_a_model_that_cannot_be_guided_has_no_guidance(tmp_path, capsys):
    pixelcnn.PixelCNN((4, 4, 1), num_classes=2, num_filters=2, num_blocks=1).save(tmp_path / "plain.keras")
    assert main(["serve", str(tmp_path / "plain.keras"), "--guidance", "1", "--no-browser"]) == 2
    assert "--guidance=1.0" in capsys.readouterr().err


def test_evaluate_needs_data(finished, capsys):
    assert main(["evaluate", str(finished / "model.keras")]) == 2
    assert "--data" in complaint(capsys)


def test_data_of_another_shape_is_named(finished, capsys):
    assert main(["evaluate", str(finished), "--data", "doodles"]) == 2
    complaint(capsys)


def test_info_prints_presets_and_cards(finished, capsys):
    assert main(["info"]) == 0
    text = capsys.readouterr().out
    assert all(
        name in text for name in ("tiny", "small", "blog", "paper", "backend", "estimated", "quickdraw13 Thirteen")
    )
    assert main(["info", "--pretrained", "quickdraw13"]) == 0
    text = capsys.readouterr().out
    assert all(
        part in text
        for part in ("parameters  588,127", "recipe      pixelcnn train", "figures     test bits/dim 1.5533;")
    )
    assert max(map(len, text.partition("name  ")[2].splitlines())) <= 120
    assert main(["info", str(finished)]) == 0
    text = capsys.readouterr().out
    assert "PixelCNNPlusPlus" in text and "above, below" in text and "bits/dim" in text
    assert "orders      4" in text
    assert re.search(r"training    about \d+ MB of memory at batch size 16", text)


def test_a_batch_size_is_a_number_or_auto(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["train", "--batch-size", "all", "--output", "RUN"])
    assert stop.value.code == 2
    assert "argument --batch-size: 'all' does not fit: expected a whole number or auto" in capsys.readouterr().err


def test_a_training_that_will_not_fit_is_refused_before_it_begins(pictures, tmp_path, monkeypatch, capsys):
    # The machine says that it has memory for 16 images, for the test must not depend on what runs beside it.
    cost = pixel_cnn_plus_plus_cost((8, 8, 1), 2, **find_preset("small").model_arguments())
    monkeypatch.setattr("pixelcnn.training.run.available_memory", lambda: int(1.16 * cost.training_bytes(16)))
    train = ["train", "--data", f"folder:{pictures}", "--size", "8", "--preset", "small", "--dtype", "float32"]
    run = ["--epochs", "1", "--held-out", "0", "--samples", "0", "--output", str(tmp_path / "run")]
    assert main([*train, "--batch-size", "48", *run]) == 2
    line = complaint(capsys)
    assert "batch_size=48 does not fit: expected at most" in line
    assert re.search(r"--batch-size auto; --batch-size \d+ --accumulate \d+; --remat\. --ignore-memory trains", line)
    assert not (tmp_path / "run" / "config.json").exists()


@pytest.mark.skipif(keras.backend.backend() == "torch", reason="export is refused on torch")
def test_export_writes_a_saved_model(finished, tmp_path, capsys):
    assert main(["export", str(finished), "--output", str(tmp_path / "served")]) == 0
    assert str(tmp_path / "served") in capsys.readouterr().out
    assert (tmp_path / "served" / "saved_model.pb").stat().st_size
    (tmp_path / "notes.txt").write_text("kept")
    assert main(["export", str(finished), "--output", str(tmp_path)]) == 2
    assert "new name" in complaint(capsys)
    assert (tmp_path / "notes.txt").read_text() == "kept"


@pytest.mark.full
@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="ONNX is refused on other backends")
def test_export_takes_the_format_from_the_name(finished, tmp_path, capsys, monkeypatch):
    pytest.importorskip("tf2onnx")
    assert main(["export", str(finished), "--output", str(tmp_path / "model.onnx")]) == 0
    assert (tmp_path / "model.onnx").is_file()
    monkeypatch.setitem(sys.modules, "tf2onnx", None)
    assert main(["export", str(finished), "--output", str(tmp_path / "other.onnx")]) == 2
    assert "--format='onnx' needs tf2onnx" in complaint(capsys)
    assert not (tmp_path / "other.onnx").exists()
