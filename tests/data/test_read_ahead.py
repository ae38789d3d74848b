"""What is read ahead is what would be read in turn."""

import threading

import pytest

from pixelcnn.data.read_ahead import AHEAD, ReadAhead


def test_the_next_numbers_are_read_before_they_are_asked_for():
    seen, enough = [], threading.Event()

    def read(number):
        seen.append(number)
        if len(seen) == AHEAD + 1:
            enough.set()
        return 10 * number

    ahead = ReadAhead(read)
    assert ahead(0, 100) == 0 and enough.wait(60)
    assert sorted(seen) == list(range(AHEAD + 1))
    assert [ahead(number, 12) for number in range(1, 12)] == list(range(10, 120, 10))


@pytest.mark.parametrize("numbers", [[3, 4, 5, 6], [5, 2, 9, 0, 1, 2, 0, 1], [9, 9, 8], [0, 1, 2, 0, 1, 2, 3]])
def test_any_order_gives_the_same_results(numbers):
    ahead = ReadAhead(lambda number: number * number)
    assert [ahead(number, 10) for number in numbers] == [number * number for number in numbers]


def test_an_error_comes_where_its_result_is_asked_for():
    ahead = ReadAhead(lambda number: 1 // (number - 2))
    assert ahead(0, 5) == -1 and ahead(1, 5) == -1
    with pytest.raises(ZeroDivisionError):
        ahead(2, 5)
    assert ahead(3, 5) == 1
