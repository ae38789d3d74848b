# Access to Python: the module, calls that turn Python's exceptions into R conditions, and checks of Python objects.

the <- new.env(parent = emptyenv())
the$checked <- FALSE

delayed_import <- function() {
  # If Python runs already, reticulate imports at once. `library(pixelcnn)` must not fail if this import fails.
  tryCatch(reticulate::import("pixelcnn", delay_load = list(environment = "r-pixelcnn")), error = function(e) NULL)
}

# Returns the Python package, and starts Python if Python does not run.
pixelcnn_module <- function() {
  if (the$checked) return(the$module)
  if (is.null(the$module)) the$module <- delayed_import()
  declare_older_python()
  tryCatch(
    {
      the$module$`__version__`
      # Hides the notes that TensorFlow writes about processors and drivers while it loads.
      reticulate::import("pixelcnn.cli.quiet")$import_keras()
    },
    error = function(e) abort_missing(e)
  )
  leave_no_files()
  the$checked <- TRUE
  the$module
}

# Makes Python's packages write temporary files, such as TensorFlow's generated code, into R's temporary folder, which R
# removes at the end of the session. The packages would not remove their files, because reticulate ends Python first.
leave_no_files <- function() {
  python <- reticulate::import("tempfile")
  if (python$gettempdir() == dirname(tempdir())) reticulate::py_set_attr(python, "tempdir", tempdir())
}

abort_missing <- function(parent) {
  the$module <- NULL
  the$checked <- FALSE
  rlang::abort(
    c("The Python package pixelcnn cannot be loaded.", i = missing_advice(), i = "`pixelcnn_config()` says what is missing."),
    class = c("pixelcnn_missing_python", "pixelcnn_error"), parent = parent, call = NULL
  )
}

# Returns NumPy; its results stay Python objects.
numpy <- function() {
  if (is.null(the$numpy)) the$numpy <- reticulate::import("numpy", convert = FALSE)
  the$numpy
}

# Returns the attribute whose name is the value of `name`.
member <- function(object, name) do.call(`$`, list(object, name))

is_python <- function(x) inherits(x, "python.builtin.object")

# Records the process in which Python starts, because a call in a fork, which lacks TensorFlow's threads, never returns.
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
    c(sprintf("`%s` belongs to a Python session that has ended.", arg),
      i = "A Python object ends with its R session. Load the distribution with `load_pixelcnn()`, or make it again."),
    class = c("pixelcnn_gone", "pixelcnn_error"), call = call
  )
}

# ---- attributes of a distribution ----------------------------------------------------------------------------------

# Without these methods, reticulate returns NULL for each attribute of an object whose Python session has ended.
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

# R's default method compares references, which are equal for all Python objects.
#' @exportS3Method all.equal pixelcnn.PixelDistribution
all.equal.pixelcnn.PixelDistribution <- function(target, current, ...) {
  check_alive(target, "target")
  if (!inherits(current, "pixelcnn.PixelDistribution")) return(paste("current is", describe(current)))
  check_alive(current, "current")
  all.equal(contents_of(target), contents_of(current), ...)
}

contents_of <- function(object) {
  list(
    family = class(object)[[1]], arguments = object$get_config(), context = object$context, weights = object$get_weights()
  )
}

check_distribution <- function(object, arg = "object", call = rlang::caller_env()) {
  if (!inherits(object, "pixelcnn.PixelDistribution")) {
    abort_argument(arg, describe(object), "a distribution, such as `pixel_cnn_plus_plus()` makes", call = call)
  }
  check_alive(object, arg, call)
}

# Names of arguments in Python and in R.
R_NAMES <- c(conditional_input = "condition", sample_shape = "n", value = "images", filepath = "path")

# Evaluates `expr` and turns Python's exceptions into R conditions, with R's names of arguments.
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

# Returns the message of a Python exception without its class and without reticulate's hint, and with R's names of
# arguments and constants.
python_message <- function(exception, names = R_NAMES) {
  text <- sub("\n?Run `reticulate::py_last_error\\(\\)`.*$", "", conditionMessage(exception))
  text <- sub("^[A-Za-z_.]+: ", "", text)
  text <- sub("^\\[Errno [0-9]+\\] ", "", text)
  for (name in base::names(names)) {
    # Replaces a name only at the start of the message or before `=`, because elsewhere "value" is an ordinary word.
    text <- gsub(sprintf("^%s\\b|\\b%s(?==)", name, name), names[[name]], text, perl = TRUE)
  }
  constants <- c(None = "NULL", True = "TRUE", False = "FALSE")
  for (name in base::names(constants)) text <- gsub(sprintf("=%s\\b", name), paste0("=", constants[[name]]), text)
  gsub("\\bor None\\b", "or NULL", text)
}
