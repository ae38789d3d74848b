"""Training, evaluation and prediction with Keras' loops; the loss is the mean negative log-likelihood."""

import math
import os
import warnings
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any, NoReturn

import keras
import numpy as np
from keras import ops

from pixelcnn import require
from pixelcnn.backend import (
    at_least_one,
    call_once,
    compiles_training,
    device_count,
    in_shares,
    mean_over_all,
    on_devices_of,
    replicas,
    require_shares,
    require_single_steps,
    share_random_state,
    sharing,
    training_gains_from_xla,
    weigh_by_images,
)
from pixelcnn.images import check_image_tensor, check_images
from pixelcnn.layers.linear import chosen_from_data
from pixelcnn.layers.remat import rematerialised
from pixelcnn.savable_model import SavableModel
from pixelcnn.shapes import broadcast
from pixelcnn.shared_model import in_one_thread
from pixelcnn.training.arguments import check_callbacks, check_validation_freq, check_verbose, whole_numbers
from pixelcnn.training.averaging import (
    averaged_weights,
    beginning_averages_anew,
    keep_averages,
    note_where_averages_are,
    training_weights,
)
from pixelcnn.training.callbacks.backup import find_backup
from pixelcnn.training.checked_batches import BATCH_SIZE
from pixelcnn.training.finite import NonFiniteStop, read_again, skip_non_finite_updates
from pixelcnn.training.inputs import Inputs
from pixelcnn.training.muon import Muon
from pixelcnn.training.prediction import predict_in_batches
from pixelcnn.training.resumed_fit import fit_from_position, require_positions
from pixelcnn.training.unpack import require_images_alone
from pixelcnn.training.wrong_data import WrongDataStop


class TrainableModel(SavableModel):
    """The part of `PixelDistribution` that `keras.Model` trains with: it checks arguments and data, and calls Keras."""

    __module__ = "pixelcnn"  # reticulate makes S3 classes of this name, so the name must not depend on the file
    initializes_from_data = False
    remat = False  # until `compile` says otherwise; a distribution that is not compiled has a loss too

    def __init__(self, **arguments):
        super().__init__(**arguments)
        self.supports_jit = training_gains_from_xla()  # Keras reads it for `jit_compile="auto"`
        self._bits = keras.metrics.Mean(name="bits_per_dim")
        self.initialized = self.add_weight(
            name="initialized", shape=(), initializer="zeros", dtype="int32", trainable=False, autocast=False
        )

    def compile(
        self,
        optimizer: Any = "adam",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: bool | str = "auto",
        auto_scale_loss: bool = True,
        ema_momentum: float | None = None,
        remat: bool = False,
    ) -> None:
        """Configure training as in Keras. The loss is the mean negative log-likelihood, in nats per image.

        With `ema_momentum` an exponential moving average of the weights is kept, beginning with those after the first
        step. `evaluate` and validation use the averages, and after `fit` the model holds them: they are what is saved
        and sampled. Another `fit`, of a loaded model too, goes on from the weights of the last step. During `fit` the
        model holds the weights of the last step, so a file that a callback saves then samples with these;
        `pixelcnn.training.averaged_weights` exchanges them for the averages, which such a file has in its optimizer.
        `EarlyStopping(restore_best_weights=True)` restores weights of a step, not averages.

        Args:
            optimizer: A Keras optimizer, or the name of one; "muon" is `pixelcnn.training.Muon`.
            loss, loss_weights, metrics, weighted_metrics: Must be None, because the negative log-likelihood is the
                loss, `bits_per_dim` is the metric, and there is no prediction to compare with a target.
            run_eagerly, steps_per_execution, auto_scale_loss: As in Keras.
            jit_compile: True, False, or `auto`, which takes what was measured to be faster on the device. Not True on
                torch.
            ema_momentum: m in `average = m average + (1 - m) weights`, an average over the last 1 / (1 - m) steps,
                about; 0.9995 in the PixelCNN++ paper. None keeps no average, unless the optimizer has `use_ema`.
            remat: Whether training keeps only the inputs of the network's blocks, and computes a block's features again
                for its gradients (rematerialisation). Training then takes less memory and more time.

        Raises:
            ValueError: If a loss or a metric is given, or another argument does not fit.
        """
        self._require_no_context("training")
        refused = {"loss": loss, "loss_weights": loss_weights, "metrics": metrics, "weighted_metrics": weighted_metrics}
        for name, value in refused.items():
            if value:
                raise ValueError(
                    f"{name}={value!r} does not fit: the negative log-likelihood is the loss, bits_per_dim the metric; "
                    f"expected {name}=None."
                )
        if jit_compile != "auto" and require.boolean("jit_compile", jit_compile) and not compiles_training():
            raise ValueError(
                "jit_compile=True does not fit on torch, because torch.compile cannot trace these networks; expected "
                "'auto' or False."
            )
        run_eagerly = require.boolean("run_eagerly", run_eagerly)
        auto_scale_loss = require.boolean("auto_scale_loss", auto_scale_loss)
        steps_per_execution = require.positive_integer("steps_per_execution", steps_per_execution)
        self.remat = require.boolean("remat", remat)
        optimizer = _optimizer(optimizer)
        if ema_momentum is not None:
            keep_averages(optimizer, require.probability("ema_momentum", ema_momentum))
        steps = optimizer.gradient_accumulation_steps
        require_single_steps("gradient_accumulation_steps", steps, device_count(self), expected=None)
        with on_devices_of(self):
            super().compile(
                optimizer, run_eagerly=run_eagerly, steps_per_execution=steps_per_execution, jit_compile=jit_compile,
                auto_scale_loss=auto_scale_loss,
            )  # fmt: skip
            skip_non_finite_updates(self.optimizer)
            note_where_averages_are(self)
            weigh_by_images(self._loss_tracker)
            # TensorFlow would trace the training step twice if the step had to make the optimizer's variables.
            self.optimizer.build(self.trainable_variables)

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Set all weights, as `keras.Model.set_weights` does; averages of the weights begin anew."""
        with self.alone("set_weights"), beginning_averages_anew(self):
            super().set_weights(weights)

    def load_weights(self, filepath: str | os.PathLike[str], **kwargs: Any) -> None:  # noqa: D102
        with self.alone("load_weights"), beginning_averages_anew(self):
            super().load_weights(filepath, **kwargs)

    load_weights.__doc__ = SavableModel.load_weights.__doc__

    def get_compile_config(self) -> dict[str, Any] | None:
        """Return the arguments of `compile` that a file holds."""
        config = super().get_compile_config()
        return {**config, "remat": True} if config and self.remat else config

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile as before saving. Keras calls this for models with a `compile` of their own."""
        arguments = keras.saving.deserialize_keras_object(config)
        if not compiles_training():  # a file from another backend may say otherwise
            arguments["jit_compile"] = False
        self.compile(**arguments)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool | None = True
    ) -> Any:
        """Return the mean nats per image, plus the terms that layers add.

        The condition is y, or a part of x = (image, condition). An image with a level or a label that does not exist
        has a log-probability of minus infinity.

        Each replica of `tf.distribute` returns its part of the loss, because Keras adds up the gradients of replicas.
        """
        x, y, sample_weight = in_shares((x, y, sample_weight))
        images, conditions = x if isinstance(x, (tuple, list)) else (x, y)
        check_image_tensor(images, self.image_shape, name="x", batched=True)
        with sharing(images):
            return self._mean_loss(images, conditions, sample_weight, training)

    def _mean_loss(self, images, conditions, sample_weight, training):
        """This replica's part of the mean loss of a batch."""
        padded, conditions = at_least_one((images, conditions))
        condition = self.condition.from_tensors(conditions, self.compute_dtype)
        with rematerialised(self.remat and training):
            nats = -ops.sum(self._pixel_log_prob(padded, condition, training=training), axis=(1, 2))
        if padded is not images:
            nats = nats[: ops.shape(images)[0]]
        if sample_weight is not None:  # Keras repeats the weights for each part of a pair of conditions
            sample_weight = ops.reshape(keras.tree.flatten(sample_weight)[0], (-1,))
        self._bits.update_state(nats / (self.num_dims * math.log(2)), sample_weight=sample_weight)
        if sample_weight is not None:
            nats = nats * ops.cast(sample_weight, nats.dtype)
        terms = (ops.sum(ops.cast(term, nats.dtype)) / replicas() for term in self.losses)
        return sum(terms, mean_over_all(nats))

    def stateless_compute_loss(
        self,
        trainable_variables: Any,
        non_trainable_variables: Any,
        metrics_variables: Any,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool | None = True,
    ) -> Any:
        """Do as `keras.Model.stateless_compute_loss`, which JAX differentiates, and collect the terms that layers add:
        the layers of a distribution run in `compute_loss` and not in `call`, where Keras collects them.
        """
        values = {
            "trainable_variables": trainable_variables,
            "non_trainable_variables": non_trainable_variables,
            "metrics_variables": metrics_variables,
        }
        mapping = [pair for name in values for pair in zip(getattr(self, name), values[name], strict=True)]
        self._losses_override.clear()  # terms of `call`
        with keras.StatelessScope(state_mapping=mapping, collect_losses=True) as scope:
            loss = self.compute_loss(x, y, y_pred, sample_weight, training=training)
        others = ([scope.get_current_value(variable) for variable in getattr(self, name)] for name in list(values)[1:])
        return loss, (trainable_variables, *others)

    @in_one_thread
    def initialize(self, images: Any, labels: Any = None) -> None:
        """Choose gains and biases of weight-normalised layers so that, on a batch, their outputs have mean 0 and
        variance 1.

        `fit` calls `initialize` once, with up to 128 images spread over an array, or with the first batch of a data
        set. Without weight normalisation, or with
        `use_data_init=False`, nothing is changed.

        Args:
            images: (B, H, W, C), whole numbers `low … high`.
            labels: The conditions of the images.

        Raises:
            ValueError: If images or conditions do not fit.
        """
        require_images_alone(images, self.image_shape, "images", "initialize(images, labels)")
        images = check_images(images, self.image_shape, self.low, self.high)
        if images.ndim != 4 or not len(images):
            raise ValueError(f"images of shape {images.shape} do not fit: expected a batch of at least one image.")
        arrays, batch_shape = self.condition.check(self.condition.as_rows(labels, "labels"), name="labels")
        arrays = self.condition.flatten(arrays, broadcast(images.shape[:1], batch_shape))
        if "order" in arrays:  # as in training, all orders
            arrays["order"] = np.arange(len(images), dtype="int32") % self.condition.orders.count
        images, arrays = self.condition.to_order(images, arrays)
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

    @in_one_thread
    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: Mapping[Any, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | Sequence[int] = 1,
    ) -> Any:
        """Train as `keras.Model.fit` does.

        All values are checked, except in a `tf.data` data set: there only the first batch is checked. If a later batch
        holds a level or a label that does not exist, that batch changes no weights, and training ends with an error
        within ten steps.

        Args:
            x: Images (n, H, W, C) as an array, a tensor or an object that converts to an array (HDF5, Zarr, a memory
                map); a dictionary with "image" and, for the condition, "label"; or a data set (`tf.data`, `PyDataset`,
                torch's loader, generator, or any object that gives batches when it is iterated). A batch of a data set
                is images, (images, condition), ((images, condition),), (images, condition, weights) or such a
                dictionary. A distribution without a condition ignores the conditions in a data set.
            y: The conditions of an array of images: labels (n,) or (n, 1), class names (text or bytes) or vectors.
                None is allowed with `condition_dropout`, and trains the distribution without a condition.
            validation_split: Share of the images to hold out and evaluate after each epoch; the last images are held
                out. For arrays.
            validation_data: Data to evaluate after each epoch, in place of a split: (images, conditions),
                (images, conditions, weights) or a data set.
            class_weight: Dictionary, class -> its weight in the loss; a class is a label or a class name. Other classes
                have weight 1. Not together with `sample_weight`.
            sample_weight: A weight for each image. For arrays.
            batch_size, epochs, verbose, callbacks, shuffle, initial_epoch, steps_per_epoch, validation_steps,
                validation_batch_size, validation_freq: As in Keras. A data set makes batches of its own size.

        Returns:
            Keras' history, with `loss` (mean nats per image) and `bits_per_dim`.

        Raises:
            ValueError: If images, conditions or an argument do not fit.
        """
        self._require_compiled("fit")
        shuffle = require.boolean("shuffle", shuffle)
        check_verbose(verbose)
        numbers = whole_numbers(
            batch_size=batch_size, epochs=epochs, initial_epoch=initial_epoch, steps_per_epoch=steps_per_epoch,
            validation_steps=validation_steps, validation_batch_size=validation_batch_size,
        )  # fmt: skip
        numbers["validation_freq"] = check_validation_freq(validation_freq)
        inputs = Inputs(self)
        training = inputs.to_train(
            x, y, sample_weight, class_weight, validation_split, validation_data,
            steps=numbers["steps_per_epoch"], validation_steps=numbers["validation_steps"],
        )  # fmt: skip
        whole = numbers["batch_size"] or BATCH_SIZE
        makes_batches = training.y is not None or training.check is not None
        require_shares("batch_size", whole if makes_batches else len(training.first[0]), device_count(self))
        size = numbers["validation_batch_size"] or numbers["batch_size"]
        validation = training.held_out and training.held_out.read_in_batches(size, numbers["validation_steps"])
        backup = find_backup(callbacks)
        if backup is not None:
            require_positions(training, numbers["steps_per_epoch"])
        with nullcontext() if backup is None else backup.session(self):
            share_random_state()
            training = training.read_in_batches(
                numbers["batch_size"], numbers["steps_per_epoch"], shuffle, backup and backup.seed
            )
            wrong_data = WrongDataStop(inputs, training.source, validation and validation.source)
            x, batches = read_again(training.x, training.y)
            callbacks = check_callbacks(callbacks, [wrong_data], NonFiniteStop(batches))
            self._initialize_once(training.first)
            keras_fit = super().fit

            def fit(x, callbacks, **changes):
                with on_devices_of(self), inputs.own_errors(), training_weights(self):
                    return keras_fit(
                        x, training.y, sample_weight=training.sample_weight, verbose=verbose, callbacks=callbacks,
                        validation_data=validation and validation.for_validation, **numbers | changes,
                    )  # fmt: skip

            shuffle = shuffle and training.shuffles
            if backup is None:
                return fit(x, callbacks, shuffle=shuffle)
            first, last = numbers["initial_epoch"], numbers["epochs"]
            return fit_from_position(self, backup, fit, x, callbacks, shuffle, first, last, verbose)

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Do nothing, because a distribution is built already. On several replicas, Keras would take the mean of their
        first images for this, which fails if their shares differ in size.
        """

    def _require_compiled(self, method):
        if not self.compiled:
            raise ValueError(f"{method}() does not fit a distribution that is not compiled; call compile() first.")

    def _initialize_once(self, first):
        if not int(ops.convert_to_numpy(self.initialized)):
            self.initialize(*first)

    @in_one_thread
    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Mapping[Any, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """Make one training step, as in Keras. The step starts from the weights of the last step; afterwards the model
        holds the averages, if there are any.

        Arguments and errors as in `fit`, for images in memory; `return_dict` as in Keras. The first step initialises
        the model as `fit` does.
        """
        self._require_compiled("train_on_batch")
        return_dict = require.boolean("return_dict", return_dict)
        data = Inputs(self).in_memory(x, y, sample_weight, class_weight)
        self._initialize_once(data.first)
        with on_devices_of(self), training_weights(self):
            return super().train_on_batch(data.x, data.y, data.sample_weight, return_dict=return_dict)

    @in_one_thread
    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """Return the mean nats per image and bits per dimension of a batch, measured with the averages, if there are
        any. Arguments as in `train_on_batch`.
        """
        self._require_compiled("test_on_batch")
        return_dict = require.boolean("return_dict", return_dict)
        data = Inputs(self).in_memory(x, y, sample_weight)
        with on_devices_of(self), averaged_weights(self):
            return super().test_on_batch(data.x, data.y, data.sample_weight, return_dict=return_dict)

    @in_one_thread
    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Return the mean nats per image and bits per dimension, as `keras.Model.evaluate` does.

        Arguments as in `fit`; `steps` (largest number of batches of a data set) and `return_dict` as in Keras.

        Raises:
            ValueError: If images, conditions or an argument do not fit.
        """
        if kwargs:  # called by Keras' `fit`, with data that were checked there
            with averaged_weights(self):
                return super().evaluate(
                    x, y, batch_size, verbose, sample_weight, steps, callbacks, return_dict, **kwargs
                )
        self._require_compiled("evaluate")
        return_dict = require.boolean("return_dict", return_dict)
        check_verbose(verbose)
        numbers, inputs = whole_numbers(batch_size=batch_size, steps=steps), Inputs(self)
        data = inputs.check(x, y, sample_weight, steps=numbers["steps"])
        data = data.read_in_batches(numbers["batch_size"], numbers["steps"])
        callbacks = check_callbacks(callbacks)
        with on_devices_of(self), inputs.own_errors(), averaged_weights(self):
            logs = super().evaluate(
                data.x, data.y, sample_weight=data.sample_weight, verbose=verbose, callbacks=callbacks,
                return_dict=True, **numbers,
            )  # fmt: skip
        inputs.require_finite(logs["bits_per_dim"], data.source)
        return logs if return_dict else [logs[name] for name in self.metrics_names]

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> np.ndarray:
        """Return the log-probability of images, in nats, as `log_prob` does.

        Args:
            x: Images (n, H, W, C); with their condition (images, condition); a dictionary or a data set, as in `fit`.
            batch_size, verbose, steps, callbacks: As in Keras.

        Returns:
            (n,).

        Raises:
            ValueError: If images, conditions or an argument do not fit.
        """
        check_verbose(verbose)
        batches, count = Inputs(self).to_predict(x, batch_size, steps)
        return predict_in_batches(self, batches, count, verbose, check_callbacks(callbacks))

    def predict_on_batch(self, x: Any) -> np.ndarray:
        """Return the log-probability of a batch of images, in nats. x as in `predict`."""
        images, conditions = Inputs(self).pair_to_predict(x)
        return self.log_prob(images, conditions if self.condition else None)

    def add_loss(self, loss: Any) -> None:
        """Raise an error, because the negative log-likelihood is the loss. (A layer may call its own `add_loss`.)

        Raises:
            ValueError: Always.
        """
        raise ValueError(
            "add_loss does not fit a distribution, because its negative log-likelihood is the loss already; expected "
            "dist.compile(optimizer='adam') and dist.fit(images, labels). (A layer may call add_loss in its own call; "
            "for a functional model on log_prob, use the layer pixelcnn.losses.NegativeLogLikelihood.)"
        )

    def quantize(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise an error, because Keras cannot quantise the layers of a distribution.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError(
            "quantize does not work for a distribution, because Keras cannot quantise its layers; to compute in half "
            "precision, give dtype='mixed_bfloat16' to the distribution."
        )


def _optimizer(optimizer):
    """A Keras optimizer, from an optimizer, its name or its configuration."""
    if isinstance(optimizer, str) and optimizer.lower() == "muon":
        return Muon()
    if isinstance(optimizer, getattr(keras.optimizers, "Muon", ())):  # newer than the oldest Keras that will do
        warnings.warn(
            "keras.optimizers.Muon is AdamW for all kernels of a distribution, because these are no matrices; "
            "optimizer='muon' or pixelcnn.training.Muon(learning_rate=0.006) is Muon for them.",
            stacklevel=3,
        )
    try:
        chosen = keras.optimizers.get(optimizer)
    except (KeyError, TypeError, ValueError):
        chosen = None
    if chosen is None:
        raise ValueError(
            f"optimizer={optimizer!r} does not fit: expected an optimizer of Keras 3 or the name of one, such as "
            "keras.optimizers.Adam(learning_rate=0.001)."
        )
    return chosen
