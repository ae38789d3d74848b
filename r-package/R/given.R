#' A distribution with its condition bound
#'
#' `given()` binds a condition to a distribution. All functions with the arguments `object` and
#' `condition`, such as [sample_images()] and [log_prob()], `plot()`, `simulate()`, `predict()`,
#' `logLik()` and the detectors of [anomaly] take the result in place of the distribution,
#' without a condition. The result copies no weights, so it sees later training.
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

# Replaces the arguments `object` and `condition` of the function that calls it by the distribution and the condition,
# if `object` has a condition bound. Every verb that takes a condition begins with this call.
unbind <- function(verb = rlang::caller_env(), call = verb) {
  if (!is_given(verb$object)) return(invisible())
  refuse_condition(verb$condition, call)
  verb$condition <- verb$object$condition
  verb$object <- verb$object$distribution
}

# Python's view of a distribution with its condition bound. Returns other objects as they are.
as_view <- function(object, call = rlang::caller_env()) {
  if (!is_given(object)) return(object)
  condition <- condition_to_python(object$condition, object$distribution, call = call)$value
  call_python(object$distribution$given(condition), call = call)
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
`$.pixelcnn_given` <- function(x, name) {
  if (name %in% c("distribution", "condition")) unclass(x)[[name]] else member(unclass(x)$distribution, name)
}

# Refuses a second condition.
refuse_condition <- function(condition, call = rlang::caller_env()) {
  if (is.null(condition)) return(invisible())
  abort_argument("condition", describe(condition), "none, because `given()` has bound one to this distribution", call = call)
}

#' @export
simulate.pixelcnn_given <- function(object, nsim = NULL, seed = NULL, condition = NULL, ...) {
  refuse_condition(condition)
  simulate(object$distribution, nsim = nsim, seed = seed, condition = object$condition, ...)
}

#' @export
predict.pixelcnn_given <- function(object, newdata, condition = NULL, ...) {
  refuse_condition(condition)
  predict(object$distribution, newdata, condition = object$condition, ...)
}

#' @export
plot.pixelcnn_given <- function(x, ..., condition = NULL) {
  refuse_condition(condition)
  plot(x$distribution, condition = x$condition, ...)
}

#' @export
logLik.pixelcnn_given <- function(object, images, condition = NULL, ...) {
  refuse_condition(condition)
  logLik(object$distribution, images, condition = object$condition, ...)
}
