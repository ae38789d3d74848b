# Functions with the names and arguments of tfprobability. `tfd_sample()`, `tfd_log_prob()` and `tfd_prob()` also take the
# distributions of tfprobability, so that either package may be attached last.

#' PixelCNN++ with the arguments of 'tfprobability'
#'
#' Makes the same distribution as [pixel_cnn_plus_plus()], with the arguments of
#' `tfprobability::tfd_pixel_cnn()` in the same order and with the same defaults. The
#' arguments `num_classes` and `class_names` are added at the end.
#'
#' With `conditional_shape = list()` the condition is a single number, as in
#' 'tfprobability'. Labels of data, such as [quickdraw()] returns, and factors become their
#' 0-based codes: 0 to 19 for twenty classes. For a number outside the range of the training
#' numbers, the distribution extrapolates. A warning reports this if the distribution was
#' trained in this session. With `num_classes`, each class has biases of its own, and
#' training is faster.
#'
#' @inheritParams pixel_cnn_plus_plus
#' @param dtype A dtype by name, such as `"float32"`, or as an object, such as
#'   `tf$float32`.
#' @returns A distribution, a Keras model.
#' @family distributions
#' @family tfprobability's calls
#' @export
#' @examplesIf pixelcnn_available()
#' dist <- tfd_pixel_cnn(
#'   image_shape = c(8, 8, 1), conditional_shape = list(),
#'   num_resnet = 1, num_hierarchies = 2, num_filters = 8
#' )
#' dist
tfd_pixel_cnn <- function(image_shape, conditional_shape = NULL, num_resnet = 5, num_hierarchies = 3,
                          num_filters = 160, num_logistic_mix = 10, receptive_field_dims = c(3, 3), dropout_p = 0.5,
                          resnet_activation = "concat_elu", use_weight_norm = TRUE, use_data_init = TRUE, high = 255,
                          low = 0, dtype = "float32", name = "PixelCNN", num_classes = NULL, class_names = NULL) {
  new_distribution("PixelCNNPlusPlus", mget(names(formals()), environment()))
}

#' Draw images and compute probabilities as in 'tfprobability'
#'
#' `tfd_sample()` draws images. `tfd_log_prob()` computes the log-probability of images in
#' nats, and `tfd_prob()` computes their probability. The functions take the distributions of
#' this package and of 'tfprobability', so that both packages may be attached, in either
#' order.
#'
#' @param distribution A distribution.
#' @param sample_shape Number of samples, several numbers, or a `TensorShape`. The default
#'   `list()` draws one image, or one image for each condition.
#' @param value Images as an R array, or a tensor, which may be symbolic (a Keras input).
#' @param ... Arguments of the Python method, such as `conditional_input`, `seed` and
#'   `temperature`. `conditional_input` takes the forms in the section *Conditions* of
#'   [pixelcnn-package].
#' @returns `tfd_sample()` returns an integer array of the dimensions of `sample_shape`
#'   followed by height, width and channels. `tfd_log_prob()` and `tfd_prob()` return a number
#'   for each image, or a tensor if `value` is a tensor.
#' @family tfprobability's calls
#' @export
#' @examplesIf pixelcnn_available()
#' dist <- tfd_pixel_cnn(
#'   c(8, 8, 1), num_classes = 3, num_resnet = 1, num_hierarchies = 2, num_filters = 8
#' )
#' images <- dist |> tfd_sample(2, conditional_input = 1, seed = 1)
#' dim(images)
#' dist |> tfd_log_prob(images, conditional_input = 1)
tfd_sample <- function(distribution, sample_shape = list(), ...) {
  if (!is_ours(distribution)) return(distribution$sample(as_sample_shape(sample_shape), ...))
  arguments <- tfd_arguments(distribution, list(...))
  warn_of_extrapolation(distribution, list(...)$conditional_input, "conditional_input")
  if (is.null(arguments$seed)) arguments$seed <- as_seed(NULL)
  # The default of tfprobability, `list()`, means an image for each condition.
  shape <- if (length(sample_shape) || is_python(sample_shape)) as_sample_shape(sample_shape)
  progress <- drawing_progress(arguments$verbose, distribution)
  on.exit(progress$close())
  arguments$verbose <- progress$verbose
  call_python(do.call(distribution$sample, c(list(shape), arguments)), names = character())
}

#' @rdname tfd_sample
#' @export
tfd_log_prob <- function(distribution, value, ...) {
  tfd_likelihood(distribution, "log_prob", value, ...)
}

#' @rdname tfd_sample
#' @export
tfd_prob <- function(distribution, value, ...) {
  tfd_likelihood(distribution, "prob", value, ...)
}

tfd_likelihood <- function(distribution, method, value, ..., call = rlang::caller_env()) {
  if (!is_ours(distribution)) return(member(distribution, method)(value, ...))
  value <- images_to_python(value, distribution, "value", call)
  arguments <- tfd_arguments(distribution, list(...), call)
  # The arguments of these calls have the same names as in Python.
  bare(call_python(do.call(member(distribution, method), c(list(value), arguments)), call = call, names = character()))
}

is_ours <- function(distribution, call = rlang::caller_env()) {
  if (!is_python(distribution)) {
    abort_argument("distribution", describe(distribution), "a distribution, such as `tfd_pixel_cnn()` makes", call = call)
  }
  inherits(distribution, "pixelcnn.PixelDistribution") && !is.null(check_alive(distribution, "distribution"))
}

# Checks the arguments for Python and converts whole numbers to integers.
tfd_arguments <- function(distribution, arguments, call = rlang::caller_env()) {
  if (!is.null(arguments$seed)) arguments$seed <- as_seed(arguments$seed, call)
  for (arg in intersect(names(arguments), c("temperature", "guidance"))) {
    arguments[[arg]] <- as_number(arguments[[arg]], arg, call = call)
  }
  for (arg in intersect(names(arguments), c("batch_size", "num_particles"))) {
    arguments[arg] <- list(as_whole(arguments[[arg]], arg, min = 1, null = TRUE, call = call))
  }
  conditions <- condition_to_python(arguments$conditional_input, distribution, "conditional_input", call)
  # As in tfprobability, a single condition is a scalar and adds no batch axis.
  if (identical(conditions$count, 1L)) conditions$value <- first_of(conditions$value)
  if (!is.null(conditions)) arguments$conditional_input <- conditions$value
  arguments
}

# Converts a sample shape, as in tfprobability, to a Python tuple.
as_sample_shape <- function(sample_shape, call = rlang::caller_env()) {
  if (is_python(sample_shape)) return(sample_shape)
  sizes <- lapply(unlist(sample_shape), as_whole, "sample_shape", min = 0, call = call)
  do.call(reticulate::tuple, sizes)
}

# Converts a one-dimensional array to a plain vector.
bare <- function(x) if (length(dim(x)) == 1 && !is_python(x)) as.vector(x) else x
