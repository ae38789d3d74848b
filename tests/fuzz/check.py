"""What must hold of a reader, and how examples of damage are drawn."""

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fuzz.limits import limits

FEW, MANY = 2, 30  # examples of a case, in `make test` and in `make test-all`


def check(read, source, name):
    """Read a source, which must return, or raise an error that has the name in it.

    Args:
        read: The reader.
        source: What it is given.
        name: What its error must name.
    """
    try:
        with limits():
            read(source)
    except (ValueError, OSError) as error:
        assert name in str(error), f"the error does not name {name}: {error}"
        assert not any(isinstance(cause, MemoryError) for cause in _causes(error)), f"took too much memory: {error}"


def _causes(error):
    """An error and what it came of."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def draw_examples(example, count):
    """Call `example(draw)` for so many draws, which are the same in every run; a failure is shrunk if there are many.

    Args:
        example: Damages a file and reads it.
        count: Number of draws.
    """

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.generate,) if count < MANY else (Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def drawn(data):
        example(data.draw)

    drawn()
