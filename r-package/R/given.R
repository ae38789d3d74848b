#' A distribution with its condition bound
#'
#' `given()` binds a condition to a distribution. [sample_images()], [complete_images()],
#' [log_prob()], [pixel_log_prob()], [bits_per_dim()], [estimate_entropy()], `simulate()`,
#' `predict()` and `logLik()` take the result in place of the distribution, without a
#' condition. The result copies no weights, so it sees later training.
#'
#' @inheritParams log_prob
#' @param condition The condition, for one image or for each image. Labels of data are not
#'   used.
#' @returns An object of class `pixelcnn_given`, a list of `distribution` and `condition`.
#' @family sampling
#' @export
#' @examplesIf pixelcnn_available()
#' bees <- given(load_pretrained("quickdraw13"), "bee")
#' bees
#' plot(sample_images(bees, 4, seed = 1))
given <- function(object, condition) {
  check_distribution(object)
  if (is.null(condition)) abort_argument("condition", "NULL", "a condition, which is bound to the distribution")
  call_python(object$given(condition_to_python(condition, object)$value))  # checks the condition
  structure(list(distribution = object, condition = condition), class = "pixelcnn_given")
}

is_given <- function(x) inherits(x, "pixelcnn_given")

# Splits an object with a bound condition into the distribution and the condition. Returns other objects as they are.
unbind <- function(object, condition, call = rlang::caller_env()) {
  if (!is_given(object)) return(list(object = object, condition = condition))
  if (!is.null(condition)) {
    abort_argument("condition", describe(condition), "none, because `given()` has bound one to this distribution", call = call)
  }
  list(object = object$distribution, condition = object$condition)
}

#' @export
format.pixelcnn_given <- function(x, ...) {
  values <- if (is.atomic(x$condition) && length(x$condition) <= 10) comma(x$condition) else describe(x$condition)
  lines <- format(x$distribution)
  c(lines, paste("given:     ", values))
}

#' @export
print.pixelcnn_given <- function(x, ...) {
  cat(format(x), sep = "\n")
  invisible(x)
}

#' @export
simulate.pixelcnn_given <- function(object, nsim = NULL, seed = NULL, ...) {
  simulate(object$distribution, nsim = nsim, seed = seed, condition = object$condition, ...)
}

#' @export
predict.pixelcnn_given <- function(object, newdata, ...) {
  predict(object$distribution, newdata, condition = object$condition, ...)
}

#' @export
logLik.pixelcnn_given <- function(object, images, ...) {
  logLik(object$distribution, images, condition = object$condition, ...)
}
