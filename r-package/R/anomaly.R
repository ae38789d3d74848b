# Images and pixels that do not belong to what a distribution was trained on.

#' Find images that do not belong
#'
#' A detector gives each image a score, in nats; a higher score means that the image belongs
#' less. `fit()` learns what a detector needs beside the distribution, `infer_threshold()`
#' sets the score above which an image is an outlier, `anomaly_score()` returns scores, and
#' `predict()` tells outliers.
#'
#' * `anomaly_likelihood()`: minus the log-probability. A baseline that fails where odd
#'   images are simpler than ordinary ones (Nalisnick et al., 2019).
#' * `anomaly_likelihood_ratio()`: log-probability under a background distribution minus
#'   that under `object` (Ren et al., 2019). `fit()` trains the background on images that
#'   [mutate_images()] changed; or give another distribution.
#' * `anomaly_typicality()`: distance of minus the log-probability from its mean over
#'   ordinary images, which `fit()` estimates (Nalisnick et al., 2019).
#' * `anomaly_complexity()`: minus the log-probability, minus the length of the image as a
#'   PNG file (Serrà et al., 2020).
#' * `anomaly_stirring()`: mean log-probability of the flipped and rotated image minus that
#'   of the image (Umapathi et al., 2023). After `fit()`, an image that is much less probable
#'   than ordinary ones gets the score 1e10.
#'
#' Where the class is unknown (no `condition`), a detector takes the marginal over the
#' classes. A distribution that was made with `condition_dropout` is asked without a
#' condition instead.
#'
#' `fit()` and `infer_threshold()` change the detector in place. To keep a detector, save the
#' distribution with [save_pixelcnn()] and the list `detector$get_config()` with [saveRDS()].
#' The list has the arguments of the function that made the detector.
#'
#' @param object A distribution, or the result of [given()], whose condition all images then
#'   have; for `fit()`, `infer_threshold()`, `anomaly_score()` and
#'   `predict()` a detector.
#' @param background A distribution of the same images, also one that is [given()] a
#'   condition, or `NULL`: `fit()` trains one with the arguments of `object`. If both have class
#'   names, an image has the class of the same name in the background.
#' @param entropy Mean of minus the log-probability of ordinary images, in nats; `NULL`:
#'   `fit()` estimates it.
#' @param group_size Number of images of a group, which has one score. Images in turn form
#'   groups.
#' @param limit Log-probability in nats below which an image gets the score 1e10; `NULL` for
#'   no limit. `fit()` finds one.
#' @param threshold Scores above this number are outliers; `NULL`: `infer_threshold()` finds
#'   the number.
#' @param outlier_type `"instance"` for images, `"feature"` for pixels.
#'   `anomaly_typicality()` and `anomaly_complexity()` score whole images only.
#' @param prior Probabilities of the classes where the class is unknown; `NULL` for equal
#'   ones.
#' @param x,images,newdata Images, as for [log_prob()]; for `fit()` and `infer_threshold()`
#'   images that belong.
#' @param y,condition The class of each image, as for [log_prob()]. The labels of data are
#'   the default.
#' @param threshold_perc Percentage of the images below the threshold.
#' @param batch_size Largest number of images that are processed at once; for the training of
#'   a background, images in a step. `NULL` takes 64.
#' @param epochs Number of passes over the images that train the background.
#' @param rate,seed As in [mutate_images()], for the images that train the background.
#' @param verbose Whether to show progress of the training; see [pixelcnn-package].
#' @param ... Unused.
#' @returns The functions that make a detector return the detector; `fit()` and
#'   `infer_threshold()` return the detector invisibly. `anomaly_score()` returns a number for
#'   each image, or an array (n, H, W) for `"feature"`. `predict()` returns a data frame with
#'   the columns `score` and `is_outlier`, or a logical array (n, H, W) for `"feature"`.
#' @family anomalies
#' @name anomaly
#' @examplesIf pixelcnn_available()
#' dist <- load_pretrained("quickdraw13")
#' bees <- doodles(8, classes = "bee", seed = 1)
#' detector <- anomaly_typicality(dist) |> fit(bees) |> infer_threshold(bees)
#' predict(detector, doodles(2, classes = "sun")$images)
NULL

#' @rdname anomaly
#' @export
anomaly_likelihood <- function(object, threshold = NULL, outlier_type = "instance", prior = NULL) {
  new_detector("Likelihood", object, list(), threshold, outlier_type, prior)
}

#' @rdname anomaly
#' @export
anomaly_likelihood_ratio <- function(object, background = NULL, threshold = NULL, outlier_type = "instance",
                                     prior = NULL) {
  if (!is.null(background)) {
    check_distribution(if (is_given(background)) background$distribution else background, "background")
    background <- as_view(background)
  }
  new_detector("LikelihoodRatio", object, list(background = background), threshold, outlier_type, prior)
}

#' @rdname anomaly
#' @export
anomaly_typicality <- function(object, entropy = NULL, group_size = 1, threshold = NULL, outlier_type = "instance",
                               prior = NULL) {
  if (!is.null(entropy)) entropy <- as_number(entropy, "entropy")
  further <- list(entropy = entropy, group_size = as_whole(group_size, "group_size", min = 1))
  new_detector("Typicality", object, further, threshold, outlier_type, prior)
}

#' @rdname anomaly
#' @export
anomaly_complexity <- function(object, threshold = NULL, outlier_type = "instance", prior = NULL) {
  new_detector("Complexity", object, list(), threshold, outlier_type, prior)
}

#' @rdname anomaly
#' @export
anomaly_stirring <- function(object, limit = NULL, threshold = NULL, outlier_type = "instance", prior = NULL) {
  if (!is.null(limit)) limit <- as_number(limit, "limit")
  new_detector("Stirring", object, list(limit = limit), threshold, outlier_type, prior)
}

new_detector <- function(class, object, further, threshold, outlier_type, prior, call = rlang::caller_env()) {
  check_distribution(if (is_given(object)) object$distribution else object, call = call)
  object <- as_view(object, call)
  if (!is.null(threshold)) threshold <- as_number(threshold, "threshold", call = call)
  prior <- as_prior(prior, if (is_given(object)) object$distribution else object, call)
  shared <- list(threshold = threshold, outlier_type = outlier_type, prior = prior)
  call_python(do.call(member(pixelcnn_module()$anomaly, class), c(list(object), further, shared)), call = call)
}

# Converts the probabilities of the classes. Their names, if there are any, are matched.
as_prior <- function(prior, object, call) {
  prior_to_python(if (is.list(prior)) unlist(prior) else prior, object, call)
}

#' @rdname anomaly
#' @export
fit.pixelcnn.anomaly.Detector <- function(object, x, y = NULL, batch_size = NULL, epochs = NULL, rate = NULL,
                                          seed = NULL, verbose = NULL, ...) {
  check_detector(object)
  pair <- training_pair(object$dist, without_labels_of(object, x), y, c("x", "y"), rlang::current_env())
  batch_size <- as_whole(batch_size, "batch_size", min = 1, null = TRUE)
  if (!is.null(rate)) rate <- as_number(rate, "rate", min = 0)
  of_background <- Filter(Negate(is.null), list(epochs = epochs, rate = rate, seed = seed))
  if (inherits(object, "pixelcnn.anomaly.LikelihoodRatio")) {
    of_background$epochs <- as_whole(first_given(epochs, 20), "epochs", min = 1)
    of_background$seed <- as_seed(seed)
    of_background$verbose <- if (progress_style(verbose) == "none") 0L else 2L
    of_background <- c(of_background, keras_arguments(list(...), FIT_ARGUMENTS, "fit"))
  } else if (length(of_background)) {
    name <- names(of_background)[[1]]
    abort_argument(name, describe(of_background[[1]]), "NULL, because this detector trains no background")
  } else {
    rlang::check_dots_empty()
  }
  call_python(do.call(object$fit, c(pair, list(batch_size = batch_size), of_background)))
  invisible(object)
}

#' @rdname anomaly
#' @export
infer_threshold <- function(object, images, threshold_perc = 95, condition = NULL, outlier_type = "instance",
                            batch_size = NULL) {
  check_detector(object)
  threshold_perc <- as_number(threshold_perc, "threshold_perc", min = 0)
  call_with_images(object, "infer_threshold", images, condition, batch_size,
                   threshold_perc = threshold_perc, outlier_type = outlier_type)
  invisible(object)
}

#' @rdname anomaly
#' @export
anomaly_score <- function(object, images, condition = NULL, outlier_type = c("instance", "feature"), batch_size = NULL) {
  check_detector(object)
  outlier_type <- rlang::arg_match(outlier_type)
  score <- member(call_with_images(object, "score", images, condition, batch_size), paste0(outlier_type, "_score"))
  if (is.null(score)) abort_argument("outlier_type", "\"feature\"", "\"instance\", because this detector scores whole images")
  if (outlier_type == "feature") score else bare(score)
}

#' @rdname anomaly
#' @export
predict.pixelcnn.anomaly.Detector <- function(object, newdata, condition = NULL, outlier_type = "instance",
                                              batch_size = NULL, ...) {
  rlang::check_dots_empty()
  check_detector(object)
  data <- call_with_images(object, "predict", newdata, condition, batch_size, outlier_type = outlier_type)$data
  if (outlier_type == "feature") return(data$is_outlier == 1)
  data.frame(score = bare(data$instance_score), is_outlier = bare(data$is_outlier) == 1)
}

#' @export
print.pixelcnn.anomaly.Detector <- function(x, ...) {
  cat(if (is_gone(x)) "<detector whose Python session has ended>" else reticulate::py_repr(x), "\n")
  invisible(x)
}

call_with_images <- function(object, method, images, condition, batch_size, ..., call = rlang::caller_env()) {
  pair <- likelihood_pair(object$dist, without_labels_of(object, images), condition, call)
  batch_size <- as_whole(batch_size, "batch_size", min = 1, null = TRUE, call = call)
  call_python(
    member(object, method)(pair$images, conditional_input = pair$condition, batch_size = batch_size, ...), call = call
  )
}

# Drops the labels of data for a detector whose distribution has its condition bound.
without_labels_of <- function(detector, images) {
  if (inherits(images, c("pixelcnn_data", "pixelcnn_files")) && !is.null(detector$given)) images$images else images
}

check_detector <- function(object, call = rlang::caller_env()) {
  if (!inherits(object, "pixelcnn.anomaly.Detector")) {
    abort_argument("object", describe(object), "a detector, such as `anomaly_typicality()` makes", call = call)
  }
  check_alive(object, "object", call)
}

#' How surprising is each pixel?
#'
#' `surprise()` computes the surprisal of each pixel given the pixels before it in raster
#' order, in bits. `plot_surprise()` draws the images and, below them, maps of the surprisal.
#'
#' @inheritParams anomaly
#' @param object A distribution.
#' @param bits An array (n, H, W), such as `surprise()` returns.
#' @param most Bits of the darkest red; `NULL` takes the largest value.
#' @returns `surprise()` returns an array (n, H, W); `plot_surprise()` returns `bits`,
#'   invisibly.
#' @family anomalies
#' @export
#' @examplesIf pixelcnn_available()
#' dist <- load_pretrained("quickdraw13")
#' drawings <- doodles(6, classes = c("bee", "sun"))$images
#' plot_surprise(drawings, surprise(dist, drawings))
surprise <- function(object, images, condition = NULL, prior = NULL, batch_size = NULL) {
  unbind()
  check_distribution(object)
  pair <- likelihood_pair(object, images, condition, rlang::current_env())
  batch_size <- as_whole(batch_size, "batch_size", min = 1, null = TRUE)
  prior <- as_prior(prior, object, rlang::current_env())
  call_python(pixelcnn_module()$anomaly$surprise(object, pair$images, pair$condition, prior, batch_size))
}

#' @rdname surprise
#' @export
plot_surprise <- function(images, bits, most = NULL) {
  if (inherits(images, "pixelcnn_data")) images <- images$images
  if (!is_number(bits) || length(dim(bits)) != 3 || !identical(dim(bits)[1:3], dim(images)[1:3])) {
    abort_argument("bits", describe(bits), sprintf("an array (%s), as of the images", comma(dim(images)[1:3])))
  }
  most <- if (is.null(most)) max(bits[is.finite(bits)], 1e-9) else as_number(most, "most", min = 1e-9)
  share <- pmin(pmax(bits / most, 0), 1)
  dark <- c(150, 0, 60) / 255
  maps <- array(unlist(lapply(dark, function(colour) 1 + share * (colour - 1))), c(dim(bits), 3))
  count <- dim(bits)[[1]]
  old <- graphics::par(mfrow = c(2, 1))
  on.exit(graphics::par(old))
  draw_raster(images_raster(images, count, NULL), "images")
  page <- tile(maps, count, 1)
  draw_raster(grDevices::as.raster(page), sprintf("surprisal, 0 to %.1f bits", most))
  invisible(bits)
}

#' Replace pixels of images by random levels
#'
#' Images that train the background of [anomaly_likelihood_ratio()].
#'
#' @param images An array of whole numbers, or data.
#' @param rate Probability with which a sub-pixel is replaced.
#' @param seed A whole number; `NULL` draws a seed from R's generator.
#' @param low,high Smallest and largest level; all levels are equally likely. `NULL` takes
#'   the levels that the images carry, else 0 and 255.
#' @returns The changed images, as given.
#' @family anomalies
#' @export
#' @examplesIf pixelcnn_available()
#' plot(mutate_images(doodles(4)$images, rate = 0.1, seed = 1))
mutate_images <- function(images, rate = 0.2, seed = NULL, low = NULL, high = NULL) {
  if (inherits(images, "pixelcnn_data")) {
    images$images <- mutate_images(images$images, rate, seed, low, high)
    return(images)
  }
  low <- as_whole(first_given(low, attr(images, "low"), 0), "low")
  high <- as_whole(first_given(high, attr(images, "high"), 255), "high")
  check_levels(images, c(low = low, high = high), "images")
  rate <- as_number(rate, "rate", min = 0)
  levels <- unclass_array(images)
  storage.mode(levels) <- "integer"
  changed <- call_python(pixelcnn_module()$anomaly$mutate(numpy()$asarray(as.array(levels), order = "C"), rate, as_seed(seed), low, high))
  images[] <- as.integer(changed)
  images
}
