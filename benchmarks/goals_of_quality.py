"""The section of `BENCHMARKS.md` on drawings and digits: goals and measurements."""

from functools import partial

from goals import NOT_MEASURED
from records import read

from pixelcnn.evaluation.judge import AGREEMENT


def section():
    """Return the lines of the section."""
    table = ["| | goal | measured | what bounds it |", "|---|---|---|---|"]
    table += [f"| {what} | {goal} | {measured() or NOT_MEASURED} | {bound} |" for what, goal, measured, bound in GOALS]
    return ["\n## Drawings and digits\n", *table]


def below_tfp():
    """Return by how much our bits/dim are below TFP's."""
    ours, theirs = (read(f"quickdraw13_{peer}") for peer in ("ours", "tfp"))
    if not ours or not theirs:
        return None
    last, first = (record["history"][-1]["bits_per_dim"] for record in (ours, theirs))
    return f"{100 * (1 - last / first):.1f}% ({last:.3f} of {first:.3f})"


def times_as_fast():
    record = read("race")
    if not record or not record["reached"]:
        return None
    last = record["points"][-1]
    return f"{record['tfp']['seconds'] / last['seconds']:.1f} ({last['seconds']:.0f} s)"


def fidelity_of_half_an_hour():
    record = read("quickdraw13_ours")
    if not record:
        return None
    guidance, judge = record["guidance"]["guidance"], record["classifier_balanced_accuracy"]
    guided = f"{record['guided_fidelity']:.3f} with guidance {guidance:g}"
    return f"{guided}, {record['fidelity']:.3f} without; judge {judge:.3f}"


def shipped(name):
    """Return fidelity and bits/dim of a shipped model, by the first judge."""
    record = read("drawings")
    if not record:
        return None
    parts = record[name]
    texts = [f"{part['fidelity']:.3f} with guidance {guidance}" for guidance, part in parts.items() if guidance != "0"]
    bits = parts["0"]["test_bits_per_dim"]
    return f"{', '.join(texts)}, {parts['0']['fidelity']:.3f} without; {bits:.3f} bits/dim"


def agreement():
    """Return the largest difference of the judges for each model."""
    record = read("drawings")
    if not record:
        return None
    differences = {
        name: max(part["judges_difference"] for part in parts.values())
        for name, parts in record.items()
        if name != "machine"
    }
    return "; ".join(f"{name}: {difference:.3f}" for name, difference in differences.items())


def demo():
    whole, half = read("demo"), read("demo_half")
    return f"{whole['fidelity']:.3f}, {half['fidelity']:.3f}" if whole and half else None


def digits():
    record = read("mnist_nats_pixel_cnn")
    return f"{record['points'][-1]['test_nats']:.2f}" if record else None


ON_BITS = "[bits/dim](docs/experiments.md#bitsdim-for-the-time-at-hand)"
ON_DIGITS = "[binarised MNIST](docs/performance.md#binarised-mnist)"
GOALS = (  # what, goal, measurement, and the section of the documents that explains the bound
    ("test bits/dim of quickdraw13 after 30 minutes, below TFP's", "10%", below_tfp, ""),
    ("until TFP's bits/dim after 30 minutes, times as fast", "8", times_as_fast, ""),
    ("fidelity of quickdraw13 after 30 minutes", "the judge's accuracy on real drawings", fidelity_of_half_an_hour, ""),
    *(
        (f"the shipped `{name}`", "0.93 with guidance, 0.75 without; 1.58 bits/dim", partial(shipped, name), ON_BITS)
        for name in ("quickdraw13", "quickdraw13_large")
    ),
    ("difference of two judges of other architectures", f"at most {AGREEMENT}", agreement, ""),
    ("`make demo`, fidelity on doodles; with half the minutes", "0.93; 0.85", demo, ""),
    ("`PixelCNN` on fixed binarised MNIST after 2 CPU hours, test nats", "84.0", digits, ON_DIGITS),
)
