"""Every route on which images and conditions come to a distribution, with all that fits and with every fault."""

from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras import ops

import pixelcnn
from models import model
from pixelcnn.training.inputs import CheckedData

X = np.random.default_rng(0).integers(0, 4, (12, 4, 4, 1)).astype("uint8")
Y = np.arange(12) % 3
NAMES = ("bee", "10", "0")
QUIET = {"verbose": 0}


def tiny(**arguments):
    """A PixelCNN of 3 classes and 4 levels whose training changes no weight: each step measures the same."""
    arguments = {"num_classes": 3, "num_blocks": 1, "num_filters": 4, "high": 3, **arguments}
    distribution = pixelcnn.PixelCNN((4, 4, 1), **arguments)
    distribution.compile(keras.optimizers.SGD(0.0))
    return distribution


@pytest.fixture(scope="module")
def conditional():
    return tiny(class_names=NAMES)


@pytest.fixture(scope="module")
def unconditional():
    return tiny(num_classes=None)


class Batches(keras.utils.PyDataset):
    def __init__(self, *arrays):
        super().__init__()
        self.arrays = arrays

    def __len__(self):
        return -(-len(self.arrays[0]) // 4)

    def __getitem__(self, index):
        return tuple(array[4 * index : 4 * index + 4] for array in self.arrays)


class Stored:
    """What a file holds, as Zarr and others give it."""

    def __init__(self, array):
        self.array, self.shape, self.dtype = array, array.shape, array.dtype

    def __array__(self, dtype=None, copy=None):
        return self.array if dtype is None else self.array.astype(dtype)

    def __iter__(self):
        return iter(self.array)


def generator(*arrays):
    batches = Batches(*arrays)
    return (batches[index] for index in range(len(batches)))


def tf_data(*arrays):
    tf = pytest.importorskip("tensorflow")
    return tf.data.Dataset.from_tensor_slices(arrays).batch(4)


def of_dictionaries(x, y):
    return tf_data(x, y, np.array(list("abcdefghijkl"))).map(lambda x, y, z: {"image": x, "label": y, "file_name": z})


def without_shapes(x, y):
    tf = pytest.importorskip("tensorflow")
    types = tuple(tf.as_dtype(np.asarray(array).dtype) for array in (x, y))
    return tf.data.Dataset.from_generator(lambda: generator(x, y), types)


def loader(x, y):
    torch = pytest.importorskip("torch")
    pairs = torch.utils.data.TensorDataset(torch.tensor(x), torch.tensor(y))
    return torch.utils.data.DataLoader(pairs, batch_size=4)


def loader_of_dictionaries(x, y):
    data = pytest.importorskip("torch.utils.data")
    labels = y if y.dtype.kind in "iuf" else y.tolist()  # text as Python's
    items = [{"image": image, "label": label, "id": 7} for image, label in zip(x, labels, strict=True)]
    return data.DataLoader(items, batch_size=4)


class Iterated:
    """Batches that can only be iterated, again and again."""

    def __init__(self, *batches):
        self.batches = batches

    def __iter__(self):
        return iter(self.batches)


class Counted(Iterated):
    def __len__(self):
        return len(self.batches)


def iterated(x, y):
    return Counted(*generator(x, y))


def fitted(distribution, x, *arguments, **more):
    return distribution.fit(x, *arguments, **QUIET, **more).history["loss"][-1]


def validated(distribution, data):
    history = distribution.fit(X[:4], Y[:4] if distribution.condition else None, validation_data=data, **QUIET).history
    return history["val_loss"][-1]


def tensors(*arrays):
    return [ops.convert_to_tensor(array) for array in arrays]


IN_MEMORY = {
    "fit": lambda model, x, y: fitted(model, x, y),
    "fit a pair": lambda model, x, y: fitted(model, (x, y)),
    "fit a dictionary": lambda model, x, y: fitted(model, {"image": x, "label": y, "id": np.arange(12)}),
    "evaluate": lambda model, x, y: model.evaluate(x, y, **QUIET)[0],
    "evaluate a dictionary": lambda model, x, y: model.evaluate({"image": x, "label": y}, **QUIET)[0],
    "validation_data": lambda model, x, y: validated(model, (x, y)),
    "validation_data, a list": lambda model, x, y: validated(model, [x, y]),
    "validation_data, a dictionary": lambda model, x, y: validated(model, {"image": x, "label": y}),
    "predict": lambda model, x, y: -model.predict((x, y), **QUIET).mean(),
    "predict_on_batch": lambda model, x, y: -model.predict_on_batch((x, y)).mean(),
    "train_on_batch": lambda model, x, y: model.train_on_batch(x, y)[0],
    "test_on_batch": lambda model, x, y: model.test_on_batch(x, y)[0],
}
OF_NUMBERS = {
    "tensors": lambda model, x, y: fitted(model, *tensors(x, y)),
    "train_on_batch of tensors": lambda model, x, y: model.train_on_batch(*tensors(x, y))[0],
    "torch's loader": lambda model, x, y: fitted(model, loader(x, y)),
    "torch's loader, measured": lambda model, x, y: model.evaluate(loader(x, y), **QUIET)[0],
}
DATA_SETS = {
    "PyDataset": lambda model, x, y: fitted(model, Batches(x, y)),
    "PyDataset, measured": lambda model, x, y: model.evaluate(Batches(x, y), **QUIET)[0],
    "PyDataset, predicted": lambda model, x, y: -model.predict(Batches(x, y), **QUIET).mean(),
    "PyDataset as validation_data": lambda model, x, y: validated(model, Batches(x, y)),
    "generator": lambda model, x, y: fitted(model, generator(x, y), steps_per_epoch=3),
    "an iterable": lambda model, x, y: fitted(model, iterated(x, y)),
    "an iterable, measured": lambda model, x, y: model.evaluate(iterated(x, y), **QUIET)[0],
    "an iterable, predicted": lambda model, x, y: -model.predict(iterated(x, y), **QUIET).mean(),
    "an iterable as validation_data": lambda model, x, y: validated(model, iterated(x, y)),
    "torch's dictionaries": lambda model, x, y: fitted(model, loader_of_dictionaries(x, y)),
    "torch's dictionaries, measured": lambda model, x, y: model.evaluate(loader_of_dictionaries(x, y), **QUIET)[0],
    "torch's dictionaries as validation_data": lambda model, x, y: validated(model, loader_of_dictionaries(x, y)),
    "generator, measured": lambda model, x, y: model.evaluate(generator(x, y), steps=3, **QUIET)[0],
}
OF_TENSORFLOW = {
    "tf.data": lambda model, x, y: fitted(model, tf_data(x, y)),
    "tf.data, measured": lambda model, x, y: model.evaluate(tf_data(x, y), **QUIET)[0],
    "tf.data, predicted": lambda model, x, y: -model.predict(tf_data(x, y), **QUIET).mean(),
    "tf.data as validation_data": lambda model, x, y: validated(model, tf_data(x, y)),
    "tf.data as in the article": lambda model, x, y: fitted(model, tf_data(x, y).map(lambda x, y: ((x, y),))),
    "tf.data of dictionaries": lambda model, x, y: fitted(model, of_dictionaries(x, y)),
    "tf.data without shapes": lambda model, x, y: fitted(model, without_shapes(x, y)),
}
ROUTES = IN_MEMORY | OF_NUMBERS | DATA_SETS | OF_TENSORFLOW
FOR_EVERY_BACKEND = ("fit", "train_on_batch", "PyDataset", "generator", "torch's loader", "tensors", "an iterable")


def of(routes):
    return [
        pytest.param(route, id=name, marks=pytest.mark.quick if name in FOR_EVERY_BACKEND else ())
        for name, route in routes.items()
    ]


NUMBERED = {
    "numbers": Y,
    "a column": Y[:, None],
    "floats": Y.astype("float32"),
}
NAMED = {
    "text": np.array(NAMES)[Y],
    "bytes": np.array(NAMES)[Y].astype("S"),
    "objects": np.array(NAMES)[Y].astype(object),
}
if hasattr(np.dtypes, "StringDType"):
    NAMED["StringDType"] = np.array(NAMES)[Y].astype(np.dtypes.StringDType())


def with_kinds(routes, kinds):
    """All routes with the first kind of labels, and those for every backend with all kinds; the full run asks all."""
    return [
        pytest.param(*route.values, labels, id=f"{route.id}-{kind}", marks=[*route.marks, *further])
        for route in of(routes)
        for place, (kind, labels) in enumerate(kinds.items())
        for further in [[pytest.mark.full] if place and not route.marks else []]
    ]


@pytest.mark.parametrize(("route", "labels"), with_kinds(ROUTES, NUMBERED))
def test_every_route_measures_the_same(conditional, route, labels):
    expected = -conditional.log_prob(X, Y).mean()
    assert route(conditional, X, labels) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(("route", "labels"), with_kinds(IN_MEMORY | DATA_SETS, NAMED))
def test_class_names_come_as_text_and_as_bytes(conditional, route, labels):
    expected = -conditional.log_prob(X, Y).mean()
    assert route(conditional, X, labels) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("route", of(OF_TENSORFLOW))
def test_class_names_come_in_tensors_of_tensorflow(conditional, route):
    tf = pytest.importorskip("tensorflow")
    expected = -conditional.log_prob(X, Y).mean()
    assert route(conditional, X, np.array(NAMES)[Y]) == pytest.approx(expected, rel=1e-4)
    assert conditional.evaluate(X, tf.constant(NAMED["text"]), **QUIET)[0] == pytest.approx(expected, rel=1e-4)


FAULTS = {
    "pixels in 0 … 1": (X / 3.0, Y, "holds 0.[36].*whole numbers 0 … 3"),
    "another level": (np.where(np.arange(16).reshape(4, 4, 1) == 5, 200, X), Y, "200"),
    "a level below": (X.astype("int32") - 1, Y, "-1"),
    "not a number": (np.where(X == 2, np.nan, X), Y, "holds nan.*whole numbers"),
    "another shape": (X[:, :, :3], Y, r"\(.*4, 3, 1\)"),
    "a class too many": (X, Y + 1, "label 3"),
    "a class below": (X, Y - 1, "label -1"),
    "half a class": (X, Y + 0.5, "0 … 2"),
    "no class": (X, np.where(Y == 2, np.nan, Y), "0 … 2"),
    "one-hot labels": (X, np.eye(3)[Y], "argmax"),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("route", of(ROUTES))
def test_every_route_refuses_every_fault(conditional, route, fault):
    x, y, message = fault
    with pytest.raises(ValueError, match=message):
        route(conditional, x, y)


@pytest.mark.parametrize("route", of(IN_MEMORY))
@pytest.mark.parametrize(("x", "y"), [(X, Y[:5]), (X[:0], Y[:0]), (X, None), (X[0], Y[:1]), (X, Y[0])])
def test_every_route_in_memory_wants_an_image_and_one_condition_for_each(conditional, route, x, y):
    with pytest.raises(ValueError):
        route(conditional, x, y)


LATER = {name: route for name, route in ROUTES.items() if name in DATA_SETS | OF_TENSORFLOW or "loader" in name}


@pytest.mark.parametrize(("route", "fault"), with_kinds(LATER, {"level": "level", "label": "label"}))
def test_a_fault_in_a_later_batch_is_told_and_not_learned_from(conditional, route, fault):
    x, y = X.copy(), Y.copy()
    if fault == "level":
        x[9, 1, 1] = 200
    else:
        y[9] = -1
    with pytest.raises(ValueError, match="200" if fault == "level" else "label -1"):
        route(conditional, x, y)
    conditional.log_prob(X, Y)  # and goes on


@pytest.mark.quick
@pytest.mark.parametrize(("x", "y"), [(X + 9, Y), (X, Y - 1)], ids=["level", "label"])
def test_a_wrong_batch_moves_no_weight(x, y):
    distribution = tiny()
    distribution.compile(keras.optimizers.SGD(0.1))
    before = distribution.get_weights()
    loss = keras.Model.train_on_batch(distribution, x, y)[0]  # past the gate, as a later batch of a data set comes
    assert loss == np.inf
    assert all(np.array_equal(one, other) for one, other in zip(before, distribution.get_weights(), strict=True))


@pytest.mark.quick
def test_what_does_not_exist_is_infinitely_unlikely_and_the_rest_as_likely_as_ever(conditional):
    levels, labels = X.astype("float32"), Y.astype("float32")
    levels[0, 3, 3], levels[1, 0, 0], levels[2, 1, 1], levels[3, 2, 2] = 4, -1, 0.5, np.nan
    labels[4:8] = 3, -1, 1.5, np.nan
    expected = conditional.log_prob(X, Y)
    expected[:8] = -np.inf
    nats = conditional.log_prob(*tensors(levels, labels))
    np.testing.assert_allclose(ops.convert_to_numpy(nats), expected, rtol=1e-5)


@pytest.mark.parametrize("head", ["categorical", "logistic_mixture", "bernoulli"])
def test_no_head_gives_a_level_that_does_not_exist_a_probability(head):
    high = 1 if head == "bernoulli" else 3
    distribution = tiny(num_classes=None, head=head, high=high)
    images = np.minimum(X, high).astype("float32")
    expected = distribution.log_prob(images)
    images[0, 0, 0], expected[0] = high + 1, -np.inf
    nats = distribution.log_prob(ops.convert_to_tensor(images))
    np.testing.assert_allclose(ops.convert_to_numpy(nats), expected, rtol=1e-5)


EMPTY = {
    "generator": lambda: (batch for batch in ()),
    "PyDataset": lambda: Batches(X[:0], Y[:0]),
    "tf.data": lambda: tf_data(X, Y).take(0),
    "a filter": lambda: tf_data(X, Y).unbatch().filter(lambda x, y: y > 5).batch(4),
}


@pytest.mark.parametrize("make", EMPTY.values(), ids=EMPTY)
@pytest.mark.parametrize("method", [fitted, validated, lambda model, data: model.evaluate(data, verbose=0)])
def test_an_empty_data_set_is_an_error_and_not_the_end_of_an_iteration(conditional, method, make):
    with pytest.raises(ValueError, match="gives no batch"):
        method(conditional, make())
    with pytest.raises(ValueError, match="gives no batch"):
        conditional.predict(make(), verbose=0)


def test_messages_say_what_to_do(conditional):
    tf = pytest.importorskip("tensorflow")
    unbatched = tf.data.Dataset.from_tensor_slices((X, Y))
    dictionaries = unbatched.map(lambda x, y: {"image": x, "label": y})
    for data in (
        unbatched,
        dictionaries,
        unbatched.map(lambda x, y: ((x, y),)),
    ):
        with pytest.raises(ValueError, match=r"\.batch\("):
            conditional.fit(data, **QUIET)
    with pytest.raises(ValueError, match="'picture'.*'image'.*filter_classes"):
        conditional.fit({"picture": X, "label": Y}, **QUIET)
    with pytest.raises(ValueError, match="symbolic"):
        conditional.fit(keras.Input((4, 4, 1)), Y, **QUIET)
    with pytest.raises(ValueError, match="'moon' does not fit: expected one of bee"):
        conditional.fit(tf_data(X, np.array([*NAMED["text"][:8], *["moon"] * 4])), **QUIET)
    with pytest.raises(ValueError, match="y does not fit: x has a 'label'"):
        conditional.fit({"image": X, "label": Y}, Y, **QUIET)


def test_files_give_arrays(conditional, tmp_path):
    expected = -conditional.log_prob(X, Y).mean()
    with h5py.File(tmp_path / "images.h5", "w") as file:
        file["images"], file["labels"] = X, Y
        kept = np.lib.format.open_memmap(tmp_path / "images.npy", "w+", X.dtype, X.shape)
        kept[:] = X
        for x, y in [(file["images"], file["labels"]), (kept, Y), (Stored(X), Stored(Y))]:
            assert fitted(conditional, x, y) == pytest.approx(expected, rel=1e-4)
            assert conditional.evaluate(x, y, **QUIET)[0] == pytest.approx(expected, rel=1e-4)
            assert validated(conditional, (x, y)) == pytest.approx(expected, rel=1e-4)
            assert conditional.train_on_batch(x, y)[0] == pytest.approx(expected, rel=1e-4)
            np.testing.assert_allclose(conditional.predict((x, y), **QUIET), conditional.log_prob(X, Y), rtol=1e-5)


@pytest.mark.quick
def test_a_memory_map_is_trained_on_without_being_copied(tmp_path):
    status = Path("/proc/self/status")
    if not status.exists():
        pytest.skip("needs the numbers that Linux gives of a process")
    images = np.lib.format.open_memmap(tmp_path / "images.npy", "w+", "uint8", (2**15, 64, 64, 1))
    distribution = pixelcnn.PixelCNN(images.shape[1:], num_blocks=1, num_filters=2, high=1)
    distribution.compile(keras.optimizers.SGD(0.0))
    distribution.fit(X[:1].repeat(16, 1).repeat(16, 2) // 2, batch_size=1, **QUIET)  # compiles
    sizes = []

    def note(*_, **_logs):
        sizes.append(int(status.read_text().partition("RssAnon:")[2].split()[0]) * 1024)

    note()
    callback = keras.callbacks.LambdaCallback(on_train_batch_end=note, on_test_batch_end=note)
    few = {"batch_size": 1, "callbacks": [callback], **QUIET}
    distribution.fit(images, steps_per_epoch=2, validation_data=images, validation_steps=2, **few)
    distribution.evaluate(images, steps=2, **few)
    assert len(sizes) == 7
    assert max(sizes) - sizes[0] < images.nbytes / 4


def test_each_image_of_a_memory_map_comes_once_in_an_epoch_with_its_condition_and_weight(tmp_path):
    images = np.lib.format.open_memmap(tmp_path / "images.npy", "w+", "uint8", (10, 2, 2, 1))
    images[:, 0, 0, 0] = np.arange(10)
    data = CheckedData(images[:], np.arange(10), np.arange(10.0))
    for shuffle, orders in ((True, 2), (False, 1)):
        batches = data.read_in_batches(4, shuffle=shuffle).x
        seen = []
        for _ in range(2):
            parts = [batches[index] for index in range(batches.num_batches)]
            assert [len(x) for x, _, _ in parts] == [4, 4, 2]
            numbers = [np.concatenate(part) for part in zip(*parts, strict=True)]
            assert np.array_equal(numbers[0][:, 0, 0, 0], numbers[1]) and np.array_equal(numbers[1], numbers[2])
            assert sorted(numbers[1]) == list(range(10))
            seen.append(tuple(numbers[1]))
            batches.on_epoch_end()
        assert len(set(seen)) == orders


def test_an_unconditional_distribution_takes_no_condition_in_memory(unconditional):
    expected = -unconditional.log_prob(X).mean()
    for method in (
        lambda y: unconditional.fit(X, y, **QUIET),
        lambda y: unconditional.evaluate(X, y, **QUIET),
        lambda y: unconditional.train_on_batch(X, y),
        lambda y: unconditional.test_on_batch(X, y),
        lambda y: validated(unconditional, (X, y)),
    ):
        for y in (Y, Y[:5]):
            with pytest.raises(ValueError, match="has no condition"):
                method(y)
    assert fitted(unconditional, {"image": X, "label": Y}) == pytest.approx(expected, rel=1e-4)
    assert fitted(unconditional, generator(X, Y), steps_per_epoch=3) == pytest.approx(expected, rel=1e-4)
    halves = (batch for batch in [X[:6], X[6:]])  # of images alone
    assert fitted(unconditional, halves, steps_per_epoch=2) == pytest.approx(expected, rel=1e-4)


def test_numbers_as_a_condition_may_be_a_column():
    distribution = tiny(num_classes=None, conditional_shape=())
    numbers = np.linspace(0, 1, 12)
    expected = -distribution.log_prob(X, numbers).mean()
    for given in (numbers, numbers[:, None]):
        assert fitted(distribution, X, given) == pytest.approx(expected, rel=1e-4)
        assert fitted(distribution, Batches(X, given)) == pytest.approx(expected, rel=1e-4)


@pytest.mark.quick
def test_a_first_step_initialises_as_fit_does():
    distribution, other = (model((4, 4, 1), num_hierarchies=1, high=3, num_classes=3) for _ in range(2))
    other.set_weights(distribution.get_weights())
    distribution.compile(keras.optimizers.SGD(0.0))
    assert not int(distribution.initialized)
    distribution.train_on_batch(X, Y[:, None])
    other.initialize(X, Y[:, None])
    assert int(distribution.initialized) == 1
    for one, another in zip(distribution.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(one, another, rtol=1e-5, atol=1e-6)


def test_a_map_goes_with_a_column_of_labels_and_with_weights():
    distribution = tiny(spatial_condition_shape=(4, 4, 2))
    maps = np.random.default_rng(1).standard_normal((12, 4, 4, 2)).astype("float32")
    nats = -distribution.log_prob(X, (Y, maps))
    weights = np.arange(12.0)
    for given in ((Y, maps), (Y[:, None], maps), [Y, maps]):
        assert fitted(distribution, X, given) == pytest.approx(nats.mean(), rel=1e-4)
        loss = distribution.fit(X, given, sample_weight=weights[:, None], batch_size=12, **QUIET).history["loss"][0]
        assert loss == pytest.approx((weights * nats).mean(), rel=1e-4)
    data = tf_data(X, Y, maps).map(lambda x, y, z: (x, (y[:, None], z)))
    assert fitted(distribution, data) == pytest.approx(nats.mean(), rel=1e-4)
    loss = distribution.fit(data, class_weight={0: 2.0, 1: 0.0}, **QUIET).history["loss"][0]
    assert loss == pytest.approx((np.array([2.0, 0.0, 1.0])[Y] * nats).mean(), rel=1e-4)


def test_two_images_are_no_pair_of_images_and_condition(unconditional):
    pair = -unconditional.log_prob(X[:2]).mean()
    assert unconditional.evaluate((X[0], X[1]), **QUIET)[0] == pytest.approx(pair, rel=1e-4)
    assert unconditional.evaluate([X[0], X[1]], **QUIET)[0] == pytest.approx(pair, rel=1e-4)


def test_a_loader_may_give_images_alone_and_goes_with_class_weights(unconditional, conditional):
    data = pytest.importorskip("torch.utils.data")
    expected = -unconditional.log_prob(X).mean()
    assert unconditional.evaluate(data.DataLoader(X, batch_size=4), **QUIET)[0] == pytest.approx(expected, rel=1e-4)
    nats = -conditional.log_prob(X, Y) * np.array([2.0, 0.0, 1.0])[Y]
    loss = fitted(conditional, loader(X, Y), class_weight={"bee": 2.0, "10": 0.0})
    assert loss == pytest.approx(nats.mean(), rel=1e-4)


W = np.ones(4)
MIXED = {
    "weights at times": ([(X[:4], Y[:4]), (X[4:8], Y[4:8], W)], "images and conditions and weights"),
    "weights not always": ([(X[:4], Y[:4], W), (X[4:8], Y[4:8])], "images and conditions"),
    "no conditions at times": ([(X[:4], Y[:4]), (X[4:8],)], "images"),
    "no conditions at first": ([(X[:4],), (X[4:8], Y[4:8])], "images and conditions"),
}


@pytest.mark.parametrize(
    "make",
    [
        lambda *items: iter(items),
        *(pytest.param(make, marks=pytest.mark.full) for make in (lambda *items: Items(items), Counted)),
    ],
)
@pytest.mark.parametrize("mixed", MIXED.values(), ids=MIXED)
def test_batches_of_other_parts_than_the_first_are_named(make, mixed):
    items, parts = mixed
    distribution = tiny(condition_dropout=0.25)
    for method in (fitted, validated, lambda model, data: model.evaluate(data, verbose=0)):
        message = rf"a batch of \w+ \(number 1\) holds {parts}, and the first batch images"
        with pytest.raises(ValueError, match=message) as caught:
            method(distribution, make(*items))
        assert len(str(caught.value)) < 300


class Items(keras.utils.PyDataset):
    def __init__(self, items):
        super().__init__()
        self.items = items

    def __len__(self):
        return len(self.items)

    def __getitem__(self, index):
        return self.items[index]


@pytest.mark.quick
def test_every_epoch_reads_an_iterable_from_its_beginning(conditional):
    read = []

    class Noted(Counted):
        def __iter__(self):
            for index, batch in enumerate(self.batches):
                read.append(index)
                yield batch

    expected = -conditional.log_prob(X, Y).mean()
    losses = conditional.fit(Noted(*generator(X, Y)), epochs=3, **QUIET).history["loss"]
    assert losses == pytest.approx([expected] * 3, rel=1e-4)
    assert read[-6:] == [0, 1, 2, 0, 1, 2]


def test_an_iterable_without_a_length_is_counted_unless_the_steps_are_limited(conditional):
    expected = -conditional.log_prob(X, Y).mean()
    data = Iterated(*generator(X, Y))
    for method in (fitted, validated, lambda model, data: model.evaluate(data, verbose=0)[0]):
        with pytest.warns(UserWarning, match="has no length, so its batches are counted"):
            assert method(conditional, data) == pytest.approx(expected, rel=1e-4)
    assert fitted(conditional, data, steps_per_epoch=3) == pytest.approx(expected, rel=1e-4)
    assert conditional.evaluate(data, steps=3, **QUIET)[0] == pytest.approx(expected, rel=1e-4)
    with pytest.raises(ValueError, match="x gives 3 batches in a pass; expected as many"):
        conditional.evaluate(data, steps=4, **QUIET)
    once = Counted(*generator(X, Y))
    once.batches = iter(once.batches)
    once.__class__ = type("Once", (Counted,), {"__len__": lambda self: 3})
    # On JAX Keras reads a batch before the training, so an iterator has two left.
    with pytest.raises(ValueError, match="x gives (no batch|2 batches)"):
        fitted(conditional, once)


def test_what_gives_single_images_is_told_how_to_make_batches(conditional):
    data = pytest.importorskip("torch.utils.data")

    class Pairs(data.Dataset):
        def __len__(self):
            return 12

        def __getitem__(self, index):
            return X[index], Y[index]

    class Stream(data.IterableDataset):
        def __iter__(self):
            return zip(X, Y, strict=True)

    methods = [
        fitted, validated, lambda model, data: model.evaluate(data, steps=3), lambda model, data: model.predict(data),
    ]  # fmt: skip
    for method in [*methods, lambda model, data: model.train_on_batch(data)]:
        with pytest.raises(ValueError, match=r"single images.*torch\.utils\.data\.DataLoader"):
            method(conditional, Pairs())
    for method in methods[2:]:
        with pytest.raises(ValueError, match=r"single images.*torch\.utils\.data\.DataLoader"):
            method(conditional, Stream())
    for method in (conditional.train_on_batch, conditional.test_on_batch, conditional.predict_on_batch):
        with pytest.raises(ValueError, match="x is a DataLoader, a data set; expected images"):
            method(loader(X, Y))
