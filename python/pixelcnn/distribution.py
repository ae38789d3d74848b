"""The base class of all families: a distribution of images as a Keras model, with its likelihood and sampling."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import ops

from pixelcnn import noise, require, shapes
from pixelcnn.backend import check_float64, compile_for_inference
from pixelcnn.condition import ARGUMENTS as CONDITION_ARGUMENTS
from pixelcnn.condition import Condition
from pixelcnn.config import dtype_policy, plain
from pixelcnn.export import Exportable
from pixelcnn.heads.choice import choose_head, choose_name
from pixelcnn.heads.head import likelihood_dtype
from pixelcnn.images import (
    check_image_tensor,
    check_images,
    check_levels,
    existing_levels,
    level_dtype,
    minus_infinity_unless,
)
from pixelcnn.inference.classification import Classification
from pixelcnn.inference.completion import Completion
from pixelcnn.inference.entropy import Entropies
from pixelcnn.inference.files import reads_files
from pixelcnn.inference.given import Conditioning
from pixelcnn.inference.marginals import Marginals
from pixelcnn.inference.sizes import Sizes
from pixelcnn.layers.condition import ConditionDropout, RandomOrder
from pixelcnn.layers.levels import readings
from pixelcnn.layers.summary import print_summary
from pixelcnn.memory import keep_freed_memory
from pixelcnn.orders import AVERAGE, average
from pixelcnn.padding import PaddedGrid
from pixelcnn.progress import check_verbose
from pixelcnn.sampling import BandSampler, CachedSampler, Draw, JacobiSampler, NaiveSampler, draw_in_batches, in_slices
from pixelcnn.shared_model import check_finite
from pixelcnn.training.arguments import without_training
from pixelcnn.training.trainable_model import TrainableModel
from pixelcnn.training.unpack import require_images_alone

BATCH_SIZE = 64  # images at once in `log_prob`
SAMPLING_BATCH_SIZE = 256  # images at once in `sample`
EXTREME = 1e15  # largest guidance, and largest inverse of a temperature; much larger ones overflow float32


class PixelDistribution(
    Classification, Completion, Conditioning, Entropies, Exportable, Marginals, Sizes, TrainableModel
):  # fmt: skip
    """An autoregressive distribution p(image | condition) over images of integers `low … high`.

    A family's constructor makes `self.network` (image to features). This class makes the rest, such as `self.head`
    (features to the distribution of one pixel).

    Args:
        arguments: The `locals()` of the family's constructor: all arguments by name. They are the configuration, with
            the name of the head that `head=None` chooses.
    """

    # reticulate makes S3 classes of a class' module, so the module must stay when the class moves to another file.
    __module__ = "pixelcnn"
    _head_of_numbers: str | None = None  # what `head=None` chooses for levels that are numbers; None: their number says

    def __init__(self, arguments: dict[str, Any]):
        keep_freed_memory()
        arguments = {name: value for name, value in arguments.items() if name not in ("self", "__class__")}
        # Without autocast, because half precision cannot hold all levels of an image.
        super().__init__(name=arguments["name"], dtype=dtype_policy(arguments["dtype"]), autocast=False)
        if self.compute_dtype == "float64":
            check_float64()
        self.image_shape = require.sizes("image_shape", arguments["image_shape"], 3)
        self.low, self.high = check_levels(arguments["low"], arguments["high"])
        kind = {name: arguments[name] for name in CONDITION_ARGUMENTS}
        self.condition = Condition(self.image_shape, **kind, dtype=likelihood_dtype(self.compute_dtype))
        if self.condition.orders.count > 1:
            self.random_order = RandomOrder(self.condition.orders.count, name="random_order", dtype=self.dtype_policy)
        if self.condition.dropout:
            rate, policy = self.condition.dropout, self.dtype_policy
            self.condition_dropout = ConditionDropout(rate, name="condition_dropout", dtype=policy)
        names = arguments["levels"] == "categorical"
        head = choose_name(arguments["head"], self.low, self.high, None if names else self._head_of_numbers, names)
        channels, num_logistic_mix = self.image_shape[-1], arguments["num_logistic_mix"]
        variant = arguments.get("variant", "tfp")
        self.head = choose_head(head, channels, num_logistic_mix, self.low, self.high, variant, names)
        self._likelihood_dtype = likelihood_dtype(self.compute_dtype)
        # As they were read, because an iterator can be read once and names may be bytes, which JSON does not hold.
        read = {
            "image_shape": self.image_shape,
            "class_names": self.condition.class_names,
            "conditional_shape": self.condition.shape,
            "spatial_condition_shape": self.condition.map_shape,
        }
        self._arguments = {**arguments, **read, "dtype": self.dtype_policy.name, "head": head}
        self._functions: dict[str, Any] = {}
        self.built = True

    def _make_network(self, network, **arguments):
        """Make a network of this class from the arguments of the family."""
        policy = self.dtype_policy
        reading, map_reading = readings(self.head, self.condition, self._arguments, policy)
        self.network = network(self.head, reading, dtype=policy, **arguments)
        self.network.add_weights(self.condition.projection_arguments, map_reading)
        self.grid = PaddedGrid(self.image_shape, self.network.granularity, self.network.margin)

    # ---- properties and configuration

    @property
    def num_classes(self) -> int | None:
        """Number of classes K, or None."""
        return self.condition.num_classes

    @property
    def class_names(self) -> tuple[str, ...] | None:
        """Names of the classes, or None."""
        return self.condition.class_names

    @property
    def num_dims(self) -> int:
        """Sub-pixels of an image, H W C."""
        return math.prod(self.image_shape)

    def get_config(self) -> dict[str, Any]:
        """Return all constructor arguments in types that JSON can hold."""
        return {name: plain(value) for name, value in self._arguments.items()}

    def summary(self, *args: Any, **kwargs: Any) -> None:
        """Print all layers that have weights, their output shapes on the padded grid, and their numbers of parameters.

        Args:
            *args, **kwargs: As in `keras.Model.summary`.
        """
        print_summary(self, self.network.summary_rows(self.grid.height, self.grid.width), *args, **kwargs)

    # ---- likelihood

    def pixel_parameters(
        self, levels: Any, condition: dict[str, Any], training: bool | None = None, grid: PaddedGrid | None = None
    ) -> Any:
        """Parameters (B, H, W, P) of the pixels of levels (B, H, W, C), both tensors turned to their orders. `grid`
        replaces the grid.
        """
        if "keep" in condition:
            condition = {**condition, "keep": self.condition_dropout(condition["keep"], training=training)}
        grid = grid or self.grid
        condition = grid.pad_condition(condition, self.network.map_padding)
        images = grid.pad(self.network.read(ops.cast(levels, self._likelihood_dtype)))
        return grid.crop(self.network(images, condition=condition, training=training))

    def _pixel_log_prob(self, levels, condition, training=None):
        levels, exists = existing_levels(ops.cast(levels, self._likelihood_dtype), self.low, self.high)
        condition_exists, condition = self.condition.existing(condition)
        exists = ops.logical_and(exists, condition_exists)
        if "order" in condition:
            condition = {**condition, "order": self.random_order(condition["order"], levels, training=training)}
        levels, condition = self.condition.to_order(levels, condition)
        nats = self.head.log_prob(self.pixel_parameters(levels, condition, training=training), levels)
        return minus_infinity_unless(exists, self.condition.from_order(nats, condition))

    def call(
        self, inputs: Any, conditional_input: Any = None, output: str | None = None, training: bool | None = None,
        order: int = 0,
    ) -> Any:  # fmt: skip
        """Return the images unchanged, because Keras' training loop has the condition in `compute_loss` only.

        With `output="pixel_log_prob"`, return the likelihood, which functional models use. Users call `log_prob`.
        """
        if output is None:
            return inputs
        condition = self.condition.from_tensors(conditional_input, self.compute_dtype, order)
        return self._pixel_log_prob(ops.cast(inputs, self._likelihood_dtype), condition, training=training)

    def compute_output_spec(
        self, inputs: Any, conditional_input: Any = None, output: str | None = None, training: bool | None = None,
        order: int = 0,
    ) -> Any:  # fmt: skip
        """Return the shape and dtype of the output of `call`, which Keras asks for in symbolic calls."""
        if output is None:
            return keras.KerasTensor(inputs.shape, inputs.dtype)
        return keras.KerasTensor(inputs.shape[:-1], self._likelihood_dtype)

    @without_training
    @reads_files
    def pixel_log_prob(
        self, value: Any, conditional_input: Any = None, batch_size: int | None = None, order: int = 0,
        verbose: int | Callable[[int, int], object] = 0,
    ) -> Any:  # fmt: skip
        """Log-probability, in nats, of each pixel given the condition and the pixels that are earlier in an order.

        Args:
            value: Images (…, H, W, C) of whole numbers `low … high`; images in files are read batch by batch. For a
                tensor or a `KerasTensor` the result is a tensor or a `KerasTensor` too.
            conditional_input: The condition. The batch shapes of the condition and of the images broadcast. A model
                with `condition_dropout` takes None, for the distribution without a condition.
            batch_size: Largest number of images that are computed at once; None for 64, and for all images of a tensor.
                It has no effect on tensors of unknown sizes.
            order: An order 0 … `orders` - 1 (`pixelcnn.orders`); 0 is raster order.
            verbose: 1 or 2 shows a progress bar, 0 shows none. A function is called with the number of images that are
                done and of all images. Tensors have no progress.

        Returns:
            (…, H, W), each pixel at its place in the image. The sum over H and W is `log_prob`.

        Raises:
            ValueError: If images or condition do not fit.
        """
        require_images_alone(value, self.image_shape, "value", "log_prob(images, conditional_input=labels)")
        batch_size = None if batch_size is None else require.positive_integer("batch_size", batch_size)
        if shapes.is_tensor(value):
            return self._tensor_pixel_log_prob(value, conditional_input, batch_size, order)
        images = check_images(value, self.image_shape, self.low, self.high, name="value")
        arrays, condition_shape = self.condition.check(conditional_input, order=order)
        batch_shape = shapes.broadcast(images.shape[:-3], condition_shape)
        images = np.broadcast_to(images, (*batch_shape, *self.image_shape)).reshape((-1, *self.image_shape))
        arrays = self.condition.flatten(arrays, batch_shape)
        placed = self._placed_values(self.network.variables)
        size = batch_size or max(1, BATCH_SIZE // self.grid.windows)

        def compute(part, weights):
            condition = {key: ops.convert_to_tensor(array[part]) for key, array in arrays.items()}
            nats = self._compiled("pixel_log_prob")(weights, ops.convert_to_tensor(images[part]), condition)
            return ops.convert_to_numpy(nats)

        result = in_slices(compute, len(images), size, verbose, "Likelihood", placed)
        empty = np.zeros((0, *self.image_shape[:2]), self._likelihood_dtype)
        return np.concatenate([empty, *result]).reshape((*batch_shape, *self.image_shape[:2]))

    def _tensor_pixel_log_prob(self, value, conditional_input, batch_size, order):
        check_image_tensor(value, self.image_shape, name="value")
        shapes.refuse_legacy_tensors("value", value)
        shapes.refuse_legacy_tensors("conditional_input", conditional_input)
        conditional_input = keras.tree.map_structure(shapes.text_to_array, conditional_input)
        if shapes.is_unknown((value, conditional_input)):
            optional = not self.condition or self.condition.dropout and conditional_input is None
            if len(value.shape) != 4 or not (optional or shapes.is_tensor(conditional_input)):
                raise ValueError(
                    f"value of shape {tuple(value.shape)} does not fit: where sizes are unknown, expected a tensor "
                    "with one batch axis, and its condition, if there is one, as such a tensor too."
                )
            order = self.condition.orders.check(order)
            return self(value, conditional_input=conditional_input, output="pixel_log_prob", order=order)
        tensors, condition_shape = self.condition.check_tensors(conditional_input, self.compute_dtype, order=order)
        batch_shape = shapes.broadcast(tuple(value.shape[:-3]), condition_shape)
        if 0 in batch_shape:  # TensorFlow's convolutions refuse an empty batch
            return ops.zeros((*batch_shape, *self.image_shape[:2]), self._likelihood_dtype)
        images = ops.cast(shapes.in_one_row(value, batch_shape, self.image_shape), self._likelihood_dtype)
        events = {key: self.condition.event(key) for key in tensors}
        condition = {key: shapes.in_one_row(part, batch_shape, events[key]) for key, part in tensors.items()}
        count = math.prod(batch_shape)
        nats = [
            self._pixel_log_prob_at_once(images, condition, slice(first, first + (batch_size or count)))
            for first in range(0, count, batch_size or count)
        ]
        return ops.reshape(ops.concatenate(nats), (*batch_shape, *self.image_shape[:2]))

    def _pixel_log_prob_at_once(self, images, condition, rows):
        condition = {key: part[rows] for key, part in condition.items()}
        return self.whole(lambda: self._pixel_log_prob(images[rows], condition), self.network.variables)

    @without_training
    @reads_files
    def log_prob(
        self, value: Any, conditional_input: Any = None, batch_size: int | None = None, order: int | str = 0,
        verbose: int | Callable[[int, int], object] = 0,
    ) -> Any:  # fmt: skip
        """Log-probability of images, in nats.

        Arguments and errors as in `pixel_log_prob`. With `order="average"` the distribution is the mixture of those of
        all orders, each with the same weight; its log-probability takes a pass for each order.

        Returns:
            (…), the batch shape of images and condition.
        """
        if isinstance(order, str) and order == AVERAGE:
            of_order = partial(self.log_prob, value, conditional_input, batch_size, verbose=verbose)
            return average([of_order(order=order) for order in range(self.condition.orders.count)])
        nats = self.pixel_log_prob(value, conditional_input, batch_size, self.condition.orders.check(order), verbose)
        return ops.sum(nats, axis=(-2, -1)) if shapes.is_tensor(nats) else nats.sum(axis=(-2, -1))

    @without_training
    def prob(
        self, value: Any, conditional_input: Any = None, batch_size: int | None = None, order: int | str = 0,
        verbose: int | Callable[[int, int], object] = 0,
    ) -> Any:  # fmt: skip
        """Probability of images, `exp(log_prob)`, which is 0 in floating point unless the images have few pixels.

        Arguments, shape and errors as in `log_prob`.
        """
        log_prob = self.log_prob(value, conditional_input, batch_size, order, verbose)
        return ops.exp(log_prob) if shapes.is_tensor(log_prob) else np.exp(log_prob)

    @without_training
    def bits_per_dim(
        self, value: Any, conditional_input: Any = None, batch_size: int | None = None, order: int | str = 0,
        verbose: int | Callable[[int, int], object] = 0,
    ) -> Any:  # fmt: skip
        """Bits per sub-pixel, `-log_prob / (H W C ln 2)`. Arguments, shape and errors as in `log_prob`."""
        return -self.log_prob(value, conditional_input, batch_size, order, verbose) / (self.num_dims * math.log(2))

    # ---- sampling

    @without_training
    def sample(
        self, sample_shape: int | Sequence[int] | None = None, seed: int | None = None, conditional_input: Any = None,
        temperature: float = 1.0, guidance: float = 0.0, method: str = "cached", batch_size: int | None = None,
        verbose: int | Callable[[int, int], object] = 1, order: int = 0, first: int = 0,
    ) -> np.ndarray:  # fmt: skip
        """Draw images.

        Args:
            sample_shape: An int, a tuple or a `TensorShape` that ends in the batch shape of the condition. None draws
                one image for each condition.
            seed: A whole number, 0 … 2^64 - 1. Image i of a seed does not depend on the number of images. None takes a
                new seed.
            conditional_input: The condition. A model with `condition_dropout` also takes None: no condition.
            temperature: Divides the log-probabilities of all levels of a sub-pixel. Below 1, likely levels become more
                likely.
            guidance: w. The log-probabilities of all levels of a sub-pixel become `(1 + w) conditional - w
                unconditional`, are normalised again, and are then divided by the temperature. Above 0, images are more
                typical of their condition and less varied. Guidance needs a model that was trained with
                `condition_dropout`.
            method: `cached` computes a pixel from remembered features. `jacobi` passes whole images through the network
                until no pixel changes. `naive` makes one pass of the whole network for each pixel; it is slow, and
                checks the other methods.
            batch_size: Largest number of images that are drawn at once; None for 256.
            verbose: 1 or 2 shows a progress bar, 0 shows none. A function is called with the number of rows that are
                drawn and the number of all rows (of all images). A draw of a new number of images is compiled first:
                the bar says so, and the function is called with 0 rows.
            order: The order in which the pixels are drawn, 0 … `orders` - 1; 0 is raster order.
            first: Number of the first image: `sample(2, seed, first=6)` draws the images 6 and 7 of the seed, the last
                two of `sample(8, seed)`.

        Returns:
            (*sample_shape, H, W, C), uint8 if uint8 holds all levels, else int32.

        Raises:
            ValueError: If an argument does not fit.
        """
        arrays, condition_shape = self.condition.check(shapes.to_array(conditional_input), order=order)
        shape = shapes.check_sample_shape(sample_shape, condition_shape)
        known = np.zeros((*shape, *self.image_shape), "float32")
        draw = self._check_draw(conditional_input, seed, temperature, guidance, num_particles=1)
        draw = replace(draw, first=require.whole("first", first, 0, noise.LARGEST_NUMBER))
        return self._draw(known, np.zeros(known.shape, bool), arrays, draw, method, batch_size, verbose)

    def _check_draw(self, conditional_input, seed, temperature, guidance, num_particles):
        guidance = self._check_guidance(guidance, conditional_input)
        temperature = require.within("temperature", require.positive_number("temperature", temperature), 1 / EXTREME)
        num_particles = require.positive_integer("num_particles", num_particles)
        return Draw(noise.check_seed(seed), temperature, guidance, num_particles)

    def _check_guidance(self, guidance, conditional_input):
        guidance = require.within("guidance", guidance, -EXTREME, EXTREME)
        if not guidance:
            return guidance
        if not self.condition:
            why = "this distribution has no condition"
        elif not self.condition.dropout:
            why = "this model was made without condition_dropout, which guidance needs in training, such as 0.1"
        elif self.condition.is_none(conditional_input):
            why = "conditional_input=None gives no condition"
        else:
            return guidance
        raise ValueError(f"guidance={guidance!r} does not fit: expected 0, because {why}.")

    def _draw(self, known, is_known, arrays, draw, method, batch_size, verbose):
        require.one_of("method", method, ("cached", "naive", "jacobi"))
        sampler = self._sampler(method)
        if draw.num_particles > 1 and not sampler.takes_particles:
            what = f"method={method!r}{' with a context' if self.context else ''} draws one draft"
            raise ValueError(f"num_particles={draw.num_particles} does not fit: {what}; expected 1, or method='naive'.")
        check_verbose(verbose)
        default = max(1, SAMPLING_BATCH_SIZE // self.grid.windows)
        batch_size = default if batch_size is None else require.positive_integer("batch_size", batch_size)
        shape, arrays = known.shape, self.condition.flatten(arrays, known.shape[:-3])
        is_known, _ = self.condition.to_order(is_known.reshape((-1, *self.image_shape)), arrays)
        known, turned = self.condition.to_order(known.reshape((-1, *self.image_shape)), arrays)
        placed = self._placed_values(self.network.variables)
        levels = draw_in_batches(sampler, placed, known, is_known, turned, draw, batch_size, verbose)
        if np.isnan(levels).any():
            check_finite(self.weights, "this distribution")
            raise ValueError(
                "the network's output for a pixel is not finite, so no level can be drawn: expected weights and a "
                f"condition that the network can compute with in {self.compute_dtype}. Scale the condition to -1 … 1, "
                "or take a dtype of more range."
            )
        levels = self.condition.from_order(levels, arrays)
        return levels.reshape(shape).astype(level_dtype(self.low, self.high))

    def _sampler(self, method):
        if method == "naive":
            parameters = self._compiled("pixel_parameters")
            network = self.network
            return NaiveSampler(parameters, self.head, self.image_shape, network.channel_groups, network.granularity)
        if method in self._functions:
            return self._functions[method]
        if method == "jacobi":
            sampler = JacobiSampler(self.pixel_parameters, self.network.variables, self.head, self.image_shape)
        elif self.context:
            sampler = BandSampler(self.pixel_parameters, self.network.variables, self.head, self.grid)
        else:
            sampler = CachedSampler(self.network, self.head, self.image_shape, self.compute_dtype)
        return self._functions.setdefault(method, sampler)  # another thread may have been first

    def _compiled(self, name):
        if name not in self._functions:
            function = {"pixel_log_prob": self._pixel_log_prob, "pixel_parameters": self.pixel_parameters}[name]
            compiled = compile_for_inference(function, self.network.variables, xla=False, any_batch=True)
            self._functions.setdefault(name, compiled)
        return self._functions[name]
