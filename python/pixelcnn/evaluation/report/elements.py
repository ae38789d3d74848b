"""Pieces of HTML: pictures, tables, intervals, confusion matrices and curves. All texts are escaped."""

import base64
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from PIL import Image


def picture(image: Image.Image, description: str, caption: str = "") -> str:
    """Return a figure whose picture is a part of the page.

    Args:
        image: The picture.
        description: What the picture shows, for readers who do not see it.
        caption: The text below the picture.

    Example:
        >>> picture(Image.new("L", (1, 1)), "a <dot>").startswith('<figure><img alt="a &lt;dot&gt;" width="1"')
        True
    """
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    source = base64.b64encode(file.getvalue()).decode()
    size = f'width="{image.width}" height="{image.height}"'
    below = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return f'<figure><img alt="{escape(description)}" {size} src="data:image/png;base64,{source}">{below}</figure>'


def number(value: float | None, digits: int = 3) -> str:
    """Return a number as text; None, a number that was not measured, is a dash.

    Args:
        value: The number.
        digits: Digits after the point.

    Example:
        >>> number(1.23456), number(None)
        ('1.235', '–')
    """
    return "–" if value is None or not math.isfinite(value) else f"{value:,.{digits}f}"


def interval(bounds: Sequence[float | None], digits: int = 3) -> str:
    """Return the bounds of an interval as text.

    Args:
        bounds: Lower and upper bound.
        digits: Digits after the point.

    Example:
        >>> interval([0.5, 0.75], 2)
        '0.50 … 0.75'
    """
    return f"{number(bounds[0], digits)} … {number(bounds[1], digits)}"


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a table; the first entry of a row is its heading.

    Args:
        columns: Headings of the columns.
        rows: Texts.
    """
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    body = "".join(
        f'<tr><th scope="row">{escape(str(name))}</th>'
        + "".join(f'<td class="number">{escape(str(cell))}</td>' for cell in cells)
        + "</tr>"
        for name, *cells in rows
    )
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def intervals(
    title: str,
    values: Mapping[str, float],
    bounds: Mapping[str, Sequence[float | None]],
    scale: tuple[float, float] | None = None,
    digits: int = 2,
) -> str:
    """Return a table with a row for each class: a dot with its confidence interval on a scale, and the numbers.

    Args:
        title: What the numbers are.
        values: The number of each class.
        bounds: The bounds of the interval of each class; None where there is none.
        scale: The ends of the scale; by default the smallest and the largest bound.
        digits: Digits after the point.
    """
    ends = [bound for pair in bounds.values() for bound in pair if bound is not None]
    low, high = scale or (min([*ends, *values.values()]), max([*ends, *values.values()]))
    place = {name: [_percent(x, low, high) for x in (values[name], *bounds[name])] for name in values}
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td class="range">{_dot(*place[name])}</td>'
        f'<td class="number">{number(value, digits)}</td>'
        f'<td class="number quiet">{interval(bounds[name], digits)}</td></tr>'
        for name, value in values.items()
    )
    ruler = f'<span class="scale"><span>{number(low, digits)}</span><span>{number(high, digits)}</span></span>'
    head = f'<th scope="col">class</th><th>{ruler}</th><th scope="col">{escape(title)}</th><th scope="col">95%</th>'
    return f'<table class="intervals"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _percent(value: float | None, low: float, high: float) -> float | None:
    return None if value is None else round(100 * (value - low) / max(high - low, 1e-9), 1)


def _dot(middle: float | None, low: float | None, high: float | None) -> str:
    bar = "" if low is None or high is None else f'<i style="left:{low}%;width:{round(high - low, 1)}%"></i>'
    return f'{bar}<b style="left:{middle}%"></b>'


def confusion(matrix: Mapping[str, Mapping[str, int]]) -> str:
    """Return a confusion matrix as a table, in which larger shares of a class are darker.

    Args:
        matrix: The number of images, by true class and chosen class.
    """
    names = list(matrix)
    head = "".join(
        f'<th scope="col"><abbr title="{escape(name)}">{place}</abbr></th>' for place, name in enumerate(names, 1)
    )
    body = ""
    for place, name in enumerate(names, 1):
        row = matrix[name]
        total = max(1, sum(row.values()))
        cells = "".join(
            f'<td style="--share:{count / total:.2f}">{count}</td>' if count else "<td></td>" for count in row.values()
        )
        body += f'<tr><th scope="row">{place} {escape(name)}</th>{cells}</tr>'
    return (
        '<div class="wide"><table class="confusion"><thead><tr><th></th>'
        f"{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def curves(first: Sequence[float], second: Sequence[float], names: tuple[str, str], across: str, up: str) -> str:
    """Return one or two curves over 1, 2, 3, … as an SVG.

    Args:
        first: Values of the first curve.
        second: Values of the second curve, in which NaN is a gap; may be empty.
        names: Names of the curves.
        across, up: Names of the axes.
    """
    values = [value for value in (*first, *second) if math.isfinite(value)]
    if not values:
        return ""
    low, high, last = min(values), max(values), max(len(first), len(second))
    left, right, top, bottom = 56, 470, 24, 220

    def at(place: int, value: float) -> str:
        x = left + (right - left) * (place / max(last - 1, 1))
        return f"{x:.1f},{bottom - (bottom - top) * (value - low) / max(high - low, 1e-9):.1f}"

    lines = ""
    for kind, name, curve in (("first", names[0], first), ("second", names[1], second)):
        points = [at(place, value) for place, value in enumerate(curve) if math.isfinite(value)]
        if points:
            # A line of length 0 with round ends is a dot, for a training of a single epoch.
            drawn = " ".join(points if len(points) > 1 else points * 2)
            lines += f'<polyline class="{kind}" stroke-linecap="round" points="{drawn}"/>'
            lines += f'<text class="{kind}" x="{right}" y="{14 if kind == "first" else 32}" text-anchor="end">'
            lines += f"{escape(name)}: {number(float(curve[-1]))}</text>"
    texts = (
        f'<text x="{left - 6}" y="{top + 5}" text-anchor="end">{number(high, 2)}</text>'
        f'<text x="{left - 6}" y="{bottom + 5}" text-anchor="end">{number(low, 2)}</text>'
        f'<text x="{left}" y="{bottom + 20}">1</text>'
        f'<text x="{right}" y="{bottom + 20}" text-anchor="end">{escape(across)} {last}</text>'
    )
    axes = f'<path class="axis" fill="none" d="M{left},{top}V{bottom}H{right}"/>'
    described = f"{up} from {number(float(first[0]))} to {number(float(first[-1]))} over {last} {across}s"
    return f'<svg viewBox="0 0 480 250" role="img" aria-label="{escape(described)}">{axes}{texts}{lines}</svg>'
