import numpy as np
import pytest

from pixelcnn import require

NUMBERS = [0.5, np.float32(0.5), np.float64(0.5)]
WHOLE = [2, 2.0, np.int64(2), np.uint8(2), np.float32(2), np.array(2), np.array(2.0)]
NO_NUMBERS = [True, np.True_, "1", None, [1], 1j]


@pytest.mark.parametrize("value", WHOLE)
def test_whole_numbers_of_every_type_pass(value):
    got = require.positive_integer("n", value)
    assert got == 2 and type(got) is int


@pytest.mark.parametrize("value", NUMBERS)
@pytest.mark.parametrize("check", [require.probability, require.finite_number, require.positive_number])
def test_numbers_of_every_type_pass(check, value):
    got = check("p", value)
    assert got == 0.5 and type(got) is float


@pytest.mark.parametrize("value", [*NO_NUMBERS, np.nan, np.inf])
@pytest.mark.parametrize(
    "check", [require.integer, require.probability, require.finite_number, require.positive_number]
)
def test_what_is_no_number_is_refused_by_name(check, value):
    with pytest.raises(ValueError, match="n=.* does not fit: expected"):
        check("n", value)


@pytest.mark.parametrize("check", [require.probability, require.finite_number, require.positive_number])
def test_a_number_that_no_float_can_hold_is_refused_by_name(check):
    with pytest.raises(ValueError, match="n=.* does not fit: expected"):
        check("n", 10**400)


@pytest.mark.parametrize("value", [-1, 2**32, 10**400, pytest.param(10**5000, id="5001 digits"), 0.5, True, None])
def test_whole_numbers_out_of_range_are_refused_by_name(value):
    assert require.whole("n", np.int64(0), 0) == 0
    with pytest.raises(ValueError, match="n=.* does not fit: expected a whole number"):
        require.whole("n", value, 0)


@pytest.mark.parametrize("value", [(2, True), (2, "3"), "23", 5, (2, 0), (2, 1.5), (2, 3, 4)])
def test_sizes_that_do_not_fit_are_refused_by_name(value):
    with pytest.raises(ValueError, match="n=.* does not fit: expected 2 positive whole numbers"):
        require.sizes("n", value, 2)


@pytest.mark.parametrize("value", ["", None, 3, b"x"])
def test_what_is_no_path_is_refused_by_name(value):
    with pytest.raises(ValueError, match="p=.* does not fit: expected a path"):
        require.path("p", value)


def test_the_nearest_name_is_proposed():
    names = ["bee", "The Eiffel Tower", "sea turtle"]
    assert require.nearest("bees", names) == " Did you mean 'bee'?"
    assert require.nearest("eiffel tower", names) == " Did you mean 'The Eiffel Tower'?"
    assert require.nearest("SEA_TURTLE", names) == " Did you mean 'sea turtle'?"
    assert require.nearest("quetzal", names) == require.nearest(7, names) == ""


def test_a_text_is_neither_true_nor_false():
    assert require.boolean("flag", np.False_) is False
    for value in ("False", "no", 0, 1, None):
        with pytest.raises(ValueError, match="flag=.* expected True or False"):
            require.boolean("flag", value)
