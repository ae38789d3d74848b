# Distributions that TensorFlow Probability or PyTorch trained.

#' Take over a PixelCNN of 'tfprobability'
#'
#' `from_tfp()` makes a distribution of this package from a trained
#' `tfprobability::tfd_pixel_cnn()`, with the same arguments and weights. Log-probabilities
#' agree within rounding, and images are drawn hundreds of times as fast.
#' `from_tfp_weights()` does the same from a file that `save_model_weights_hdf5()` or
#' `save_model_weights_tf()` wrote for a model whose output is the log-probability, as in the
#' article *Easy PixelCNN with tfprobability*. `to_tfp()` is the way back.
#'
#' Python needs TensorFlow Probability and `tf_keras`:
#' `reticulate::py_install(c("tensorflow-probability", "tf_keras"), "r-pixelcnn")` installs
#' them. 'tfprobability' trains with legacy Keras, this package with Keras 3; both work in
#' one session.
#'
#' @param distribution A trained distribution of 'tfprobability'. An untrained one is
#'   refused, because TensorFlow Probability masks kernels only after a training step.
#' @param dtype A dtype by name, such as `"float32"`; `NULL` keeps that of `distribution`.
#' @param name Name of the distribution.
#' @param path Path of the file of weights; of a checkpoint, the path without `.index`.
#' @param ... Arguments that `tfd_pixel_cnn()` was called with, by name.
#' @param object A distribution of [pixel_cnn_plus_plus()] without classes and without a map.
#' @returns `from_tfp()` and `from_tfp_weights()` return a distribution, a Keras model.
#'   `to_tfp()` returns a distribution of TensorFlow Probability.
#' @family files
#' @family tfprobability's calls
#' @export
#' @examples
#' \dontrun{
#' trained <- tfprobability::tfd_pixel_cnn(image_shape = c(28, 28, 1), num_filters = 32)
#' # ... training ...
#' dist <- from_tfp(trained)
#' sample_images(dist, 8)
#' dist <- from_tfp_weights("weights.h5", image_shape = c(28, 28, 1), num_filters = 32)
#' }
from_tfp <- function(distribution, dtype = NULL, name = "pixel_cnn_plus_plus") {
  check_process()
  if (!inherits(distribution, "tensorflow_probability.python.distributions.pixel_cnn.PixelCNN")) {
    abort_argument("distribution", describe(distribution), "a distribution that `tfprobability::tfd_pixel_cnn()` made")
  }
  call_python(pixelcnn_module()$interop$from_tfp(distribution, dtype = dtype, name = as_string(name, "name")))
}

#' @rdname from_tfp
#' @export
from_tfp_weights <- function(path, ...) {
  path <- as_path(path, "path")
  check_process()
  arguments <- constructor_arguments(list(...))
  call_python(do.call(pixelcnn_module()$interop$from_tfp_weights, c(list(path), arguments)))
}

#' @rdname from_tfp
#' @export
to_tfp <- function(object) {
  check_distribution(object)
  call_python(pixelcnn_module()$interop$to_tfp(object))
}

#' Take over a checkpoint of the PyTorch port of PixelCNN++
#'
#' `from_pytorch_pixelcnnpp()` makes a distribution from a checkpoint of the PyTorch port
#' `pclucas14/pixel-cnn-pp`. It reads the numbers of blocks, filters, mixture components and
#' channels from the checkpoint. The result has `variant = "openai"`, the levels 0 to 255 and
#' no condition. Its log-probability is minus the port's loss of an image within rounding,
#' except for levels with a probability below 1e-5, which the port approximates.
#'
#' Python needs PyTorch: `reticulate::py_install("torch", "r-pixelcnn")` installs it. The
#' backend may be another. PyTorch runs no code from the file.
#'
#' @param path Path of a file that `torch.save(model.state_dict(), path)` wrote.
#' @param image_shape Height, width and channels, because the checkpoint has no height and
#'   width. `NULL` takes those of the port's data sets: `c(28, 28, 1)` for one channel,
#'   `c(32, 32, 3)` for three.
#' @param dtype A dtype by name, such as `"float32"`; `NULL` keeps that of the checkpoint.
#' @param name Name of the distribution.
#' @returns A distribution, a Keras model.
#' @family files
#' @export
#' @examples
#' \dontrun{
#' dist <- from_pytorch_pixelcnnpp("models/pcnn_lr:0.00020_nr-resnet5_nr-filters160_889.pth")
#' sample_images(dist, 8)
#' }
from_pytorch_pixelcnnpp <- function(path, image_shape = NULL, dtype = NULL, name = "pixel_cnn_plus_plus") {
  path <- as_path(path, "path")
  check_process()
  image_shape <- as_sizes(image_shape, "image_shape")
  call_python(pixelcnn_module()$interop$from_pytorch_pixelcnnpp(path, image_shape, dtype, as_string(name, "name")))
}
