#' Choose Keras' backend
#'
#' Call `use_backend()` at the start of a session, before the first distribution is made,
#' because Keras reads the backend when Python loads it.
#'
#' @param backend `"tensorflow"` (the default of Keras), `"jax"` or `"torch"`.
#' @returns The backend, invisibly.
#' @family setup
#' @export
#' @examples
#' old <- Sys.getenv("KERAS_BACKEND", NA)
#' if (!reticulate::py_available()) use_backend("tensorflow")
#' if (is.na(old)) Sys.unsetenv("KERAS_BACKEND")
use_backend <- function(backend = c("tensorflow", "jax", "torch")) {
  backend <- rlang::arg_match(backend)
  running <- running_backend()
  if (!is.null(running) && running != backend) {
    rlang::abort(
      c(sprintf("Keras runs on %s already.", running), i = "Restart R and call `use_backend()` first."),
      class = c("pixelcnn_backend_error", "pixelcnn_error")
    )
  }
  Sys.setenv(KERAS_BACKEND = backend)
  if (reticulate::py_available(initialize = FALSE)) {
    # Python copied the environment variables when it started.
    environ <- reticulate::import("os", convert = FALSE)$environ
    reticulate::py_set_item(environ, "KERAS_BACKEND", backend)
  } else {
    reticulate::py_require(unlist(PYTHON_BACKENDS, use.names = FALSE), action = "remove")
    declare_python_packages(backend)
  }
  invisible(backend)
}

# Returns the backend of Keras if Keras is loaded, else NULL.
running_backend <- function() {
  if (!reticulate::py_available(initialize = FALSE)) return(NULL)
  if (!("keras" %in% names(reticulate::import("sys")$modules))) return(NULL)
  reticulate::import("keras")$backend$backend()
}
