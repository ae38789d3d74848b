"""The charts of the benchmarks, drawn with matplotlib."""

import matplotlib

matplotlib.use("agg")  # no display is needed

from matplotlib import pyplot

from pixelcnn.files import replacing


def guidance_chart(points, ceiling, path):
    """Plot fidelity over the strength of guidance w, with a line at the fidelity of real drawings."""
    figure, axes = _figure("guidance w", "fidelity")
    axes.plot([p["guidance"] for p in points], [p["fidelity"] for p in points], "k.-", label="generated")
    axes.axhline(ceiling, color="0.6", label="real drawings")
    axes.set_ylim(0, 1)
    _save(figure, axes, path)


def training_chart(curves, path):
    """Plot test bits/dim over seconds of training, a line for each system.

    Args:
        curves: {name: [{"seconds", "bits_per_dim"}]}.
        path: of the PNG.
    """
    figure, axes = _figure("seconds of training", "test bits/dim")
    for name, points in curves.items():
        axes.plot([p["seconds"] for p in points], [p["bits_per_dim"] for p in points], ".-", label=name)
    _save(figure, axes, path)


def growth_chart(microseconds, path):
    """Plot the time per pixel over the size of images, with a line for each batch size.

    Args:
        microseconds: {(size, batch): microseconds}.
        path: of the PNG.
    """
    figure, axes = _figure("height and width of an image", "µs a pixel of an image")
    for batch in sorted({batch for _, batch in microseconds}):
        sizes = sorted(size for size, of_batch in microseconds if of_batch == batch)
        axes.plot(sizes, [microseconds[size, batch] for size in sizes], ".-", label=f"batch {batch}")
    axes.set_xticks(sorted({size for size, _ in microseconds}))
    axes.set_ylim(bottom=0)
    _save(figure, axes, path)


def _figure(x, y):
    figure, axes = pyplot.subplots(figsize=(5, 3.4), layout="constrained")
    axes.set(xlabel=x, ylabel=y)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _save(figure, axes, path):
    axes.legend(frameon=False)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=110)
    pyplot.close(figure)
