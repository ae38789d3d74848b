import io
import math

import pytest
from PIL import Image

from models import model
from pixelcnn.anomaly import Complexity
from properties.families import random_images


@pytest.mark.parametrize("channels", [3, *(pytest.param(count, marks=pytest.mark.full) for count in (1, 2, 4))])
def test_the_score_is_nats_beyond_those_of_a_png_file(channels):
    distribution = model((6, 5, channels), low=-3, high=40)
    images = random_images(3, distribution)
    for image, score in zip(images, Complexity(distribution).score(images).instance_score, strict=True):
        nats = -distribution.log_prob(image) - score
        file = io.BytesIO()
        Image.fromarray((image + 3).squeeze().astype("uint8")).save(file, "png", optimize=True)
        assert nats / math.log(2) / 8 == pytest.approx(len(file.getvalue()), rel=1e-4)


def test_images_that_no_png_file_holds_are_refused():
    for distribution in (model((4, 4, 5)), model((4, 4, 1), high=256)):
        with pytest.raises(ValueError, match="does not fit: expected at most 4 channels and 256 levels"):
            Complexity(distribution)
