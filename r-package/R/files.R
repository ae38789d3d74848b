#' Save and load a distribution
#'
#' `save_pixelcnn()` writes the architecture, the weights and the optimizer to one file. R
#' and Python read the same file. Save a distribution before the session ends: an R
#' workspace (`.RData`) does *not* hold it, because it is a Python object.
#'
#' @param object A distribution.
#' @param path Path of a file whose name ends in `.keras`. Missing folders are created.
#' @param overwrite Whether an existing file may be replaced.
#' @returns `save_pixelcnn()` returns the path, invisibly. `load_pixelcnn()` returns the
#'   distribution.
#' @family files
#' @export
#' @examplesIf pixelcnn_available()
#' dist <- pixel_cnn_plus_plus(c(8, 8, 1), num_resnet = 1, num_hierarchies = 2, num_filters = 8)
#' path <- tempfile(fileext = ".keras")
#' save_pixelcnn(dist, path)
#' load_pixelcnn(path)
save_pixelcnn <- function(object, path, overwrite = TRUE) {
  check_distribution(object)
  call_python(object$save(as_path(path, "path"), overwrite = as_flag(overwrite, "overwrite")))
  invisible(path)
}

#' @rdname save_pixelcnn
#' @export
load_pixelcnn <- function(path) {
  path <- as_path(path, "path")
  check_process()
  call_python(pixelcnn_module()$load(path))
}

#' Load a trained distribution
#'
#' Loads a distribution that comes with the package, without a download. `"quickdraw13"` was
#' trained on thirteen classes of Quick, Draw! drawings.
#'
#' @param name Name of the distribution: `"quickdraw13"`.
#' @returns A trained distribution.
#' @family files
#' @export
#' @examplesIf pixelcnn_available()
#' dist <- load_pretrained("quickdraw13")
#' dist
load_pretrained <- function(name) {
  name <- as_string(name, "name")
  check_process()
  call_python(pixelcnn_module()$load_pretrained(name))
}
