# Distributions and data that tests share.

Sys.setenv(PIXELCNN_COMPILE_CACHE = "off") # before Python starts, because tests leave the user's cache folder alone

skip_without_python <- function() {
  skip_if_not(pixelcnn_available(), "the Python package pixelcnn is not there:")
}

shared <- new.env()

once <- function(name, make) {
  if (is.null(shared[[name]])) shared[[name]] <- make
  shared[[name]]
}

# 8x8 images of the classes bee and sun.
tiny <- function() {
  once("tiny", pixel_cnn_plus_plus(
    c(8, 8, 1), class_names = c("bee", "sun"), num_resnet = 1, num_hierarchies = 2, num_filters = 4, num_logistic_mix = 2
  ))
}

tiny_images <- function() once("images", sample_images(tiny(), 6, "bee", seed = 1))

# Returns the path of a file in a clone; skips the test outside a clone.
clone <- function(...) {
  path <- test_path("..", "..", "..", ...)
  skip_if_not(file.exists(path), "outside of the clone:")
  path
}

# Runs code in a separate Python process.
other_python <- function(code) {
  script <- tempfile(fileext = ".py")
  writeLines(code, script)
  python <- reticulate::py_config()$python
  withr::local_envvar(TF_CPP_MIN_LOG_LEVEL = "3")
  output <- suppressWarnings(system2(python, shQuote(script), stdout = TRUE, stderr = TRUE))
  if (!is.null(attr(output, "status"))) stop(paste(output, collapse = "\n"))
}

# Returns the output of a script in a separate R process, which loads this package from its present library and other
# packages from `library`.
other_r <- function(code, ..., library = NULL) {
  skip_if_not(nzchar(system.file(package = "pixelcnn", "Meta")), "not installed:")
  withr::local_envvar(..., R_LIBS = paste(c(library, .libPaths()), collapse = .Platform$path.sep))
  script <- withr::local_tempfile(lines = code, fileext = ".R")
  system2(file.path(R.home("bin"), "Rscript"), shQuote(script), stdout = TRUE)
}

# Installs a stand-in for a package that may be missing, with the given namespace and code, into a new library, and returns
# the library. The stand-in may depend on packages in `library`.
local_package <- function(name, namespace, code, library = withr::local_tempdir(.local_envir = env), env = parent.frame()) {
  source <- file.path(withr::local_tempdir(.local_envir = env), name)
  dir.create(file.path(source, "R"), recursive = TRUE)
  writeLines(c(paste("Package:", name), "Version: 0.0.1", "Title: Stand-In", "License: GPL-3"), file.path(source, "DESCRIPTION"))
  writeLines(namespace, file.path(source, "NAMESPACE"))
  writeLines(code, file.path(source, "R", "code.R"))
  withr::local_envvar(R_LIBS = paste(c(library, .libPaths()), collapse = .Platform$path.sep))
  utils::install.packages(source, lib = library, repos = NULL, type = "source", quiet = TRUE)
  library
}

# Replaces functions of the package for the rest of a test.
local_mocked <- function(..., .env = parent.frame()) {
  namespace <- asNamespace("pixelcnn")
  replace <- function(functions) {
    for (name in names(functions)) {
      if (bindingIsLocked(name, namespace)) unlockBinding(name, namespace)
      assign(name, functions[[name]], envir = namespace)
    }
  }
  originals <- mget(...names(), envir = namespace)
  withr::defer(replace(originals), envir = .env)
  replace(list(...))
}
