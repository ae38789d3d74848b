import pytest

from models import model


@pytest.fixture(scope="session")
def plain():
    """A distribution of 4x4 gray images without a condition, whose likelihood is compiled once."""
    return model((4, 4, 1))
