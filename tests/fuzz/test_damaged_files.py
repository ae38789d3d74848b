"""A damaged file is read, or refused by a ValueError or OSError that names it, within bounds of memory and time.

Each case is a kind of damage to one kind of file; hypothesis draws where and how it strikes. `make test` draws a few of
each, the same every time; `make test-all` many more.
"""

import pytest

from fuzz import damage
from fuzz.check import FEW, MANY, check, draw_examples
from fuzz.limits import limits
from fuzz.readers import READERS, whole_file

CASES = [(name, kind) for name, reader in READERS.items() for kind in (*damage.BYTES, *reader.kinds)]
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The bytes of a whole file, by the name of its reader."""
    made = {}

    def get(name):
        if name not in made:
            made[name] = whole_file(READERS[name], tmp_path_factory.mktemp(name))
        return made[name]

    return get


def strike(name, kind, content, path, examples):
    """Damage a file in ways of one kind and read it each time."""

    def example(draw):
        path.write_bytes(kind(draw, content))
        check(READERS[name].read, path, path.name)

    draw_examples(example, 1 if kind in damage.COSTLY else examples)


@pytest.mark.parametrize("name", READERS)
def test_whole_files_are_read(name, whole, tmp_path):
    path = tmp_path / READERS[name].file
    path.write_bytes(whole(name))
    with limits():
        assert READERS[name].read(path) is not None


@pytest.mark.parametrize(("name", "kind"), CASES, ids=[f"{name}-{kind.__name__}" for name, kind in CASES])
def test_damaged_files_are_read_or_refused_by_name(name, kind, whole, tmp_path):
    strike(name, kind, whole(name), tmp_path / READERS[name].file, FEW)


@pytest.mark.full
@pytest.mark.parametrize(("name", "kind"), CASES, ids=[f"{name}-{kind.__name__}" for name, kind in CASES])
def test_many_damaged_files_are_read_or_refused_by_name(name, kind, whole, tmp_path):
    strike(name, kind, whole(name), tmp_path / READERS[name].file, MANY)


def test_there_are_at_least_a_hundred_kinds_of_damage():
    assert len(CASES) >= 100
