# The calls of tfprobability's own surface. `tfd_sample()`, `tfd_log_prob()` and `tfd_prob()` serve its other
# distributions too, as the three one-line verbs there do, so that either package may be attached last.

#' PixelCNN++ with the arguments of 'tfprobability'
#'
#' The same distribution as [pixel_cnn_plus_plus()]: arguments, order and defaults are
#' those of `tfprobability::tfd_pixel_cnn()`, and `num_classes` and `class_names` come
#' last. With `conditional_shape = list()` the condition is a single number, as in
#' 'tfprobability'; with `num_classes` every class has a bias of its own, which learns
#' faster.
#'
#' With `conditional_shape = list()` the condition is a single number. Labels of data, such
#' as [quickdraw()] returns, and factors become their 0-based codes: 0 to 19 for twenty
#' classes. For a number outside the range of the training the distribution extrapolates;
#' a warning says so if it was trained in this session.
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

#' Sample, and ask for probabilities, as in 'tfprobability'
#'
#' For distributions of this package and for those of 'tfprobability', so that both may
#' be attached, in either order.
#'
#' @param distribution A distribution.
#' @param sample_shape How many samples: a number, several, or a `TensorShape`. With the
#'   default `list()` one image, or one for each condition.
#' @param value Images as an R array, or tensors, symbolic ones too.
#' @param ... Passed to Python: `conditional_input`, `seed`, `temperature`, ... A
#'   condition is a class as [pixelcnn-package] says.
#' @returns `tfd_sample()` an integer array, the sample shape before height, width and
#'   channels. `tfd_log_prob()` and `tfd_prob()` a number for each image. Tensors give
#'   tensors.
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
  # tfprobability's default; here it means as many images as conditions.
  shape <- if (length(sample_shape) || is_python(sample_shape)) as_sample_shape(sample_shape)
  progress <- sampling_progress(arguments$verbose)
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
  # These calls have Python's names of arguments.
  bare(call_python(do.call(member(distribution, method), c(list(value), arguments)), call = call, names = character()))
}

is_ours <- function(distribution, call = rlang::caller_env()) {
  if (!is_python(distribution)) {
    abort_argument("distribution", describe(distribution), "a distribution, such as `tfd_pixel_cnn()` makes", call = call)
  }
  inherits(distribution, "pixelcnn.PixelDistribution") && !is.null(check_alive(distribution, "distribution"))
}

# Further arguments for Python: the condition, and whole numbers as integers.
tfd_arguments <- function(distribution, arguments, call = rlang::caller_env()) {
  if (!is.null(arguments$seed)) arguments$seed <- as_seed(arguments$seed, call)
  for (arg in intersect(names(arguments), c("temperature", "guidance"))) {
    arguments[[arg]] <- as_number(arguments[[arg]], arg, call = call)
  }
  for (arg in intersect(names(arguments), c("batch_size", "num_particles"))) {
    arguments[arg] <- list(as_whole(arguments[[arg]], arg, min = 1, null = TRUE, call = call))
  }
  given <- condition_to_python(arguments$conditional_input, distribution, "conditional_input", call)
  # As in tfprobability, one condition is a scalar and adds no batch axis.
  if (!is.null(given)) arguments$conditional_input <- if (given$count %in% 1) first_of(given$value) else given$value
  arguments
}

# What tfprobability's users give as a shape, as Python takes it.
as_sample_shape <- function(sample_shape, call = rlang::caller_env()) {
  if (is_python(sample_shape)) return(sample_shape)
  sizes <- lapply(unlist(sample_shape), as_whole, "sample_shape", min = 0, call = call)
  do.call(reticulate::tuple, sizes)
}

# A one-dimensional array as a plain vector.
bare <- function(x) if (length(dim(x)) == 1 && !is_python(x)) as.vector(x) else x
