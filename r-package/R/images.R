# The class of images: an integer array (n, height, width, channels) that prints and plots as images.

#' Images and data as R objects
#'
#' Images are an integer array (n, height, width, channels). Data are a list of images and
#' their labels. R's functions treat both as a vector of n images: `length(x)` is n, `x[i]`
#' selects images, and `c()` combines images. For images, an index that is an array, such as
#' `x > 128`, selects pixels.
#'
#' Arithmetic on images returns images if the results are whole numbers within the levels,
#' as in `255 - x`, and a plain array otherwise, as in `x / 255`. `as.array(x)` returns the
#' plain array for functions that do not work with images, such as `pmax()`. `as.matrix(x)`
#' returns a matrix with a row for each image. A data frame takes images as a column
#' `I(as.list(x))`, and a tibble takes a column `as.list(x)`.
#'
#' @param x Images, as [sample_images()] returns them, or data, such as [doodles()]
#'   returns.
#' @param row.names,optional,... Unused.
#' @returns `as.data.frame()` returns a row for each value of each pixel, with the columns
#'   `image`, `row`, `column` and `channel`, all counted from 1, and `value`; for data with
#'   labels also `class`.
#' @family data
#' @name images
#' @examplesIf pixelcnn_available()
#' drawings <- doodles(6, classes = c("sun", "bee"))
#' length(drawings)
#' c(drawings[1:2], drawings[6])
#' shares <- drawings$images / 255
#' dim(shares)
#' head(as.data.frame(drawings))
NULL

#' @export
`[.pixelcnn_images` <- function(x, i, j, k, l, drop = TRUE) {
  alone <- has_image_axes(x) && nargs() - as.integer(!missing(drop)) < 3
  if (alone && missing(i)) return(x)
  if (alone) refuse_names(i)
  if (alone && length(dim(i)) < 2) return(x[as.vector(i), , , , drop = FALSE])
  result <- NextMethod()
  # A result with four dimensions holds whole images; a result with fewer is a plain array.
  if (length(dim(result)) != 4) return(result)
  structure(result, low = attr(x, "low"), high = attr(x, "high"), class = "pixelcnn_images")
}

# Neither images nor data have names.
refuse_names <- function(i, call = rlang::caller_env()) {
  if (is.character(i)) abort_argument("i", describe(i), "numbers of images, or TRUE and FALSE", call = call)
}

#' @export
`[<-.pixelcnn_images` <- function(x, i, j, k, l, value) {
  if (nargs() < 4 && missing(i)) i <- seq_along(x)
  if (nargs() < 4 && length(dim(i)) < 2) {
    i <- as.vector(i)
    one <- length(value) == 1 && is.null(dim(value)) && (is_number(value) || is.na(value))
    x[i, , , ] <- if (one) value else as_images_of(value, x, length(x[i]))
    return(x)
  }
  stay <- within_levels(value, levels_of_images(x))
  result <- NextMethod()
  if (!stay) return(unclass_array(result))
  if (!is.integer(result)) storage.mode(result) <- "integer"
  result
}

# Returns a value as `n` images of the size and levels of `x`. Recycles whole images, because R would recycle pixels.
as_images_of <- function(value, x, n) {
  size <- dim(x)[-1]
  if (inherits(value, "pixelcnn_images") && any(levels_of_images(value) != levels_of_images(x))) {
    abort_argument("value", describe_levels(value), paste("images of", describe_levels(x)), call = NULL)
  }
  images <- unclass_array(value)
  if (is.null(dim(images)) && length(images) == n * prod(size)) return(images)  # all pixels, in R's order
  gray <- size[[3]] == 1
  one <- list(NULL, size, if (gray) size[-3])
  if (length(images) == prod(size) && list(dim(images)) %in% one) dim(images) <- c(1L, size)
  if (gray && length(dim(images)) == 3) dim(images) <- c(dim(images), 1L)
  if (!is_number(images) && !all(is.na(images)) || length(dim(images)) != 4 || !identical(dim(images)[-1], size) || !length(images)) {
    abort_argument("value", describe(value), sprintf("a number, or images of %s", paste(size, collapse = " x ")), call = NULL)
  }
  images[rep_len(seq_len(dim(images)[[1]]), n), , , , drop = FALSE]
}

describe_levels <- function(images) paste("levels", paste(levels_of_images(images), collapse = " to "))

#' @export
`[[.pixelcnn_images` <- function(x, ...) if (...length() == 1) x[...] else NextMethod()

#' @export
`[[<-.pixelcnn_images` <- function(x, ..., value) {
  if (...length() == 1) x[...] <- value else x <- NextMethod()
  x
}

#' @export
`dim<-.pixelcnn_images` <- function(x, value) if (is.null(value)) as.vector(x) else array(as.vector(x), value)

#' @export
`length<-.pixelcnn_images` <- function(x, value) x[seq_len(value)]

#' @export
length.pixelcnn_images <- function(x) {
  refuse_by_element(x, sys.function(sys.parent()))
  if (has_image_axes(x)) dim(x)[[1]] else length(unclass(x))
}

# Refuses images in functions that are not generic, because they take the length as the number of pixels and would return
# wrong results.
refuse_by_element <- function(x, caller) {
  if (inherits(x, "AsIs")) abort_by_element("A column of a data frame", "a list of images", "I(as.list(images))")
  by_element <- list("pmax()" = base::pmax, "pmin()" = base::pmin, "xy.coords()" = grDevices::xy.coords)
  for (name in names(by_element)) {
    if (identical(caller, by_element[[name]])) abort_by_element(sprintf("`%s`", name), "a plain array", "as.array(images)")
  }
}

abort_by_element <- function(who, what, recipe) {
  text <- sprintf("%s takes %s, not images as they are: `%s`.", who, what, recipe)
  rlang::abort(text, class = c("pixelcnn_argument_error", "pixelcnn_error"), call = NULL)
}

# Functions that are not generic keep the class even if the result holds no images: `drop()` removes axes, and `dnorm()`
# returns densities.
has_image_axes <- function(x) length(dim(x)) == 4

holds_images <- function(x) inherits(x, "pixelcnn_images") && is.integer(x) && has_image_axes(x) && within_levels(x, levels_of_images(x))

#' @export
as.list.pixelcnn_images <- function(x, ...) lapply(seq_along(x), function(k) x[k])

#' @export
rep.pixelcnn_images <- function(x, ...) {
  # `ifelse()` is not generic, and repeats images in order to select pixels from them.
  if (identical(sys.function(sys.parent()), base::ifelse)) return(rep(as.vector(x), ...))
  x[rep(seq_along(x), ...)]
}

#' @export
c.pixelcnn_images <- function(...) {
  parts <- Filter(Negate(is.null), list(...))
  first <- parts[[1]]
  for (part in parts) {
    same <- inherits(part, "pixelcnn_images") && holds_images(part) && identical(dim(part)[-1], dim(first)[-1]) &&
      identical(levels_of_images(part), levels_of_images(first))
    if (!same) abort_argument("...", describe(part), paste("images such as the first,", describe(first)))
  }
  # With the image axis last, R stores one image after the other, so the parts can be concatenated.
  pixels <- unlist(lapply(parts, function(part) aperm(unclass_array(part), c(2:4, 1))))
  count <- sum(vapply(parts, length, 0L))
  new_images(aperm(array(pixels, c(dim(first)[-1], count)), c(4, 1:3)), levels_of_images(first))
}

# Base R would make a matrix with a row for each image, and lose height, width and channels.
#' @export
rbind.pixelcnn_images <- function(..., deparse.level = 1) {
  rlang::abort(
    "Images and data are not rows of a matrix: `c()` combines them, `as.matrix(images)` makes a matrix.",
    class = c("pixelcnn_argument_error", "pixelcnn_error"), call = NULL
  )
}

#' @export
cbind.pixelcnn_images <- rbind.pixelcnn_images

#' @export
rbind.pixelcnn_data <- rbind.pixelcnn_images

#' @export
cbind.pixelcnn_data <- rbind.pixelcnn_images

#' @export
Ops.pixelcnn_images <- function(e1, e2) {
  operate <- get(.Generic, mode = "function")
  if (missing(e2)) return(as_images_again(operate(plain(e1)), e1))
  as_images_again(operate(plain(e1), plain(e2)), if (inherits(e1, "pixelcnn_images")) e1 else e2)
}

#' @export
Math.pixelcnn_images <- function(x, ...) as_images_again(get(.Generic, mode = "function")(plain(x), ...), x)

#' @export
Complex.pixelcnn_images <- function(z) as_images_again(get(.Generic, mode = "function")(plain(z)), z)

# Base R computes these functions from `length()` and elements, but an element of images is an image, not a number.
#' @export
mean.pixelcnn_images <- function(x, ...) mean(as.vector(x), ...)

#' @export
weighted.mean.pixelcnn_images <- function(x, w, ...) stats::weighted.mean(as.vector(x), w, ...)

#' @export
xtfrm.pixelcnn_images <- function(x) as.vector(x)

#' @export
quantile.pixelcnn_images <- function(x, ...) stats::quantile(as.vector(x), ...)

#' @export
median.pixelcnn_images <- function(x, na.rm = FALSE, ...) stats::median(as.vector(x), na.rm = na.rm, ...)

#' @export
sort.pixelcnn_images <- function(x, decreasing = FALSE, ...) sort(as.vector(x), decreasing = decreasing, ...)

#' @export
range.pixelcnn_images <- function(..., na.rm = FALSE) {
  do.call(range, c(lapply(list(...), function(x) if (inherits(x, "pixelcnn_images")) as.vector(x) else x), na.rm = na.rm))
}

#' @export
diff.pixelcnn_images <- function(x, ...) diff(as.vector(x), ...)

# `%in%` and `match()` call the generic `mtfrm()`, which R has since version 4.2.
#' @rawNamespace if (getRversion() >= "4.2.0") S3method(mtfrm, pixelcnn_images)
mtfrm.pixelcnn_images <- function(x) as.vector(x)

#' @export
str.pixelcnn_images <- function(object, ...) if (holds_images(object)) cat("", title_of(object), "\n") else str(plain(object), ...)

plain <- function(x) if (inherits(x, "pixelcnn_images")) unclass_array(x) else x

# Makes images of a result that holds whole numbers within the levels of `images`; other results stay plain arrays.
as_images_again <- function(result, images) {
  levels <- levels_of_images(images)
  if (length(dim(result)) != 4 || is.logical(result) || !within_levels(result, levels)) return(result)
  new_images(result, levels)
}

# Missing values are allowed, because they are hidden pixels.
within_levels <- function(x, levels) {
  present <- as.vector(x)
  present <- present[!is.na(present)]
  if (!length(present)) return(is.numeric(x) || is.logical(x))
  is_whole(present) && min(present) >= levels[["low"]] && max(present) <= levels[["high"]]
}

levels_of_images <- function(x) c(low = attr(x, "low"), high = attr(x, "high"))

#' @rdname images
#' @export
as.data.frame.pixelcnn_images <- function(x, row.names = NULL, optional = FALSE, ...) {
  pixels <- unclass_array(x)
  at <- lapply(c(image = 1, row = 2, column = 3, channel = 4), function(axis) as.vector(slice.index(pixels, axis)))
  data.frame(at, value = as.vector(pixels))
}

#' @rdname images
#' @export
as.data.frame.pixelcnn_data <- function(x, row.names = NULL, optional = FALSE, ...) {
  pixels <- as.data.frame(x$images)
  if (is.null(x$labels)) pixels else data.frame(pixels, class = x$labels[pixels$image])
}

# Returns a text such as "2 images of 8 x 8 x 1".
describe_images <- function(x) {
  if (!holds_images(x)) return(describe(plain(x)))
  d <- dim(x)
  sprintf("%d %s of %s", d[[1]], if (d[[1]] == 1) "image" else "images", size_of(x))
}

size_of <- function(x) paste(dim(x)[-1], collapse = " x ")

title_of <- function(x) {
  # A user may have replaced the images of data by a plain array.
  if (!holds_images(x)) return(sprintf("<%s>", describe(plain(x))))
  count <- length(x)
  kind <- if (count == 1) "image" else "images"
  sprintf("<%d %s> %s, integers %d to %d", count, kind, size_of(x), attr(x, "low"), attr(x, "high"))
}

# Returns a text for each image, because a data frame with a column of images needs it to print.
#' @export
format.pixelcnn_images <- function(x, ...) {
  if (holds_images(x)) rep(sprintf("<%s>", size_of(x)), length(x)) else format(plain(x), ...)
}

#' @export
print.pixelcnn_images <- function(x, ...) {
  if (holds_images(x)) cat(title_of(x), sep = "\n") else print(plain(x), ...)
  invisible(x)
}

#' @export
as.array.pixelcnn_images <- function(x, ...) plain(x)

#' @export
as.matrix.pixelcnn_images <- function(x, ...) if (has_image_axes(x)) matrix(as.vector(x), length(x)) else as.matrix(plain(x))

#' Hide a part of images
#'
#' Sets the pixels of some rows or of a box to `NA`. [complete_images()] draws missing pixels,
#' and plots show them in pink.
#'
#' If all rows from some row to the last are hidden, all known pixels come before all
#' unknown pixels in raster order (row by row, each row from left to right). In this case
#' [complete_images()] is exact.
#'
#' @param images Images (n, height, width, channels) or (n, height, width), or data such
#'   as [doodles()] returns.
#' @param rows The rows to hide, counted from 1 and without gaps, such as `15:28`.
#' @param box First row, first column, last row and last column of the box to hide. Give
#'   either `rows` or `box`.
#' @param value The value of hidden pixels: `NA`, or a level of the images.
#' @returns The images or data with hidden pixels.
#' @family sampling
#' @export
#' @examples
#' images <- array(sample(0:255, 2 * 4 * 4, replace = TRUE), c(2, 4, 4))
#' occlude(images, rows = 3:4)[1, , ]
#' occlude(images, box = c(2, 2, 3, 4))[1, , ]
occlude <- function(images, rows = NULL, box = NULL, value = NA) {
  if (inherits(images, "pixelcnn_data")) {
    images$images <- occlude(images$images, rows, box, value)
    return(images)
  }
  if (!is.numeric(images) || !length(dim(images)) %in% 3:4) {
    abort_argument("images", describe(images), "images, (n, H, W, C) or (n, H, W)")
  }
  refuse_one_image(images, "images", c(1, 3))
  hidden <- hidden_part(rows, box, dim(images)[2:3])
  value <- if (length(value) == 1 && is.na(value)) NA_integer_ else as_whole(value, "value")
  levels <- levels_of_images(images)
  if (inherits(images, "pixelcnn_images") && !within_levels(value, levels)) {
    abort_argument("value", value, sprintf("NA or a level %d to %d of the images", levels[["low"]], levels[["high"]]))
  }
  if (length(dim(images)) == 3) {
    images[, hidden$rows, hidden$columns] <- value
  } else {
    images[, hidden$rows, hidden$columns, ] <- value
  }
  images
}

# Refuses an array (H, W, 3), because one image in colour would be taken for H gray images of W x 3. With the channels
# c(1, 3) also refuses one gray image.
refuse_one_image <- function(images, arg, channels = 3, call = rlang::caller_env()) {
  if (length(dim(images)) != 3 || !dim(images)[[3]] %in% channels) return(invisible())
  one <- if (dim(images)[[3]] == 3) "one image in colour" else "one gray image"
  expected <- sprintf("four dimensions: %s is `x[1]` or `x[1, , , , drop = FALSE]`", one)
  abort_argument(arg, describe(images), expected, call = call)
}

# Returns the hidden rows and columns. `size` is the height and width of the images.
hidden_part <- function(rows, box, size, call = rlang::caller_env()) {
  if (is.null(rows) == is.null(box)) {
    abort_argument("rows", if (is.null(rows)) "missing, and so is `box`" else "given, and so is `box`", "one of them", call = call)
  }
  fits <- sprintf("a part of images %d high and %d wide", size[[1]], size[[2]])
  if (!is.null(rows)) {
    if (!is_whole(rows) || !length(rows) || any(diff(rows) != 1) || min(rows) < 1 || max(rows) > size[[1]]) {
      abort_argument("rows", describe(rows), paste0("rows without gaps, ", fits), call = call)
    }
    return(list(rows = rows, columns = seq_len(size[[2]])))
  }
  if (!is_whole(box) || length(box) != 4 || any(box[1:2] < 1 | box[3:4] < box[1:2] | box[3:4] > size)) {
    abort_argument("box", describe(box), paste0("first row, first column, last row and last column, ", fits), call = call)
  }
  list(rows = box[[1]]:box[[3]], columns = box[[2]]:box[[4]])
}
