#' Draw images
#'
#' @inheritParams log_prob
#' @param n How many images. By default one, or one for each condition; with one
#'   condition, any number.
#' @param seed A whole number: the same seed draws the same images, in R and in Python,
#'   however many are drawn. `NULL` takes one from R's generator, which [set.seed()]
#'   governs.
#' @param temperature Divides the log-probabilities of the levels of a pixel; below 1 is
#'   sharper.
#' @param method `"cached"`, or `"naive"` for one pass of the whole network for each
#'   pixel, to check the other against.
#' @param verbose Whether to show progress; see [pixelcnn-package].
#' @returns An integer array (n, H, W, C) of class `pixelcnn_images`, which prints and
#'   plots as images.
#' @family sampling
#' @export
#' @examplesIf pixelcnn_available()
#' dist <- load_pretrained("quickdraw13")
#' set.seed(1)
#' images <- sample_images(dist, 4, "bicycle")
#' images
#' plot(images)
sample_images <- function(object, n = NULL, condition = NULL, seed = NULL, temperature = 1, method = "cached",
                          batch_size = NULL, verbose = NULL) {
  check_distribution(object)
  asked <- condition_for(condition, n, object)
  images <- draw_images(
    object$sample, list(asked$shape, conditional_input = asked$value),
    seed, temperature, method, batch_size, verbose
  )
  new_images(images, levels_of(object))
}

#' Complete images
#'
#' Draws the unknown pixels of images, each given the pixels before it in raster order.
#' That is the exact conditional distribution where all known pixels come before all
#' unknown ones; a known pixel that comes later is kept, but does not influence those
#' before it.
#'
#' @inheritParams sample_images
#' @param images Images, as for [log_prob()]; what unknown pixels hold does not matter,
#'   and they may be `NA`.
#' @param mask A logical array, `TRUE` for the pixels that are known and kept: (H, W),
#'   (H, W, C), or one for each image. By default the pixels that are not `NA`.
#' @returns Images as [sample_images()] returns them.
#' @family sampling
#' @export
#' @examplesIf pixelcnn_available()
#' dist <- load_pretrained("quickdraw13")
#' images <- doodles(2, classes = "pizza", seed = 1)$images
#' images[, 15:28, , ] <- NA
#' plot(complete_images(dist, images, condition = "pizza", seed = 2))
complete_images <- function(object, images, mask = NULL, condition = NULL, seed = NULL, temperature = 1,
                            method = "cached", batch_size = NULL, verbose = NULL) {
  check_distribution(object)
  if (is.null(condition)) condition <- own_labels(images, object)
  if (inherits(images, "pixelcnn_data")) images <- images$images
  images <- with_batch(images, image_shape(object), "images")
  if (is.null(mask)) mask <- !is.na(unclass_array(images))
  images[is.na(images)] <- object$low
  arguments <- list(
    numpy()$asarray(unclass_array(images), order = "C"), mask_to_python(mask, images, object),
    conditional_input = condition_to_python(condition, object)$value
  )
  new_images(draw_images(object$complete, arguments, seed, temperature, method, batch_size, verbose), levels_of(object))
}

# What sampling and completion share: randomness, chunks, progress.
draw_images <- function(draw, arguments, seed, temperature, method, batch_size, verbose, call = rlang::caller_env()) {
  progress <- sampling_progress(verbose)
  on.exit(progress$close())
  shared <- list(
    seed = as_seed(seed, call),
    temperature = temperature,
    method = method,
    batch_size = as_whole(batch_size, "batch_size", min = 1, null = TRUE, call = call),
    verbose = progress$verbose
  )
  call_python(do.call(draw, c(arguments, shared)), call = call)
}
