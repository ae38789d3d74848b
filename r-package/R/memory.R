#' Estimate the memory of a training
#'
#' `training_memory()` estimates what R takes at the peak of a training, beyond what R had
#' before the distribution was made. The optimizer is Adam, or the one of
#' [`compile()`][compile.pixelcnn.PixelDistribution] if it keeps averages or adds up gradients.
#' The estimate was fitted to measured peaks of each backend on a processor.
#' `largest_batch_size()` returns the largest batch size, a power of two of at most 128, with
#' which a training fits. `available_memory()` returns what R may still take on the device on
#' which it computes.
#'
#' To train in less memory, add up the gradients of several batches with
#' `compile(accumulate = )`, or compute blocks again with `compile(remat = TRUE)`.
#'
#' @param object A distribution.
#' @param batch_size Number of images of a step.
#' @param available Number of bytes that the training may take. `NULL` takes
#'   `available_memory()`.
#' @returns `training_memory()` and `available_memory()` return a number of bytes;
#'   `available_memory()` returns `NULL` if the system does not say it. `largest_batch_size()`
#'   returns a whole number.
#' @family training
#' @export
#' @examplesIf pixelcnn_available()
#' dist <- pixel_cnn(c(8, 8, 1), high = 1, num_blocks = 1, num_filters = 8)
#' training_memory(dist, 64) / 1e6
#' largest_batch_size(dist, available = 1e9)
#' available_memory() / 1e9
training_memory <- function(object, batch_size) {
  check_distribution(object)
  batch_size <- as_whole(batch_size, "batch_size", min = 1)
  call_python(number_of_bytes("training_memory", object, batch_size))
}

#' @rdname training_memory
#' @export
largest_batch_size <- function(object, available = NULL) {
  check_distribution(object)
  if (!is.null(available)) available <- as_number(available, "available", min = 0)
  call_python(pixelcnn_module()$training$largest_batch_size(object, available))
}

#' @rdname training_memory
#' @export
available_memory <- function() call_python(number_of_bytes("available_memory"))

# Returns what a function of Python's `pixelcnn.training` returns: a number of bytes, or NULL for None. Python makes the
# double, because reticulate turns an integer from 2^31 on into another integer.
number_of_bytes <- function(name, ...) {
  pixelcnn_module()
  bytes <- member(reticulate::import("pixelcnn.training", convert = FALSE), name)(...)
  if (inherits(bytes, "python.builtin.NoneType")) return(NULL)
  reticulate::py_to_r(reticulate::import_builtins(convert = FALSE)$float(bytes))
}
