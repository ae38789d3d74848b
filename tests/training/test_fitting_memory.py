"""A training that will not fit into memory is refused beforehand, and the estimate is what a process really takes."""

import json
import re
import subprocess
import sys

import keras
import pytest

import pixelcnn
from pixelcnn.backend import has_accelerator
from pixelcnn.training.cost import model_cost
from pixelcnn.training.fitting_memory import (
    choose_batch_size,
    largest_batch_size,
    memory_line,
    require_fitting,
    training_memory,
)

GB = 10**9


def linear(batch_size):
    """An estimate: 1 GB, and 0.1 GB for each image."""
    return GB + batch_size * GB // 10


@pytest.mark.parametrize(
    ("images", "available", "chosen"), [(1000, 4 * GB, 16), (10, 4 * GB, 8), (1000, 2000 * GB, 128), (1, 2 * GB, 1)]
)
def test_the_largest_power_of_two_that_fits_is_chosen(images, available, chosen):
    assert choose_batch_size(linear, images, available) == chosen


def test_a_batch_size_that_nothing_fits_is_not_chosen():
    with pytest.raises(ValueError, match=r"batch_size='auto' .* a batch of one image takes about 1\.1 GB and 1\.0 GB"):
        choose_batch_size(linear, 1000, GB)
    with pytest.raises(ValueError, match="batch_size='auto' .* does not say how much memory"):
        choose_batch_size(linear, 1000, None)


def test_what_will_not_fit_is_refused_with_what_fits():
    require_fitting(linear, 24, 4 * GB)
    require_fitting(linear, 10**6, None)
    with pytest.raises(ValueError, match=r"batch_size=25 does not fit: expected at most 16, .* 3\.5 GB") as told:
        require_fitting(linear, 25, 4 * GB)
    helps = "batch_size='auto'; batch_size=16, accumulate=2; remat=True. ignore_memory=True trains all the same."
    assert str(told.value).endswith(f"What helps: {helps}")
    with pytest.raises(ValueError, match="expected a smaller model, because not even one image") as told:
        require_fitting(linear, 1, GB)
    assert "What helps: remat=True." in str(told.value)


@pytest.mark.parametrize(
    ("more", "helps"),
    [
        ({"accumulate": 3}, " What helps: batch_size='auto'; batch_size=16, accumulate=6; remat=True."),
        ({"devices": 3}, " What helps: batch_size='auto'; batch_size=15, accumulate=2; remat=True."),
        ({"accumulate": None}, " What helps: batch_size='auto'; remat=True."),
        ({"devices": 20}, "one image a device fits, because .* What helps: remat=True."),
        ({"resumed": True}, "expected 4.6 GB of memory, because the run began .* available. ignore_memory=True"),
    ],
)
def test_the_proposal_is_one_that_the_run_can_take(more, helps):
    with pytest.raises(ValueError, match=helps):
        require_fitting(linear, 30, 4 * GB, **more)


@pytest.mark.parametrize("batch_size", [1, 16, 24, 25, 128, 200, 256, 300])
@pytest.mark.parametrize("available", [GB, 4 * GB, 30 * GB, 33 * GB, 40 * GB])
def test_a_run_is_refused_where_its_line_says_that_it_does_not_fit(batch_size, available):
    enough = int((re.findall(r"enough for batch size (\d+)", memory_line(linear, batch_size, available)) or [0])[0])
    try:
        require_fitting(linear, batch_size, available)
        assert enough >= batch_size
    except ValueError as refused:
        assert enough < batch_size
        assert (f"at most {enough}, " in str(refused)) == (enough > 0)
    if enough:
        require_fitting(linear, enough, available)


def test_a_distribution_has_an_estimate():
    dist = pixelcnn.PixelCNN((64, 64, 1), num_blocks=1, num_filters=4)
    one, two, three = (training_memory(dist, size) for size in (1, 2, 3))
    assert two > one and three - two == pytest.approx(two - one, abs=1)
    assert largest_batch_size(dist, 1.16 * training_memory(dist, 32)) == 32
    with pytest.raises(ValueError, match="^available=1000 does not fit: expected at least [0-9]+ bytes"):
        largest_batch_size(dist, 1000)
    with pytest.raises(ValueError, match="batch_size=0 does not fit"):
        training_memory(dist, 0)
    plain = training_memory(dist, 1)
    dist.compile(keras.optimizers.Adam(gradient_accumulation_steps=2), ema_momentum=0.9)
    assert training_memory(dist, 1) == plain + 8 * (dist.count_params() - 1)  # a counter is a weight too


def test_a_training_takes_at_least_what_its_initialisation_takes():
    size = {"image_shape": (8, 8, 1), "num_resnet": 1, "num_hierarchies": 1, "num_filters": 4}
    one = training_memory(pixelcnn.PixelCNNPlusPlus(**size), 1)
    without = training_memory(pixelcnn.PixelCNNPlusPlus(**size, use_data_init=False), 1)
    assert one > without
    many = [training_memory(pixelcnn.PixelCNNPlusPlus(**size, use_data_init=choice), 512) for choice in (True, False)]
    assert many[0] == many[1]


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="other backends recompute nothing")
def test_layers_that_are_recomputed_keep_less():
    """With 48 filters the convolutions of 96 filters are recomputed, and the others are not."""
    narrow, mixed, wide = (
        model_cost(pixelcnn.PixelCNNPlusPlus((8, 8, 1), num_resnet=1, num_filters=filters)) for filters in (16, 48, 80)
    )
    assert narrow.recomputed < mixed.recomputed < wide.recomputed
    shares = [cost.kept_values / cost.features for cost in (narrow, mixed, wide)]
    assert shares == sorted(shares, reverse=True)


# Trains for two epochs of two steps, after the initialisation from 128 images of a longer training, and prints the peak
# beyond that of the process before, and the estimate, in MB.
MEASURE = """
import json, pathlib, sys
import keras, numpy as np, pixelcnn
from pixelcnn.training.fitting_memory import training_memory
from pixelcnn.training.inputs import INITIALIZATION_BATCH

def peak():
    # Not ru_maxrss, which a process that the tests start takes over from theirs.
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(dict(line.split(":", 1) for line in lines)["VmHWM"].split()[0])

family, batch_size, arguments = json.loads(sys.argv[1])
count = max(2 * batch_size, INITIALIZATION_BATCH)
images = np.random.default_rng(0).integers(0, 2, (count, *arguments["image_shape"]), dtype="uint8")
keras.ops.convert_to_numpy(keras.ops.ones(8) + 1)
before = peak()
dist = getattr(pixelcnn, family)(**arguments)
dist.compile("adam")
dist.initialize(images[:INITIALIZATION_BATCH])
dist.fit(images[:2 * batch_size], batch_size=batch_size, epochs=2, verbose=0)
print((peak() - before) / 1e6, training_memory(dist, batch_size) / 1e6)
"""
GRAY = {"image_shape": (28, 28, 1), "num_filters": 64}
COLOUR = {"image_shape": (32, 32, 3), "num_filters": 48, "head": "logistic_mixture"}
SMALL = {"image_shape": (28, 28, 1), "num_filters": 32, "num_resnet": 1, "num_logistic_mix": 5, "dropout_p": 0.0}
MEASURED = [
    ("PixelCNN", 128, {**GRAY, "num_blocks": 5}),
    ("PixelCNN", 48, {**GRAY, "num_blocks": 10, "num_filters": 128}),
    ("PixelCNN", 128, {**GRAY, "num_blocks": 5, "dtype": "mixed_bfloat16"}),
    ("GatedPixelCNN", 64, {**GRAY, "num_blocks": 5, "high": 1}),
    ("GatedPixelCNN", 32, {**COLOUR, "num_blocks": 7}),
    ("PixelCNNPlusPlus", 8, SMALL),
    ("PixelCNNPlusPlus", 32, {**SMALL, "num_filters": 48, "num_resnet": 2, "num_hierarchies": 2}),
    ("PixelCNNPlusPlus", 8, {**SMALL, "num_filters": 128, "dropout_p": 0.5}),
    ("PixelRNN", 32, {**GRAY, "num_layers": 4, "num_filters": 48, "high": 1}),
    ("PixelRNN", 48, {**GRAY, "num_layers": 5, "num_filters": 48, "cell": "row", "high": 1}),
]


@pytest.mark.full
@pytest.mark.skipif(
    has_accelerator() or sys.platform != "linux",
    reason="the estimate is that of a processor, and Linux tells the peak",
)
@pytest.mark.parametrize("configuration", MEASURED, ids=[f"{family}-{size}" for family, size, _ in MEASURED])
def test_the_estimate_is_within_15_percent_of_the_measured_peak(configuration):
    command = [sys.executable, "-c", MEASURE, json.dumps(configuration)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    measured, estimated = map(float, result.stdout.split())
    assert estimated == pytest.approx(measured, rel=0.15)
