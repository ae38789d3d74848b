"""Pieces of the page stay within their scale and cope with what was not measured."""

import math
import re

from pixelcnn.evaluation.report.elements import confusion, curves, intervals


def test_intervals_lie_on_the_scale():
    values, bounds = {"bee": 1.5, "sun": 2.0}, {"bee": (1.0, 2.0), "sun": (None, None)}
    text = intervals("bits/dim", values, bounds)
    assert re.findall(r'<[ib] style="([^"]*)"', text) == ["left:0.0%;width:100.0%", "left:50.0%", "left:100.0%"]
    assert "– … –" in text and "1.50" in text
    assert "left:75.0%" in intervals("share", {"bee": 0.75}, {"bee": (0.5, 1.0)}, scale=(0, 1))


def test_curves_stay_in_the_picture_and_leave_gaps():
    text = curves([3.0, 2.0, 1.0], [math.nan, 2.5, 1.5], ("training", "held out"), "epoch", "bits/dim")
    first, second = (
        [tuple(map(float, point.split(","))) for point in line.split()]
        for line in re.findall(r'points="([^"]*)"', text)
    )
    assert len(first) == 3 and len(second) == 2
    assert first[0][1] < first[1][1] < first[2][1] and second[0][0] == first[1][0]
    assert all(0 <= x <= 480 and 0 <= y <= 250 for x, y in first + second)


def test_a_single_epoch_is_a_dot_and_none_is_no_curve():
    assert len(re.search(r'points="([^"]*)"', curves([1.0], [], ("a", "b"), "epoch", "bits")).group(1).split()) == 2
    assert curves([math.nan], [], ("a", "b"), "epoch", "bits") == ""


def test_a_confusion_matrix_is_darkest_where_most_images_are():
    text = confusion({"bee": {"bee": 3, "sun": 1}, "sun": {"bee": 0, "sun": 0}})
    assert re.findall(r"--share:([0-9.]+)", text) == ["0.75", "0.25"]
