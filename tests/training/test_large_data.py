"""Training on images in files is training on the same images in memory, also after an interruption."""

import json
import pickle
import re
import subprocess
import sys
import tracemalloc
from pathlib import Path

import keras
import numpy as np
import pytest

import pixelcnn
from models import model
from pixelcnn.cli import main
from pixelcnn.data import quickdraw, stored_rows
from pixelcnn.data.in_files import ImagesInFiles, LabelsOfParts, Part, Rows
from pixelcnn.inference import files
from pixelcnn.training import Backup, Preset, RunConfig, RunFolder, ShuffledBatches, data_source, train
from pixelcnn.training.callbacks import read_history
from pixelcnn.training.checked_batches import IndexedBatches, MappedBatches
from pixelcnn.training.data_source import SAMPLED, DataSource, checksum, checksum_as
from properties.families import given, random_images
from stopping import StopAt, Stopped

pytestmark = pytest.mark.eager

CLASSES = ("bee", "sun", "cat")
PRESET = Preset("nano", 1, 1, 4, 2, 0.0, 1e-2, 16, 1, None, "tests")


@pytest.fixture(scope="module")
def data(drawings):
    """The same drawings in memory and in files."""
    return [quickdraw(CLASSES, data_dir=drawings, in_memory=in_memory) for in_memory in (True, False)]


@pytest.fixture(scope="module")
def dist():
    keras.utils.set_random_seed(0)
    dist = pixelcnn.PixelCNN((28, 28, 1), num_classes=3, class_names=CLASSES, num_blocks=1, num_filters=2)
    dist.compile("sgd")
    return dist


@pytest.mark.quick
def test_fit_on_files_is_fit_in_memory_and_goes_on_in_mid_epoch(dist, data, tmp_path):
    begin = dist.get_weights()
    histories = []
    for number, (images, labels, _) in enumerate(data):
        dist.set_weights(begin)
        callbacks = [Backup(tmp_path / str(number), minutes=1e-9, seed=0)]
        arguments = {"x": images, "y": labels, "batch_size": 32, "epochs": 2, "verbose": 0}
        if number:
            with pytest.raises(Stopped):
                dist.fit(**arguments, callbacks=[*callbacks, StopAt(5)])
            dist.set_weights(begin)
            callbacks = [Backup(tmp_path / str(number), minutes=1e-9, seed=0)]
        histories.append(dist.fit(**arguments, callbacks=callbacks).history)
    assert histories[0] == histories[1]


def test_all_forms_of_images_in_files_are_read(dist, data):
    dist.compile(keras.optimizers.SGD(0.0))
    (images, labels, _), (in_files, their_labels, _) = data
    expected = dist.evaluate(images, labels, batch_size=32, verbose=0)
    weights = np.linspace(0, 1, len(images))
    quiet = {"batch_size": 32, "verbose": 0}
    assert dist.evaluate(in_files, their_labels, **quiet) == expected
    assert dist.evaluate((in_files, labels), **quiet) == expected
    assert dist.evaluate({"image": in_files, "label": their_labels}, **quiet) == expected
    assert dist.evaluate(in_files, np.array(CLASSES)[labels], **quiet) == expected
    weighted = [dist.evaluate(x, labels, sample_weight=weights, **quiet) for x in (images, in_files)]
    assert weighted[0] == weighted[1] != expected
    by_class = [
        dist.fit(x, y, validation_data=(x, y), class_weight={"sun": 3.0}, **quiet).history
        for x, y in ((images, labels), (in_files, their_labels))
    ]
    assert by_class[0]["val_loss"] == by_class[1]["val_loss"] == [expected[0]]
    np.testing.assert_allclose(by_class[0]["loss"], by_class[1]["loss"], rtol=1e-5)
    dist.compile("sgd")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"validation_split": 0.1}, "validation_split=0.1 does not fit images in files"),
        ({"y": np.zeros(95, int)}, r"shape \(95,\) does not fit: expected one for each of 96 images of x"),
        ({"sample_weight": np.ones(97)}, r"shape \(97,\) does not fit"),
        ({"y": np.full(96, 3)}, "3"),
        ({"x": None}, "x=None does not fit"),
    ],
)
def test_what_does_not_fit_images_in_files_is_refused(dist, data, more, words):
    images, labels, _ = data[1]
    with pytest.raises(ValueError, match=words):
        dist.fit(**{"x": images, "y": labels, "verbose": 0} | more)


def test_a_pair_of_images_in_files_and_labels_takes_no_other_labels(dist, data):
    for images, labels, _ in data:
        with pytest.raises(ValueError, match="y does not fit: x is a pair of images and conditions already"):
            dist.fit((images, labels), labels, verbose=0)


def test_a_level_that_does_not_exist_is_named_with_its_batch(data):
    binary = pixelcnn.PixelCNN((28, 28, 1), num_blocks=1, num_filters=2, high=1)
    binary.compile("sgd")
    with pytest.raises(ValueError, match="a batch of x .number 0. holds 255"):
        binary.fit(data[1].images, verbose=0)


@pytest.mark.parametrize("make", [
    lambda images, labels: ShuffledBatches(images, labels, 10, seed=0),
    lambda images, labels: MappedBatches(images, (labels,), 10, None, shuffle=True, seed=0),
])  # fmt: skip
def test_batches_are_the_same_in_any_order_of_reading(data, make):
    expected, batches = (make(images, labels) for images, labels, _ in data)
    for epoch, numbers in ((0, range(9)), (1, [3, 4, 8, 2]), (0, [5, 6, 7])):
        for each in (expected, batches):
            each.set_epoch(epoch)
        for number in numbers:
            for ours, theirs in zip(batches[number], expected[number], strict=True):
                np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("make", [
    lambda images, labels: ShuffledBatches(images, labels, 10, seed=0),
    lambda images, labels: MappedBatches(images, (labels,), 10, None, shuffle=True, seed=0),
])  # fmt: skip
def test_a_worker_process_takes_batches_of_files_and_reads_them(data, make):
    batches = make(*data[1][:2])
    batches.set_epoch(3)
    expected = [batches[number] for number in (0, 1)]  # threads read now
    copy = pickle.loads(pickle.dumps(batches))
    for number in (1, 0):
        for ours, theirs in zip(copy[number], expected[number], strict=True):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.quick
def test_a_file_that_is_cut_off_in_training_is_named(dist, tmp_path):
    np.save(tmp_path / "bee.npy", np.zeros((50, 784), np.uint8))
    images, labels, _ = quickdraw(["bee"], data_dir=tmp_path, in_memory=False)
    assert len(images[:]) == 50
    with (tmp_path / "bee.npy").open("r+b") as file:
        file.truncate(20_000)
    with pytest.raises(ValueError, match="bee.npy is truncated"):
        dist.fit(ShuffledBatches(images, labels, 5), shuffle=False, verbose=0)


def test_a_run_on_files_is_the_run_in_memory_and_is_resumed(drawings, tmp_path, monkeypatch):
    source = DataSource("quickdraw", classes=CLASSES, data_dir=str(drawings))
    config = RunConfig(PRESET, source, 2, None, 16, 1e-2, dtype="float32", held_out=2, sample_rows=0)
    train(config, tmp_path / "memory", every=np.inf, say=str)
    monkeypatch.setattr(data_source, "MOST_IN_MEMORY", 0)
    assert isinstance(source.open("train")[0], Rows) and isinstance(source.load("train")[0], np.ndarray)
    with monkeypatch.context() as patch:
        patch.setattr(ShuffledBatches, "__getitem__", stopping_after(8, ShuffledBatches.__getitem__))
        with pytest.raises(Stopped):
            train(config, tmp_path / "files", every=np.inf, say=str)
    begun = RunFolder(tmp_path / "files").read_config()
    assert begun.checksum.startswith(SAMPLED)
    train(begun, tmp_path / "files", resume=True, every=np.inf, say=str)
    runs = [read_history(tmp_path / name / "history.csv") for name in ("memory", "files")]
    for name in ("loss", "bits_per_dim", "val_bits_per_dim", "steps"):
        assert [row[name] for row in runs[0]] == [row[name] for row in runs[1]]


@pytest.mark.quick
def test_likelihoods_of_files_are_those_in_memory(dist, data, monkeypatch):
    monkeypatch.setattr(files, "CHUNK", 40)
    (images, labels, _), (in_files, their_labels, _) = data
    for method in (dist.log_prob, dist.bits_per_dim, dist.pixel_log_prob):
        expected = method(images, labels, batch_size=20)
        np.testing.assert_array_equal(method(in_files, their_labels, batch_size=20), expected)
        np.testing.assert_array_equal(method(in_files, np.array(CLASSES)[labels], batch_size=20), expected)
    for one in ("sun", ["sun"]):
        np.testing.assert_array_equal(dist.log_prob(in_files, one, 20), dist.log_prob(images, one, 20))
    np.testing.assert_array_equal(dist.predict((in_files, their_labels), 20, 0), dist.predict((images, labels), 20, 0))
    np.testing.assert_array_equal(dist.classify(in_files, batch_size=20), dist.classify(images, batch_size=20))
    seen = []
    dist.log_prob(in_files, their_labels, verbose=lambda done, count: seen.append((done, count)))
    assert seen == [(40, 96), (80, 96), (96, 96)]


def test_images_in_files_have_labels_and_maps_in_all_forms(tmp_path):
    dist = model((4, 4, 1), num_classes=3, spatial_condition_shape=(4, 4, 1), high=3)
    images, (labels, maps) = random_images(6, dist), given("label and map", 6, (4, 4, 1))
    maps = maps[..., :1]
    (tmp_path / "images").write_bytes(images.astype("uint8").tobytes())
    in_files = ImagesInFiles([Part(tmp_path / "images", 0, 6)], (4, 4, 1))
    expected = dist.log_prob(images, (labels, maps))
    for condition in ((labels, maps), [labels, maps], [list(labels), maps]):
        np.testing.assert_array_equal(dist.log_prob(in_files, condition), expected)
    expected = dist.log_prob(images, (1, maps))
    for label in (1, [1]):  # one for all images, beside a map for each
        np.testing.assert_array_equal(dist.log_prob(in_files, (label, maps)), expected)
    found, wanted = (dist.class_log_probs(some, spatial_condition=maps) for some in (in_files, images))
    np.testing.assert_array_equal(found, wanted)
    plain = model((4, 4, 1), num_classes=3, high=3)
    two = ImagesInFiles([Part(tmp_path / "images", 0, 2)], (4, 4, 1))
    np.testing.assert_array_equal(plain.log_prob(two, (0, 2)), plain.log_prob(images[:2], (0, 2)))
    assert plain.log_prob(ImagesInFiles([Part(tmp_path / "images", 0, 0)], (4, 4, 1)), 0).shape == (0,)


@pytest.mark.parametrize("condition", [np.zeros(95, int), np.zeros((2, 96), int), None, [3] * 96])
def test_a_condition_that_does_not_fit_images_in_files_is_named(dist, data, condition):
    with pytest.raises(ValueError, match="conditional_input|label"):
        dist.log_prob(data[1].images, condition)


@pytest.mark.full
def test_a_likelihood_of_files_takes_the_memory_of_some_thousand_images(tmp_path, monkeypatch):
    count, bound = 80_000, 2 << 20
    monkeypatch.setattr(files, "CHUNK", 1024)
    with (tmp_path / "images").open("wb") as file:
        file.truncate(count * 64)  # without content: the system stores no zeros
    images = ImagesInFiles([Part(tmp_path / "images", 0, count)], (8, 8, 1))
    assert images.nbytes > 2 * bound
    model = pixelcnn.PixelCNN((8, 8, 1), num_classes=2, num_blocks=1, num_filters=2, high=1)
    model.log_prob(images[:1024], 0, batch_size=1024)
    tracemalloc.start()
    nats = model.log_prob(images, LabelsOfParts([1, count - 1]), batch_size=1024)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(nats) == count and peak < bound


@pytest.mark.full
def test_large_arrays_of_hdf5_are_read_in_batches(dist, data, tmp_path, monkeypatch):
    h5py = pytest.importorskip("h5py", reason="needs h5py, whose arrays are read")
    images, labels, _ = data[0]
    with h5py.File(tmp_path / "drawings.h5", "w") as file:
        stored = file.create_dataset("images", data=images, chunks=(7, 28, 28, 1))
        assert stored_rows.in_rows(stored) is stored  # small arrays are read whole
        whole = dist.log_prob(stored, labels, batch_size=32)
        monkeypatch.setattr(stored_rows, "MOST_IN_MEMORY", 0)
        rows = stored_rows.in_rows(stored)
        for chosen in (slice(3, 90, 7), slice(0, 0), [5, 5, 95, 0], [[1, 2], [2, 1]], -1):
            np.testing.assert_array_equal(rows[chosen], images[chosen])
        np.testing.assert_array_equal(dist.log_prob(stored, labels, batch_size=32), whole)
        quiet = {"batch_size": 32, "verbose": 0}
        assert dist.evaluate(stored, labels, **quiet) == dist.evaluate(images, labels, **quiet)
        begin, histories = dist.get_weights(), []
        for number, x in enumerate((images, stored)):
            dist.set_weights(begin)
            backup = Backup(tmp_path / str(number), seed=0)
            histories.append(dist.fit(x, labels, callbacks=backup, **quiet).history)
        assert histories[0] == histories[1]
        dist.fit(stored, labels, validation_split=0.5, **quiet)


def test_evaluate_measures_drawings_in_files_as_in_memory(dist, drawings, tmp_path, monkeypatch):
    dist.save(tmp_path / "model.keras")
    evaluate = ["evaluate", str(tmp_path / "model.keras"), "--data", "quickdraw", "--data-dir", str(drawings)]
    records = []
    for most in (data_source.MOST_IN_MEMORY, 0):
        monkeypatch.setattr(data_source, "MOST_IN_MEMORY", most)
        assert main([*evaluate, "--classify", "--output", str(tmp_path / f"{most}.json")]) == 0
        records.append(json.loads((tmp_path / f"{most}.json").read_text()))
    assert records[0] == records[1] and records[0]["test_images"] == 9


def stopping_after(batches, get):
    """A `__getitem__` that ends the process' work after a number of batches."""
    left = iter(range(batches))

    def stopping(self, index):
        if next(left, None) is None:
            raise Stopped
        return get(self, index)

    return stopping


# Data sets of other libraries ----------------------------------------------------------------------------------------

X, Y = np.random.default_rng(0).integers(0, 4, (12, 2, 2, 1), np.uint8), np.arange(12) % 3


class Pairs:
    """A source of Grain's: single images with their labels."""

    def __len__(self):
        return len(X)

    def __getitem__(self, index):
        return X[index], Y[index]


def grain_data():
    grain = pytest.importorskip("grain", reason="needs grain, whose data sets are read")
    return grain.MapDataset.source(Pairs()).shuffle(seed=3).batch(4)


@pytest.fixture(scope="module")
def small():
    keras.utils.set_random_seed(0)
    dist = pixelcnn.PixelCNN((2, 2, 1), num_classes=3, num_blocks=1, num_filters=2, high=3)
    dist.compile("sgd")
    return dist


@pytest.mark.quick
def test_a_map_data_set_of_grain_has_an_order_for_each_epoch_and_goes_on_in_mid_epoch(small, tmp_path):
    begin, seen, whole = small.get_weights(), [], grain_data()
    batches = IndexedBatches(whole)
    for epoch in (0, 1):
        batches.set_epoch(epoch)
        seen.append([batches[index][1].tolist() for index in range(batches.num_batches)])
        assert sorted(sum(seen[-1], [])) == sorted(Y)
    assert seen[0] != seen[1]
    first = small.fit(whole, epochs=2, callbacks=Backup(tmp_path / "whole", seed=0), verbose=0).history
    small.set_weights(begin)
    with pytest.raises(Stopped):
        small.fit(whole, epochs=2, callbacks=[Backup(tmp_path / "cut", 1e-9, seed=0), StopAt(5)], verbose=0)
    assert small.fit(whole, epochs=2, callbacks=Backup(tmp_path / "cut", seed=0), verbose=0).history == first


@pytest.mark.quick
def test_streams_without_end_need_a_number_of_steps(small):
    tf = pytest.importorskip("tensorflow", reason="needs TensorFlow, whose data sets are read")
    endless = tf.data.Dataset.from_tensor_slices((X, Y)).batch(4).repeat()
    history = small.fit(endless, steps_per_epoch=2, epochs=2, verbose=0)
    assert len(history.history["loss"]) == 2
    with pytest.raises(ValueError, match="x gives batches without end"):
        small.fit(endless, verbose=0)
    with pytest.raises(ValueError, match="validation_data gives batches without end"):
        small.fit(X, Y, validation_data=endless, verbose=0)
    with pytest.raises(ValueError, match="x gives batches without end"):
        small.evaluate(grain_data().repeat(), verbose=0)


@pytest.mark.filterwarnings("ignore:x has no length")
@pytest.mark.parametrize("kind", ["tf.data", "an iterable", "a stream of Grain"])
def test_a_stream_cannot_begin_in_mid_epoch(small, tmp_path, kind):
    if kind == "tf.data":
        tf = pytest.importorskip("tensorflow", reason="needs TensorFlow, whose data sets are read")
        stream = tf.data.Dataset.from_tensor_slices((X, Y)).batch(4)
    else:
        stream = grain_data().to_iter_dataset() if kind == "a stream of Grain" else [(X[:4], Y[:4])].__iter__()
    with pytest.raises(ValueError, match="x does not fit a training with Backup: expected .* a MapDataset of Grain"):
        small.fit(stream, callbacks=Backup(tmp_path, seed=0), verbose=0)


def test_a_checksum_of_files_is_that_in_memory_and_a_sample_sees_other_data(data):
    (images, labels, _), (in_files, their_labels, _) = data
    assert checksum(in_files, their_labels) == checksum(images, labels)
    assert checksum_as("12345678", in_files, their_labels) == checksum_as(None, images, labels)
    assert checksum_as(None, images, labels) == checksum(images, labels)
    sample = checksum_as(None, in_files, their_labels)
    assert sample.startswith(SAMPLED) and checksum_as(sample, images, labels) == sample
    assert checksum_as(sample, images + 1, labels) != sample != checksum_as(sample, images[:-1], labels[:-1])


MEASURE = """
import resource, sys, keras, numpy as np, pixelcnn
from pixelcnn.data import quickdraw, quickdraw_classes
from pixelcnn.training import Backup
def fit(images, labels, folder):
    dist.fit(images, labels, batch_size=16, callbacks=[Backup(folder, seed=0), Stop()], verbose=0)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
class Stop(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        self.model.stop_training = batch > 20
        if batch > 20: raise EOFError
def measure(*arguments):
    try: fit(*arguments)
    except EOFError: return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
dist = pixelcnn.PixelCNN((28, 28, 1), num_classes=345, num_blocks=1, num_filters=2)
dist.compile("sgd")
small = measure(np.zeros((600, 28, 28, 1), "uint8"), np.arange(600) % 345, sys.argv[2] + "/small")
data = quickdraw(quickdraw_classes(), data_dir=sys.argv[1], in_memory=False)
print(small, measure(data.images, data.labels, sys.argv[2] + "/large"))
dist.log_prob(np.zeros((4096, 28, 28, 1), "uint8"), 0)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
three = quickdraw(["bee", "cat", "sun"], data_dir=sys.argv[1], in_memory=False).images  # 328 MiB
dist.log_prob(three, 0)
print(before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.full
def test_50_million_drawings_take_the_memory_of_600(whole_quickdraw, tmp_path):
    pytest.importorskip("resource", reason="needs the numbers that Unix gives of a process")
    run = subprocess.run(
        [sys.executable, "-c", MEASURE, whole_quickdraw, tmp_path], capture_output=True, text=True, check=True
    )
    small, large, before, after = map(int, run.stdout.split())
    assert large - small < 100  # MiB, where the drawings have 36.8 GiB
    assert after - before < 100


def test_the_python_of_the_page_runs(drawings, tmp_path, monkeypatch):
    pytest.importorskip("grain", reason="needs grain, whose data sets are read")
    page = (Path(__file__).parents[2] / "docs/large-data.md").read_text()
    code = "".join(re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL))
    smaller = {"num_blocks=5, num_filters=64": "num_blocks=1, num_filters=2", ", per_class=100": ""}
    for text, small in smaller.items():
        assert text in code
        code = code.replace(text, small)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "quickdraw").symlink_to(drawings)
    names = {}
    exec(code, names)
    assert names["first"].shape == (8, 28, 28, 1) and (tmp_path / "runs/grain").is_dir()
