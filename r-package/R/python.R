# The way to Python: the module, calls whose errors are R conditions, and the end of an object's Python side.

the <- new.env(parent = emptyenv())
the$checked <- FALSE

delayed_import <- function() {
  # Where Python runs already, reticulate imports at once; `library(pixelcnn)` must not fail when that fails.
  tryCatch(reticulate::import("pixelcnn", delay_load = list(environment = "r-pixelcnn")), error = function(e) NULL)
}

# The Python package; starts Python when it is not running.
pixelcnn_module <- function() {
  if (the$checked) return(the$module)
  if (is.null(the$module)) the$module <- delayed_import()
  tryCatch(
    {
      the$module$`__version__`
      # What TensorFlow notes about processors and drivers while it loads is of no use at a prompt.
      reticulate::import("pixelcnn.cli.quiet")$import_keras()
    },
    error = function(e) abort_missing(e)
  )
  leave_no_files()
  the$checked <- TRUE
  the$module
}

# Makes Python's packages write temporary files, such as TensorFlow's generated code, into R's temporary folder, which is
# removed at the end of the session: reticulate ends Python before the packages remove their files.
leave_no_files <- function() {
  python <- reticulate::import("tempfile")
  if (python$gettempdir() == dirname(tempdir())) reticulate::py_set_attr(python, "tempdir", tempdir())
}

abort_missing <- function(parent) {
  the$module <- NULL
  the$checked <- FALSE
  rlang::abort(
    c("The Python package pixelcnn cannot be loaded.", i = "Run `install_pixelcnn()`, then restart R.",
      i = "`pixelcnn_config()` says what is missing."),
    class = c("pixelcnn_missing_python", "pixelcnn_error"), parent = parent, call = NULL
  )
}

# NumPy whose results stay in Python.
numpy <- function() {
  if (is.null(the$numpy)) the$numpy <- reticulate::import("numpy", convert = FALSE)
  the$numpy
}

# An attribute by a name that a variable holds.
member <- function(object, name) do.call(`$`, list(object, name))

is_python <- function(x) inherits(x, "python.builtin.object")

# Called when Python has started: a fork of this process lacks TensorFlow's threads, and would wait for ever.
note_process <- function() the$process <- Sys.getpid()

check_process <- function(call = rlang::caller_env()) {
  if (is.null(the$process) || the$process == Sys.getpid()) return(invisible())
  rlang::abort(
    c("A distribution cannot be used in a fork of the R session that started Python, such as `parallel::mclapply()` makes.",
      i = "A fork does not have the threads that Python computes with, so a call would never return.",
      i = paste(
        "Save the distribution with `save_pixelcnn()`, start workers with `parallel::makeCluster()`,",
        "and call `load_pixelcnn()` in each of them."
      )),
    class = c("pixelcnn_fork", "pixelcnn_error"), call = call
  )
}

is_gone <- function(x) is_python(x) && reticulate::py_is_null_xptr(x)

check_alive <- function(object, arg = rlang::caller_arg(object), call = rlang::caller_env()) {
  check_session(object, arg, call)
  check_process(call)
  invisible(object)
}

check_session <- function(object, arg = rlang::caller_arg(object), call = rlang::caller_env()) {
  if (!is_gone(object)) return(invisible())
  rlang::abort(
    c(sprintf("`%s` lives in a Python session that has ended.", arg),
      i = "Objects of Python do not outlast R: load the distribution with `load_pixelcnn()`, or make it again."),
    class = c("pixelcnn_gone", "pixelcnn_error"), call = call
  )
}

# ---- attributes of a distribution ----------------------------------------------------------------------------------

# Without these methods reticulate gives NULL for each attribute of an object whose Python session has ended.
#' @export
`$.pixelcnn.PixelDistribution` <- function(x, name) {
  check_session(x)
  if (name %in% names(NO_CLOSED_FORM)) abort_no_statistic(name, NO_CLOSED_FORM[[name]])
  NextMethod()
}

#' @export
`[[.pixelcnn.PixelDistribution` <- function(x, ...) {
  check_session(x)
  NextMethod()
}

#' @export
`[.pixelcnn.PixelDistribution` <- `[[.pixelcnn.PixelDistribution`

#' @export
names.pixelcnn.PixelDistribution <- function(x) {
  check_session(x)
  NextMethod()
}

# R's default compares the references, which are alike for all Python objects.
#' @exportS3Method all.equal pixelcnn.PixelDistribution
all.equal.pixelcnn.PixelDistribution <- function(target, current, ...) {
  check_alive(target, "target")
  if (!inherits(current, "pixelcnn.PixelDistribution")) return(paste("current is", describe(current)))
  check_alive(current, "current")
  all.equal(contents_of(target), contents_of(current), ...)
}

contents_of <- function(object) {
  list(family = class(object)[[1]], arguments = object$get_config(), weights = object$get_weights())
}

check_distribution <- function(object, arg = "object", call = rlang::caller_env()) {
  if (!inherits(object, "pixelcnn.PixelDistribution")) {
    abort_argument(arg, describe(object), "a distribution, such as `pixel_cnn_plus_plus()` makes", call = call)
  }
  check_alive(object, arg, call)
}

# Python's names of arguments, and R's names for them.
R_NAMES <- c(conditional_input = "condition", sample_shape = "n", value = "images", filepath = "path")

# Runs `expr`; Python's exceptions become R conditions, in which arguments have their R names.
call_python <- function(expr, call = rlang::caller_env(), names = R_NAMES) {
  withCallingHandlers(
    expr,
    python.builtin.BaseException = function(e) abort_python(e, call, names)
  )
}

abort_python <- function(exception, call, names) {
  if (inherits(exception, "python.builtin.KeyboardInterrupt")) rlang::interrupt()
  rlang::abort(
    c(python_message(exception, names), i = "`reticulate::py_last_error()` has Python's traceback."),
    class = c(python_class(exception), "pixelcnn_error"), call = call
  )
}

# "FileNotFoundError" -> "pixelcnn_file_not_found_error"
python_class <- function(exception) {
  name <- sub("^.*\\.", "", class(exception)[[1]])
  paste0("pixelcnn_", tolower(gsub("(?<=[a-z])(?=[A-Z])", "_", name, perl = TRUE)))
}

# What Python says, without its class, without reticulate's hint, and with R's names of arguments and constants.
python_message <- function(exception, names = R_NAMES) {
  text <- sub("\n?Run `reticulate::py_last_error\\(\\)`.*$", "", conditionMessage(exception))
  text <- sub("^[A-Za-z_.]+: ", "", text)
  for (name in base::names(names)) {
    # Only at the start of the message or before `=`: elsewhere "value" is an ordinary word.
    text <- gsub(sprintf("^%s\\b|\\b%s(?==)", name, name), names[[name]], text, perl = TRUE)
  }
  constants <- c(None = "NULL", True = "TRUE", False = "FALSE")
  for (name in base::names(constants)) text <- gsub(sprintf("=%s\\b", name), paste0("=", constants[[name]]), text)
  gsub("\\bor None\\b", "or NULL", text)
}
