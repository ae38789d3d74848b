"""A model file loads as it was saved, or an error that names the file refuses it before it costs memory or time."""

import functools
import io
import json
import resource
import zipfile

import h5py
import keras
import numpy as np
import pytest

import archives
import pixelcnn
from models import SMALL
from pixelcnn.cli import main

pytestmark = pytest.mark.eager

NETWORK = {"module": "keras.layers", "class_name": "Dense", "config": {"units": 10**6}, "registered_name": None}
DEEP = b'{"config":' * 100_000 + b"1" + b"}" * 100_000


@keras.saving.register_keras_serializable(package="tests")
class OurOwn(pixelcnn.PixelCNNPlusPlus):
    pass


def tiny(**arguments):
    return pixelcnn.PixelCNNPlusPlus((4, 4, 1), num_hierarchies=1, num_classes=3, high=3, **{**SMALL, **arguments})


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """The members of a model file."""
    distribution = tiny()
    distribution.compile("adam", ema_momentum=0.9)
    path = tmp_path_factory.mktemp("saved") / "model.keras"
    distribution.save(path)
    return archives.members(path)


def configured(saved, compile_config=None, **arguments):
    """The members with other arguments, or another compile configuration, in their `config.json`."""
    config = json.loads(saved["config.json"])
    config["config"].update(arguments)
    config["compile_config"].update(compile_config or {})
    return {**saved, "config.json": json.dumps(config).encode()}


def refused(path, match):
    with pytest.raises(ValueError, match=match) as error:
        pixelcnn.load(path)
    assert path.name in str(error.value) and len(str(error.value)) < 1000


def test_a_registered_class_of_your_own_is_loaded(tmp_path):
    own = OurOwn((4, 4, 1), **SMALL)
    own.save(tmp_path / "own.keras")
    assert isinstance(pixelcnn.load(tmp_path / "own.keras"), OurOwn)


def test_a_file_that_somebody_compressed_is_loaded(saved, tmp_path):
    archives.write(tmp_path / "model.keras", saved, zipfile.ZIP_DEFLATED)
    assert pixelcnn.load(tmp_path / "model.keras").num_classes == 3


def test_optimizers_schedules_and_metrics_are_loaded(tmp_path):
    distribution = tiny()
    schedule = keras.optimizers.schedules.CosineDecay(1e-2, 2_000_000)
    distribution.compile(keras.optimizers.LossScaleOptimizer(keras.optimizers.AdamW(schedule)))
    distribution.save(tmp_path / "model.keras")
    optimizer = pixelcnn.load(tmp_path / "model.keras").optimizer.inner_optimizer
    assert isinstance(optimizer._learning_rate, keras.optimizers.schedules.CosineDecay)


def test_what_is_no_model_file_is_told(tmp_path, saved):
    with pytest.raises(FileNotFoundError, match="nothing.keras"):
        pixelcnn.load(tmp_path / "nothing.keras")
    with pytest.raises(FileNotFoundError, match="expected a .keras file"):
        pixelcnn.load(tmp_path)
    (tmp_path / "text.keras").write_text("hello")
    refused(tmp_path / "text.keras", "expected a .keras file that save")
    refused(archives.write(tmp_path / "model.zip", saved), "expected a .keras file that save")
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save(tmp_path / "other.keras")
    refused(tmp_path / "other.keras", "Sequential")
    whole = archives.write(tmp_path / "cut.keras", saved).read_bytes()
    (tmp_path / "cut.keras").write_bytes(whole[: len(whole) // 2])
    refused(tmp_path / "cut.keras", "expected a .keras file that save")


def damaged_members(saved):
    """Archive members that are refused, and the text of the error."""
    weights = saved["model.weights.h5"]
    holes = archives.hdf5(
        lambda file: file.create_dataset("big", (1 << 28,), "float32", chunks=(1 << 20,), compression="gzip"), weights
    )
    elsewhere = archives.hdf5(
        lambda file: file.create_dataset("x", (4,), "uint8", external=[("/etc/passwd", 0, 4)]), weights
    )
    imaginary = archives.hdf5(lambda file: file.create_dataset("x", data=np.zeros(3, complex)), weights)
    yield "imaginary weights", {**saved, "model.weights.h5": imaginary}, "complex128 at 'x': expected real numbers"
    yield "no config", {name: saved[name] for name in saved if name != "config.json"}, "no member config.json"
    yield "no weights", {name: saved[name] for name in saved if name != "model.weights.h5"}, "no member model.weights"
    yield "no JSON", {**saved, "config.json": saved["config.json"][:100]}, "config.json is not JSON"
    yield "no object", {**saved, "config.json": b"[1]"}, "holds a list: expected a JSON object"
    yield "no arguments", {**saved, "config.json": saved["config.json"].replace(b'"config"', b'"xonfig"')}, "arguments"
    yield "deep", {**saved, "config.json": DEEP}, "RecursionError"
    yield "long", {**saved, "config.json": b" " * (1 << 25)}, "33,554,432 bytes"
    yield "no HDF5", {**saved, "model.weights.h5": b"hello" * 1000}, "OSError"
    yield "half an HDF5", {**saved, "model.weights.h5": weights[: len(weights) // 2]}, "OSError"
    yield "empty HDF5", {**saved, "model.weights.h5": archives.hdf5()}, "weights"
    yield "holes", {**saved, "model.weights.h5": holes}, "declares"
    yield "elsewhere", {**saved, "model.weights.h5": elsewhere}, "another file"
    yield "no optimizer", configured(saved, {"optimizer": None}), "optimizer"
    yield "a network for an optimizer", configured(saved, {"optimizer": NETWORK}), "keras.layers.Dense"
    yield "a network deep inside", configured(saved, {"loss": {"a": [NETWORK]}}), "keras.layers.Dense"


def test_damaged_members_are_refused_by_name(saved, tmp_path):
    for name, contents, message in damaged_members(saved):
        refused(archives.write(tmp_path / f"{name}.keras", contents), message)


def test_damaged_archives_are_refused_by_name(saved, tmp_path):
    whole = archives.write(tmp_path / "whole.keras", saved).read_bytes()
    (tmp_path / "encrypted.keras").write_bytes(archives.encrypted(whole))
    refused(tmp_path / "encrypted.keras", "encrypted")
    middle = len(whole) // 2
    (tmp_path / "flipped.keras").write_bytes(whole[:middle] + b"damage" + whole[middle + 6 :])
    refused(tmp_path / "flipped.keras", "checksum")
    bomb = archives.write(tmp_path / "bomb.keras", {**saved, "assets/zeros": bytes(1 << 29)}, zipfile.ZIP_DEFLATED)
    refused(bomb, "unpack to")


OF_WEIGHTS = ("imaginary weights", "no weights", "no HDF5", "half an HDF5", "empty HDF5", "holes", "elsewhere")


def test_damaged_weights_are_refused_by_name_when_a_distribution_loads_them(saved, tmp_path):
    whole = archives.write(tmp_path / "whole.keras", saved).read_bytes()
    (tmp_path / "text.keras").write_text("hello")
    (tmp_path / "empty.keras").write_bytes(b"")
    (tmp_path / "cut.keras").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "encrypted.keras").write_bytes(archives.encrypted(whole))
    (tmp_path / "text.weights.h5").write_text("hello")
    not_finite = archives.hdf5(lambda file: _fill(file, np.nan), saved["model.weights.h5"])
    (tmp_path / "nan.weights.h5").write_bytes(not_finite)
    archives.write(tmp_path / "nan.keras", {**saved, "model.weights.h5": not_finite})
    for name, contents, _ in damaged_members(saved):
        if name in OF_WEIGHTS:
            archives.write(tmp_path / f"{name}.keras", contents)
    for path in sorted(tmp_path.iterdir()):
        distribution = tiny()
        distribution.compile("adam", ema_momentum=0.9)
        if path.name == "whole.keras":
            distribution.load_weights(path)
            continue
        with pytest.raises(ValueError, match="^filepath=") as error:
            distribution.load_weights(path)
        assert path.name in str(error.value) and len(str(error.value)) < 1000
    with pytest.raises(FileNotFoundError, match="none.keras"):
        tiny().load_weights(tmp_path / "none.keras")


def _fill(file, value):
    def fill(name, item):
        if isinstance(item, h5py.Dataset) and item.ndim > 1:
            item[...] = value

    file.visititems(fill)


@pytest.mark.parametrize(
    "arguments",
    [
        {"num_filters": 10**5},
        {"num_filters": 2**40},
        {"num_resnet": 10**5},
        {"num_resnet": 10**4},
        {"num_hierarchies": 10**12},
        {"num_logistic_mix": 10**8},
        {"num_classes": 10**8},
        {"num_classes": None, "conditional_shape": [10**5, 10**5]},
        {"spatial_condition_shape": [4, 4, 10**9]},
        {"image_shape": [4, 4, 10**6]},
        {"image_shape": [10**6, 10**6, 1]},
        {"receptive_field_dims": [10**5, 10**5]},
    ],
)
def test_sizes_beyond_the_weights_in_the_file_are_refused_before_memory_goes_into_them(saved, tmp_path, arguments):
    path = archives.write(tmp_path / "large.keras", configured(saved, **arguments))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused(path, "more than [0-9,]+ weights|at most [0-9,]+ (weights|sub-pixels)|does not fit")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kilobytes


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint32"])
@pytest.mark.parametrize("part", ["layers", "optimizer"])
def test_booleans_and_integers_are_not_cast_to_weights(saved, tmp_path, dtype, part):
    names = []

    def spoil(file):
        file[part].visititems(lambda name, item: names.append(item.name) if getattr(item, "ndim", 0) > 1 else None)
        values = file[names[0]][()]
        del file[names[0]]
        file[names[0]] = (values > 0).astype(dtype)

    weights = archives.hdf5(spoil, saved["model.weights.h5"])
    path = archives.write(tmp_path / "whole.keras", {**saved, "model.weights.h5": weights})
    refused(path, f"{dtype} of shape .* at '{names[0][1:]}': expected floats")
    distribution = tiny()
    distribution.compile("adam", ema_momentum=0.9)
    (tmp_path / "whole.weights.h5").write_bytes(weights)
    for name in ("whole.keras", "whole.weights.h5"):
        with pytest.raises(ValueError, match=f"{name}.*{dtype} of shape"):
            distribution.load_weights(tmp_path / name)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_an_error_that_names_file_and_weight(saved, tmp_path, value, capsys):
    def spoil(file):
        table = next(name for name in names if "condition_projection/vars/0" in name)
        file[table][1, 2] = value

    names = []
    with h5py.File(io.BytesIO(saved["model.weights.h5"])) as file:
        file.visit(names.append)
    contents = {**saved, "model.weights.h5": archives.hdf5(spoil, saved["model.weights.h5"])}
    path = archives.write(tmp_path / "nan.keras", contents)
    refused(path, "not finite: 1 of .*table")
    assert main(["sample", str(path), "--output", str(tmp_path / "figure.png")]) == 2
    assert "nan.keras" in capsys.readouterr().err and not (tmp_path / "figure.png").exists()


@pytest.mark.parametrize("suffix", [".keras", ".weights.h5"])
@pytest.mark.parametrize(
    "theirs, ours, named",
    [
        ({"num_classes": 2}, {}, ("num_classes is 2: expected None", "16 arrays")),
        ({"orders": 4}, {}, ("orders is 4: expected 1", "arrays for a network: expected")),
        ({"num_classes": 4}, {"orders": 4}, ("num_classes is 4: expected None", None)),
    ],
)
def test_weights_of_another_condition_are_refused(tmp_path, suffix, theirs, ours, named):
    make = functools.partial(pixelcnn.PixelCNN, (4, 4, 1), high=1, num_blocks=1, num_filters=2)
    path = tmp_path / f"other{suffix}"
    other = make(**theirs)
    other.save(path) if suffix == ".keras" else other.save_weights(path)
    expected = named[suffix != ".keras"]
    if expected is None:  # HDF5 files do not tell a table of classes from one of orders
        return
    with pytest.raises(ValueError, match=expected if suffix == ".keras" else "arrays for a network: expected"):
        make(**ours).load_weights(path)
    make(**theirs).load_weights(path)
