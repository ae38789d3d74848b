"""A distribution of images as a Keras model: what all families share."""

import math
from pathlib import Path

import keras
import numpy as np
from keras import ops

from pixelcnn import noise, require
from pixelcnn.backend import call_once, check_float64, compile_for_inference, replicas, training_gains_from_xla
from pixelcnn.condition import Condition
from pixelcnn.files import replacing
from pixelcnn.heads.choice import choose_head
from pixelcnn.heads.head import likelihood_dtype
from pixelcnn.images import (
    check_image_tensor,
    check_images,
    check_levels,
    check_mask,
    existing_levels,
    level_dtype,
    minus_infinity_unless,
)
from pixelcnn.layers.condition import ConditionDropout
from pixelcnn.layers.linear import chosen_from_data
from pixelcnn.memory import keep_freed_memory
from pixelcnn.padding import PaddedGrid
from pixelcnn.sampling import CachedSampler, Draw, JacobiSampler, NaiveSampler, draw_in_batches
from pixelcnn.shared_model import SharedModel, alone, check_finite
from pixelcnn.training.arguments import check_callbacks, check_validation_freq, whole_numbers
from pixelcnn.training.averaging import averaged_weights, keep_averages, note_where_averages_are, training_weights
from pixelcnn.training.finite import NonFiniteStop, read_again, skip_non_finite_updates
from pixelcnn.training.inputs import Inputs
from pixelcnn.training.prediction import predict_in_batches
from pixelcnn.training.wrong_data import WrongDataStop
from pixelcnn.weights_file import check_file

BATCH_SIZE = 64  # images at once in `log_prob`
SAMPLING_BATCH_SIZE = 256  # images at once in `sample`
EXTREME = 1e15  # largest guidance, and largest inverse of a temperature; much larger ones overflow float32


class PixelDistribution(SharedModel):
    """An autoregressive distribution p(image | condition) over images of integers `low … high`.

    A family makes `self.network` (image to features). `self.head` (features to the distribution of one pixel) and
    everything else are made here.

    Args:
        arguments: The `locals()` of the family's constructor: all its arguments by name, which are the model's
            configuration. A family without the argument `head` has a mixture of logistics.
    """

    # R sees a class' module as its S3 classes, so it must not depend on where the class is written.
    __module__ = "pixelcnn"
    initializes_from_data = False

    def __init__(self, arguments):
        keep_freed_memory()
        arguments = {name: value for name, value in arguments.items() if name not in ("self", "__class__")}
        super().__init__(name=arguments["name"], dtype=_policy(arguments["dtype"]))
        if self.compute_dtype == "float64":
            check_float64()
        self.image_shape = require.sizes("image_shape", arguments["image_shape"], 3)
        self.low, self.high = check_levels(arguments["low"], arguments["high"])
        self.condition = Condition(
            self.image_shape,
            arguments["conditional_shape"],
            arguments["num_classes"],
            arguments["class_names"],
            arguments["spatial_condition_shape"],
            arguments["condition_dropout"],
        )
        if self.condition.dropout:
            self.condition_dropout = ConditionDropout(
                self.condition.dropout, name="condition_dropout", dtype=self.dtype_policy
            )
        self.head = choose_head(
            arguments.get("head", "logistic_mixture"), self.image_shape[-1], arguments["num_logistic_mix"], self.low,
            self.high,
        )  # fmt: skip
        self._arguments = {**arguments, "dtype": self.dtype_policy.name}
        self.supports_jit = training_gains_from_xla()  # what `jit_compile="auto"` goes by
        self._bits = keras.metrics.Mean(name="bits_per_dim")
        self._functions = {}
        self.initialized = self.add_weight(
            name="initialized", shape=(), initializer="zeros", dtype="int32", trainable=False, autocast=False
        )
        self.built = True

    def _make_network(self, network, **arguments):
        """Make the network of this class with these arguments, beside those that all networks have."""
        self.network = network(self.head, dtype=self.dtype_policy, **arguments)
        self.network.add_weights(self.condition.projection_arguments)
        self.grid = PaddedGrid(self.image_shape, self.network.granularity, self.network.margin)

    # ---- what it is
    # ----------------------------------------------------------------------------------------------------------------

    @property
    def num_classes(self):
        """Number of classes K, or None."""
        return self.condition.num_classes

    @property
    def class_names(self):
        """Names of the classes, or None."""
        return self.condition.class_names

    @property
    def num_dims(self):
        """Sub-pixels of an image, H W C."""
        return math.prod(self.image_shape)

    def get_config(self):
        """All constructor arguments, as JSON can hold them."""
        return {name: _plain(value) for name, value in self._arguments.items()}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A fresh model of the same arguments."""
        return cls(**config)

    # ---- likelihood
    # ----------------------------------------------------------------------------------------------------------------

    def pixel_parameters(self, levels, condition, training=None):
        """Parameters (B, H, W, P) of the pixels of levels (B, H, W, C), both tensors."""
        if "keep" in condition:
            condition = {**condition, "keep": self.condition_dropout(condition["keep"], training=training)}
        if "spatial" in condition:
            condition = {**condition, "spatial": self.grid.pad(condition["spatial"])}
        scaled = ops.cast(self.head.scaled(ops.cast(levels, self._likelihood_dtype)), self.compute_dtype)
        return self.grid.crop(self.network(self.grid.pad(scaled), condition=condition, training=training))

    @property
    def _likelihood_dtype(self):
        return likelihood_dtype(self.compute_dtype)

    def _pixel_log_prob(self, levels, condition, training=None):
        levels, exists = existing_levels(ops.cast(levels, self._likelihood_dtype), self.low, self.high)
        if "label" in condition:
            exists = ops.logical_and(exists, condition["label"][:, None, None] >= 0)
            condition = {**condition, "label": ops.maximum(condition["label"], 0)}
        nats = self.head.log_prob(self.pixel_parameters(levels, condition, training=training), levels)
        return minus_infinity_unless(exists, nats)

    def call(self, inputs, conditional_input=None, output=None, training=None):
        """Hands images through: Keras' training loop knows the condition only in `compute_loss`.

        With `output="pixel_log_prob"` it is the likelihood, for functional models; users call `log_prob`.
        """
        if output is None:
            return inputs
        condition = self.condition.from_tensors(conditional_input, self.compute_dtype)
        return self._pixel_log_prob(ops.cast(inputs, self._likelihood_dtype), condition, training=training)

    def compute_output_shape(self, inputs, **_):
        """Used by Keras for symbolic calls."""
        return inputs

    def pixel_log_prob(self, value, conditional_input=None, batch_size=None):
        """Log-probability of each pixel given those before it and the condition, in nats.

        Args:
            value: Images (…, H, W, C) of whole numbers `low … high`; a tensor or `KerasTensor` gives one back.
            conditional_input: The condition; its batch shape broadcasts with that of the images. With
                `condition_dropout` None is the distribution without a condition.
            batch_size: Most images at once.

        Returns:
            (…, H, W); it sums to `log_prob`.

        Raises:
            ValueError: If images or condition do not fit.
        """
        if _is_tensor(value):
            return self._tensor_pixel_log_prob(value, conditional_input)
        images = check_images(value, self.image_shape, self.low, self.high, name="value")
        arrays, condition_shape = self.condition.check(conditional_input)
        batch_shape = _broadcast(images.shape[:-3], condition_shape)
        images = np.broadcast_to(images, (*batch_shape, *self.image_shape)).reshape((-1, *self.image_shape))
        arrays = self.condition.flatten(arrays, batch_shape)
        weights = self.values_of(self.network.variables)
        result = [np.zeros((0, *self.image_shape[:2]), self._likelihood_dtype)]
        for part in _slices(len(images), batch_size, BATCH_SIZE):
            condition = {key: ops.convert_to_tensor(array[part]) for key, array in arrays.items()}
            nats = self._compiled("pixel_log_prob")(weights, ops.convert_to_tensor(images[part]), condition)
            result.append(ops.convert_to_numpy(nats))
        return np.concatenate(result).reshape((*batch_shape, *self.image_shape[:2]))

    def _tensor_pixel_log_prob(self, value, conditional_input):
        check_image_tensor(value, self.image_shape, name="value")
        conditional_input = keras.tree.map_structure(_text_from_tensor, conditional_input)
        is_tensor = _is_tensor(conditional_input)
        if _is_unknown(value) or is_tensor and any(map(_is_unknown, keras.tree.flatten(conditional_input))):
            in_tensors = is_tensor or self.condition.dropout and conditional_input is None
            if len(value.shape) != 4 or self.condition and not in_tensors:
                raise ValueError(
                    f"value of shape {tuple(value.shape)} does not fit: where sizes are unknown, expected a tensor "
                    "with one batch axis, and its condition, if there is one, as such a tensor too."
                )
            return self(value, conditional_input=conditional_input, output="pixel_log_prob")
        if is_tensor:
            tensors, condition_shape = self.condition.check_tensors(conditional_input, self.compute_dtype)
        else:
            tensors, condition_shape = self.condition.check(conditional_input)
        batch_shape = _broadcast(tuple(value.shape[:-3]), condition_shape)
        if 0 in batch_shape:  # TensorFlow's convolutions refuse an empty batch
            return ops.zeros((*batch_shape, *self.image_shape[:2]), self._likelihood_dtype)
        images = _in_one_row(value, batch_shape, self.image_shape)
        condition = {key: _in_one_row(part, batch_shape, self.condition.event(key)) for key, part in tensors.items()}
        images = ops.cast(images, self._likelihood_dtype)
        nats = self.whole(lambda: self._pixel_log_prob(images, condition), self.network.variables)
        return ops.reshape(nats, (*batch_shape, *self.image_shape[:2]))

    def log_prob(self, value, conditional_input=None, batch_size=None):
        """Log-probability of images, in nats.

        Arguments and errors as in `pixel_log_prob`.

        Returns:
            (…), the batch shape of images and condition.
        """
        nats = self.pixel_log_prob(value, conditional_input, batch_size)
        return ops.sum(nats, axis=(-2, -1)) if _is_tensor(nats) else nats.sum(axis=(-2, -1))

    def prob(self, value, conditional_input=None, batch_size=None):
        """Probability of images: the exponential of `log_prob`, too small for a float unless images are tiny."""
        log_prob = self.log_prob(value, conditional_input, batch_size)
        return ops.exp(log_prob) if _is_tensor(log_prob) else np.exp(log_prob)

    def bits_per_dim(self, value, conditional_input=None, batch_size=None):
        """Bits per sub-pixel, `-log_prob / (H W C ln 2)`. Arguments, shape and errors as in `log_prob`."""
        return -self.log_prob(value, conditional_input, batch_size) / (self.num_dims * math.log(2))

    # ---- training
    # ------------------------------------------------------------------------------------------------------------------

    def compile(
        self, optimizer="adam", loss=None, loss_weights=None, metrics=None, weighted_metrics=None, run_eagerly=False,
        steps_per_execution=1, jit_compile="auto", auto_scale_loss=True, ema_momentum=None,
    ):  # fmt: skip
        """Configure training as in Keras. The likelihood is the loss.

        With `ema_momentum` an exponential moving average of the weights is kept, beginning with those after the first
        step. `evaluate` and validation use the averages, and after `fit` the model holds them: they are what is saved
        and sampled. Another `fit`, of a loaded model too, goes on from the weights of the last step. A file that a
        callback saves during `fit` holds the weights of that step, and the averages in its optimizer; and
        `EarlyStopping(restore_best_weights=True)` brings back weights, not averages.

        Args:
            optimizer: A Keras optimizer.
            loss, loss_weights, metrics, weighted_metrics: Must be None, because the likelihood is the loss,
                `bits_per_dim` is the metric, and there is no prediction to compare with a target.
            run_eagerly, steps_per_execution, auto_scale_loss: As in Keras.
            jit_compile: `auto` takes what was measured to be fastest on the device.
            ema_momentum: m in `average = m average + (1 - m) weights`, which reaches back over some 1 / (1 - m) steps;
                0.9995 in the PixelCNN++ paper. None keeps no average, unless the optimizer has `use_ema`.

        Raises:
            ValueError: If a loss or a metric is given, or the optimizer or the momentum does not fit.
        """
        refused = {"loss": loss, "loss_weights": loss_weights, "metrics": metrics, "weighted_metrics": weighted_metrics}
        for name, given in refused.items():
            if given:
                raise ValueError(
                    f"{name}={given!r} does not fit: the likelihood is the loss and bits_per_dim is the metric; "
                    f"expected {name}=None."
                )
        optimizer = keras.optimizers.get(optimizer)
        if optimizer is None:
            raise ValueError("optimizer=None does not fit: expected a Keras optimizer or the name of one.")
        if ema_momentum is not None:
            keep_averages(optimizer, require.probability("ema_momentum", ema_momentum))
        steps = optimizer.gradient_accumulation_steps
        if replicas() > 1 and steps:
            raise ValueError(
                f"gradient_accumulation_steps={steps} does not fit: Keras cannot add up gradients under a strategy of "
                f"{replicas()} replicas; expected None."
            )
        super().compile(
            optimizer, run_eagerly=run_eagerly, steps_per_execution=steps_per_execution, jit_compile=jit_compile,
            auto_scale_loss=auto_scale_loss,
        )  # fmt: skip
        skip_non_finite_updates(self.optimizer)
        note_where_averages_are(self)
        # Built here, its variables need not be made while the training step is traced, which TensorFlow would then do
        # twice.
        self.optimizer.build(self.trainable_variables)

    def compile_from_config(self, config):
        """Compile as before saving; Keras leaves this to models with a `compile` of their own."""
        self.compile(**keras.saving.deserialize_keras_object(config))

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Mean nats per image, plus the terms that layers add.

        The condition is y, or a part of x = (image, condition). An image with a level or a label that does not exist
        has a log-probability of minus infinity.

        With R replicas of `tf.distribute` each returns 1 / R of the loss, because Keras adds up their gradients.
        """
        images, given = x if isinstance(x, (tuple, list)) else (x, y)
        check_image_tensor(images, self.image_shape, name="x", batched=True)
        condition = self.condition.from_tensors(given, self.compute_dtype) if self.condition else {}
        nats = -ops.sum(self._pixel_log_prob(images, condition, training=training), axis=(1, 2))
        if sample_weight is not None:  # Keras gives a pair of conditions a pair of the same weights
            sample_weight = ops.reshape(keras.tree.flatten(sample_weight)[0], (-1,))
        self._bits.update_state(nats / (self.num_dims * math.log(2)), sample_weight=sample_weight)
        if sample_weight is not None:
            nats = nats * ops.cast(sample_weight, nats.dtype)
        terms = (ops.sum(ops.cast(term, nats.dtype)) for term in self.losses)
        return sum(terms, ops.mean(nats)) / replicas()

    def stateless_compute_loss(
        self, trainable_variables, non_trainable_variables, metrics_variables, x=None, y=None, y_pred=None,
        sample_weight=None, training=True,
    ):  # fmt: skip
        """As `keras.Model.stateless_compute_loss`, which JAX differentiates. It also collects the terms that layers add
        here, because the layers of a distribution run in `compute_loss` and not in `call`.
        """
        values = {
            "trainable_variables": trainable_variables,
            "non_trainable_variables": non_trainable_variables,
            "metrics_variables": metrics_variables,
        }
        mapping = [pair for name in values for pair in zip(getattr(self, name), values[name], strict=True)]
        self._losses_override.clear()  # what was found in `call`
        with keras.StatelessScope(state_mapping=mapping, collect_losses=True) as scope:
            loss = self.compute_loss(x, y, y_pred, sample_weight, training=training)
        found = ([scope.get_current_value(variable) for variable in getattr(self, name)] for name in list(values)[1:])
        return loss, (trainable_variables, *found)

    @alone
    def initialize(self, images, labels=None):
        """Set gains and biases of weight-normalised layers from a batch, so that their outputs have mean 0 and variance
        1.

        `fit` calls it once, with images from its first batch; without weight normalisation or with
        `use_data_init=False` it does nothing.

        Args:
            images: (B, H, W, C), whole numbers `low … high`.
            labels: Their condition.
        """
        images = check_images(images, self.image_shape, self.low, self.high)
        if images.ndim != 4 or not len(images):
            raise ValueError(f"images of shape {images.shape} do not fit: expected a batch of at least one image.")
        arrays, batch_shape = self.condition.check(self.condition.as_rows(labels, "labels"), name="labels")
        arrays = self.condition.flatten(arrays, _broadcast(images.shape[:1], batch_shape))
        condition = {key: ops.convert_to_tensor(array) for key, array in arrays.items()}
        stacks = [stack for stack in self.network.kernel_stacks if stack.use_weight_norm]
        if self.initializes_from_data and stacks:

            def choose(images, condition):
                return chosen_from_data(stacks, lambda: self.pixel_parameters(images, condition, training=False))

            chosen = call_once(choose, self.network.variables, ops.convert_to_tensor(images), condition)
            for stack, (gains, biases) in zip(stacks, chosen, strict=True):
                stack.gain.assign(gains)
                stack.bias.assign(biases)
        self.initialized.assign(1)

    @alone
    def fit(
        self, x=None, y=None, batch_size=None, epochs=1, verbose="auto", callbacks=None, validation_split=0.0,
        validation_data=None, shuffle=True, class_weight=None, sample_weight=None, initial_epoch=0,
        steps_per_epoch=None, validation_steps=None, validation_batch_size=None, validation_freq=1,
    ):  # fmt: skip
        """Train as `keras.Model.fit` does.

        All values of arrays, tensors, generators and `PyDataset`s are checked. Of a `tf.data` data set or torch's
        loader only the first batch is checked. If a later batch holds a level or a label that does not exist, no update
        is made from it, and training ends with an error within ten steps.

        Args:
            x: Images (n, H, W, C) as an array, a tensor or an object that converts to an array (HDF5, Zarr, a memory
                map); a dictionary with "image" and, for the condition, "label"; or a data set (`tf.data`, `PyDataset`,
                torch's loader, generator). A batch of a data set is images, (images, condition),
                ((images, condition),), (images, condition, weights) or such a dictionary. A distribution without a
                condition ignores the conditions in a data set.
            y: The conditions of an array of images: labels (n,) or (n, 1), class names (text or bytes) or vectors.
                None is allowed with `condition_dropout`, and trains the distribution without a condition.
            validation_split: Share of the images, the last ones, to hold out and evaluate after each epoch. For arrays.
            validation_data: Data to evaluate after each epoch, in place of a split: (images, conditions),
                (images, conditions, weights) or a data set.
            class_weight: Dictionary, class -> its weight in the loss; a class is a label or a class name. Other classes
                have weight 1. Not together with `sample_weight`.
            sample_weight: A weight for each image. For arrays.
            batch_size, epochs, verbose, callbacks, shuffle, initial_epoch, steps_per_epoch, validation_steps,
                validation_batch_size, validation_freq: As in Keras; a data set makes batches of its own size.

        Returns:
            Keras' history, with `loss` (mean nats per image) and `bits_per_dim`.

        Raises:
            ValueError: If images, conditions or an argument do not fit.
        """
        numbers = whole_numbers(
            batch_size=batch_size, epochs=epochs, initial_epoch=initial_epoch, steps_per_epoch=steps_per_epoch,
            validation_steps=validation_steps, validation_batch_size=validation_batch_size,
        )  # fmt: skip
        numbers["validation_freq"] = check_validation_freq(validation_freq)
        inputs = Inputs(self)
        split = validation_split if validation_data is None else 0.0
        training = inputs.given(x, y, sample_weight, class_weight, split)
        validation = training.held_out
        if validation_data is not None:
            if isinstance(validation_data, (tuple, list)) and not 1 <= len(validation_data) <= 3:
                raise ValueError(
                    f"validation_data of {len(validation_data)} parts does not fit: expected (images, conditions), "
                    "(images, conditions, weights) or a data set."
                )
            data = keras.utils.unpack_x_y_sample_weight(validation_data)
            validation = inputs.given(*data, name="validation_data")
        wrong_data = WrongDataStop(inputs, training.source, validation and validation.source)
        x, batches = read_again(training.x, training.y)
        callbacks = check_callbacks(callbacks, [wrong_data], NonFiniteStop(batches))
        self._initialize_once(training.first)
        with inputs.own_errors(), training_weights(self):
            return super().fit(
                x, training.y, sample_weight=training.sample_weight, verbose=verbose, callbacks=callbacks,
                validation_data=validation and validation.for_validation, shuffle=shuffle and training.shuffles,
                **numbers,
            )  # fmt: skip

    def _initialize_once(self, first):
        if not int(ops.convert_to_numpy(self.initialized)):
            self.initialize(*first)

    @alone
    def train_on_batch(self, x, y=None, sample_weight=None, class_weight=None, return_dict=False):
        """One training step, as in Keras. It starts from the weights of the last step; afterwards the model holds the
        averages, if any.

        Arguments and errors as in `fit`, for images in memory. The first step initialises the model as `fit` does.
        """
        given = Inputs(self).in_memory(x, y, sample_weight, class_weight)
        self._initialize_once(given.first)
        with training_weights(self):
            return super().train_on_batch(given.x, given.y, given.sample_weight, return_dict=return_dict)

    @alone
    def test_on_batch(self, x, y=None, sample_weight=None, return_dict=False):
        """Mean nats per image and bits per dimension of a batch, measured with the averages, if any. Arguments as in
        `train_on_batch`.
        """
        given = Inputs(self).in_memory(x, y, sample_weight)
        with averaged_weights(self):
            return super().test_on_batch(given.x, given.y, given.sample_weight, return_dict=return_dict)

    @alone
    def evaluate(
        self, x=None, y=None, batch_size=None, verbose="auto", sample_weight=None, steps=None, callbacks=None,
        return_dict=False, **kwargs,
    ):  # fmt: skip
        """Mean nats per image and bits per dimension, as `keras.Model.evaluate` reports them. Arguments as in `fit`.

        Raises:
            ValueError: If images, conditions or an argument do not fit.
        """
        if kwargs:  # called by Keras' `fit`, with data that were checked there
            with averaged_weights(self):
                return super().evaluate(
                    x, y, batch_size, verbose, sample_weight, steps, callbacks, return_dict, **kwargs
                )
        numbers, inputs = whole_numbers(batch_size=batch_size, steps=steps), Inputs(self)
        given = inputs.given(x, y, sample_weight)
        callbacks = check_callbacks(callbacks)
        with inputs.own_errors(), averaged_weights(self):
            logs = super().evaluate(
                given.x, given.y, sample_weight=given.sample_weight, verbose=verbose, callbacks=callbacks,
                return_dict=True, **numbers,
            )  # fmt: skip
        inputs.require_finite(logs["bits_per_dim"], given.source)
        return logs if return_dict else [logs[name] for name in self.metrics_names]

    def predict(self, x, batch_size=None, verbose="auto", steps=None, callbacks=None):
        """Log-probability of images in nats: what `log_prob` gives.

        Args:
            x: Images (n, H, W, C); with their condition (images, condition); a dictionary or a data set, as in `fit`.
            batch_size, verbose, steps, callbacks: As in Keras.

        Returns:
            (n,).

        Raises:
            ValueError: If images, conditions or an argument do not fit.
        """
        batches, count = Inputs(self).to_predict(x, **whole_numbers(batch_size=batch_size, steps=steps))
        return predict_in_batches(self, batches, count, verbose, check_callbacks(callbacks))

    def predict_on_batch(self, x):
        """Log-probability of a batch of images in nats; as `predict`."""
        images, given, _ = Inputs(self).arrays(x)
        return self.log_prob(images, given if self.condition else None)

    def add_loss(self, loss):
        """Refused, because the likelihood is the loss. Terms that layers add in their `call` are added to it.

        Raises:
            ValueError: Always.
        """
        raise ValueError(
            "add_loss does not fit a distribution, because its likelihood is the loss already; expected "
            "dist.compile(optimizer='adam') and dist.fit(images, labels). (A layer may call add_loss in its own call; "
            "for a functional model on log_prob, use the layer pixelcnn.losses.NegativeLogLikelihood.)"
        )

    def export(self, *args, **kwargs):
        """Refused, because Keras would export `call`, which returns the images unchanged.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError(
            "export would write a model that returns images unchanged. To save a distribution, use "
            "dist.save('name.keras') and pixelcnn.load."
        )

    def quantize(self, *args, **kwargs):
        """Refused: no layer of a distribution can be quantised.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError(
            "quantize does not work for a distribution, because Keras cannot quantise its layers; to compute in half "
            "precision, give dtype='mixed_bfloat16' to the distribution."
        )

    # ---- sampling
    # ------------------------------------------------------------------------------------------------------------------

    def sample(
        self, sample_shape=None, seed=None, conditional_input=None, temperature=1.0, guidance=0.0, method="cached",
        batch_size=None, verbose=1,
    ):  # fmt: skip
        """Draw images.

        Args:
            sample_shape: An int, a tuple or a `TensorShape` that ends in the batch shape of the condition; None draws
                one image for each condition.
            seed: A whole number, 0 … 2^64 - 1; image i of a seed is the same however many are drawn. None takes a new
                one.
            conditional_input: The condition; with `condition_dropout` None draws without one.
            temperature: Divides the log-probabilities of all levels of a sub-pixel; below 1 is sharper.
            guidance: w: log-probabilities of all levels of a sub-pixel are `(1 + w) conditional - w unconditional`,
                normalised again, then tempered. Above 0 images are more typical of their condition and less varied. It
                needs a model that was trained with `condition_dropout`.
            method: `cached`; `jacobi`, passes of the whole network over whole images until nothing changes; or `naive`,
                one pass of the whole network per pixel, to check the others against.
            batch_size: Most images at once.
            verbose: 0 shows no progress bar. A function is called, in place of the bar, with the rows done and all rows
                (summed over all images). The first draw of a number of images is compiled: the bar says so, and the
                function is called with 0 rows done.

        Returns:
            (*sample_shape, H, W, C), uint8 where that holds all levels, else int32.

        Raises:
            ValueError: If an argument does not fit.
        """
        arrays, condition_shape = self.condition.check(_from_tensor(conditional_input))
        shape = _sample_shape(sample_shape, condition_shape)
        known = np.zeros((*shape, *self.image_shape), "float32")
        guidance = self._check_guidance(guidance, conditional_input)
        is_known = np.zeros(known.shape, bool)
        return self._draw(known, is_known, arrays, seed, temperature, guidance, 1, method, batch_size, verbose)

    def complete(
        self,
        images,
        mask,
        conditional_input=None,
        seed=None,
        temperature=1.0,
        guidance=0.0,
        num_particles=1,
        method="cached",
        batch_size=None,
        verbose=1,
    ):
        """Draw the unknown pixels of images, each given the pixels before it in raster order.

        This is the exact conditional distribution where all known pixels come before all unknown ones. A known pixel
        that comes later is kept, but with one particle it does not influence those before it. With n particles n
        drafts of each image are drawn, weighed by the probability that they give to the known pixels which they come
        upon, thinned out by this weight after every few rows, and one is chosen (`pixelcnn.sampling.particles`). Its
        distribution tends to the exact one as n grows, with a difference of the order of 1 / n; how many it takes
        depends on how much the later pixels say, and no number makes up for drafts that are all unlike them. Time and
        memory grow n-fold.

        Args:
            images: (…, H, W, C); what unknown pixels hold does not matter.
            mask: True = known, kept: (H, W), (H, W, C) or with the batch shape before.
            conditional_input, seed, temperature, guidance, method, verbose: As in `sample`. Particles are weighed by
                the tempered and guided distribution too.
            num_particles: Number of drafts n of each image; `jacobi` draws one.
            batch_size: Most images at once, drafts counted.

        Returns:
            Images of the broadcast batch shape, in the type of `sample`.

        Raises:
            ValueError: If an argument does not fit.
        """
        arrays, condition_shape = self.condition.check(_from_tensor(conditional_input))
        images = np.asarray(_from_tensor(images))
        batch_shape = _broadcast(images.shape[:-3], condition_shape)
        is_known = check_mask(mask, batch_shape, self.image_shape)
        images = np.broadcast_to(images, (*batch_shape, *images.shape[-3:]))
        known = check_images(images, self.image_shape, self.low, self.high, where=is_known).astype("float32")
        guidance = self._check_guidance(guidance, conditional_input)
        return self._draw(
            known, is_known, arrays, seed, temperature, guidance, num_particles, method, batch_size, verbose
        )

    def _check_guidance(self, guidance, conditional_input):
        guidance = require.within("guidance", guidance, -EXTREME, EXTREME)
        if not guidance:
            return guidance
        if not self.condition:
            why = "this distribution has no condition to make more of"
        elif not self.condition.dropout:
            why = "it needs the distribution without a condition too, which a model with condition_dropout learns"
        elif self.condition.is_none(conditional_input):
            why = "conditional_input=None leaves nothing to make more of"
        else:
            return guidance
        raise ValueError(f"guidance={guidance!r} does not fit: {why}; expected 0.")

    def _draw(self, known, is_known, arrays, seed, temperature, guidance, num_particles, method, batch_size, verbose):
        temperature = require.within("temperature", require.positive_number("temperature", temperature), 1 / EXTREME)
        num_particles = require.positive_integer("num_particles", num_particles)
        require.one_of("method", method, ("cached", "naive", "jacobi"))
        if method == "jacobi" and num_particles > 1:
            raise ValueError(f"num_particles={num_particles} does not fit: method='jacobi' draws one; expected 1.")
        draw = Draw(noise.check_seed(seed), temperature, guidance, num_particles)
        batch_size = SAMPLING_BATCH_SIZE if batch_size is None else require.positive_integer("batch_size", batch_size)
        shape = known.shape
        levels = draw_in_batches(
            self._sampler(method),
            self.values_of(self.network.variables),
            known.reshape((-1, *self.image_shape)),
            is_known.reshape((-1, *self.image_shape)),
            self.condition.flatten(arrays, shape[:-3]),
            draw,
            batch_size,
            verbose,
        )
        if np.isnan(levels).any():
            check_finite(self.weights, "this distribution")
            raise ValueError(
                "the network's output for a pixel is not finite, so no level can be drawn: expected weights and a "
                f"condition of moderate size, or a dtype of more range than {self.compute_dtype}."
            )
        return levels.reshape(shape).astype(level_dtype(self.low, self.high))

    def _sampler(self, method):
        if method == "naive":
            parameters = self._compiled("pixel_parameters")
            network = self.network
            return NaiveSampler(parameters, self.head, self.image_shape, network.channel_groups, network.granularity)
        if method not in self._functions:
            self._functions.setdefault(method, self._compiled_sampler(method))  # another thread may have been first
        return self._functions[method]

    def _compiled_sampler(self, method):
        if method == "jacobi":
            return JacobiSampler(self.pixel_parameters, self.network.variables, self.head, self.image_shape)
        return CachedSampler(self.network, self.head, self.image_shape, self.compute_dtype)

    def _compiled(self, name):
        if name not in self._functions:
            function = {"pixel_log_prob": self._pixel_log_prob, "pixel_parameters": self.pixel_parameters}[name]
            compiled = compile_for_inference(function, self.network.variables, xla=False, any_batch=True)
            self._functions.setdefault(name, compiled)
        return self._functions[name]

    # ---- files
    # ----------------------------------------------------------------------------------------------------------------

    @alone
    def load_weights(self, filepath, **kwargs):
        """Load weights as `keras.Model.load_weights` does; integers in the place of floats are an error.

        Args:
            filepath: Path of a `.keras`, `.weights.h5` or `.weights.json` file.
            **kwargs: As in `keras.Model.load_weights`.

        Raises:
            ValueError: If the file holds integers or booleans where this distribution has floats.
        """
        if Path(filepath).suffix in (".keras", ".h5"):
            check_file(filepath, self)
        super().load_weights(filepath, **kwargs)

    def save(self, filepath, overwrite=True, **kwargs):
        """Save architecture, weights and optimizer to a `.keras` file; an older file stays whole until the new one is.

        Args:
            filepath: Path that ends in `.keras`. Missing folders are created.
            overwrite: Whether an existing file may be replaced.
            **kwargs: As in `keras.Model.save`.

        Raises:
            ValueError: If the path does not end in `.keras`.
            FileExistsError: If the file exists and may not be replaced.
        """
        path = Path(filepath)
        if path.suffix != ".keras":
            raise ValueError(f"filepath={str(path)!r} does not fit: expected a name that ends in .keras.")
        if path.exists() and not overwrite:
            raise FileExistsError(f"filepath={str(path)!r} exists already; pass overwrite=True to replace it.")
        with replacing(path) as temporary, self.turn():
            super().save(temporary, overwrite=True, **kwargs)


def _policy(dtype):
    """A Keras policy from a name, a policy, a backend's dtype or None."""
    if dtype is None or isinstance(dtype, keras.DTypePolicy):
        return dtype
    if isinstance(dtype, str) and "_" in dtype:
        return keras.DTypePolicy(dtype)
    return keras.DTypePolicy(keras.backend.standardize_dtype(dtype))


def _plain(value):
    """Tuples, `TensorShape`s and NumPy numbers as JSON can hold them."""
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, np.generic):
        return value.item()
    return [_plain(item) for item in value]


def _is_tensor(value):
    if isinstance(value, (tuple, list)):
        return any(_is_tensor(part) for part in value)
    return isinstance(value, keras.KerasTensor) or keras.ops.is_tensor(value)


def _is_unknown(tensor):
    """Whether a tensor is symbolic, or has a size that is known only when it is computed."""
    return isinstance(tensor, keras.KerasTensor) or None in np.shape(tensor)


def _in_one_row(tensor, batch_shape, event):
    """Broadcast to a batch shape and lay the images in one row: (…, *event) -> (B, *event)."""
    tensor = ops.broadcast_to(ops.convert_to_tensor(tensor), (*batch_shape, *event))
    return ops.reshape(tensor, (math.prod(batch_shape), *event))


def _from_tensor(value):
    return ops.convert_to_numpy(value) if ops.is_tensor(value) else value


def _text_from_tensor(value):
    """Convert a TensorFlow tensor of class names to an array; return anything else unchanged."""
    return ops.convert_to_numpy(value) if ops.is_tensor(value) and getattr(value, "dtype", None) == "string" else value


def _slices(count, batch_size, default):
    size = default if batch_size is None else require.positive_integer("batch_size", batch_size)
    return (slice(first, first + size) for first in range(0, count, size))


def _broadcast(images_shape, condition_shape):
    try:
        return np.broadcast_shapes(images_shape, condition_shape)
    except ValueError:
        raise ValueError(
            f"images of batch shape {images_shape} and a condition of batch shape {condition_shape} do not go together."
        ) from None


def _sample_shape(sample_shape, condition_shape):
    if sample_shape is None:
        return condition_shape
    try:
        shape = (require.integer("sample_shape", sample_shape),)
    except ValueError:
        if not hasattr(sample_shape, "__iter__"):
            raise
        shape = tuple(require.integer("sample_shape", getattr(size, "value", size)) for size in sample_shape)
    if any(size < 0 for size in shape) or shape[len(shape) - len(condition_shape) :] != condition_shape:
        raise ValueError(
            f"sample_shape={shape!r} does not fit: expected sizes that end in the condition's "
            f"batch shape {condition_shape}."
        )
    return shape
