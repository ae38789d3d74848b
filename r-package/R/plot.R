# Figures of images, drawn with base graphics.

#' Plot images
#'
#' Draws images in a grid. Missing pixels (`NA`) are pink.
#'
#' @param x Images, as [sample_images()] returns, or data. `plot_images()` also takes any
#'   numeric array (n, H, W, C) with 1 or 3 channels, or (n, H, W).
#' @param columns Number of images in a row. The default makes about as many columns as rows.
#' @param invert Whether to invert the levels, so that white strokes on black are drawn as
#'   black strokes on white. The default is `TRUE` for grey images that are mostly dark.
#' @param low,high Smallest and largest level. The default is the levels of the images, or 0
#'   and 255 for a plain array.
#' @param gap Number of pixels between images.
#' @param main A title.
#' @param ... For `plot()`, arguments of `plot_images()`; else unused.
#' @returns `as.raster()` returns the grid as a raster image. The other functions return `x`,
#'   invisibly.
#' @family plots
#' @export
#' @examples
#' plot_images(array(sample(0:255, 4 * 8 * 8, replace = TRUE), c(4, 8, 8)))
plot_images <- function(x, columns = NULL, invert = NULL, low = NULL, high = NULL, gap = 1, main = NULL) {
  raster <- images_raster(x, columns, invert, low, high, gap)
  draw_raster(raster, main)
  invisible(x)
}

#' @rdname plot_images
#' @export
plot.pixelcnn_images <- function(x, ...) plot_images(x, ...)

#' @rdname plot_images
#' @export
plot.pixelcnn_data <- function(x, ...) {
  plot_images(x$images, ...)
  invisible(x)
}

#' Plot what a distribution draws
#'
#' Draws images and plots them. Without `n` and `condition` it draws one image of each
#' class, or 16 images if the distribution has no classes. Codes (`levels = "categorical"`)
#' are shown in the colours of [vq_colours()].
#'
#' @inheritParams sample_images
#' @param x A distribution.
#' @param ... Arguments of [plot_images()].
#' @returns The images, invisibly.
#' @family plots
#' @export
#' @examplesIf pixelcnn_available()
#' dist <- load_pretrained("quickdraw13")
#' plot(dist, 4, "bicycle", seed = 1)
plot.pixelcnn.PixelDistribution <- function(x, n = NULL, condition = NULL, seed = NULL, temperature = 1, guidance = 0,
                                            verbose = NULL, ...) {
  check_distribution(x, "x")
  if (is.null(n) && is.null(condition)) {
    if (is.null(x$num_classes)) n <- 16 else condition <- seq_len(x$num_classes) - 1L
  }
  images <- sample_images(
    x, n, condition, seed = seed, temperature = temperature, guidance = guidance, verbose = verbose
  )
  # Codes are names, so that each has a colour of its own, and no brightness.
  codes <- identical(x$get_config()$levels, "categorical") && dim(images)[[4]] == 1
  plot_images(if (codes) vq_colours(images) else images, ...)
  invisible(images)
}

#' @rdname plot_images
#' @export
as.raster.pixelcnn_images <- function(x, columns = NULL, invert = NULL, gap = 1, low = NULL, high = NULL, ...) {
  rlang::check_dots_empty()
  images_raster(x, columns, invert, low, high, gap)
}

images_raster <- function(x, columns = NULL, invert = NULL, low = NULL, high = NULL, gap = 1) {
  pixels <- screen_pixels(x, invert, low, high)
  if (is.null(columns)) columns <- ceiling(sqrt(dim(pixels)[[1]]))
  columns <- as_whole(columns, "columns", min = 1)
  gap <- as_whole(gap, "gap", min = 0)
  page <- tile(pixels, min(columns, dim(pixels)[[1]]), gap)
  grDevices::as.raster(if (dim(page)[[3]] == 1) matrix(page, dim(page)[[1]]) else page)
}

# Scales images to 0 (black) to 1 (white) and gives them four dimensions.
screen_pixels <- function(x, invert = NULL, low = NULL, high = NULL) {
  # Functions such as `dnorm()` keep the class, although their results are not levels.
  if (inherits(x, "pixelcnn_images") && is.null(low) && is.null(high) && !within_levels(x, levels_of_images(x))) {
    abort_argument("x", describe(x), "levels of the images, or the arguments `low` and `high` for these numbers", call = rlang::caller_env(2))
  }
  low <- first_given(low, attr(x, "low"), 0)
  high <- first_given(high, attr(x, "high"), 255)
  if (is.numeric(x) && length(dim(x)) %in% 3:4 && !length(x)) {
    abort_argument("x", describe(x), "at least one image", call = rlang::caller_env(2))
  }
  if (!is_number(x) || !(length(dim(x)) %in% 3:4)) {
    abort_argument("x", describe(x), "images (n, H, W, C) or (n, H, W)", call = rlang::caller_env(2))
  }
  refuse_one_image(x, "x", call = rlang::caller_env(2))
  low <- as_number(low, "low")
  high <- as_number(high, "high")
  if (high <= low) abort_argument("high", format(high), sprintf("a number above `low`, %s", format(low)))
  if (!is.null(invert)) as_flag(invert, "invert")
  pixels <- (unclass_array(x) - low) / (high - low)
  if (length(dim(pixels)) == 3) dim(pixels) <- c(dim(pixels), 1L)
  if (!dim(pixels)[[4]] %in% c(1, 3)) {
    abort_argument("x", describe(x), "one or three channels", call = rlang::caller_env(2))
  }
  pixels <- pmin(pmax(pixels, 0), 1)
  if (is.null(invert)) invert <- looks_inverted(pixels)
  show_missing(if (invert) 1 - pixels else pixels)
}

# Pink, which grey images never have. Python's figures use the same colour.
MISSING <- c(225, 150, 215) / 255

# Gives missing pixels, such as `occlude()` makes, the colour `MISSING`.
show_missing <- function(pixels) {
  if (!anyNA(pixels)) return(pixels)
  if (dim(pixels)[[4]] == 1) pixels <- array(pixels, c(dim(pixels)[1:3], 3))
  missing <- which(is.na(pixels))
  pixels[missing] <- MISSING[slice.index(pixels, 4)[missing]]
  pixels
}

first_given <- function(...) Find(Negate(is.null), list(...))

# Tells whether grey images are mostly dark. Such images are easier to see as dark strokes on white.
looks_inverted <- function(pixels) dim(pixels)[[4]] == 1 && isTRUE(mean(pixels, na.rm = TRUE) < 0.5)

# Puts images (n, H, W, C) side by side on one page, each image in a light grey frame.
tile <- function(pixels, columns, gap) {
  d <- dim(pixels)
  rows <- ceiling(d[[1]] / columns)
  page <- array(1, c(rows * (d[[2]] + gap) + gap, columns * (d[[3]] + gap) + gap, d[[4]]))
  for (k in seq_len(d[[1]])) {
    top <- gap + ((k - 1) %/% columns) * (d[[2]] + gap)
    left <- gap + ((k - 1) %% columns) * (d[[3]] + gap)
    page[top + seq(1 - gap, d[[2]] + gap), left + seq(1 - gap, d[[3]] + gap), ] <- 0.88
    page[top + seq_len(d[[2]]), left + seq_len(d[[3]]), ] <- pixels[k, , , ]
  }
  page
}

# Draws a raster with square pixels, without interpolation, below a title.
draw_raster <- function(raster, main = NULL) {
  old <- graphics::par(mar = c(0.2, 0.2, if (is.null(main)) 0.2 else 1.4, 0.2))
  on.exit(graphics::par(old))
  graphics::plot.new()
  graphics::plot.window(c(0, ncol(raster)), c(0, nrow(raster)), asp = 1, xaxs = "i", yaxs = "i")
  graphics::rasterImage(raster, 0, 0, ncol(raster), nrow(raster), interpolate = FALSE)
  # The title stands directly above the images, whose position depends on the aspect ratio.
  if (!is.null(main)) graphics::text(ncol(raster) / 2, nrow(raster), main, pos = 3, xpd = NA)
}

#' Plot real images above generated images
#'
#' Draws a panel for each class: a row of images from the data above a row of images that
#' the distribution draws. The article has this figure.
#'
#' @inheritParams sample_images
#' @param data Data with labels, such as [quickdraw()] returns.
#' @param n Number of images in a row.
#' @param classes Classes to show. The default is all classes of the data.
#' @param columns Number of panels side by side. The default is at most four.
#' @returns The generated images, one class after the other, invisibly.
#' @family plots
#' @export
#' @examplesIf pixelcnn_available()
#' dist <- load_pretrained("quickdraw13")
#' data <- doodles(16, classes = c("bicycle", "pizza"))
#' plot_real_vs_generated(dist, data, n = 4, seed = 1)
plot_real_vs_generated <- function(object, data, n = 8, classes = NULL, seed = NULL, temperature = 1, guidance = 0,
                                   columns = NULL, verbose = NULL) {
  check_distribution(object)
  if (!inherits(data, "pixelcnn_data") || is.null(data$labels)) {
    abort_argument("data", describe(data), "data with labels, such as `quickdraw()` returns")
  }
  n <- as_whole(n, "n", min = 1)
  if (!takes_labels(object)) {
    abort_argument("object", "a distribution without classes", "one with classes, because images of each class are drawn")
  }
  has_images <- data$class_names %in% as.character(data$labels)
  if (is.null(classes)) classes <- data$class_names[has_images]
  labels <- as_labels(classes, length(data$class_names), data$class_names, "classes")
  classes <- data$class_names[labels + 1L]
  if (!length(classes) || !all(has_images[labels + 1L])) {
    abort_argument("classes", comma(classes), paste("classes of which there are images:", comma(data$class_names[has_images])))
  }
  wanted <- rep(if (is.null(object$class_names)) labels else classes, each = n)
  generated <- sample_images(
    object, condition = wanted, seed = seed, temperature = temperature, guidance = guidance, verbose = verbose
  )
  real <- lapply(classes, function(class) data$images[utils::head(which(data$labels == class), n), , , , drop = FALSE])
  draw_panels(classes, real, split_images(generated, n), n, columns)
  invisible(generated)
}

split_images <- function(images, n) {
  lapply(seq(0, dim(images)[[1]] - n, by = n), function(k) images[k + seq_len(n), , , , drop = FALSE])
}

draw_panels <- function(titles, above, below, n, columns = NULL) {
  if (is.null(columns)) columns <- min(4, max(1, round(sqrt(length(titles)) * 0.8)))
  old <- graphics::par(mfrow = c(ceiling(length(titles) / columns), columns))
  on.exit(graphics::par(old))
  # R makes text smaller if there are many panels.
  graphics::par(cex = 1)
  invert <- looks_inverted(screen_pixels(above[[1]], invert = FALSE))
  for (k in seq_along(titles)) draw_raster(panel_raster(above[[k]], below[[k]], n, invert), titles[[k]])
}

# Puts two rows of images above each other, each with space for `n` images.
panel_raster <- function(above, below, n, invert) {
  rows <- lapply(list(above, below), function(images) tile(screen_pixels(images, invert), n, 1))
  page <- array(0, c(nrow(rows[[1]]) + nrow(rows[[2]]), ncol(rows[[1]]), dim(rows[[1]])[[3]]))
  page[seq_len(nrow(rows[[1]])), , ] <- rows[[1]]
  page[nrow(rows[[1]]) + seq_len(nrow(rows[[2]])), , ] <- rows[[2]]
  grDevices::as.raster(if (dim(page)[[3]] == 1) matrix(page, dim(page)[[1]]) else page)
}

#' Plot original, occluded and completed images
#'
#' Draws three panels side by side, with one image in a row. Missing pixels (`NA`) are pink.
#'
#' @param original The original images: images, data, or an array (n, H, W, C) or
#'   (n, H, W).
#' @param occluded The same images after [occlude()].
#' @param completed The images that [complete_images()] returned for `occluded`.
#' @inheritParams plot_images
#' @returns The completed images, invisibly.
#' @family plots
#' @export
#' @examplesIf pixelcnn_available()
#' dist <- load_pretrained("quickdraw13")
#' original <- doodles(3, classes = "pizza", seed = 1)$images
#' occluded <- occlude(original, rows = 15:28)
#' completed <- complete_images(dist, occluded, condition = "pizza", seed = 2)
#' plot_completion(original, occluded, completed)
plot_completion <- function(original, occluded, completed, invert = NULL, low = NULL, high = NULL) {
  panels <- list(original = original, occluded = occluded, completed = completed)
  panels <- lapply(panels, function(x) if (inherits(x, "pixelcnn_data")) x$images else x)
  counts <- vapply(panels, function(x) first_given(dim(x), 0)[[1]], numeric(1))
  for (name in names(panels)) {
    if (counts[[name]] != counts[[1]]) {
      abort_argument(name, describe(panels[[name]]), sprintf("%d images, as many as `original` has", counts[[1]]))
    }
  }
  if (is.null(invert)) invert <- looks_inverted(screen_pixels(panels$original, FALSE, low, high))
  old <- graphics::par(mfrow = c(1, 3))
  on.exit(graphics::par(old))
  graphics::par(cex = 1)
  for (name in names(panels)) draw_raster(images_raster(panels[[name]], 1, invert, low, high), name)
  invisible(completed)
}
