"""A damaged file is read, or refused by a ValueError or OSError that names it, within bounds of memory and time.

Each case is a kind of damage to one kind of file; hypothesis draws where and how it strikes. `make test` draws a few of
each, the same every time; `make test-all` many more.
"""

from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fuzz import damage
from fuzz.limits import limits
from fuzz.readers import READERS, whole_file

CASES = [(name, kind) for name, reader in READERS.items() for kind in (*damage.BYTES, *reader.kinds)]
FEW, MANY = 3, 60
pytestmark = pytest.mark.filterwarnings("ignore")


@dataclass(frozen=True)
class Example:
    """A damaged file; the report of a failure shows it by size."""

    content: bytes

    def __repr__(self):
        return f"{len(self.content):,} bytes that start with {self.content[:40]!r}"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The bytes of a whole file, by the name of its reader."""
    made = {}

    def get(name):
        if name not in made:
            made[name] = whole_file(READERS[name], tmp_path_factory.mktemp(name))
        return made[name]

    return get


def causes(error):
    """An error and what it came of."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def check(read, path):
    """Read a file, which must return, or raise an error that names it."""
    try:
        with limits():
            read(path)
    except (ValueError, OSError) as error:
        assert path.name in str(error), f"the error does not name {path.name}: {error}"
        assert not [cause for cause in causes(error) if isinstance(cause, MemoryError)], (
            f"took too much memory: {error}"
        )


def strike(name, kind, content, path, examples):
    """Damage a file in ways of one kind and read it each time."""

    @settings(
        max_examples=1 if kind in damage.COSTLY else examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink) if examples == MANY else (Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def struck(data):
        path.write_bytes(kind(data.draw, content))
        check(READERS[name].read, path)

    struck()


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
