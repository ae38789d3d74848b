import gzip
import json
import os
import tempfile
from pathlib import Path

import numpy as np
import pytest

from pixelcnn.data import BLOG20, rasterize, read_strokes
from pixelcnn.data.drawing import cairo, coverage

needs_cairo = pytest.mark.skipif(cairo.load_cairo() is None, reason='needs cairo: pip install "pixelcnn[strokes]"')
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
    monkeypatch.setattr(cairo, "load_cairo", lambda: None)
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
        ([], "strokes=.* does not fit: expected a drawing"),
        (7, "strokes=7 does not fit: expected a drawing"),
        ([[1, 2, 3]], "strokes=.* does not fit: expected a drawing"),
        ([[[0, 1], [0, 1, 2]]], "strokes\\[0\\] is .*, which does not fit: expected .xs, ys"),
        ([np.zeros((4, 3))], "strokes\\[0\\] of shape \\(4, 3\\) does not fit"),
        ([[[0, 256], [0, 1]]], "0.0 … 256.0: expected 0 … 255"),
        ([[[0, float("nan")], [0, 1]]], "not finite: expected 0 … 255"),
        ([HOUSE, []], "strokes\\[1\\] has no stroke"),
        ([[["a", "b"], ["c", "d"]]], "strokes\\[0\\] is .*, which does not fit"),
    ],
)
def test_errors_name_the_stroke(strokes, words):
    with pytest.raises(ValueError, match=words):
        rasterize(strokes)


def test_errors_of_the_options():
    with pytest.raises(ValueError, match="renderer=.* does not fit: expected one of"):
        rasterize(HOUSE, renderer="skia")
    with pytest.raises(ValueError, match="size=0 does not fit: expected a whole number of at least 1"):
        rasterize(HOUSE, size=0)


# Files ----------------------------------------------------------------------------------------------------------------


RAW = [[[120.5, 630.5, 375.5], [10, 520, 10], [0, 40, 81]], [[630.5, 120.5], [10, 10], [500, 620]]]
SIMPLIFIED = [[[0, 255, 128], [0, 255, 0]], [[255, 0], [0, 0]]]


def write(path, *lines, start=b""):
    """Write drawings, or lines as they are."""
    lines = [line if isinstance(line, str) else json.dumps({"drawing": line}) for line in lines]
    path.write_bytes(start + "\n".join(lines).encode())
    return path


def test_raw_strokes_are_moved_scaled_and_freed_of_their_times(tmp_path, renderer):
    assert read_strokes(write(tmp_path / "raw.ndjson", RAW, SIMPLIFIED)) == [SIMPLIFIED] * 2
    expected = rasterize(SIMPLIFIED, renderer=renderer)
    for raw in (RAW, [[np.array(column) for column in stroke] for stroke in RAW]):
        np.testing.assert_array_equal(rasterize(raw, renderer=renderer), expected)
    np.testing.assert_array_equal(rasterize([RAW, SIMPLIFIED], renderer=renderer), np.stack([expected] * 2))


def test_a_raw_stroke_of_two_points_is_two_points(renderer):
    """Not three points (x, x), (y, y), (t, t)."""
    raw = [[[0, 255], [0, 100], [3, 90]]]
    np.testing.assert_array_equal(
        rasterize(raw, renderer=renderer), rasterize([[[0, 255], [0, 100]]], renderer=renderer)
    )
    assert read_strokes_of(raw) == [[[0, 255], [0, 100]]]
    np.testing.assert_array_equal(rasterize([[(0, 0), (255, 100), (3, 90)]])[0, 0], [0])  # tuples are points


def read_strokes_of(drawing):
    with tempfile.TemporaryDirectory() as folder:
        return read_strokes(write(Path(folder) / "x.ndjson", drawing))[0]


@pytest.mark.parametrize("point", [[5.0], [300.0]])
def test_a_raw_dot_is_a_dot(point):
    np.testing.assert_array_equal(rasterize([[point, point, [0]]]), rasterize([[[0], [0]]]))


def test_a_byte_order_mark_windows_lines_and_gzip(tmp_path):
    plain = write(tmp_path / "plain.ndjson", HOUSE, SIMPLIFIED)
    expected = read_strokes(plain)
    assert expected == [HOUSE, SIMPLIFIED]
    marked = b"\xef\xbb\xbf" + plain.read_bytes().replace(b"\n", b"\r\n")
    (tmp_path / "marked.ndjson").write_bytes(marked)
    (tmp_path / "packed.ndjson.gz").write_bytes(gzip.compress(marked))
    for name in ("marked.ndjson", "packed.ndjson.gz"):
        assert read_strokes(tmp_path / name) == expected
        assert rasterize(tmp_path / name).shape == (2, 28, 28, 1)


def test_a_drawing_without_strokes_is_skipped_and_named(tmp_path):
    path = write(tmp_path / "some.ndjson", HOUSE, [], [[[], []]], [[[], []], *SIMPLIFIED])
    with pytest.warns(UserWarning, match="some.ndjson: skipped drawings without a stroke in line 2, 3"):
        assert read_strokes(path) == [HOUSE, SIMPLIFIED]
    with pytest.warns(UserWarning, match="line 1"), pytest.raises(ValueError, match="some.ndjson has no drawing"):
        rasterize(write(path, []))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", " is .*: expected a JSON object"),
        ("[]", " is .*: expected a JSON object"),
        ('{"word": "bee"}', " is .*: expected a JSON object"),
        (17, " is .*17.*: expected a drawing of strokes"),
        ([17], " is .*: expected a drawing of strokes"),
        ([[[1], 2]], " is .*: expected a drawing of strokes"),
        ([[[1], [2], [3], [4]]], " is .*: expected a drawing of strokes"),
        ("[" * 100_000, " is .*: expected a JSON object"),
        ('{"drawing": ' + "[" * 100_000 + "]" * 100_000 + "}", " is .*: expected"),
        ('{"drawing": [[[' + "1" * 400 + "], [1]]]}", ", stroke 0 is .*, which does not fit"),
        ('{"drawing": [[[' + "1" * 5000 + "], [1]]]}", " is .*: expected a JSON object"),
        ([[[1], [2]], [[1, 2], [3]]], ", stroke 1 is .*, which does not fit"),
        ([[["1"], [2]]], ", stroke 0 is .*, which does not fit"),
        ([[[None], [2]]], ", stroke 0 has coordinates that are not finite"),
        ('{"drawing": [[[NaN], [2]]]}', ", stroke 0 has coordinates that are not finite"),
        ('{"drawing": [[[1e999], [2], [0]]]}', ", stroke 0 has coordinates that are not finite"),
        ([[[300], [2]]], ", stroke 0 has coordinates 2.0 … 300.0: expected 0 … 255"),
        ([[[1], [2]], [[1], [2], [3]]], " has strokes with times, .* and strokes without: expected one kind"),
        ([[[1] * 5001, [2] * 5001], [[1] * 5000, [2] * 5000]], " has 10,001 points: expected at most 10,000"),
        ('{"drawing": "' + "x" * (1 << 24) + '"}', " has too many bytes: expected at most 16,777,216"),
    ],
)
def test_a_line_that_is_no_drawing_is_named(tmp_path, line, words):
    path = write(tmp_path / "bad.ndjson", HOUSE, line)
    for read in (read_strokes, rasterize):
        with pytest.raises(ValueError, match=f"bad.ndjson, line 2{words}"):
            read(path)


def test_files_that_are_no_text_are_named(tmp_path):
    path = tmp_path / "bad.ndjson"
    packed = gzip.compress(json.dumps({"drawing": HOUSE}).encode() * 1000)
    for content, words in (
        ('{"drawing": []}'.encode("utf-16"), "line 1 is .*: expected a JSON object"),
        (packed[:-20], "line 1 cannot be unpacked"),
        (packed[:40] + bytes(20) + packed[60:], "line 1 cannot be unpacked"),
        (b"\x1f\x8bno gzip", "line 1 cannot be unpacked"),
        (gzip.compress(b"\n" * 4_000_000), "line [0-9]+: the file unpacks to more than 100 times its size"),
    ):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=f"bad.ndjson, {words}"):
            read_strokes(path)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(OSError, match="bad.ndjson is not a regular file"):
        read_strokes(path)


def test_many_drawings_take_the_memory_of_some(monkeypatch):
    expected = rasterize([HOUSE] * 9, renderer="portable")
    monkeypatch.setattr(coverage, "POINT_PIXELS", 20 * 28**2)  # two houses at once
    np.testing.assert_array_equal(rasterize([HOUSE] * 9, renderer="portable"), expected)


def test_lists_in_lists_are_no_strokes():
    deep = [1]
    for _ in range(100_000):
        deep = [deep]
    for strokes in (deep, [[deep, deep]], [[[1], [10**5000]]]):
        with pytest.raises(ValueError, match="strokes"):
            rasterize(strokes)


def test_lists_of_points_are_refused_because_two_of_them_are_columns():
    stroke = [[0, 0], [0, 100], [100, 100], [0, 0]]
    with pytest.raises(ValueError, match=r"holds 4 lists of two numbers: expected \[xs, ys\], .* tuples \(x, y\)"):
        rasterize([[stroke, [[10, 200], [20, 100]]]])
    expected = rasterize([[np.array(stroke)]])
    assert np.array_equal(rasterize([[list(map(tuple, stroke))]]), expected)
