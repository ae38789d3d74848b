"""The breaks of `mutations.py` can still be made: code that moves takes its break along."""

import pytest

import mutations


@pytest.mark.parametrize("mutation", mutations.MUTATIONS, ids=lambda mutation: mutation.what)
def test_a_break_finds_what_it_breaks(mutation):
    compile(mutations.broken(mutation), mutation.file, "exec")
    assert (mutations.ROOT / mutation.tests.split()[0]).exists()
