#' Save and load a distribution
#'
#' One file holds architecture, weights and optimizer, and is the same for R and Python.
#' An R workspace does *not* hold a distribution, whose Python side ends with the session.
#'
#' @param object A distribution.
#' @param path Path of a file that ends in `.keras`. Folders that are missing are made.
#' @param overwrite Whether an existing file may be replaced.
#' @returns `save_pixelcnn()` the path, invisibly; `load_pixelcnn()` a distribution.
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
#' `"quickdraw13"` comes with the package and draws thirteen Quick, Draw! classes. No
#' training, no download.
#'
#' @param name Name of the distribution.
#' @returns A distribution.
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
