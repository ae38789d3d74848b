"""What long trainings cost on several GPUs, worked out from counted operations and bytes. Writes its parts of
`docs/scaling.md` and `docs/large-data.md`, each between two comments; `tests/test_scaling_page.py` compares them.

No GPU was measured. The rates of the GPU are those of its maker; `SHARE` of them is an assumption.
"""

import dataclasses
import functools
from pathlib import Path

from records import middle, middle_ratio, read

from pixelcnn.training.cost import pixel_cnn_plus_plus_cost
from pixelcnn.training.presets import PRESETS

GPUS = (1, 8, 64)
OF_A_MACHINE = 8  # GPUs
SHARE = 0.25  # of the peak rate that a training step reaches; an assumption, see the page
# One A100 80GB SXM, from NVIDIA's data sheet: TF32 without sparsity, memory, NVLink in one direction.
PEAK = 156e12  # floating-point operations a second
MEMORY = 2.039e12  # bytes a second
NVLINK = 300e9  # bytes a second
# Bytes a second of a GPU to other machines: one InfiniBand HDR port of 200 Gbit/s for each GPU, as in a DGX A100, or a
# machine's one port of 10 Gbit/s for its 8 GPUs.
NETWORKS = {"InfiniBand, 200 Gbit/s a GPU": 25e9, "Ethernet, 10 Gbit/s a machine": 1.25e9 / OF_A_MACHINE}
# Processor seconds of reading a drawing in shuffled batches of 128, with threads that read ahead, until
# `large_data.py` has measured them on this machine: the least and the most.
SHUFFLED, SHUFFLED_ON = (4.6e-6, 6.1e-6), "an AMD EPYC that did other work"
TRAFFIC = 3  # a value that is kept for the backward pass is written once, and read and written by the backward pass


@dataclasses.dataclass(frozen=True)
class Training:
    """A training whose cost is worked out: `batch` is the number of images of a step on each GPU."""

    name: str
    preset: str
    images: int
    image_shape: tuple
    num_classes: int | None
    passes: int
    batch: int

    @functools.cached_property
    def cost(self):
        """The counted cost of the model."""
        arguments = PRESETS[self.preset].model_arguments()
        return pixel_cnn_plus_plus_cost(self.image_shape, self.num_classes, **arguments)

    def operations(self):
        """Floating-point operations of training on one image: forward, and twice as many backward."""
        return 3 * 2 * self.cost.multiply_adds

    def image_bytes(self):
        """Bytes of an image in uint8, and of its label."""
        height, width, channels = self.image_shape
        return height * width * channels + 8

    def compute_seconds(self):
        """Seconds of the computation of a step, in each GPU at the same time."""
        return self.batch * max(self.operations() / PEAK, self.memory_bytes() / MEMORY) / SHARE

    def bound(self):
        """The part of a GPU that takes longest."""
        return "operations" if self.operations() / PEAK > self.memory_bytes() / MEMORY else "memory"

    def memory_bytes(self):
        """Bytes that training on one image writes to and reads from the GPU's memory, in float32."""
        return TRAFFIC * 4 * self.cost.kept_values

    def reduce_bytes(self, gpus):
        """Bytes that each GPU sends in a step, in a ring that adds up float32 gradients."""
        return 2 * (gpus - 1) / gpus * 4 * self.cost.parameters

    def reduce_seconds(self, gpus, network):
        """Seconds of adding up the gradients, at the speed of the slowest link."""
        return self.reduce_bytes(gpus) / (NVLINK if gpus <= OF_A_MACHINE else network)

    def step_seconds(self, gpus, network):
        """Seconds of a step, if computation and adding up do not overlap."""
        return self.compute_seconds() + self.reduce_seconds(gpus, network)

    def hours(self, gpus, network):
        """Hours of the whole training."""
        steps = self.passes * self.images / (self.batch * gpus)
        return steps * self.step_seconds(gpus, network) / 3600


# 50,426,266 drawings of 345 classes: the sizes of Google's files. 50,000 images: CIFAR-10's training split. 1,281,149:
# the training split of the small ImageNet that PixelRNN's paper made. The numbers of passes are examples.
TRAININGS = (
    Training("Quick, Draw!, `small`", "small", 50_426_266, (28, 28, 1), 345, 1, 64),
    Training("Quick, Draw!, `blog`", "blog", 50_426_266, (28, 28, 1), 345, 1, 64),
    Training("CIFAR-10, `paper`", "paper", 50_000, (32, 32, 3), None, 500, 16),
    Training("ImageNet 64x64, `paper`", "paper", 1_281_149, (64, 64, 3), None, 20, 16),
)


def cpu_rate(training):
    """Operations a second that two cores were measured to train with: `small`'s, or `blog`'s for larger networks."""
    preset, batch = ("small", 32) if training.preset == "small" else ("blog", 16)
    measured = dataclasses.replace(training, preset=preset, image_shape=(28, 28, 1), num_classes=20)
    return batch * measured.operations() / middle(read(f"training_{preset}"), "ours", "step_seconds")


def duration(hours):
    """A duration in minutes, hours, days or years."""
    for unit, size in (("years", 24 * 365), ("days", 48), ("h", 1)):
        if hours >= (2 * size if unit == "years" else size):
            return f"{hours / (24 if unit == 'days' else size):.{0 if hours / size >= 10 else 1}f} {unit}"
    return f"{60 * hours:.0f} min"


def link(training, gpus, network):
    """The seconds of adding up in a step as a share of the step."""
    return f"{100 * training.reduce_seconds(gpus, network) / training.step_seconds(gpus, network):.0f}%"


def counted():
    """Rows of what is counted for each training."""
    yield "| training | weights | GFLOP an image | MB kept an image | MB of gradients a step | batch a GPU | passes |"
    yield "|---|---|---|---|---|---|---|"
    for one in TRAININGS:
        cost = one.cost
        yield (
            f"| {one.name} | {cost.parameters / 1e6:.1f} million | {one.operations() / 1e9:.3g} | "
            f"{4 * cost.kept_values / 1e6:.0f} | {4 * cost.parameters / 1e6:.0f} | {one.batch} | {one.passes} |"
        )


def times():
    """Rows of how long each training takes."""
    fast = NETWORKS["InfiniBand, 200 Gbit/s a GPU"]
    yield "| training | two cores | 1 GPU | 8 GPUs | 64 GPUs | GPU hours with 64 |"
    yield "|---|---|---|---|---|---|"
    for one in TRAININGS:
        cpu = duration(one.passes * one.images * one.operations() / cpu_rate(one) / 3600)
        hours = [one.hours(gpus, fast) for gpus in GPUS]
        yield f"| {one.name} | {cpu} | {' | '.join(map(duration, hours))} | {GPUS[-1] * hours[-1]:,.0f} |"


def bottlenecks():
    """Rows of where the time of a step goes."""
    fast, slow = NETWORKS.values()
    yield "| training | step, 1 GPU | bound by | adding up, 8 GPUs | 64, InfiniBand | 64, Ethernet | reading, 64 GPUs |"
    yield "|---|---|---|---|---|---|---|"
    for one in TRAININGS:
        reading = one.batch * one.image_bytes() * GPUS[-1] / one.step_seconds(GPUS[-1], fast)
        yield (
            f"| {one.name} | {1000 * one.compute_seconds():.0f} ms | {one.bound()} | {link(one, 8, fast)} | "
            f"{link(one, 64, fast)} | {link(one, 64, slow)} | {reading / 1e6:.3g} MB/s |"
        )


def shuffled():
    """Processor seconds of reading a drawing in shuffled batches, the least and the most, and the processor."""
    record = read("large_data")
    if record is None:
        return SHUFFLED, SHUFFLED_ON
    seconds = [entry["files"]["read_core_seconds"] for entry in record["rounds"]]
    return (min(seconds), max(seconds)), record["machine"]["processor"]


def span(numbers, scale):
    """The least and the most of some numbers, in another unit, as a text."""
    return f"{scale * min(numbers):.1f} to {scale * max(numbers):.1f}"


def reading():
    """The lines of `docs/scaling.md` about reading."""
    record, small = read("reading"), TRAININGS[0]
    in_order = middle(record, "reading", "seconds") / record["rounds"][0]["reading"]["drawings"]
    seconds, _ = shuffled()
    images = small.batch * GPUS[-1] / small.step_seconds(GPUS[-1], next(iter(NETWORKS.values())))
    yield "**Reading** bounds none of them but perhaps `small`. A drawing takes"
    yield f"{1e6 * in_order:.1f} µs where files are read in their order, and {span(seconds, 1e6)} µs of processor time"
    yield "in shuffled batches ([large-data.md](large-data.md#measured)). Each machine reads all drawings:"
    yield f"64 GPUs train `small` on {images:,.0f} a second, whose reading takes {span(seconds, images)} cores"
    yield "of each machine. The exception is a file server that gives less than the last column."


def large_data():
    """The lines of `docs/large-data.md` about speed."""
    seconds, processor = shuffled()
    yield f"With threads that read ahead, a drawing in shuffled batches of 128 takes {span(seconds, 1e6)} µs of"
    yield f"processor time. The files lay in the system's cache, on two cores of {processor}."
    record = read("large_data")
    if record:
        mapped, in_files = (
            middle_ratio(record, kind, "arrays", "images_per_second") for kind in ("memory map", "files")
        )
        yield f"`fit` of 1/3/32/5 on a memory map trains {mapped:.2f} times as many images a second as on arrays,"
        yield f"and on `quickdraw(in_memory=False)` {in_files:.2f} times as many"
        yield "([BENCHMARKS.md](../BENCHMARKS.md#data-larger-than-memory))."


def gradient_bytes(record):
    """Bytes of the gradients of the model on virtual devices."""
    return record["rounds"][0]["jax 1"]["gradient_bytes"]


def over_one_device(record, peer):
    """Core seconds of a step on virtual devices, divided by those on one device."""
    return middle_ratio(record, peer, f"{peer.split()[0]} 1", "core_seconds")


def share_of_adding_up(record, peer):
    """Core seconds of adding up tensors in the shapes of the gradients, as a share of those of a step."""
    return middle(record, peer, "adding_up_core_seconds") / middle(record, peer, "core_seconds")


def devices():
    """The section of `docs/scaling.md` about steps on virtual devices, if they were measured."""
    record = read("virtual_devices")
    if record is None:
        return
    by_shapes = 4 * dataclasses.replace(TRAININGS[0], num_classes=20).cost.parameters
    yield "## What virtual devices show\n"
    yield f"Steps of {record['batch']} images of `small` on {record['machine']['cores']} cores of"
    yield f"{record['machine']['processor']}, which are 1, 2 or 4 virtual devices"
    yield "([BENCHMARKS.md](../BENCHMARKS.md#several-devices)). Two cores do not become four, so only the work of"
    yield f"sharing can be checked. The gradients have {gradient_bytes(record) / 1e6:.3f} MB, and the tables count"
    yield f"{by_shapes / 1e6:.3f} MB for as many classes. Core seconds of a step, beside one device:\n"
    for backend, name in (("jax", "JAX"), ("tensorflow", "TensorFlow")):
        peers = [f"{backend} {count}" for count in (2, 4)]
        more = " and ".join(f"{over_one_device(record, peer) - 1:+.0%} on {peer[-1]}" for peer in peers)
        adding_up = " and ".join(f"{share_of_adding_up(record, peer):.1%}" for peer in peers)
        yield f"- {name}: {more} devices; adding up gradients takes {adding_up} of a step."
    yield "\nThe tables count adding up as the only cost of sharing. The rest of a rise is work that they leave out,"
    yield "such as the update of all weights and the start of each operation on each device."


PARTS = {"scaling.md": (counted, times, bottlenecks, reading, devices), "large-data.md": (large_data,)}
DOCS = Path(__file__).parents[1] / "docs"


def rendered(page, parts):
    """Return the text of a page, with its parts as they are now."""
    for part in parts:
        name, text = part.__name__, "".join(f"{line}\n" for line in part())
        begin, end = (f"<!-- {mark} {name} of benchmarks/scaling.py -->\n" for mark in ("begin", "end"))
        assert page.count(begin) == page.count(end) == 1, name
        before, (_, after) = page.split(begin)[0], page.split(begin)[1].split(end)
        page = f"{before}{begin}\n{text}\n{end}{after}" if text else f"{before}{begin}{end}{after}"
    return page


def main():
    for name, parts in PARTS.items():
        path = DOCS / name
        path.write_text(rendered(path.read_text(encoding="utf-8"), parts), encoding="utf-8")


if __name__ == "__main__":
    main()
