# Printing of distributions.

#' @export
print.pixelcnn.PixelDistribution <- function(x, ...) {
  cat(format(x), sep = "\n")
  invisible(x)
}

#' @export
format.pixelcnn.PixelDistribution <- function(x, ...) {
  family <- sub("^.*\\.", "", class(x)[[1]])
  if (is_gone(x)) {
    return(c(
      sprintf("<%s> whose Python session has ended", family),
      "Load it with `load_pixelcnn()` from the file that `save_pixelcnn()` wrote, or make it again."
    ))
  }
  levels <- levels_of(x)
  c(
    sprintf("<%s> %s images, integers %d to %d", family, paste(image_shape(x), collapse = " x "), levels[[1]], levels[[2]]),
    paste("condition: ", format_condition(x)),
    paste("network:   ", format_network(x)),
    paste("parameters:", format(trainable_parameters(x), big.mark = ","))
  )
}

#' @export
str.pixelcnn.PixelDistribution <- function(object, ...) cat("", format(object)[[1]], "\n")

#' @export
as.character.pixelcnn.PixelDistribution <- function(x, ...) format(x)[[1]]

format_condition <- function(x) {
  if (!is.null(x$class_names)) return(format_classes(unlist(x$class_names)))
  if (!is.null(x$num_classes)) return(sprintf("%d classes, labels 0 to %d", x$num_classes, x$num_classes - 1L))
  config <- x$get_config()
  parts <- c(
    if (!is.null(config$conditional_shape)) format_numbers(config$conditional_shape),
    if (!is.null(config$spatial_condition_shape)) format_map(config$spatial_condition_levels)
  )
  if (length(parts)) paste(parts, collapse = " and ") else "none"
}

format_map <- function(codes) if (is.null(codes)) "a map" else sprintf("a map of codes 0 to %d", codes - 1L)

format_numbers <- function(shape) if (length(shape)) sprintf("numbers of shape (%s)", comma(unlist(shape))) else "a number"

# Returns the arguments that determine the size of the network.
format_network <- function(x) {
  sizes <- x$get_config()
  sizes <- Filter(Negate(is.null), sizes[grepl("^num_", names(sizes)) & names(sizes) != "num_classes"])
  paste(names(sizes), unlist(sizes), collapse = ", ")
}

#' @export
summary.pixelcnn.PixelDistribution <- function(object, ...) {
  check_alive(object, "object")
  structure(
    list(
      lines = format(object), config = object$get_config(), parameters = trainable_parameters(object),
      compiled = isTRUE(object$compiled)
    ),
    class = "summary_pixelcnn"
  )
}

#' @export
print.summary_pixelcnn <- function(x, ...) {
  cat(x$lines, sep = "\n")
  cat("compiled:  ", if (x$compiled) "yes" else "no, `compile()` it before `fit()`", "\n")
  cat("arguments:\n")
  values <- vapply(x$config, function(value) if (is.null(value)) "NULL" else comma(unlist(value)), "")
  cat(sprintf("  %s = %s", names(values), values), sep = "\n")
  invisible(x)
}
