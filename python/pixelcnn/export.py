"""A distribution as a file for programs without this package: a TensorFlow SavedModel, or its likelihood as ONNX."""

import os
from pathlib import Path

import keras
from keras import ops

from pixelcnn import require
from pixelcnn.backend import exporting, seeded_sampler, with_argument_names
from pixelcnn.files import replacing, replacing_folder, require_writable, write_json
from pixelcnn.images import level_dtype
from pixelcnn.shared_model import in_one_thread

ABOUT = Path("assets.extra") / "pixelcnn.json"  # TensorFlow leaves `assets.extra` to whoever writes a SavedModel
SAVED_MODEL = {"saved_model.pb", "fingerprint.pb", "variables", "assets", "assets.extra"}


class Exportable:
    """What a distribution writes for programs without this package."""

    __module__ = "pixelcnn"  # reticulate makes S3 classes of this name, so the name must not depend on the file

    @in_one_thread
    def export(
        self, filepath: str | os.PathLike[str], format: str = "tf_saved_model", *, overwrite: bool = True
    ) -> None:
        """Write a file for programs without this package and without Keras: a TensorFlow SavedModel or an ONNX file.

        An ONNX file has one output, the `log_prob` below. A SavedModel has the functions below. B is any number; the
        parts of a condition are `label` (B,), int32, and `vector` and `spatial`, float32; float64 if the
        distribution computes in float64.

        * `log_prob(images[, label …])`: log-probabilities (B,) in nats. Images have the dtype of `sample`. A level or a
          label that does not exist gives minus infinity.
        * `sample(seed[, label …])`, without a condition `sample(seed, count)`: the images of `sample` with this seed,
          which is an int64 scalar; a seed above 2^63 - 1 is passed as itself minus 2^64. Rounding can change a pixel;
          in half precision, where rounding is coarse, images differ and follow the same distribution.
        * `draw(uniforms[, label …])`: levels (B, H, W, C), float32, from uniforms of this shape in (0, 1), such as
          noise of another generator. NaN where the network's output is not finite. Labels and codes must exist.

        Temperature is 1 and guidance 0; an exported distribution with `condition_dropout` needs a condition. Class
        names and all other arguments are in `assets.extra/pixelcnn.json` of a SavedModel.

        Args:
            filepath: Path of the folder, or of the file, whose name then ends in `.onnx`. Missing folders are created.
            format: `tf_saved_model` (on TensorFlow and JAX) or `onnx` (on TensorFlow, with tf2onnx).
            overwrite: Whether an existing export may be replaced. A folder that holds anything but an export of this
                package stays.

        Raises:
            ValueError: If the format is another, or tf2onnx cannot convert the distribution.
            FileExistsError: If something exists at `filepath` that may not be replaced.
            NotImplementedError: If the format does not work on the backend.
            ImportError: If tf2onnx is not installed.

        Example:
            >>> import pixelcnn, tempfile, tensorflow as tf
            >>> dist = pixelcnn.PixelCNN((2, 2, 1), num_blocks=1, num_filters=4, high=3)
            >>> folder = tempfile.mkdtemp()
            >>> dist.export(folder)
            >>> served = tf.saved_model.load(folder)
            >>> served.sample(seed=7, count=8).shape
            TensorShape([8, 2, 2, 1])
        """
        _export(self, filepath, format, overwrite)


def _export(distribution, filepath, format, overwrite):
    path, overwrite = require.path("filepath", filepath), require.boolean("overwrite", overwrite)
    require.one_of("format", format, ("tf_saved_model", "onnx"))
    distribution._require_no_context("export")
    require_writable("filepath", path)
    with distribution.turn():
        (export_onnx if format == "onnx" else export_saved_model)(distribution, path, overwrite)


def export_saved_model(distribution, path, overwrite):
    """Write a SavedModel with the signatures `log_prob`, `draw` and `sample`; see `Exportable.export`."""
    _require_backend("tf_saved_model", "tensorflow", "jax")
    images, *condition = _input_specs(distribution)
    image_shape = distribution.image_shape
    uniforms = keras.InputSpec("float32", (None, *image_shape), name="uniforms")
    sampler = distribution._sampler("cached")

    def log_prob(images, *parts):
        nats = distribution(images, conditional_input=_as_given(parts), output="pixel_log_prob")
        return ops.sum(nats, axis=(1, 2))

    def draw(uniforms, *parts):
        tensors = distribution.condition.from_tensors(_as_given(parts), distribution.compute_dtype)
        return sampler.draw_traced(uniforms, tensors)

    archive = keras.export.ExportArchive()
    archive.track(distribution.network)

    def add(function, *specs):
        return archive.add_endpoint(function.__name__, with_argument_names(function, specs), list(specs))

    def may_replace(folder):
        return not any(folder.iterdir()) or overwrite and _is_ours(folder)

    with replacing_folder(path, may_replace) as temporary, exporting("tf_saved_model"):
        add(log_prob, images, *condition)
        drawn = add(draw, uniforms, *condition)
        levels = distribution.num_classes, distribution.condition.map_levels
        archive.add_endpoint("sample", seeded_sampler(drawn, image_shape, images.dtype, condition, *levels))
        archive.write_out(str(temporary), verbose=False)
        write_json(temporary / ABOUT, {"family": type(distribution).__name__, **distribution.get_config()})


def export_onnx(distribution, path, overwrite):
    """Write `log_prob` as an ONNX file; see `Exportable.export`."""
    _require_backend("onnx", "tensorflow")
    try:
        import onnx
        import tf2onnx  # noqa: F401
    except ImportError as error:
        raise ImportError(f"format='onnx' needs tf2onnx: pip install 'pixelcnn[onnx]' ({error}).") from error
    if path.suffix != ".onnx":
        raise ValueError(f"filepath={str(path)!r} does not fit: expected a name that ends in .onnx.")
    if path.exists() and not overwrite:
        raise FileExistsError(f"filepath={str(path)!r} exists already; pass overwrite=True to replace it.")
    specs = _input_specs(distribution)
    inputs = [keras.Input(batch_shape=spec.shape, dtype=spec.dtype, name=spec.name) for spec in specs]
    with replacing(path) as temporary, exporting("onnx"):
        model = keras.Model(inputs, distribution.log_prob(inputs[0], conditional_input=_as_given(inputs[1:])))
        model.export(str(temporary), format="onnx", verbose=False, input_signature=[specs])
        try:
            onnx.checker.check_model(str(temporary), full_check=True)
        except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:  # tf2onnx only logs these
            raise ValueError(f"format='onnx' does not fit: tf2onnx cannot convert it ({error}).") from None


def _require_backend(format, *backends):
    if keras.backend.backend() not in backends:
        raise NotImplementedError(
            f"format={format!r} does not work on KERAS_BACKEND={keras.backend.backend()}; expected "
            f"{' or '.join(backends)}. A file of dist.save('name.keras') can be read and exported on "
            f"KERAS_BACKEND=tensorflow: pixelcnn.load('name.keras').export(…)."
        )


def _as_given(parts):
    return parts[0] if len(parts) == 1 else tuple(parts) or None


def _input_specs(distribution):
    """`keras.InputSpec`s, with a free batch, of images and of each part of the condition."""
    condition = distribution.condition
    images = keras.InputSpec(
        level_dtype(distribution.low, distribution.high).__name__, (None, *distribution.image_shape), name="images"
    )
    return [images] + [
        keras.InputSpec(condition.dtype_of(key), (None, *condition.event_as_given(key)), name=key)
        for key in condition.parts_of_users
    ]


def _is_ours(folder):
    """Whether a folder holds a SavedModel of this package and nothing else."""
    return {file.name for file in folder.iterdir()} <= SAVED_MODEL and (folder / ABOUT).is_file()
