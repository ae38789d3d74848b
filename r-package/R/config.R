#' Is the Python side there?
#'
#' A quick look that never starts Python, uv or a download: at the Python that runs, at
#' `RETICULATE_PYTHON`, [reticulate::use_virtualenv()] and `VIRTUAL_ENV`, at a virtual
#' environment in the working directory, and at the environment `r-pixelcnn`.
#'
#' @returns `TRUE` or `FALSE`.
#' @family setup
#' @export
#' @examples
#' pixelcnn_available()
pixelcnn_available <- function() {
  if (reticulate::py_available(initialize = FALSE)) return(reticulate::py_module_available("pixelcnn"))
  any(vapply(candidate_pythons(), has_pixelcnn, NA))
}

# The Python that reticulate would take: the first of these, in its order.
candidate_pythons <- function() {
  environments <- c(
    Sys.getenv("VIRTUAL_ENV"), "venv", "virtualenv", ".venv", ".virtualenv", file.path(virtualenv_root(), "r-pixelcnn")
  )
  environments <- environments[nzchar(environments)]
  pythons <- c(Sys.getenv("RETICULATE_PYTHON"), used_python(), file.path(environments, python_in_environment()))
  utils::head(pythons[nzchar(pythons) & file.exists(pythons)], 1)
}

# What `use_virtualenv()` or `use_python()` has named. No function of reticulate tells it without starting a Python.
used_python <- function() {
  globals <- get0(".globals", envir = asNamespace("reticulate"), mode = "environment", inherits = FALSE)
  if (!is.null(globals)) globals$required_python_version
}

virtualenv_root <- function() path.expand(Sys.getenv("WORKON_HOME", Sys.getenv("RETICULATE_VIRTUALENV_ROOT", "~/.virtualenvs")))

python_in_environment <- function() if (.Platform$OS.type == "windows") "Scripts/python.exe" else "bin/python"

# By its files, since asking Python would start it.
has_pixelcnn <- function(python) {
  root <- dirname(dirname(python))
  folders <- Sys.glob(file.path(root, c("lib/python3*/site-packages", "Lib/site-packages")))
  length(list.files(folders, "^pixelcnn-.*[.]dist-info$")) > 0
}

#' What this package runs on
#'
#' Prints Python, the backend, versions and devices, and where something is missing the
#' one line that mends it. Starts Python only where the package is there.
#'
#' @returns A list of what it prints, of class `pixelcnn_config`.
#' @family setup
#' @export
#' @examplesIf pixelcnn_available()
#' pixelcnn_config()
pixelcnn_config <- function() {
  config <- list(
    pixelcnn_r = as.character(utils::packageVersion("pixelcnn")),
    reticulate = as.character(utils::packageVersion("reticulate"))
  )
  if (!pixelcnn_available()) return(new_config(config, missing_advice()))
  python <- tryCatch(pixelcnn_module(), pixelcnn_error = identity)
  config$python <- tryCatch(reticulate::py_config()$python, error = function(e) NULL)
  if (inherits(python, "pixelcnn_error")) return(new_config(config, conditionMessage(python)))
  new_config(c(config, python_versions()))
}

new_config <- function(config, advice = NULL) structure(list(found = config, advice = advice), class = "pixelcnn_config")

missing_advice <- function() {
  c("The Python package pixelcnn was not found.", "To mend it: `install_pixelcnn()`, then restart R.")
}

python_versions <- function() {
  versions <- pixelcnn_module()$training$run_folder$installed_versions()
  # Where it is no installed package, but the source that comes with this one.
  versions$pixelcnn <- pixelcnn_module()$`__version__`
  devices <- unlist(reticulate::import("keras")$distribution$list_devices())
  backend <- versions$backend
  versions$backend <- NULL
  c(list(backend = backend), versions, list(devices = if (length(devices)) devices else "cpu"))
}

#' @export
format.pixelcnn_config <- function(x, ...) {
  values <- vapply(x$found, comma, "")
  c(sprintf("%-11s %s", names(values), values), x$advice)
}

#' @export
print.pixelcnn_config <- function(x, ...) {
  cat(format(x), sep = "\n")
  invisible(x)
}
