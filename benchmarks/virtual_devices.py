"""What it costs to share a training among devices: one batch on 1, 2 and 4 virtual devices of one processor.

    python benchmarks/virtual_devices.py

Virtual devices share the cores of the processor, so no training gets faster. The core seconds of a step show the work
that sharing adds, which `docs/scaling.md` compares with its model. Each training runs in a process of its own, the
numbers of devices in turn. Writes `results/virtual_devices.json`.

The work of adding up gradients cannot be told apart within a step. So it is measured alone: tensors in the shapes of
all weights are added up over the devices, as in a step.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import sizes
from machines import machine
from records import RESULTS

BACKENDS, DEVICES = ("jax", "tensorflow"), (1, 2, 4)
MODEL, BATCH = "small", 32


def train(devices, steps, epochs):
    """Train in this process, and return seconds of a step and of adding up gradients."""
    import keras
    from epochs import Epochs

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        processor = tf.config.list_physical_devices("CPU")[0]
        tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * devices)

    import pixelcnn

    pixelcnn.use_devices(devices)
    dist = pixelcnn.PixelCNNPlusPlus((28, 28, 1), num_classes=20, **sizes.PLUS_PLUS[MODEL])
    dist.compile(keras.optimizers.Adam(1e-3))
    random, times = np.random.default_rng(0), Epochs()
    images = random.integers(0, 256, (BATCH * steps, 28, 28, 1), np.uint8)
    labels = random.integers(0, 20, len(images))
    dist.fit(images, labels, batch_size=BATCH, epochs=1 + epochs, callbacks=times, verbose=0)
    figures = {
        "step_seconds": [seconds / steps for seconds in times.seconds[1:]],
        "core_seconds": [seconds / steps for seconds in times.core_seconds[1:]],
        "gradient_bytes": 4 * sum(int(np.prod(variable.shape)) for variable in dist.trainable_variables),
    }
    if devices > 1:
        add = {"jax": adding_up_on_jax, "tensorflow": adding_up_on_tensorflow}[keras.backend.backend()](dist, devices)
        add()
        began = time.process_time()
        for _ in range(steps):
            add()
        figures["adding_up_core_seconds"] = (time.process_time() - began) / steps
    return figures


def adding_up_on_jax(dist, devices):
    """Return a function that adds up tensors in the shapes of the weights, one of each on each device."""
    import jax
    from jax.sharding import Mesh, NamedSharding, PartitionSpec

    mesh = Mesh(jax.devices()[:devices], "device")
    apart, whole = (NamedSharding(mesh, PartitionSpec(*axes)) for axes in (["device"], []))
    shapes = [variable.shape for variable in dist.trainable_variables]
    gradients = [jax.device_put(np.ones((devices, *shape), "float32"), apart) for shape in shapes]
    add = jax.jit(lambda tensors: [tensor.sum(axis=0) for tensor in tensors], out_shardings=whole)
    return lambda: jax.block_until_ready(add(gradients))


def adding_up_on_tensorflow(dist, devices):
    """As `adding_up_on_jax`."""
    import tensorflow as tf

    strategy, gradients = dist.distribute_strategy, [variable.value for variable in dist.trainable_variables]
    assert strategy.num_replicas_in_sync == devices

    def of_replica():
        tensors = [tf.identity(gradient) for gradient in gradients]
        return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, tensors)

    add = tf.function(lambda: strategy.run(of_replica))
    return lambda: strategy.experimental_local_results(add()[0])[0].numpy()


def in_own_process(backend, devices, steps, epochs):
    """Run `train` in a process with virtual devices, and return its figures."""
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count={devices}"
    environment = os.environ | {"KERAS_BACKEND": backend, "XLA_FLAGS": flags, "TF_CPP_MIN_LOG_LEVEL": "2"}
    command = [sys.executable, __file__, "--train", devices, "--steps", steps, "--epochs", epochs]
    output = subprocess.run(list(map(str, command)), check=True, env=environment, stdout=subprocess.PIPE, text=True)
    return json.loads(output.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="processes of each number of devices")
    parser.add_argument("--steps", type=int, default=20, help="of an epoch")
    parser.add_argument("--epochs", type=int, default=3, help="that are measured, after one that compiles")
    parser.add_argument("--output", type=Path, default=RESULTS / "virtual_devices.json")
    parser.add_argument("--train", type=int, help=argparse.SUPPRESS)  # in this process, on so many devices
    arguments = parser.parse_args()
    work = arguments.steps, arguments.epochs
    if arguments.train:
        print(json.dumps(train(arguments.train, *work)))
        return
    record = {"machine": machine(), "model": MODEL, "batch": BATCH, "rounds": []}
    for _ in range(arguments.rounds):
        peers = {f"{backend} {devices}": (backend, devices) for backend in BACKENDS for devices in DEVICES}
        record["rounds"].append({peer: in_own_process(*which, *work) for peer, which in peers.items()})
        print(json.dumps(record["rounds"][-1]), flush=True)
    arguments.output.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
