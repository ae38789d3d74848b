# Images as an R object: an integer array (n, height, width, channels) that prints and plots as images.

#' @export
`[.pixelcnn_images` <- function(x, i, j, k, l, drop = TRUE) {
  result <- NextMethod()
  # Whole images stay images; what lost a dimension is an array.
  if (length(dim(result)) != 4) return(result)
  structure(result, low = attr(x, "low"), high = attr(x, "high"), class = "pixelcnn_images")
}

#' @export
format.pixelcnn_images <- function(x, ...) {
  d <- dim(x)
  kind <- if (d[[1]] == 1) "image" else "images"
  sprintf("<%d %s> %d x %d x %d, integers %d to %d", d[[1]], kind, d[[2]], d[[3]], d[[4]], attr(x, "low"), attr(x, "high"))
}

#' @export
print.pixelcnn_images <- function(x, ...) {
  cat(format(x), sep = "\n")
  invisible(x)
}

#' @export
as.array.pixelcnn_images <- function(x, ...) unclass_array(x)

#' Hide a part of images
#'
#' Sets rows or a box to `NA`: [complete_images()] takes what is missing for unknown, and
#' plots show it in pink.
#'
#' Hiding all rows from one down leaves the known pixels first in raster order, which is
#' where [complete_images()] is exact.
#'
#' @param images Images (n, height, width, channels) or (n, height, width), or data such
#'   as [doodles()] returns.
#' @param rows The hidden rows, neighbours, counted from 1 as always in R: `15:28`.
#' @param box First row, first column, last row and last column of a hidden box; give
#'   `rows` or `box`.
#' @param value What hidden pixels get.
#' @returns Images, or data, of the same kind.
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
  hidden <- hidden_part(rows, box, dim(images)[2:3])
  value <- if (identical(value, NA)) NA_integer_ else as_whole(value, "value")
  if (length(dim(images)) == 3) {
    images[, hidden$rows, hidden$columns] <- value
  } else {
    images[, hidden$rows, hidden$columns, ] <- value
  }
  images
}

# Rows and columns of a box, or of whole rows, in images of (height, width).
hidden_part <- function(rows, box, size, call = rlang::caller_env()) {
  if (is.null(rows) == is.null(box)) {
    abort_argument("rows", if (is.null(rows)) "missing, and so is `box`" else "given, and so is `box`", "one of them", call = call)
  }
  fits <- sprintf("a part of images %d high and %d wide", size[[1]], size[[2]])
  if (!is.null(rows)) {
    if (!is_whole(rows) || !length(rows) || any(diff(rows) != 1) || min(rows) < 1 || max(rows) > size[[1]]) {
      abort_argument("rows", describe(rows), paste0("rows that are neighbours, ", fits), call = call)
    }
    return(list(rows = rows, columns = seq_len(size[[2]])))
  }
  if (!is_whole(box) || length(box) != 4 || any(box[1:2] < 1 | box[3:4] < box[1:2] | box[3:4] > size)) {
    abort_argument("box", describe(box), paste0("first row, first column, last row and last column, ", fits), call = call)
  }
  list(rows = box[[1]]:box[[3]], columns = box[[2]]:box[[4]])
}
