#' Compress images without loss
#'
#' `compress_images()` turns images into about `-log2(p)` bits each, where p is the probability
#' that the distribution gives to the image. `decompress_images()` returns the same images.
#'
#' Decompression needs the same distribution, the same versions of the Python packages, and the
#' same kind of machine, because others round probabilities differently. If one of them
#' differs, the function stops with an error that names what differs. It never returns other
#' images. The Python package `constriction` must be installed:
#' `reticulate::py_require("constriction")`.
#'
#' @inheritParams log_prob
#' @param data A raw vector from `compress_images()`.
#' @param condition A class for each image, as for [log_prob()]. The bytes hold classes, so
#'   `decompress_images()` takes a condition only if it has numbers or a map.
#' @returns `compress_images()`: a raw vector. `decompress_images()`: images, as
#'   [sample_images()] returns images.
#' @family likelihood
#' @export
#' @examplesIf pixelcnn_available() && reticulate::py_module_available("constriction")
#' dist <- pixel_cnn(c(4, 4, 1), num_filters = 2, num_blocks = 1, high = 3)
#' images <- sample_images(dist, 2, seed = 1)
#' bytes <- compress_images(dist, images)
#' identical(decompress_images(dist, bytes), images)
compress_images <- function(object, images, condition = NULL, verbose = NULL) {
  unbind()
  check_distribution(object)
  pair <- likelihood_pair(object, images, condition, rlang::current_env())
  codec <- pixelcnn_module()$codec
  progress <- codec_progress(verbose, object, "Compressing")
  on.exit(progress$close())
  data <- call_python(codec$compress(object, pair$images, pair$condition, verbose = progress$verbose))
  if (is.raw(data)) data else as.raw(reticulate::py_to_r(numpy()$frombuffer(data, "uint8")))
}

#' @rdname compress_images
#' @export
decompress_images <- function(object, data, condition = NULL, verbose = NULL) {
  unbind()
  check_distribution(object)
  if (!is.raw(data)) abort_argument("data", describe(data), "a raw vector from `compress_images()`")
  codec <- pixelcnn_module()$codec
  condition <- condition_to_python(condition, object)$value
  progress <- codec_progress(verbose, object, "Decompressing")
  on.exit(progress$close())
  images <- call_python(codec$decompress(object, reticulate::r_to_py(data), condition, verbose = progress$verbose))
  new_images(images, levels_of(object))
}

# Python reports the sub-pixels of all images.
codec_progress <- function(verbose, object, name) work_progress(verbose, parts = prod(image_shape(object)), name = name)
