"""Run one measurement in a separate process and print one line of JSON. `run.py` calls this script."""

import argparse
import functools
import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import sizes

SIZE = 28


def random_images(count, size=SIZE):
    random = np.random.default_rng(0)
    return random.integers(0, 256, (count, size, size, 1)).astype("uint8"), random.integers(0, 20, count)


def timed(function, *arguments):
    started = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - started


def watched(function, seconds):
    """Return a function that appends the seconds of each call to a list. TensorFlow calls it only to trace it."""

    @functools.wraps(function)
    def call(*arguments):
        started = time.perf_counter()
        result = function(*arguments)
        seconds.append(time.perf_counter() - started)
        return result

    return call


def peak_memory():
    """Return the peak memory of this process in bytes."""
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


class TFP:
    """TFP's PixelCNN in graph mode, or sampling eagerly. As in the article, the condition is the class number."""

    def __init__(self, model, dtype, way):
        os.environ["TF_USE_LEGACY_KERAS"] = "1"
        import tensorflow as tf
        import tensorflow_probability as tfp
        import tf_keras

        assert dtype == "float32", "TFP's PixelCNN runs in float32"
        started = time.perf_counter()
        arguments = sizes.PLUS_PLUS[model]
        self.distribution = tfp.distributions.PixelCNN((SIZE, SIZE, 1), conditional_shape=(), **arguments)
        optimizer = tf_keras.optimizers.Adam(1e-3)

        def trace(images, labels):
            with tf.GradientTape() as tape:
                loss = -tf.reduce_mean(self.distribution.log_prob(images, conditional_input=labels, training=True))
            variables = self.distribution.network.trainable_variables
            optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
            return loss

        self.tracings = []
        step = tf.function(watched(trace, self.tracings))
        self.build_seconds = time.perf_counter() - started
        convert = lambda images, labels: (tf.constant(images, tf.float32), tf.constant(labels, tf.float32))  # noqa: E731
        self.step = lambda images, labels: step(*convert(images, labels)).numpy()
        log_prob = tf.function(lambda images, labels: self.distribution.log_prob(images, conditional_input=labels))
        self.log_prob = lambda images, labels: log_prob(*convert(images, labels)).numpy()
        eager = lambda count: self.distribution.sample(count, conditional_input=1.0)  # noqa: E731
        sample = eager if way == "eager" else tf.function(eager, autograph=False)
        self.sample = lambda count: sample(tf.constant(count)).numpy()


class Ours:
    """This project's PixelCNN++ through its public methods."""

    def __init__(self, model, dtype, way, size=SIZE):
        import keras

        import pixelcnn

        started = time.perf_counter()
        arguments = sizes.PLUS_PLUS[model]
        self.distribution = pixelcnn.PixelCNNPlusPlus((size, size, 1), num_classes=20, dtype=dtype, **arguments)
        self.distribution.compile(keras.optimizers.Adam(1e-3))
        self.build_seconds = time.perf_counter() - started
        self.initialize_seconds, self.tracings, self.first_rows_seconds = None, [], []
        if keras.backend.backend() == "tensorflow":
            self.distribution.train_step = watched(self.distribution.train_step, self.tracings)

    def step(self, images, labels):
        if self.initialize_seconds is None:
            self.initialize_seconds = timed(self.distribution.initialize, images, labels)
        return self.distribution.train_on_batch(images, labels)

    def log_prob(self, images, labels):
        return self.distribution.log_prob(images, labels, batch_size=len(images))

    def sample(self, count):
        started, moments = time.perf_counter(), []
        draw = functools.partial(self.distribution.sample, count, conditional_input=1, seed=0, batch_size=count)
        # A call with 0 rows says that the draw will be compiled.
        images = draw(verbose=lambda rows, _: moments.append(time.perf_counter() - started) if rows else None)
        self.first_rows_seconds.append(moments[0])
        return images


def training(peer, batch, repeats, dtype):
    """Measure training steps, and for comparison the number of operations and the rate of matrix products."""
    images, labels = random_images(batch)
    first = timed(peer.step, images, labels)
    peer.step(images, labels)
    seconds = [timed(peer.step, images, labels) for _ in range(repeats)]
    peak = peak_memory()
    peer.log_prob(images, labels)
    passes = [timed(peer.log_prob, images, labels) for _ in range(repeats)]
    figures = {
        "build_seconds": peer.build_seconds,
        "first_step_seconds": first,
        "tracing_seconds": sum(peer.tracings),
        "step_seconds": seconds,
        "images_per_second": batch / float(np.median(seconds)),
        "log_prob_seconds": passes,
        "log_prob_images_per_second": batch / float(np.median(passes)),
        "peak_memory_bytes": peak,
    }
    if isinstance(peer, Ours):
        figures["initialize_seconds"] = peer.initialize_seconds
        if os.environ.get("KERAS_BACKEND", "tensorflow") == "tensorflow":
            figures["operations_per_image"] = operations_per_image(peer.distribution)
            figures["matrix_product_rate"] = matrix_product_rate(dtype)
    return figures


def operations_per_image(distribution):
    """Count the multiplications and additions of convolutions and matrix products in one `log_prob` of an image."""
    import tensorflow as tf

    function = tf.function(lambda images, label: distribution.pixel_parameters(images, {"label": label}))
    shapes = (1, *distribution.image_shape), (1,)
    graph = function.get_concrete_function(*(tf.TensorSpec(shape, "int32") for shape in shapes)).graph
    products = [node for node in graph.get_operations() if node.type in ("Conv2D", "MatMul", "BatchMatMulV2")]
    # A value of the result is a sum of products, one for each kernel weight (…, C) of a filter.
    return sum(
        2 * node.outputs[0].shape.num_elements() * node.inputs[1].shape.num_elements() // node.inputs[1].shape[-1]
        for node in products
    )


def matrix_product_rate(dtype):
    """Return the operations per second of a product of two 2048x2048 matrices, the fastest of several."""
    import tensorflow as tf

    size, repeats = 2048, 5
    kind = "bfloat16" if "bfloat16" in dtype else "float32"
    ones, others = (tf.cast(tf.random.normal((size, size)), kind) for _ in range(2))
    product = tf.function(lambda: tf.matmul(ones, others))
    product()
    return 2 * size**3 / min(timed(lambda: product()[0, 0].numpy()) for _ in range(repeats))


def sampling(peer, batch, repeats, dtype):
    """Measure `sample`, and its lower bound: one `log_prob` of as many images."""
    images, labels = random_images(batch)
    first = timed(peer.sample, batch)
    peer.log_prob(images, labels)
    samples, passes = [], []
    for _ in range(repeats):
        samples.append(timed(peer.sample, batch))
        passes.append(timed(peer.log_prob, images, labels))
    figures = {"first_sample_seconds": first, "sample_seconds": samples, "log_prob_seconds": passes}
    if isinstance(peer, Ours):
        # Compares the first rows only, because compilation happens there and whole draws vary by seconds.
        compiled, *others = peer.first_rows_seconds
        figures["compile_seconds"] = compiled - float(np.median(others))
    return figures


def completion(peer, batch, repeats, dtype):
    """Measure completion of the lower half of images, sampling of whole images, and `log_prob`."""
    images, labels = random_images(batch)
    mask = np.arange(SIZE)[:, None].repeat(SIZE, axis=1) < SIZE // 2
    complete = functools.partial(
        peer.distribution.complete, images, mask, conditional_input=labels, seed=0, batch_size=batch, verbose=0
    )
    complete(), peer.sample(batch), peer.log_prob(images, labels)
    turns = [(timed(complete), timed(peer.sample, batch), timed(peer.log_prob, images, labels)) for _ in range(repeats)]
    completions, samples, passes = zip(*turns, strict=True)
    return {"complete_seconds": completions, "sample_seconds": samples, "log_prob_seconds": passes}


def input_wait(peer, batch, repeats, dtype):
    """Measure the seconds of an epoch of `fit` that making batches takes."""
    from pixelcnn.training import ShuffledBatches

    images, labels = random_images(batch * repeats)
    batches, waited = ShuffledBatches(images, labels, batch, 0), []
    make = batches.__getitem__

    class Timed(ShuffledBatches):
        def __getitem__(self, index):
            waited.append(timed(make, index))
            return make(index)

    timed_batches = Timed(images, labels, batch, 0)
    peer.distribution.fit(timed_batches, epochs=1, verbose=0)
    waited.clear()
    return {"fit_seconds": timed(lambda: peer.distribution.fit(timed_batches, epochs=1, verbose=0)),
            "input_seconds": sum(waited)}  # fmt: skip


WORKS = {work.__name__: work for work in (training, sampling, completion, input_wait)}


def from_file(path, count):
    """Measure the time to load a saved model and draw images; `run.py` adds the start of the process."""
    import pixelcnn

    pixelcnn.load(path).sample(count, conditional_input=1, seed=0, verbose=0)
    return {}


def first_images(count):
    """Draw images with a model of the package; `run.py` measures the whole process."""
    import pixelcnn

    pixelcnn.load_pretrained("quickdraw13").sample(count, conditional_input="bicycle", seed=0, verbose=0)
    return {}


def growth(size, batch, repeats):
    """Measure the seconds of a sample of square images of this size."""
    peer = Ours("small", "float32", "", size)
    peer.sample(batch)
    return {"sample_seconds": [timed(peer.sample, batch) for _ in range(repeats)]}


def recurrent(model, batch, repeats):
    """Measure sampling and `log_prob` of a PixelRNN."""
    distribution = sizes.build(*sizes.SMALL[model])
    images, _ = random_images(batch)
    sample = functools.partial(distribution.sample, batch, seed=0, verbose=0)
    sample(), distribution.log_prob(images)
    pairs = [(timed(sample), timed(distribution.log_prob, images)) for _ in range(repeats)]
    samples, passes = zip(*pairs, strict=True)
    return {"sample_seconds": samples, "log_prob_seconds": passes}


def jacobi(batch, repeats):
    """Compare cached sampling with Jacobi iteration and count its passes, which depend on trained weights."""
    import pixelcnn

    distribution = pixelcnn.load_pretrained("quickdraw13")
    sampler = distribution._sampler("jacobi")
    passes, redraw = [], sampler._redraw
    sampler._redraw = lambda *arguments: passes.append(1) or redraw(*arguments)
    labels = np.arange(batch) % distribution.num_classes
    draw = functools.partial(distribution.sample, conditional_input=labels, seed=0, batch_size=batch, verbose=0)
    draw(), draw(method="jacobi"), passes.clear()
    pairs = [(timed(draw), timed(functools.partial(draw, method="jacobi"))) for _ in range(repeats)]
    cached, iterated = zip(*pairs, strict=True)
    return {"sample_seconds": cached, "jacobi_seconds": iterated, "passes": len(passes) / repeats}


def reading(folder, repeats):
    """Measure reading 28,000 drawings from a local folder, by reading the fewer drawings of `folder` several times."""
    import pixelcnn

    images, labels, names = pixelcnn.data.quickdraw(data_dir=folder, verbose=0)
    with tempfile.TemporaryDirectory() as many:
        for label, name in enumerate(names):
            drawings = images[labels == label].reshape(-1, SIZE * SIZE)
            np.save(Path(many) / f"{name}.npy", np.resize(drawings, (1400, SIZE * SIZE)))
        read = functools.partial(pixelcnn.data.quickdraw, per_class=1400, data_dir=many)
        return {"drawings": len(read().images), "seconds": [timed(read) for _ in range(repeats)]}


ALONE = {  # without a peer
    "from_file": lambda arguments: from_file(arguments.path, arguments.batch),
    "first_images": lambda arguments: first_images(arguments.batch),
    "growth": lambda arguments: growth(arguments.size, arguments.batch, arguments.repeats),
    "recurrent": lambda arguments: recurrent(arguments.model, arguments.batch, arguments.repeats),
    "jacobi": lambda arguments: jacobi(arguments.batch, arguments.repeats),
    "reading": lambda arguments: reading(arguments.path, arguments.repeats),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", choices=("tfp", "ours", *ALONE))
    parser.add_argument("work", nargs="?", choices=tuple(WORKS))
    parser.add_argument("--model")
    parser.add_argument("--way", default="", help="of TFP: eager")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--size", type=int, default=SIZE)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--path")
    arguments = parser.parse_args()
    if arguments.peer in ("tfp", "ours"):
        peer = {"tfp": TFP, "ours": Ours}[arguments.peer](arguments.model, arguments.dtype, arguments.way)
        figures = WORKS[arguments.work](peer, arguments.batch, arguments.repeats, arguments.dtype)
    else:
        figures = ALONE[arguments.peer](arguments)
    json.dump(figures, sys.stdout)
    print()


if __name__ == "__main__":
    main()
