#' Is the Python package pixelcnn installed?
#'
#' Looks for the Python package in the running Python. If no Python runs, looks in the
#' first of these that exists: the Python that `RETICULATE_PYTHON` or
#' [reticulate::use_virtualenv()] names, the environment `VIRTUAL_ENV`, a virtual
#' environment in the working directory, an environment that another loaded package prefers
#' (such as `r-tensorflow` for 'tfprobability'), and the environment `r-pixelcnn`. The
#' function is quick, because it starts neither Python nor uv and downloads nothing.
#'
#' @returns `TRUE` if the Python package is installed there, else `FALSE`.
#' @family setup
#' @export
#' @examples
#' pixelcnn_available()
pixelcnn_available <- function() {
  if (reticulate::py_available(initialize = FALSE)) return(reticulate::py_module_available("pixelcnn"))
  any(vapply(candidate_pythons(), has_pixelcnn, NA))
}

# Returns the Python that reticulate would start, or none: the first that exists, in the order of reticulate.
candidate_pythons <- function() {
  folders <- c(Sys.getenv("VIRTUAL_ENV"), "venv", "virtualenv", ".venv", ".virtualenv")
  pythons <- c(
    Sys.getenv("RETICULATE_PYTHON"), used_python(), file.path(folders[nzchar(folders)], python_in_environment()),
    environment_pythons(c(package_environments(), "r-pixelcnn"))
  )
  utils::head(pythons[nzchar(pythons) & file.exists(pythons)], 1)
}

environment_pythons <- function(names) file.path(virtualenv_root(), names, python_in_environment())

# Returns the Python that `use_virtualenv()` or `use_python()` named.
used_python <- function() reticulate_globals()$required_python_version

# Returns the environments that loaded packages prefer, in the order of their priority: tfprobability's comes before
# that of this package.
package_environments <- function() {
  environments <- reticulate_globals()$delay_load_imports$environment
  environments[!is.na(environments)]
}

# Variables of reticulate, because no function of reticulate returns these without starting a Python.
reticulate_globals <- function() get0(".globals", envir = asNamespace("reticulate"), mode = "environment", inherits = FALSE)

virtualenv_root <- function() path.expand(Sys.getenv("WORKON_HOME", Sys.getenv("RETICULATE_VIRTUALENV_ROOT", "~/.virtualenvs")))

python_in_environment <- function() if (.Platform$OS.type == "windows") "Scripts/python.exe" else "bin/python"

# Looks at the files of the Python package, because a question to Python would start Python.
has_pixelcnn <- function(python) {
  root <- dirname(dirname(python))
  folders <- Sys.glob(file.path(root, c("lib/python3*/site-packages", "Lib/site-packages")))
  length(list.files(folders, "^pixelcnn-.*[.]dist-info$")) > 0
}

#' Show the Python setup of this package
#'
#' Shows the path of Python, the backend of Keras, the versions of packages and the
#' devices. If something is missing, shows the call that installs it. Starts Python only if
#' the Python package pixelcnn is installed.
#'
#' @returns A list of class `pixelcnn_config`, which prints as one line for each entry.
#' @family setup
#' @export
#' @examplesIf pixelcnn_available()
#' pixelcnn_config()
pixelcnn_config <- function() {
  config <- list(
    pixelcnn_r = as.character(utils::packageVersion("pixelcnn")),
    reticulate = as.character(utils::packageVersion("reticulate"))
  )
  if (!pixelcnn_available()) return(new_config(config, c("The Python package pixelcnn was not found.", missing_advice())))
  python <- tryCatch(pixelcnn_module(), pixelcnn_error = identity)
  config$python <- tryCatch(reticulate::py_config()$python, error = function(e) NULL)
  if (inherits(python, "pixelcnn_error")) return(new_config(config, conditionMessage(python)))
  new_config(c(config, python_versions()))
}

new_config <- function(config, advice = NULL) structure(list(found = config, advice = advice), class = "pixelcnn_config")

# Another package may have chosen a Python without this package, although `install_pixelcnn()` has made an environment.
missing_advice <- function() {
  ours <- environment_pythons("r-pixelcnn")
  python <- if (reticulate::py_available(initialize = FALSE)) reticulate::py_config()$python else candidate_pythons()
  if (!length(python) || !has_pixelcnn(ours) || environment_of(python) == environment_of(ours)) {
    return("Run `install_pixelcnn()`, then restart R.")
  }
  sprintf(
    "Python is %s, and not that of `install_pixelcnn()`. Restart R and call `reticulate::use_virtualenv(\"r-pixelcnn\")` first.", python
  )
}

environment_of <- function(python) normalizePath(dirname(dirname(python)), mustWork = FALSE)

python_versions <- function() {
  versions <- pixelcnn_module()$training$run_folder$installed_versions()
  # The version of the Python source inside this R package, if the Python package is not installed.
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
