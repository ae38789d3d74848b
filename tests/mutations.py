"""Do the properties bite? Breaks the package on purpose, one small break at a time, and sees which test notices.

Every break is made in a temporary copy of the package, never in the tree. `python tests/mutations.py` runs all of them
and prints a table; `python tests/mutations.py causality` those whose property has that in its name; with `--write` the
table of all goes into docs/correctness.md.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "python" / "pixelcnn"
DOCUMENT = ROOT / "docs" / "correctness.md"  # ends with the table
HEADER = "| property | break | noticed by | seconds |\n|---|---|---|---|"


@dataclass(frozen=True)
class Mutation:
    """A mutation of the source: a file, a text, its replacement, and the tests of which at least one must fail."""

    property: str
    what: str
    file: str
    old: str
    new: str
    tests: str


SUITE = "tests/properties/"
CAUSALITY = SUITE + "test_causality.py -k with_a_condition"
SPLITS = SUITE + "test_one_traversal.py -k any_split"
PIXELS = SUITE + "test_one_traversal.py -k pixel_by_pixel"
HEADS = SUITE + "test_heads_are_exact.py"
CHI_SQUARE = SUITE + "test_sampler_is_the_model.py -k with_their_probabilities"
GUIDED = SUITE + "test_sampler_is_the_model.py -k guided"
PARTICLES = SUITE + "test_later_pixels.py -k later-cached"
DRAFTS = SUITE + "test_later_pixels.py -k drafts_agree"
GOES_ON = SUITE + "test_sampler_is_the_model.py -k goes_on"
SEEDS = SUITE + "test_seeds.py"
GUARD = SUITE + "test_never_nan.py -k not_losses"
PRECISION = SUITE + "test_precision.py"
FILES = SUITE + "test_round_trips.py"
SHAPES = SUITE + "test_shapes.py -k batches"
ORDERS = SUITE + "test_every_order.py -k "
BAYES = "tests/inference/test_classification.py"
BOUND = "tests/inference/test_given.py -k later"
PORT = "tests/interop/test_pytorch.py -k is_that_of_the_port"
RESTORE = "tests/test_vq.py -k restore_draws"
MAPPED = "tests/training/test_inputs.py -k memory_map_is_trained"

MUTATIONS = (
    Mutation("31 resuming", "a continued epoch begins with other random numbers", "training/callbacks/backup.py",
             "            self.position.apply(self.model)", "            pass",
             "tests/training/test_backup.py -k ends_as_a_whole_one"),
    Mutation("31 resuming", "batches of a continued epoch begin anew", "training/resumed_fit.py",
             "self.order[index + self.first]", "self.order[index]",
             "tests/training/test_backup.py -k ends_as_a_whole_one"),
    Mutation("23 other sizes", "a window has one column fewer of its own", "windows.py",
             "(behind if start < last else 0)", "(behind + 1 if start < last else 0)",
             "tests/inference/test_sizes.py -k windowed_likelihoods"),
    Mutation("24 a part of an image", "weights before a replacement of drafts are lost", "sampling/particles.py",
             "self.log_probs += np.where(uneven[:, 0], log_mean_exp(self.log_weights), 0.0)", "pass",
             "tests/inference/test_marginals.py -k unbiased"),
    Mutation("1 normalisation", "the top level keeps its bin only", "heads/logistic_mixture.py",
             "ops.where(is_highest, 0.0, above)", "above", SUITE + "test_normalisation.py"),
    Mutation("2 causality", "rows are shifted by none", "layers/shift.py",
             "((0, 0), (1, 0), (0, 0), (0, 0)))[:, :-1]", "((0, 0), (0, 0), (0, 0), (0, 0)))", CAUSALITY),
    Mutation("2 causality", "columns are shifted by none", "layers/shift.py",
             "((0, 0), (0, 0), (1, 0), (0, 0)))[:, :, :-1]", "((0, 0), (0, 0), (0, 0), (0, 0)))", CAUSALITY),
    Mutation("2 causality", "an upsampled cell reaches one column too far left", "layers/causal_convolution.py",
             "self.top, self.left = self.rows - 1, self.columns - 1 - self.right",
             "self.right += 1\n        self.top, self.left = self.rows - 1, self.columns - 1 - self.right", CAUSALITY),
    Mutation("2 receptive field", "the current row's columns to the left are not seen",
             "networks/pixel_cnn_plus_plus.py", "x = x + self.first_left(left, traversal=traversal)", "x = x + 0.0",
             SUITE + "test_causality.py -k paper"),
    Mutation("2 causality", "the blocks of a kernel are open for later colours too", "layers/raster_convolution.py",
             'np.triu(there[-1], 1 if mask_type == "A" else 0)', "there[-1]", CAUSALITY),
    Mutation("2 causality", "a colour of a softmax in PixelCNN++ sees the last one", "networks/pixel_cnn_plus_plus.py",
             "current[..., channel :: len(self.last)]", "current[..., len(self.last) - 1 :: len(self.last)]",
             SUITE + "test_causality.py -k itself"),
    Mutation("2 causality", "features of a name belong to other channels", "layers/levels.py",
             "ops.reshape(ops.swapaxes(features, -1, -2), (", "ops.reshape(features, (",
             SUITE + "test_causality.py -k itself"),
    Mutation("21 names", "a level that is a name is also read as a number", "layers/levels.py",
             "exists = ops.logical_and(index >= 0,", "table = table + ops.mean(ops.cast(index, table.dtype))\n"
             "        exists = ops.logical_and(index >= 0,", SUITE + "test_names_of_levels.py"),
    Mutation("21 names", "a code outside of a map is the first code", "networks/network.py",
             "return 0 if self.map_reading is None else -1", "return 0", SUITE + "test_names_of_levels.py"),
    Mutation("2 receptive field", "mask A hides the pixel's earlier colours", "layers/raster_convolution.py",
             'np.triu(there[-1], 1 if mask_type == "A" else 0)',
             'np.triu(there[-1], 9 if mask_type == "A" else 0)', SUITE + "test_causality.py -k paper"),
    Mutation("2 receptive field", "the first layer sees three columns above", "networks/one_grid.py",
             "return CausalConv2D(filters, (half, FIRST_KERNEL_SIZE), half, reading.width, name=name)",
             "return CausalConv2D(filters, (half, 3), 1, reading.width, name=name)",
             SUITE + "test_causality.py -k paper"),
    Mutation("2 causality", "the LSTM from the right does not lag a row behind", "layers/diagonal_lstm.py",
             "return left, ops.concatenate([waiting, earlier], axis=1)", "return left, right", CAUSALITY),
    Mutation("2 receptive field", "the Diagonal BiLSTM has no column behind the image", "networks/pixel_rnn.py",
             'self.margin = cell, 1 if cell == "diagonal" else 0', "self.margin = cell, 0",
             SUITE + "test_causality.py -k paper"),
    Mutation("3 sampler = model", "a colour is drawn without those before it", "sampling/cached.py",
             "self.network.current(sampler._read_pixel(", "self.network.current(0 * sampler._read_pixel(", CHI_SQUARE),
    Mutation("3 sampler = model", "unrounded levels are fed back", "sampling/cached.py",
             "self.network.read(levels[:, None, None, :])", "self.network.read(levels[:, None, None, :] + 0.4)",
             CHI_SQUARE),
    Mutation("3 sampler = model", "component weights forget the channels drawn", "heads/logistic_mixture.py",
             "log_weights = ops.log_softmax(log_weights + component, axis=-1)", "log_weights = log_weights + 0.0",
             CHI_SQUARE),
    Mutation("3 sampler = model", "temperature is applied twice", "heads/head.py",
             "/ ops.cast(temperature, log_probs.dtype)", "/ ops.cast(temperature, log_probs.dtype) ** 2",
             CHI_SQUARE),
    Mutation("3 sampler = model", "guidance leads away from the condition", "heads/head.py",
             "conditional + ops.cast(guidance,", "conditional - ops.cast(guidance,", GUIDED),
    Mutation("3 sampler = model", "guidance compares the condition with itself", "condition.py",
             'twice["keep"][len(condition["keep"]) :] = 0', 'twice["keep"][len(condition["keep"]) :] = 1', GUIDED),
    Mutation("4 one traversal", "a remembered row is stale", "traversal/rows.py",
             "self.memory[key] = x[:, -key.rows :]", "self.memory[key] = x[:, : key.rows]", SPLITS),
    Mutation("4 one traversal", "the waiting fine row is lost", "traversal/rows.py",
             "self.memory[upsample.fine] = fine[-1][:, -2:]", "self.memory[upsample.fine] = 0 * fine[-1][:, -2:]",
             SPLITS),
    Mutation("4 one traversal", "an LSTM forgets the memory of the row above", "layers/row_lstm.py",
             "ops.split(_swapped(above), 2, axis=-1)", "ops.split(_swapped(0 * above), 2, axis=-1)", SPLITS),
    Mutation("5 cached = naive", "the LSTM from the right is stale", "layers/diagonal_lstm.py",
             "return hidden + right, ops.concatenate([hidden, memory, right, right_gates], axis=-1)",
             "return hidden + right, ops.concatenate([hidden, memory, 0 * right, right_gates], axis=-1)", PIXELS),
    Mutation("5 cached = naive", "the fine rows that the last known one left are lost", "traversal/memory.py",
             "{key: value for key, value in horizontal.items()", "{key: 0 * value for key, value in horizontal.items()",
             GOES_ON),
    Mutation("5 cached = naive", "the rows of a block that are known are drawn again", "sampling/cached.py",
             "                    skip,\n", "                    0 * skip,\n", GOES_ON),
    Mutation("5 cached = naive", "the pixels to the left are stale", "traversal/pixel.py",
             "self.written[left] = columns[:, :, 1:]", "self.written[left] = columns[:, :, :-1]", PIXELS),
    Mutation("5 cached = naive", "the row above is remembered in the wrong grid's turn", "traversal/pixel.py",
             "due = ops.logical_and(self.row % 2 == 0, self.column % 2 == 0)",
             "due = ops.logical_and(self.row % 2 == 0, self.column % 2 == 1)", PIXELS),
    Mutation("5 seeds", "all images of a batch use one stream",
             "noise.py", "[seed, first + index]", "[seed, first]", SEEDS),
    Mutation("5 seeds", "the seed is ignored", "noise.py", "[seed, first + index]", "[0, first + index]", SEEDS),
    Mutation("5 seeds", "the stream depends on the batch", "noise.py", "[seed, first + index]", "[seed, index]", SEEDS),
    Mutation("6 heads", "the bin's width is missing from the log-Jacobian", "heads/logistic_mixture.py",
             "width = ops.log(-expm1(-1.0 / scale))", "width = 0.0 * scale", HEADS),
    Mutation("6 heads", "a channel's location ignores the channels before it", "heads/logistic_mixture.py",
             "location = location + self.half * shift", "location = location + 0.0 * shift", HEADS),
    Mutation("6 heads", "bins are off by half a level", "heads/logistic_mixture.py",
             "distance = (ends[..., None] - self.centre + 0.5) - location",
             "distance = (ends[..., None] - self.centre) - location", HEADS),
    Mutation("6 heads", "a level is looked for in its block as if none were before", "heads/inverse_cdf.py",
             "reach - ops.sum(below * first, axis=-1)", "reach", HEADS),
    Mutation("6 heads", "a scale may be zero", "heads/logistic_mixture.py",
             "ops.softplus(scales) + SMALLEST_SCALE", "ops.softplus(scales)", HEADS),
    Mutation("7 never NaN", "updates that are not finite are applied", "training/finite.py",
             "update_if(finite, lambda:", "update_if(finite | True, lambda:", GUARD),
    Mutation("7 never NaN", "skipped steps are not counted", "training/finite.py",
             "ops.where(finite, 0, skipped.value + 1)", "skipped.value * 0", GUARD),
    Mutation("8 precision", "kernels keep six bits behind the point in bfloat16", "layers/linear.py",
             "return ops.cast(kernels, self.compute_dtype)",
             "coarse = ops.round(64 * kernels) / 64 if self.compute_dtype == 'bfloat16' else kernels\n"
             "        return ops.cast(coarse, self.compute_dtype)", PRECISION + " -k half"),
    Mutation("8 precision", "the parameters of a pixel are rounded to bfloat16", "layers/linear.py",
             "policy.variable_dtype if full else policy", "policy",
             PRECISION + " -k in_full"),
    Mutation("8 precision", "likelihoods are computed in bfloat16", "heads/head.py",
             "else ops.cast(parameters, dtype)", "else parameters", PRECISION + " -k head"),
    Mutation("9 round trips", "a file loses the lowest level", "distribution.py",
             "for name, value in self._arguments.items()}",
             'for name, value in {**self._arguments, "low": 0}.items()}', FILES),
    Mutation("10 learning", "no gradient reaches the locations", "heads/logistic_mixture.py",
             "location = locations[..., channel]\n", "location = ops.stop_gradient(locations[..., channel])\n",
             HEADS + " -k gradients"),
    Mutation("10 learning", "the loss is the likelihood, not minus it",
             "training/trainable_model.py",
             "nats = -ops.sum(self._pixel_log_prob(padded, condition, training=training), axis=(1, 2))",
             "nats = ops.sum(self._pixel_log_prob(padded, condition, training=training), axis=(1, 2))",
             SUITE + "test_learning.py -k constant"),
    Mutation("11 shapes", "the last batch is dropped", "sampling/batches.py",
             "parts = [slice(first, min(first + size, count)) for first in range(0, count, size)]",
             "parts = [slice(first, min(first + size, count)) for first in range(0, count - size + 1, size)]", SHAPES),
    Mutation("12 parity with TFP", "gates are tanh-free and halved", "layers/gated_block.py",
             "ops.sigmoid(gate)", "ops.sigmoid(gate) * 0.5", SUITE + "test_tfp_parity.py"),
    Mutation("13 a TFP distribution", "log_prob ignores the batch of conditions", "interop/tfp.py",
             "tf.broadcast_dynamic_shape(tf.shape(value)[:-3], self.batch_shape_tensor())", "tf.shape(value)[:-3]",
             "tests/interop"),
    Mutation("14 averaged weights", "the weights of the last step are lost", "training/averaging.py",
             "zip([*weights, *averages], values, strict=True)", "zip(weights, values, strict=False)",
             SUITE + "test_averaged_weights.py -k trains_on"),
    Mutation("15 particles", "known pixels have no weight", "heads/head.py",
             "nats.append(self._at_level(log_probs, drawn))", "nats.append(0 * self._at_level(log_probs, drawn))",
             PARTICLES),
    Mutation("15 particles", "the state does not go on with the drafts", "traversal/memory.py",
             "ops.take(tensor, index, axis=0)", "ops.take(tensor, np.arange(len(index)), axis=0)", DRAFTS),
    Mutation("16 gradients", "none goes through the gates", "layers/gated_block.py",
             "value, gate = ops.split(y, 2, axis=-1)", "value, gate = ops.split(ops.stop_gradient(y), 2, axis=-1)",
             SUITE + "test_gradients.py"),
    Mutation("18 the PyTorch port", "the first layers have their bias where no pixel is above", "interop/pytorch.py",
             "kernel[(*cell, -1)] += bias\n        return kernel, np.zeros_like(bias)", "return kernel, bias", PORT),
    Mutation("18 the PyTorch port", "coefficients between colours have no tanh", "heads/logistic_mixture.py",
             "coefficients = tanh(coefficients)", "coefficients = 1.0 * coefficients", PORT),
    Mutation("19 TFP's behaviour", "a condition's gradient is lost", "interop/tfp.py",
             "_flatten(tf.convert_to_tensor(value), rank", "_flatten(tf.stop_gradient(value), rank",
             "tests/interop/test_tfp_behaviour.py -k to_conditions"),
    Mutation("20 training as TFP's", "weight normalisation has no gradient through the norm", "layers/linear.py",
             "scale = ops.rsqrt(ops.maximum(self._squared_norm(), SMALLEST_SQUARED_NORM))",
             "scale = ops.stop_gradient(ops.rsqrt(ops.maximum(self._squared_norm(), SMALLEST_SQUARED_NORM)))",
             "tests/interop/test_training_parity.py"),
    Mutation("22 orders", "images are flipped before they are transposed back", "orders.py",
             "for bit in (4, 2, 1):", "for bit in (1, 2, 4):", ORDERS + "with_their_probabilities"),
    Mutation("22 orders", "known pixels come last in the order of a completion", "orders.py",
             "np.argmin(self.late(is_known), axis=0)", "np.argmax(self.late(is_known), axis=0)",
             ORDERS + "from_each_side"),
    Mutation("25 bytes", "a pixel of compressed images does not see its left neighbour", "sampling/steps.py",
             "left = ops.where(column > 0, features, ops.zeros_like(features))", "left = ops.zeros_like(features)",
             "tests/sampling/test_steps.py"),
    Mutation("25 bytes", "images are not compared with their checksums", "codec/images.py",
             "same = np.array_equal(_checksums(levels), container.checksums)", "same = True",
             "tests/codec/test_images.py -k astray"),
    Mutation("26 anomalies", "all classes are equally probable where the class is unknown", "anomaly/marginal.py",
             "np.log(prior[label])", "np.log(1 / len(prior))", "tests/anomaly/test_marginal.py -k mixture"),
    Mutation("26 anomalies", "pixels of a stirred image are not put back", "anomaly/stirring.py",
             "stirred += _unstir(pixels, turns, flip)", "stirred += pixels",
             "tests/anomaly/test_stirring.py -k compares"),
    Mutation("27 classes by Bayes", "the prior is left out", "inference/classification.py",
             '.astype("float64") + log_prior', '.astype("float64")', BAYES),
    Mutation("28 bound condition", "a view has a distribution of its own", "inference/given.py",
             "return Given(dist, keras", "return Given(type(dist).from_config(dist.get_config()), keras", BOUND),
    Mutation("29 restoration", "a surprising level is kept", "heads/head.py",
             "kept = ops.logical_and(kept, likely)", "kept = ops.logical_or(kept, likely)", RESTORE),
    Mutation("29 restoration", "levels of the first rows are not judged", "sampling/cached.py",
             "one_by_one = draw.by_block or draw.threshold is not None", "one_by_one = draw.by_block", RESTORE),
    Mutation("data of a training", "a memory map is copied", "training/inputs.py",
             "if not (is_mapped(self.x) or", "if not (False and is_mapped(self.x) or", MAPPED),
)  # fmt: skip


def broken(mutation):
    """The text of the mutation's file with the break in it.

    Raises:
        ValueError: If what is to be broken is not there, or not once.
    """
    text = (PACKAGE / mutation.file).read_text(encoding="utf-8")
    if text.count(mutation.old) != 1:
        raise ValueError(f"{mutation.file} holds {mutation.old!r} {text.count(mutation.old)} times; expected once.")
    return text.replace(mutation.old, mutation.new)


def failing_test(mutation):
    """The first test that fails on the broken package, or None."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "pixelcnn"
        shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
        (copy / mutation.file).write_text(broken(mutation), encoding="utf-8")
        return _run(mutation.tests, folder)


def _run(tests, folder):
    arguments = [part.replace("not_losses", "not losses") for part in tests.split()]
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "--tb=no", *arguments]
    environment = {**os.environ, "PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    # A break that keeps a test from starting, as one that is no Python, would seem to be noticed.
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAILED ")]
    if done.returncode not in (0, 1) or done.returncode == 1 and not failed:
        raise RuntimeError(f"{' '.join(command)} ran no test to its end:\n{done.stdout}{done.stderr}")
    return failed[0].split()[1].split("::")[-1].split("[")[0] if failed else None


def table(wanted=""):
    """The rows of the table, one by one, and whether a test noticed."""
    for mutation in MUTATIONS:
        if wanted in f"{mutation.property} {mutation.what}":
            started = time.perf_counter()
            test = failing_test(mutation)
            noticed = f"`{test}`" if test else "**nobody**"
            seconds = time.perf_counter() - started
            yield f"| {mutation.property} | {mutation.what} | {noticed} | {seconds:.0f} |", test is not None


def main(wanted=""):
    """Print the table, or write it; the exit status is the number of breaks that nobody noticed."""
    lines, unnoticed = [HEADER], 0
    print(HEADER)
    for line, noticed in table("" if wanted == "--write" else wanted):
        print(line, flush=True)
        lines.append(line)
        unnoticed += not noticed
    if wanted == "--write":
        text = DOCUMENT.read_text(encoding="utf-8")
        DOCUMENT.write_text(text[: text.index(HEADER)] + "\n".join(lines) + "\n", encoding="utf-8")
    return unnoticed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
