import keras
import numpy as np
import pytest
from keras import ops

import pixelcnn
from pixelcnn.condition import Condition
from properties.families import FAMILIES, given, model, random_images

DIGITS = Condition((4, 4, 1), None, None, ["1", "10", "2"], None)


@pytest.mark.parametrize(
    ("given", "expected"),
    [("1", 0), ("10", 1), ("2", 2), (b"10", 1), (1, 1), (np.int64(2), 2), ("0", 0), (["2", b"1", 1], [2, 0, 1])],
)
def test_a_name_that_looks_like_a_number_is_a_name(given, expected):
    arrays, _ = DIGITS.check(given)
    assert arrays["label"].tolist() == expected


def test_digits_are_an_index_where_no_class_has_that_name():
    assert Condition((4, 4, 1), None, None, ["bee", "sun"], None).class_index("1") == 1
    assert Condition((4, 4, 1), None, 12, None, None).class_index("11") == 11
    for text in ("12", "-1", "01", "1.0", " 1", "moon"):
        with pytest.raises(ValueError, match="expected integer labels 0 … 11, because .* no class_names"):
            Condition((4, 4, 1), None, 12, None, None).class_index(text, "classes")


def test_names_of_classes_are_text_or_bytes():
    assert Condition((4, 4, 1), None, None, [b"bee", "sun"], None).class_names == ("bee", "sun")
    with pytest.raises(ValueError, match="different names"):
        Condition((4, 4, 1), None, None, [b"bee", "bee"], None)
    with pytest.raises(ValueError, match="UTF-8"):
        Condition((4, 4, 1), None, None, [b"\xff", "sun"], None)
    with pytest.raises(ValueError, match="UTF-8"):
        DIGITS.check(b"\xff")


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8", "float32"])
def test_labels_in_tensors_that_do_not_exist_become_minus_one(dtype):
    labels = np.array([0, 2, 3, 255, 1], dtype)
    found = DIGITS.from_tensors(ops.convert_to_tensor(labels), "float32")["label"]
    assert ops.convert_to_numpy(found).tolist() == [0, 2, -1, -1, 1]
    if dtype == "float32":
        found = DIGITS.from_tensors(ops.convert_to_tensor([[np.nan], [0.5], [-1.0], [np.inf]]), "float32")["label"]
        assert ops.convert_to_numpy(found).tolist() == [-1] * 4


def test_tensors_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"\(5, 3\).*argmax"):
        DIGITS.from_tensors(ops.zeros((5, 3)), "float32")
    with pytest.raises(ValueError, match="argmax"):
        DIGITS.from_tensors(keras.KerasTensor((None, 3)), "float32")
    vectors = Condition((4, 4, 1), (2, 3), None, None, None)
    with pytest.raises(ValueError, match=r"\(5, 3, 2\)"):
        vectors.from_tensors(ops.zeros((5, 3, 2)), "float32")
    for shape in ((5, 2, 3), (5, 6)):
        assert vectors.from_tensors(ops.zeros(shape), "float32")["vector"].shape == (5, 6)
    maps = Condition((4, 4, 1), None, None, None, (4, 4, 2))
    with pytest.raises(ValueError, match=r"\(5, 4, 4, 1\)"):
        maps.from_tensors(ops.zeros((5, 4, 4, 1)), "float32")


def test_codes_of_a_map_are_whole_numbers_that_exist():
    condition = Condition((2, 2, 1), None, None, None, (2, 2, 1), spatial_condition_levels=300)
    codes = np.array([[[0], [299]], [[1], [2]]])
    arrays, batch_shape = condition.check(codes.astype("float64"))  # as R passes them
    assert arrays["spatial"].dtype == np.int32 and np.array_equal(arrays["spatial"], codes) and batch_shape == ()
    for wrong in (300, -1, 0.5, np.nan):
        with pytest.raises(ValueError, match=r"conditional_input holds .* codes 0 … 299"):
            condition.check(np.where(codes == 1, wrong, codes))
    for wrong in ("a", None):
        with pytest.raises(ValueError, match="(?s)conditional_input=.* codes 0 … 299"):
            condition.check(np.full((2, 2, 1), wrong))
    with pytest.raises(ValueError, match=r"conditional_input of shape \(2, 2\)"):
        condition.check(codes[..., 0])


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_codes_in_a_tensor_that_do_not_exist_have_probability_0(dtype):
    distribution = pixelcnn.PixelCNN(
        (2, 2, 1), high=1, num_blocks=1, num_filters=2, spatial_condition_shape=(2, 2, 1), spatial_condition_levels=300,
        dtype="mixed_bfloat16" if dtype == "bfloat16" else dtype,
    )  # fmt: skip
    codes = np.full((4, 2, 2, 1), 299.0, "float32")
    codes[1, 1, 0], codes[2, 0, 0], codes[3, 1, 1] = 300, -1, 0.5
    images = np.zeros((4, 2, 2, 1), "float32")
    nats = distribution.log_prob(ops.convert_to_tensor(images), ops.convert_to_tensor(codes))
    nats = ops.convert_to_numpy(nats)
    assert np.isfinite(nats[0]) and np.all(nats[1:] == -np.inf)
    np.testing.assert_allclose(nats[0], distribution.log_prob(images[0], codes[0]), rtol=1e-6)


def test_a_text_is_no_list_of_names():
    for names in ("abc", b"abc"):
        with pytest.raises(ValueError, match="class_names=.* expected a list of names"):
            Condition((4, 4, 1), None, None, names, None)


def test_one_hot_labels_are_not_read_as_two_classes_of_more_images():
    condition = Condition((4, 4, 1), None, 3, None, None)
    with pytest.raises(ValueError, match="conditional_input of shape .*one-hot labels.*argmax"):
        condition.check(np.eye(3))
    labels = np.array([[0.0, 1.0, 2.0], [2.0, 0.0, 1.0]])  # more batch axes
    assert condition.check(labels)[1] == (2, 3)
    assert condition.check(np.eye(3, dtype="int32"))[1] == (3, 3)  # integers are labels


@pytest.mark.parametrize("kind", ["label", "vector", "map"])
def test_masked_entries_are_refused_by_name(kind):
    arguments = {
        "label": (None, 3, None, None),
        "vector": ((2,), None, None, None),
        "map": (None, None, None, (4, 4, 1)),
    }
    shape = {"label": (2,), "vector": (2, 2), "map": (2, 4, 4, 1)}[kind]
    condition = Condition((4, 4, 1), *arguments[kind])
    masked = np.ma.masked_equal(np.eye(*shape[:2]) if kind == "vector" else np.zeros(shape, int), 0)
    with pytest.raises(ValueError, match="conditional_input is an array with masked entries"):
        condition.check(masked)


@pytest.mark.parametrize(
    "arguments",
    [(None, 3, None, None), ((2, 3), None, None, None), ((), None, None, (4, 4, 2)), (None, 3, None, (4, 4, 2))],
)
@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_what_was_read_can_be_given_again(arguments, dropout):
    condition = Condition((4, 4, 1), *arguments, dropout)
    parts = {"label": np.arange(2), "vector": np.ones((2, *(arguments[0] or ()))), "spatial": np.ones((2, 4, 4, 2))}
    wanted = [parts[key] for key, size in zip(("vector", "label"), arguments, strict=False) if size is not None]
    wanted += [parts["spatial"]] * (arguments[3] is not None)
    given = wanted[0] if len(wanted) == 1 else tuple(wanted)
    arrays, batch_shape = condition.check(given)
    again = condition.as_given(arrays, batch_shape)
    assert batch_shape == (2,) and condition.parts(again).keys() == condition.parts(given).keys()
    for one, other in zip(condition.parts(again).values(), wanted, strict=True):
        np.testing.assert_array_equal(one, other)


def test_floats_with_a_single_one_in_each_row_are_one_hot_labels_but_any_vector():
    rows = [[0.0, 1.0], [1.0, 0.0]]
    with pytest.raises(ValueError, match=r"argmax.*fits as integers"):
        Condition((4, 4, 1), None, 2, None, None).check(rows)
    arrays, batch_shape = Condition((4, 4, 1), None, 2, None, None).check(np.array(rows, int))
    assert batch_shape == (2, 2) and arrays["label"].tolist() == [[0, 1], [1, 0]]
    arrays, batch_shape = Condition((4, 4, 1), (2,), None, None, None).check(rows)
    assert batch_shape == (2,) and arrays["vector"].tolist() == rows


@pytest.mark.quick
@pytest.mark.parametrize("condition", ["vector", "map"])
@pytest.mark.parametrize("convert", [np.asarray, ops.convert_to_tensor], ids=["array", "tensor"])
def test_a_condition_in_float64_keeps_its_digits(condition, convert):
    distribution = model(FAMILIES[1], (2, 2, 1), condition, dtype="float64", **FAMILIES[1].smallest)
    values, images = given(condition, 2, (2, 2, 1)).astype("float64"), random_images(2, distribution)
    one, other = (np.asarray(distribution.log_prob(images, convert(v))) for v in (values, values + 1e-9))
    assert np.all(one != other) and np.allclose(one, other, rtol=0, atol=1e-5)
    drawn = distribution.sample(2, seed=1, conditional_input=values, verbose=0)
    assert drawn.shape == images.shape


def test_a_label_beyond_all_integers_and_a_missing_channel_axis_are_named():
    dist = pixelcnn.PixelCNN((2, 2, 1), high=1, num_classes=2, class_names=["bee", "sun"], num_blocks=1, num_filters=2)
    for label in (10**30, ["bee", 10**30]):
        with pytest.raises(ValueError, match=f"conditional_input={10**30} does not fit"):
            dist.sample(conditional_input=label)
    images = np.zeros((5, 2, 2), int)
    with pytest.raises(ValueError, match=r"images of shape \(5, 2, 2\) does not fit"):
        dist.complete(images, np.ones((5, 2, 2), bool), [0] * 5)
