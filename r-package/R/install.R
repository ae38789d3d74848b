# The Python package, its dependencies and their installation.

# The dependencies of the Python package. A test compares them with the declaration of the Python package.
PYTHON_PACKAGES <- c(
  "keras>=3.12.4,!=3.13.*,!=3.14.*,!=3.15.0", "numpy>=1.26", "pillow>=12.3", "filelock>=3.20.3", "platformdirs>=4",
  "tqdm>=4.66.3"
)
# TensorFlow 2.21 has no wheels for Python 3.14.
PYTHON_VERSIONS <- ">=3.11,<3.14"
PYTHON_BACKENDS <- list(tensorflow = "tensorflow>=2.21", jax = "jax>=0.4.34", torch = "torch>=2.11")

# Tells reticulate which packages to install if reticulate makes an environment.
declare_python_packages <- function(backend = Sys.getenv("KERAS_BACKEND")) {
  if (!backend %in% names(PYTHON_BACKENDS)) backend <- "tensorflow"
  reticulate::py_require(c(PYTHON_PACKAGES, PYTHON_BACKENDS[[backend]]), python_version = PYTHON_VERSIONS)
}

# Returns the folder of the Python sources inside this package, or "" if there is none.
bundled_python <- function() system.file("python", package = "pixelcnn")

# Adds the Python sources at the end of Python's path, so that an installed pixelcnn comes first.
add_bundled_python <- function() {
  path <- file.path(bundled_python(), "python")
  if (nzchar(bundled_python()) && dir.exists(path)) reticulate::import("sys", convert = FALSE)$path$append(path)
  invisible()
}

#' Set up Python for this package
#'
#' Makes a virtual environment and installs Keras, a backend, and the Python package pixelcnn,
#' whose source comes with this R package. Run `install_pixelcnn()` once, then restart R.
#' `library(pixelcnn)` finds an environment with the name `r-pixelcnn`. Choose an environment
#' of another name with [reticulate::use_virtualenv()] or with the environment variable
#' `RETICULATE_PYTHON`.
#'
#' Python 3.11, 3.12 or 3.13 is required, with the modules venv and pip and with Python's
#' shared library. On Debian and Ubuntu these are separate packages; for Python 3.13:
#' `apt install python3-venv python3-pip libpython3.13`. [reticulate::install_python()]
#' installs a Python that has all of them.
#'
#' @param envname Name or path of the environment.
#' @param backend The backend of Keras.
#' @param gpu Whether to install the libraries for an NVIDIA GPU. `NA` installs them if the
#'   machine has such a GPU.
#' @param ... Arguments of [reticulate::virtualenv_create()], such as `python` or `force`.
#' @returns The name of the environment, invisibly.
#' @family setup
#' @export
#' @examplesIf interactive()
#' install_pixelcnn()
install_pixelcnn <- function(envname = "r-pixelcnn", backend = c("tensorflow", "jax", "torch"), gpu = NA, ...) {
  as_string(envname, "envname")
  backend <- rlang::arg_match(backend)
  if (!is.logical(gpu) || length(gpu) != 1) abort_argument("gpu", describe(gpu), "TRUE, FALSE or NA")
  if (is.na(gpu)) gpu <- has_nvidia_gpu()
  source <- copy_of_python(rlang::current_env())
  on.exit(unlink(source, recursive = TRUE))
  create_environment(envname, ..., call = rlang::current_env())
  install_into(envname, packages_to_install(source, backend, gpu))
  use <- if (envname != "r-pixelcnn") sprintf("`reticulate::use_virtualenv(\"%s\")` and ", envname)
  message("Python for pixelcnn is in ", envname, ". Restart R, then ", use, "`library(pixelcnn)`.")
  invisible(envname)
}

create_environment <- function(envname, ..., call = rlang::caller_env()) {
  if (reticulate::virtualenv_exists(envname) && !length(list(...))) return(invisible())
  arguments <- utils::modifyList(list(version = PYTHON_VERSIONS, packages = "numpy"), list(...))
  tryCatch(
    do.call(reticulate::virtualenv_create, c(list(envname), arguments)),
    error = function(e) {
      python <- if (is.null(arguments$python)) reticulate::virtualenv_starter(arguments$version) else arguments$python
      rlang::abort(
        c("The environment for Python could not be made.", i = python_advice(python)),
        class = c("pixelcnn_no_environment", "pixelcnn_error"), parent = e, call = call
      )
    }
  )
}

# Returns advice on what to install so that reticulate can make an environment with `python`. NULL means that no Python
# was found.
python_advice <- function(python, has_apt = nzchar(Sys.which("apt-get"))) {
  if (is.null(python)) {
    return("There is no Python 3.11, 3.12 or 3.13; `reticulate::install_python(\"3.12\")` gets one.")
  }
  if (!has_apt) return(sprintf("%s needs the modules venv and pip, and its shared library.", python))
  version <- sub("^[^0-9]*([0-9]+[.][0-9]+).*$", "\\1", basename(python))
  sprintf(
    "%s needs the modules venv and pip, and its shared library: `apt install python3-venv python3-pip libpython%s`.",
    python, version
  )
}

install_into <- function(envname, packages) {
  reticulate::virtualenv_install(envname, packages = packages, ignore_installed = FALSE)
}

packages_to_install <- function(source, backend, gpu) {
  accelerated <- list(tensorflow = "tensorflow[and-cuda]>=2.21", jax = "jax[cuda12]>=0.4.34", torch = "torch>=2.11")
  c(source, if (gpu) accelerated[[backend]] else PYTHON_BACKENDS[[backend]])
}

# Copies the Python sources, because pip writes beside the sources and the library of R may be read-only.
copy_of_python <- function(call) {
  if (!nzchar(bundled_python())) {
    rlang::abort(
      c("This installation of pixelcnn has no Python sources.",
        i = "Run `Rscript bootstrap.R` in the folder r-package of a clone and install again, or install the Python package with pip."),
      class = c("pixelcnn_no_source", "pixelcnn_error"), call = call
    )
  }
  copy <- tempfile("pixelcnn-")
  dir.create(copy)
  file.copy(list.files(bundled_python(), full.names = TRUE), copy, recursive = TRUE)
  normalizePath(copy, winslash = "/")
}

has_nvidia_gpu <- function() {
  command <- Sys.which("nvidia-smi")
  nzchar(command) && identical(suppressWarnings(system2(command, "-L", stdout = FALSE, stderr = FALSE)), 0L)
}
