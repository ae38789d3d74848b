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
