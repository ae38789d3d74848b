"""Property 9: a model is the same after JSON, after a file, and in another process; and so are a seed's images."""

import itertools
import json
import subprocess
import sys
import zipfile

import numpy as np
import pytest

import pixelcnn
from properties.families import (
    CONDITIONS,
    NAMES,
    given,
    model,
    of_every_family_quickly_of_one,
    of_every_family_with,
    of_one_family_and_of_others_in_full,
    random_images,
)

SHAPE = (4, 5, 2)
OPTIONS = [{}, {"dtype": "mixed_bfloat16"}, {"low": -3, "high": 12}, {"dropout_p": 0.0, "name": "another"}]
OPTIONS += [{"low": -3, "high": 12, **NAMES}]
# By default every condition and every option once; the full run is the whole product.
CASES = [
    pytest.param(condition, options, marks=() if condition == "label and map" or not options else pytest.mark.full)
    for condition in CONDITIONS
    for options in OPTIONS
]
FILES = list(itertools.product(["none", "label and map"], OPTIONS[:3]))
ELSEWHERE = """
import numpy as np, pixelcnn
dist = pixelcnn.load("model.keras")
np.savez("weights.npz", *dist.get_weights())
given = np.load("given.npy")
np.save("log_prob.npy", dist.log_prob(np.load("images.npy"), given))
np.save("sample.npy", dist.sample((2,), seed=4, conditional_input=given, verbose=0))
"""


@of_every_family_quickly_of_one
@pytest.mark.parametrize(("condition", "options"), CASES)
def test_configuration_to_json_and_back(family, condition, options):
    distribution = model(family, SHAPE, condition, **options)
    config = json.loads(json.dumps(distribution.get_config()))
    again = type(distribution).from_config(config)
    assert json.loads(json.dumps(again.get_config())) == config
    assert again.dtype_policy == distribution.dtype_policy and again.name == distribution.name
    assert [weight.shape for weight in again.weights] == [weight.shape for weight in distribution.weights]


@of_every_family_with(
    ("condition", "options"),
    FILES,
    of_the_first=[*FILES[::4], FILES[2], ("codes", OPTIONS[-1])],
    of_others=[("label and map", OPTIONS[1])],
)
def test_a_file_holds_every_bit_and_no_code(family, condition, options, tmp_path):
    distribution = model(family, SHAPE, condition, **options)
    distribution.save(tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as file:
        assert {name.rsplit(".")[-1] for name in file.namelist()} <= {"json", "h5"}
        assert b"lambda" not in file.read("config.json").lower()
    again = pixelcnn.load(tmp_path / "model.keras")  # with Keras' safe mode on
    assert same(again.get_weights(), distribution.get_weights())
    images, conditional_input = random_images(3, distribution), given(condition, 3, SHAPE)
    assert np.array_equal(again.log_prob(images, conditional_input), distribution.log_prob(images, conditional_input))


@of_one_family_and_of_others_in_full
def test_another_process_has_the_same_weights_likelihoods_and_images(family, tmp_path):
    distribution = model(family, SHAPE, "label", **family.smallest)
    images, labels = random_images(2, distribution), given("label", 2, SHAPE)
    distribution.save(tmp_path / "model.keras")
    np.save(tmp_path / "images.npy", images)
    np.save(tmp_path / "given.npy", labels)
    subprocess.run([sys.executable, "-c", ELSEWHERE], cwd=tmp_path, check=True)
    with np.load(tmp_path / "weights.npz") as file:
        assert same([file[key] for key in file.files], distribution.get_weights())
    expected = distribution.log_prob(images, labels)
    np.testing.assert_allclose(np.load(tmp_path / "log_prob.npy"), expected, rtol=1e-6)
    drawn = distribution.sample((2,), seed=4, conditional_input=labels, verbose=0)
    assert np.array_equal(np.load(tmp_path / "sample.npy"), drawn)


def same(some, others):
    """Whether two lists of arrays are equal bit for bit."""
    pairs = list(zip(some, others, strict=True))
    return all(one.dtype == other.dtype and one.tobytes() == other.tobytes() for one, other in pairs)
