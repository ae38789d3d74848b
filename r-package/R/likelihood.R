#' How likely are images?
#'
#' `log_prob()` computes the log-probability of each image in nats. `pixel_log_prob()`
#' computes the log-probability of each pixel given the pixels before it, by default in raster
#' order (row by row, each row from left to right); the sum over the pixels is the log-probability of
#' the image. `bits_per_dim()` computes `-log_prob() / (H W C log(2))`, the mean number of
#' bits per sub-pixel, for images of height H and width W with C channels.
#'
#' Data of `quickdraw(in_memory = FALSE)` are read batch by batch, and never whole.
#'
#' @param object A distribution.
#' @param images Images (see the section *Images* of [pixelcnn-package]), or data, such as
#'   [doodles()] returns. The labels of data are the default of `condition`.
#' @param condition A class for each image, or one class for all images: names, a factor, or
#'   0-based integers (see the section *Conditions* of [pixelcnn-package]).
#' @param batch_size Largest number of images that are processed at once. `NULL` chooses a
#'   number.
#' @param order Order of the pixels, 0 to `orders - 1` of the distribution; 0 is raster order.
#'   With `"average"`, `log_prob()` and `bits_per_dim()` return those of the mixture of all
#'   orders.
#' @param verbose Whether to show progress; see [pixelcnn-package].
#' @returns A number for each image; for `pixel_log_prob()` an array (n, H, W). If `images`
#'   is a tensor, the result is a tensor.
#' @family likelihood
#' @export
#' @examplesIf pixelcnn_available()
#' dist <- pixel_cnn_plus_plus(
#'   c(28, 28, 1), class_names = c("bee", "sun"), num_resnet = 1, num_hierarchies = 2, num_filters = 8
#' )
#' drawings <- doodles(4, classes = c("bee", "sun"))
#' log_prob(dist, drawings)
#' bits_per_dim(dist, drawings$images, condition = "bee")
log_prob <- function(object, images, condition = NULL, batch_size = NULL, order = 0, verbose = NULL) {
  likelihood(object, "log_prob", images, condition, batch_size, order, verbose)
}

#' @rdname log_prob
#' @export
pixel_log_prob <- function(object, images, condition = NULL, batch_size = NULL, order = 0, verbose = NULL) {
  likelihood(object, "pixel_log_prob", images, condition, batch_size, order, verbose)
}

#' @rdname log_prob
#' @export
bits_per_dim <- function(object, images, condition = NULL, batch_size = NULL, order = 0, verbose = NULL) {
  likelihood(object, "bits_per_dim", images, condition, batch_size, order, verbose)
}

likelihood <- function(object, method, images, condition, batch_size, order = 0, verbose = NULL,
                       call = rlang::caller_env()) {
  unbind(call = call)
  check_distribution(object, call = call)
  pair <- likelihood_pair(object, images, condition, call)
  batch_size <- as_whole(batch_size, "batch_size", min = 1, null = TRUE, call = call)
  order <- if (identical(order, "average")) order else as_whole(order, "order", min = 0, call = call)
  progress <- work_progress(verbose, name = "Likelihood")
  on.exit(progress$close())
  values <- member(object, method)
  arguments <- list(pair$images, pair$condition, batch_size = batch_size, order = order, verbose = progress$verbose)
  bare(call_python(do.call(values, arguments), call = call))
}

# Converts images and their condition for Python. Labels of data are the condition if the distribution takes a class or a
# number.
likelihood_pair <- function(object, images, condition, call) {
  if (inherits(images, "pixelcnn_files")) {
    if (is.null(condition)) {
      return(stats::setNames(pair_in_files(object, images, NULL, c("images", "condition"), call), c("images", "condition")))
    }
    images <- images$images
  }
  if (is.null(condition)) condition <- own_labels(images, object)
  list(
    images = images_to_python(images, object, call = call),
    condition = condition_to_python(condition, object, call = call)$value
  )
}

# Returns the labels of data. A factor of the classes of a distribution without names becomes its 0-based codes.
own_labels <- function(images, object) {
  if (!inherits(images, "pixelcnn_data") || is.null(images$labels) || !takes_labels(object)) return(NULL)
  labels <- images$labels
  is_code <- is.factor(labels) && is.null(object$class_names) &&
    (takes_one_number(object) || nlevels(labels) == object$num_classes)
  if (is_code) as.integer(labels) - 1L else labels
}

# Tells whether the condition is a class, by its name, label or number.
takes_labels <- function(object) !is.null(object$num_classes) || takes_one_number(object)

#' Statistical generics
#'
#' `simulate()` draws images. `predict()` computes the likelihood of each image. `logLik()`
#' computes the log-likelihood of all images together; its degrees of freedom are the number
#' of trainable parameters. `AIC(logLik(object, images))` and `BIC(logLik(object, images))`
#' use them.
#'
#' @inheritParams log_prob
#' @param nsim Number of images. The default is one image, or one image for each condition.
#' @param seed A whole number; `NULL` draws a seed from R's generator.
#' @param newdata Images, as for [log_prob()].
#' @param type The function to apply to each image; see [log_prob()]. `"class"` and `"prob"`
#'   are the most probable class and the probabilities of the classes; see
#'   [class_log_probs()].
#' @param prior,spatial_condition For `"class"` and `"prob"`, as in [class_log_probs()].
#' @param ... For `simulate()`, arguments of [sample_images()]; else there are none.
#' @returns `simulate()` returns images, as [sample_images()] does, with the seed as an
#'   attribute. `predict()` returns a number for each image, an array (n, H, W) for
#'   `type = "pixel_log_prob"`, a factor for `type = "class"`, or a matrix of a row for each
#'   image and a column for each class for `type = "prob"`. `logLik()` returns an object of class `logLik`.
#' @family likelihood
#' @name statistics
#' @examplesIf pixelcnn_available()
#' dist <- pixel_cnn_plus_plus(c(8, 8, 1), num_resnet = 1, num_hierarchies = 2, num_filters = 8)
#' images <- simulate(dist, nsim = 2, seed = 1)
#' predict(dist, images, type = "bits_per_dim")
#' logLik(dist, images)
NULL

#' @rdname statistics
#' @export
simulate.pixelcnn.PixelDistribution <- function(object, nsim = NULL, seed = NULL, condition = NULL, ...) {
  seed <- as_seed(seed)
  images <- sample_images(object, n = nsim, condition = condition, seed = seed, ...)
  structure(images, seed = seed)
}

#' @rdname statistics
#' @export
predict.pixelcnn.PixelDistribution <- function(object, newdata, condition = NULL,
                                               type = c("log_prob", "bits_per_dim", "pixel_log_prob", "class", "prob"),
                                               batch_size = NULL, prior = NULL, spatial_condition = NULL, order = 0, ...) {
  rlang::check_dots_empty()
  type <- rlang::arg_match(type)
  if (type %in% c("class", "prob")) {
    if (!is.null(condition)) {
      abort_argument("condition", describe(condition), sprintf("none for `type = \"%s\"`, which asks for the class", type))
    }
    if (!identical(as.character(order), "0")) {
      abort_argument("order", describe(order), sprintf("none for `type = \"%s\"`, which takes order 0", type))
    }
    if (type == "class") return(classes_of(object, "classify", newdata, prior, spatial_condition, batch_size))
    return(exp(classes_of(object, "class_log_probs", newdata, prior, spatial_condition, batch_size)))
  }
  for (arg in c("prior", "spatial_condition")) {
    if (!is.null(get(arg))) abort_argument(arg, describe(get(arg)), "none, unless `type` is \"class\" or \"prob\"")
  }
  likelihood(object, type, newdata, condition, batch_size, order)
}

#' @rdname statistics
#' @export
logLik.pixelcnn.PixelDistribution <- function(object, images, condition = NULL, batch_size = NULL, order = 0, ...) {
  rlang::check_dots_empty()
  # `AIC()` and `BIC()` of a distribution call this without images.
  if (missing(images)) abort_without_images("AIC(logLik(object, images))")
  nats <- likelihood(object, "log_prob", images, condition, batch_size, order)
  structure(sum(nats), df = trainable_parameters(object), nobs = length(nats), class = "logLik")
}

#' @export
nobs.pixelcnn.PixelDistribution <- function(object, ...) abort_without_images("nobs(logLik(object, images))")

abort_without_images <- function(recipe, call = rlang::caller_env()) {
  expected <- sprintf("the images to measure, because a distribution keeps none: `%s`", recipe)
  abort_argument("images", "missing", expected, call = call)
}

trainable_parameters <- function(object) {
  # A shape is a tuple or an object of the backend; Python's `prod` takes both.
  size <- reticulate::import("math")$prod
  sum(vapply(object$trainable_variables, function(variable) as.numeric(size(variable$shape)), numeric(1)))
}

#' How likely are some pixels of images?
#'
#' Computes the log-probability of the known pixels alone: the sum over all values of the
#' unknown pixels. The result is exact if all known pixels come before all unknown pixels in
#' the order, by default raster order (row by row, each row from left to right). Otherwise it is estimated: drafts
#' of the unknown pixels are drawn, and the mean of their weights estimates the probability.
#' The standard error comes from the spread of several estimates. It can be trusted below about
#' 0.5; above, use more particles.
#'
#' @inheritParams log_prob
#' @inheritParams complete_images
#' @param num_particles Number of drafts of each estimate, at least 2.
#' @param repetitions Number of estimates, at least 2.
#' @param order Order of the pixels whose distribution is asked, 0 to `orders - 1`. `NULL` takes
#'   for each image the order in which the fewest known pixels follow an unknown one.
#' @returns A data frame with a row for each image: `estimate` and `standard_error`, in nats.
#' @family likelihood
#' @export
#' @examplesIf pixelcnn_available()
#' dist <- pixel_cnn_plus_plus(c(8, 8, 1), num_resnet = 1, num_hierarchies = 2, num_filters = 8)
#' images <- sample_images(dist, 2, seed = 1)
#' log_prob_of(dist, occlude(images, rows = 5:8)) # exact
#' log_prob_of(dist, occlude(images, rows = 1:4), seed = 1)
log_prob_of <- function(object, images, mask = NULL, condition = NULL, num_particles = 32, repetitions = 16,
                        seed = NULL, batch_size = NULL, verbose = NULL, order = 0) {
  unbind()
  check_distribution(object)
  if (is.null(condition)) condition <- own_labels(images, object)
  if (inherits(images, "pixelcnn_data")) images <- images$images
  images <- with_batch(images, image_shape(object), "images")
  mask <- if (is.null(mask)) !is.na(unclass_array(images)) else known_pixels(mask, images)
  images[is.na(images)] <- object$low
  progress <- drawing_progress(verbose, object)
  on.exit(progress$close())
  result <- call_python(object$log_prob_of(
    numpy()$asarray(unclass_array(images), order = "C"), numpy()$asarray(mask),
    conditional_input = condition_to_python(condition, object)$value,
    num_particles = as_whole(num_particles, "num_particles", min = 2),
    repetitions = as_whole(repetitions, "repetitions", min = 2),
    seed = as_seed(seed),
    batch_size = as_whole(batch_size, "batch_size", min = 1, null = TRUE),
    verbose = progress$verbose,
    order = as_whole(order, "order", min = 0, null = TRUE)
  ))
  data.frame(estimate = as.vector(result$estimate), standard_error = as.vector(result$standard_error))
}
