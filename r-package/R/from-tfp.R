# Distributions that TensorFlow Probability trained.

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
