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
#' @param guidance How much more is made of the condition than the distribution does: w
#'   takes `(1 + w)` times the log-probabilities given the condition, less w times those
#'   without one. Images then are more typical of their class and less varied. Needs a
#'   distribution that was made and trained with `condition_dropout`.
#' @param method `"cached"`; `"jacobi"`, passes of the whole network over whole images
#'   until nothing changes; or `"naive"`, one pass of the whole network for each pixel, to
#'   check the others against.
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
sample_images <- function(object, n = NULL, condition = NULL, seed = NULL, temperature = 1, guidance = 0,
                          method = "cached", batch_size = NULL, verbose = NULL) {
  check_distribution(object)
  asked <- condition_for(condition, n, object)
  images <- draw_images(
    object$sample, list(asked$shape, conditional_input = asked$value),
    seed, temperature, guidance, method, batch_size, verbose
  )
  new_images(images, levels_of(object))
}

#' Complete images
#'
#' Draws the unknown pixels of images, each given the pixels before it in raster order.
#' That is the exact conditional distribution where all known pixels come before all
#' unknown ones. A known pixel that comes later is kept, but does not influence those
#' before it, unless there are several particles: drafts of each image, which are weighed
#' by how likely they make the known pixels that they come upon, and of which one is
#' chosen. The more of them, the closer to the exact distribution.
#'
#' @inheritParams sample_images
#' @param images Images, as for [log_prob()]; what unknown pixels hold does not matter,
#'   and they may be `NA`.
#' @param mask A logical array, `TRUE` for the pixels that are known and kept: (H, W),
#'   (H, W, C), or one for each image. By default the pixels that are not `NA`, such as
#'   those that [occlude()] leaves.
#' @param num_particles Number of drafts of each image; time and memory grow with it.
#' @returns Images as [sample_images()] returns them.
#' @family sampling
#' @export
#' @examplesIf pixelcnn_available()
#' dist <- load_pretrained("quickdraw13")
#' pizzas <- occlude(doodles(2, classes = "pizza", seed = 1)$images, rows = 15:28)
#' plot(complete_images(dist, pizzas, condition = "pizza", seed = 2))
complete_images <- function(object, images, mask = NULL, condition = NULL, seed = NULL, temperature = 1, guidance = 0,
                            num_particles = 1, method = "cached", batch_size = NULL, verbose = NULL) {
  check_distribution(object)
  if (is.null(condition)) condition <- own_labels(images, object)
  if (inherits(images, "pixelcnn_data")) images <- images$images
  warn_of_extrapolation(object, condition, "condition")
  images <- with_batch(images, image_shape(object), "images")
  if (is.logical(images) && !all(is.na(images))) abort_argument("images", describe(images), "whole numbers, or NA for unknown pixels")
  mask <- if (is.null(mask)) !is.na(unclass_array(images)) else known_pixels(mask, images)
  images[is.na(images)] <- object$low
  arguments <- list(
    numpy()$asarray(unclass_array(images), order = "C"), numpy()$asarray(mask),
    conditional_input = condition_to_python(condition, object)$value,
    num_particles = as_whole(num_particles, "num_particles", min = 1)
  )
  completed <- draw_images(object$complete, arguments, seed, temperature, guidance, method, batch_size, verbose)
  new_images(completed, levels_of(object))
}

# What sampling and completion share: randomness, chunks, progress.
draw_images <- function(draw, arguments, seed, temperature, guidance, method, batch_size, verbose,
                        call = rlang::caller_env()) {
  progress <- sampling_progress(verbose)
  on.exit(progress$close())
  shared <- list(
    seed = as_seed(seed, call),
    temperature = as_number(temperature, "temperature", call = call),
    guidance = as_number(guidance, "guidance", call = call),
    method = method,
    batch_size = as_whole(batch_size, "batch_size", min = 1, null = TRUE, call = call),
    verbose = progress$verbose
  )
  call_python(do.call(draw, c(arguments, shared)), call = call)
}
