"""The one progress bar of all long work: images done, rate and time left, on standard error or in a notebook."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tqdm.auto import tqdm

from pixelcnn import require

# Standard output is for results, which a pipe may read; tqdm writes to standard error, and to widgets in a notebook.
COUNTED = "{l_bar}{bar}| {n:.1f}/{total:.0f}{unit} [{elapsed}<{remaining}, {rate_noinv_fmt}]"


def check_verbose(verbose: Any) -> Any:
    """Check an argument `verbose`: 0, 1, 2, or a function of the work done and of all work.

    Raises:
        ValueError: If it is something else.
    """
    return verbose if callable(verbose) else require.one_of("verbose", verbose, (0, 1, 2))


@contextmanager
def progress(
    verbose: int | Callable[[int, int], object], total: int, description: str, parts: int = 1, unit: str = "images"
) -> Iterator[Callable[[int], object]]:
    """Return a context whose function reports the progress of some work, to a bar or to a function of the user.

    The function takes the amount of work that was done since its last call. With 0 it tells that something is compiled
    first, which takes longer than the work itself.

    Args:
        verbose: 1 or 2 shows a bar, 0 shows none. A function is called with the work done and all work; with 0 before a
            compilation.
        total: All work: the number of images times `parts`, of bytes, or of something else.
        description: What is done, for the bar.
        parts: Work of one image, such as its rows, because the bar counts images.
        unit: What the bar counts, such as "images"; "B" for bytes.
    """
    if callable(verbose):
        done = 0

        def tell(amount: int) -> None:
            nonlocal done
            done += amount
            # A compilation may follow known rows, which are done already.
            verbose(done if amount else 0, total)

        yield tell
        return
    counted = {"unit": f" {unit}", "unit_scale": 1 / parts, "bar_format": COUNTED}
    style: dict[str, Any] = {"unit": "B", "unit_scale": True} if unit == "B" else counted
    with tqdm(total=total, desc=description, disable=not (verbose and total), **style) as bar:

        def advance(amount: int) -> None:
            bar.set_description(description if amount else f"{description}, compiling first", refresh=not amount)
            bar.update(amount)

        yield advance
