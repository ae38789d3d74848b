#' Draw images
#'
#' Draws new images from a distribution, pixel by pixel.
#'
#' @inheritParams log_prob
#' @param n Number of images. The default is one image, or one image for each condition. With
#'   several conditions, `n` must be their number.
#' @param seed A whole number. The same seed draws the same images in R and in Python, and image
#'   i does not depend on the number of images. `NULL` draws a seed from R's generator, so
#'   [set.seed()] makes the images repeatable.
#' @param temperature A number above 0 that divides the log-probabilities of the levels of a
#'   pixel. Values below 1 draw more likely and less varied images.
#' @param guidance Strength w of guidance by the condition. The log-probabilities of the
#'   levels become `(1 + w)` times the log-probabilities with the condition minus `w` times
#'   the log-probabilities without a condition. Values above 0 draw images that are more
#'   typical of their class and less varied. Guidance needs a distribution that was made and
#'   trained with `condition_dropout`.
#' @param method `"cached"` computes each pixel from remembered features and is the default.
#'   `"jacobi"` applies the whole network to whole images until no pixel changes. `"naive"`
#'   applies the whole network once for each pixel; it is slow and serves as a check of the
#'   other methods.
#' @param verbose Whether to show progress; see [pixelcnn-package].
#' @param order Order in which the pixels are drawn, 0 to `orders - 1` of the distribution; 0 is
#'   raster order.
#' @param first Number of the first image of the seed, from 0: `sample_images(object, 2, seed = 1,
#'   first = 6)` draws the last two images of `sample_images(object, 8, seed = 1)`.
#' @returns Images, an integer array (n, H, W, C) of class `pixelcnn_images`; see [images].
#' @family sampling
#' @export
#' @examplesIf pixelcnn_available()
#' dist <- load_pretrained("quickdraw13")
#' set.seed(1)
#' images <- sample_images(dist, 4, "bicycle")
#' images
#' plot(images)
sample_images <- function(object, n = NULL, condition = NULL, seed = NULL, temperature = 1, guidance = 0,
                          method = "cached", batch_size = NULL, verbose = NULL, order = 0, first = 0) {
  unbind()
  check_distribution(object)
  request <- condition_for(condition, n, object)
  images <- draw_images(
    object, "sample",
    list(
      request$shape, conditional_input = request$value, order = as_whole(order, "order", min = 0),
      first = as_whole(first, "first", min = 0)
    ),
    seed, temperature, guidance, method, batch_size, verbose
  )
  new_images(images, levels_of(object))
}

#' Complete images
#'
#' Draws the unknown pixels of images and keeps the known pixels. Each unknown pixel is drawn
#' given the pixels before it in an order of the distribution. A distribution with `orders = 1`
#' has raster order: row by row, each row from left to right. For a distribution with several
#' orders the function chooses for each image the order in which the fewest known pixels
#' follow an unknown one. If all known pixels come before all unknown pixels, the result is a
#' draw from the exact conditional distribution. With `orders = 8` this holds for each half
#' and edge of an image.
#'
#' If a known pixel comes after an unknown pixel, the known pixel does not influence the
#' unknown pixel, unless `num_particles` is above 1. With several particles the function
#' draws several drafts of each image, weights each draft by the probability that it gives
#' to the known pixels, and chooses one draft at random by these weights. More particles come
#' closer to the exact conditional distribution.
#'
#' @inheritParams sample_images
#' @param images Images, as for [log_prob()]. The values of unknown pixels do not matter and
#'   may be `NA`.
#' @param mask A logical array that is `TRUE` for known pixels, of dimensions (H, W) or
#'   (H, W, C) for all images, or (n, H, W, C) for one mask for each image. By default all
#'   pixels that are not `NA` are known; see [occlude()].
#' @param num_particles Number of drafts of each image. Time and memory grow with it.
#' @param order Order in which the pixels are drawn, 0 to `orders - 1` of the distribution.
#'   `NULL` chooses the order of each image by its mask.
#' @returns The completed images, as [sample_images()] returns images.
#' @family sampling
#' @export
#' @examplesIf pixelcnn_available()
#' dist <- load_pretrained("quickdraw13")
#' pizzas <- occlude(doodles(2, classes = "pizza", seed = 1)$images, rows = 15:28)
#' plot(complete_images(dist, pizzas, condition = "pizza", seed = 2))
complete_images <- function(object, images, mask = NULL, condition = NULL, seed = NULL, temperature = 1, guidance = 0,
                            num_particles = 1, method = "cached", batch_size = NULL, verbose = NULL, order = NULL) {
  unbind()
  check_distribution(object)
  if (is.null(condition)) condition <- own_labels(images, object)
  if (inherits(images, "pixelcnn_data")) images <- images$images
  warn_of_extrapolation(object, condition, "condition")
  images <- with_batch(images, image_shape(object), "images")
  if (is.logical(images) && !all(is.na(images))) abort_argument("images", describe(images), "whole numbers, with NA for unknown pixels")
  mask <- if (is.null(mask)) !is.na(unclass_array(images)) else known_pixels(mask, images)
  images[is.na(images)] <- object$low
  arguments <- list(
    numpy()$asarray(unclass_array(images), order = "C"), numpy()$asarray(mask),
    conditional_input = condition_to_python(condition, object)$value,
    num_particles = as_whole(num_particles, "num_particles", min = 1),
    order = as_whole(order, "order", min = 0, null = TRUE)
  )
  completed <- draw_images(object, "complete", arguments, seed, temperature, guidance, method, batch_size, verbose)
  new_images(completed, levels_of(object))
}

# Checks the arguments that sampling and completion share, shows progress, and calls Python.
draw_images <- function(object, verb, arguments, seed, temperature, guidance, method, batch_size, verbose,
                        call = rlang::caller_env()) {
  progress <- drawing_progress(verbose, object)
  on.exit(progress$close())
  shared <- list(
    seed = as_seed(seed, call),
    temperature = as_number(temperature, "temperature", call = call),
    guidance = as_number(guidance, "guidance", call = call),
    method = method,
    batch_size = as_whole(batch_size, "batch_size", min = 1, null = TRUE, call = call),
    verbose = progress$verbose
  )
  call_python(do.call(member(object, verb), c(arguments, shared)), call = call)
}
