import numpy as np
import pytest

import pixelcnn
from properties.families import shake


def distribution():
    made = pixelcnn.GatedPixelCNN((5, 6, 1), num_blocks=1, num_filters=8, high=3, dtype="float64")
    shake(made)
    return made


def test_rows_are_done_once_they_do_not_change_and_all_are_in_the_end():
    said = []
    distribution().sample(2, seed=1, method="jacobi", verbose=lambda done, total: said.append((done, total)))
    rows = [done for done, _ in said]
    assert rows == sorted(rows) and rows[-1] == 10 and {total for _, total in said} == {10}


def test_it_takes_fewer_passes_than_pixels(monkeypatch):
    made = distribution()
    sampler = made._sampler("jacobi")
    passes, redraw = [], sampler._redraw
    monkeypatch.setattr(sampler, "_redraw", lambda *arguments: passes.append(1) or redraw(*arguments))
    drawn = made.sample(1, seed=2, method="jacobi", verbose=0)
    assert 1 < len(passes) < 5 * 6
    passes.clear()
    made.complete(drawn, np.ones((5, 6), bool), method="jacobi", verbose=0)
    assert len(passes) == 1  # nothing is unknown


def test_it_draws_one_draft():
    images = np.zeros((1, 5, 6, 1), "uint8")
    mask = np.arange(5)[:, None].repeat(6, axis=1) > 2
    with pytest.raises(ValueError, match="num_particles=2 does not fit: method='jacobi'"):
        distribution().complete(images, mask, num_particles=2, method="jacobi")
