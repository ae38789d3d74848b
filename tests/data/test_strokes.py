import json

import numpy as np
import pytest

from pixelcnn.data import BLOG20, _cairo, rasterize, read_strokes

needs_cairo = pytest.mark.skipif(_cairo.load_cairo() is None, reason='needs cairo: pip install "pixelcnn[strokes]"')
HOUSE = [[[0, 0, 255, 255, 0], [120, 250, 250, 120, 120]], [[0, 128, 255], [120, 0, 120]]]


@needs_cairo
@pytest.mark.parametrize("name", BLOG20)
def test_cairo_draws_googles_bitmaps_byte_for_byte(real_quickdraw, name):
    drawn = rasterize(read_strokes(real_quickdraw / "simplified" / f"{name}.ndjson"), renderer="cairo")
    rows = np.load(real_quickdraw / "full" / "numpy_bitmap" / f"{name}.npy").reshape(-1, 28, 28, 1)
    known = {row.tobytes() for row in rows}
    assert (len(drawn), sum(image.tobytes() in known for image in drawn)) == (25, 25)
    if name != "butterfly":  # whose bitmaps lie elsewhere in its file, but for the first one
        assert (drawn == rows[:25]).all(axis=(1, 2, 3)).sum() >= 24


@pytest.mark.parametrize("name", BLOG20)
def test_the_portable_renderer_is_within_two_grey_levels_of_google(real_quickdraw, name):
    drawn = rasterize(read_strokes(real_quickdraw / "simplified" / f"{name}.ndjson"), renderer="portable")
    rows = np.load(real_quickdraw / "full" / "numpy_bitmap" / f"{name}.npy").reshape(-1, 28, 28, 1)
    if name == "butterfly":
        drawn, rows = drawn[1:], rows[1594:]
    assert np.abs(drawn.astype(int) - rows[: len(drawn)]).mean() <= 2


@needs_cairo
@pytest.mark.parametrize("size", [14, 28, 45, 112])
def test_both_renderers_agree_at_any_size(size):
    cairo, portable = (rasterize(HOUSE, size, renderer).astype(int) for renderer in ("cairo", "portable"))
    assert np.abs(cairo - portable).mean() <= 3
    assert abs((cairo - portable).mean()) <= 2


@needs_cairo
def test_auto_is_cairo_where_it_is_there():
    np.testing.assert_array_equal(rasterize(HOUSE), rasterize(HOUSE, renderer="cairo"))


def test_without_cairo(monkeypatch):
    monkeypatch.setattr(_cairo, "load_cairo", lambda: None)
    np.testing.assert_array_equal(rasterize(HOUSE), rasterize(HOUSE, renderer="portable"))
    with pytest.raises(ImportError, match="cairocffi"):
        rasterize(HOUSE, renderer="cairo")


@pytest.fixture(params=["portable", pytest.param("cairo", marks=needs_cairo)])
def renderer(request):
    return request.param


def test_every_form_of_strokes_gives_one_bitmap(renderer, tmp_path):
    path = tmp_path / "house.ndjson"
    path.write_text(json.dumps({"drawing": HOUSE}) + "\n\n", encoding="utf-8")
    forms = [
        HOUSE,
        [np.array(stroke).T for stroke in HOUSE],
        [list(zip(*stroke, strict=True)) for stroke in HOUSE],
        [[np.array(xs), np.array(ys)] for xs, ys in HOUSE],
    ]
    expected = rasterize(HOUSE, renderer=renderer)
    assert (expected.shape, expected.dtype, expected.max()) == ((28, 28, 1), np.uint8, 255)
    for form in forms:
        np.testing.assert_array_equal(rasterize(form, renderer=renderer), expected)
    np.testing.assert_array_equal(rasterize(str(path), renderer=renderer), expected[None])


def test_two_lists_are_columns_and_two_tuples_are_points(renderer):
    columns = rasterize([[[0, 255], [0, 100]]], renderer=renderer)
    np.testing.assert_array_equal(rasterize([[(0, 0), (255, 100)]], renderer=renderer), columns)
    np.testing.assert_array_equal(rasterize([np.array([[0, 0], [255, 100]])], renderer=renderer), columns)
    assert (rasterize([[[0, 0], [255, 100]]], renderer=renderer) != columns).any()


def test_a_drawing_does_not_depend_on_its_neighbours(renderer):
    dot, line = [[[9], [9]]], [[[0, 255], [0, 0]]]
    together = rasterize([dot, HOUSE, line], renderer=renderer)
    for image, drawing in zip(together, [dot, HOUSE, line], strict=True):
        np.testing.assert_array_equal(image, rasterize(drawing, renderer=renderer))


def test_drawings_are_centred_by_their_maximum(renderer):
    dot = rasterize([[[0], [0]]], renderer=renderer)[..., 0].astype(int)
    assert dot.sum() > 0
    np.testing.assert_allclose(dot, dot[::-1, ::-1], atol=1)
    line = rasterize([[[0, 100], [0, 0]]], renderer=renderer)[..., 0]
    assert line[13:15].max() == line.max()
    np.testing.assert_array_equal(line[[0, -1]], 0)


def test_a_point_more_on_a_straight_line_changes_nothing():
    short, long = (
        rasterize([[xs, ys]], renderer="portable") for xs, ys in [([0, 255], [10, 10]), ([0, 90, 255], [10] * 3)]
    )
    np.testing.assert_array_equal(short, long)


@pytest.mark.parametrize(
    ("strokes", "words"),
    [
        ([], "`strokes` must be a drawing"),
        (7, "`strokes` must be a drawing"),
        ([[1, 2, 3]], "`strokes` must be a drawing"),
        ([[[0, 1], [0, 1, 2]]], "`strokes\\[0\\]` is no stroke"),
        ([np.zeros((4, 3))], "`strokes\\[0\\]` has shape \\(4, 3\\)"),
        ([[[0, 256], [0, 1]]], "0.0 … 256.0; they must lie in 0 … 255"),
        ([[[0, float("nan")], [0, 1]]], "they must lie in 0 … 255"),
        ([HOUSE, []], "`strokes\\[1\\]` has no stroke"),
        ([[["a", "b"], ["c", "d"]]], "is no stroke"),
    ],
)
def test_errors_name_the_stroke(strokes, words):
    with pytest.raises(ValueError, match=words):
        rasterize(strokes)


def test_errors_of_the_options():
    with pytest.raises(ValueError, match="`renderer` must be one of"):
        rasterize(HOUSE, renderer="skia")
    with pytest.raises(ValueError, match="`size` must be"):
        rasterize(HOUSE, size=0)


@pytest.mark.parametrize("line", ["{", "[]", '{"word": "bee"}'])
def test_a_line_that_is_no_drawing_is_named(tmp_path, line):
    path = tmp_path / "bad.ndjson"
    path.write_text('{"drawing": []}\n' + line, encoding="utf-8")
    with pytest.raises(ValueError, match="bad.ndjson, line 2 is no drawing"):
        read_strokes(path)
