"""Training within a budget of processor time, for the benchmarks that train a model.

The budget is processor time, not elapsed time, so that a figure does not depend on other work of the machine. Training
uses one thread, because several threads would spend processor time on waiting. A run can be killed at any time and
continues from its folder, where `state.json` holds the time spent, including the time after the last checkpoint.
"""

import os

for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(name, "1")  # before TensorFlow is imported
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import argparse
import dataclasses
import json
import signal
import time
from pathlib import Path

import keras
import sizes
from machines import machine
from records import RESULTS, is_whole

from pixelcnn.files import read_json, write_json
from pixelcnn.training import Clock, ShuffledBatches, averaged_weights, fastest_dtype
from pixelcnn.training.callbacks import EpochSeed
from pixelcnn.training.schedule import cosine_decay

DATA = Path(os.environ.get("PIXELCNN_DATA", Path(__file__).parents[2] / "shared" / "data"))
MARKS = (15, 30, 60)  # CPU minutes at which figures are measured, besides the end of the budget
CPU_MINUTES = 120  # default of the budget
CHECKPOINT_SECONDS, STATE_SECONDS = 180, 15  # processor seconds between writes
WARMUP_STEPS = 200
FLOOR = 0.001  # final learning rate as a share of the peak


@dataclasses.dataclass(frozen=True)
class Recipe:
    """A model and how it is trained.

    Args:
        family: Name of the class in `pixelcnn`.
        arguments: Arguments of the class.
        dtype: Dtype of training, or "fastest" for the dtype that trains fastest on the machine. Figures use float32.
        batch_size: Images per step.
        learning_rate: Peak, which a warm-up reaches and from which a cosine falls to almost 0 at the end of the budget.
        ema_momentum: Momentum of the average of the weights; figures are those of the averaged weights.
        seed: Seed of the weights, of the order of the images and of dropout.
    """

    family: str
    arguments: dict
    dtype: str = "float32"
    batch_size: int = 16
    learning_rate: float = 1e-3
    ema_momentum: float = 0.9995
    seed: int = 0

    def on_this_machine(self):
        """Return the recipe with the fastest dtype: bfloat16 is slow on a processor without instructions for it."""
        if self.dtype != "fastest":
            return self
        filters, size = self.arguments["num_filters"], self.arguments["image_shape"][0]
        return dataclasses.replace(self, dtype=fastest_dtype(filters, size, self.batch_size))

    def build(self):
        """Return the compiled, untrained distribution."""
        keras.utils.set_random_seed(self.seed)
        model = sizes.build(self.family, self.arguments, self.dtype)
        model.compile(keras.optimizers.Adam(self.learning_rate), ema_momentum=self.ema_momentum)
        return model

    def in_float32(self, model):
        """Return the model, or a model of the same weights that computes in float32."""
        if self.dtype == "float32":
            return model
        twin = sizes.build(self.family, self.arguments)
        twin.set_weights(model.get_weights())
        return twin


class Run:
    """A training in a folder: its state, its checkpoints and its clock.

    Args:
        folder: Folder of `state.json` and the checkpoints.
        recipe: Recipe of the training; a resumed run must have the same recipe.
        cpu_minutes: Budget; a resumed run has the budget in its folder.
        resume: Whether to continue the run in the folder.
    """

    def __init__(self, folder, recipe, cpu_minutes, resume):
        self.folder = Path(folder)
        self.path = self.folder / "state.json"
        if self.path.exists() and not resume:
            raise SystemExit(f"{folder} holds a run: add --resume to go on with it, or name another folder")
        plain = json.loads(json.dumps(dataclasses.asdict(recipe)))
        fresh = {"recipe": plain, "cpu_minutes": cpu_minutes, "cpu_seconds": 0.0, "steps": 0, "sessions": 0}
        self.state = read_json(self.path) if self.path.exists() else {**fresh, "checkpoint": None, "points": []}
        if self.state["recipe"] != plain:
            raise SystemExit(f"{folder} holds a run of {self.state['recipe']}; expected {plain}")
        self.state["sessions"] += 1
        self.recipe = recipe.on_this_machine()
        # The time that this process has spent on imports and data counts too.
        self.clock = Clock(
            total_seconds=60 * self.state["cpu_minutes"],
            steps=self.state["steps"],
            seconds=self.state["cpu_seconds"] + time.process_time(),
            timer=time.process_time,
        )
        self.clock.start()

    def load(self):
        """Return the model of the last checkpoint."""
        model = self.recipe.build()
        if self.state["checkpoint"]:
            model.load_weights(self.folder / self.state["checkpoint"])  # loads the optimizer's variables too
        return model

    def note(self):
        """Write the time spent to `state.json`."""
        self.state["cpu_seconds"] = self.clock.seconds
        write_json(self.path, self.state)

    def save(self, model):
        """Write a checkpoint, then the state that names it, then remove the checkpoint before."""
        before = self.state["checkpoint"]
        name = f"step-{self.clock.steps}.keras"
        model.save(self.folder / name)
        self.state |= {"checkpoint": name, "steps": self.clock.steps}
        self.note()
        if before not in (None, name):
            (self.folder / before).unlink(missing_ok=True)

    def next_mark(self):
        """Return the CPU minutes at which the next figures are due, or None."""
        budget = self.state["cpu_minutes"]
        marks = [*(mark for mark in MARKS if mark < budget), budget]
        return marks[len(self.state["points"])] if len(self.state["points"]) < len(marks) else None

    def measure(self, model, figures):
        """Add a point: the result of `figures(model, is_last)` for the averaged weights."""
        spent = self.clock.seconds
        with averaged_weights(model):
            values = figures(self.recipe.in_float32(model), self.clock.fraction() >= 1.0)
        images = self.clock.steps * self.recipe.batch_size
        point = {"cpu_minutes": round(spent / 60, 2), "steps": self.clock.steps, "images": images}
        point |= {"dtype": self.recipe.dtype, **values}
        self.state["points"].append(point)
        print(point, flush=True)
        self.note()


def train(recipe, images, folder, figures, cpu_minutes=CPU_MINUTES, resume=False):
    """Train until the budget is spent, and return the state of the run with its `points`.

    The budget includes the time of intermediate figures, but not the time of the final figures.

    Args:
        recipe: `Recipe` of an unconditional distribution.
        images: Integers (B, H, W, C) to train on.
        folder: Folder of the run.
        figures: Function that maps (model with averaged weights, whether the training is over) to a dictionary.
        cpu_minutes: Budget.
        resume: Whether to continue the run in `folder`.
    """
    run = Run(folder, recipe, cpu_minutes, resume)
    if run.next_mark() is None:
        print("the budget of this run is spent, its figures are taken", flush=True)
        return run.state
    recipe, model, clock = run.recipe, run.load(), run.clock
    batches = ShuffledBatches(images, None, recipe.batch_size, recipe.seed)
    if not int(model.initialized):
        model.initialize(images[:128])
    print(f"{recipe}, {model.count_params():,} parameters, from step {clock.steps}", flush=True)
    _take_steps(run, model, batches, figures)
    run.save(model)
    if clock.fraction() >= 1.0:
        run.measure(model, figures)
        with averaged_weights(model):
            recipe.in_float32(model).save(run.folder / "model.keras")
    return run.state


def _take_steps(run, model, batches, figures):
    """Train until the budget is spent or SIGTERM arrives, and write figures and checkpoints."""
    clock, recipe = run.clock, run.recipe
    asked_to_end = []
    signal.signal(signal.SIGTERM, lambda *_: asked_to_end.append(True))
    epoch_seed = EpochSeed(batches)
    epoch_seed.set_model(model)
    begun, losses = None, []
    noted = saved = said = clock.seconds
    said_steps = clock.steps
    while clock.fraction() < 1.0 and not asked_to_end:
        epoch, index = divmod(clock.steps, len(batches))
        if epoch != begun:
            epoch_seed.on_epoch_begin(epoch)
            begun = epoch
        rate = cosine_decay(recipe.learning_rate, clock.fraction(), clock.steps, WARMUP_STEPS, FLOOR)
        model.optimizer.learning_rate = rate
        # The method of Keras, because the distribution's method swaps weights and averages at each step.
        losses.append(keras.Model.train_on_batch(model, *batches[index], return_dict=True)["loss"])
        clock.step()
        seconds = clock.seconds
        if seconds >= noted + STATE_SECONDS:
            run.note()
            noted = seconds
        if seconds >= said + 60:
            speed = (clock.steps - said_steps) * recipe.batch_size / (seconds - said)
            nats = sum(losses) / len(losses)
            print(f"{seconds / 60:6.1f} CPU min  {nats:9.3f} nats  {speed:7.1f} images/s  rate {rate:.2e}", flush=True)
            said, said_steps, losses = seconds, clock.steps, []
        is_marked = seconds >= 60 * run.next_mark() and clock.fraction() < 1.0
        if is_marked:
            run.measure(model, figures)
        if is_marked or seconds >= saved + CHECKPOINT_SECONDS:
            run.save(model)
            saved = clock.seconds


def arguments(description, models):
    """Return the parser of the command line of a benchmark that trains one of `models`."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", choices=models)
    parser.add_argument("--cpu-minutes", type=float, default=CPU_MINUTES, help="budget of the model in all its runs")
    parser.add_argument("--output", type=Path, required=True, help="folder of the run")
    parser.add_argument("--resume", action="store_true", help="go on with the run in the folder, if there is one")
    return parser


def write_result(name, state):
    """Write `results/NAME.json`: the state of a run and the machine.

    A run that is not over is written only if there is no file, so that it does not replace a finished run.
    """
    path = RESULTS / f"{name}.json"
    if is_whole(state) or state["points"] and not path.exists():
        write_json(path, {"machine": machine(), **state})
