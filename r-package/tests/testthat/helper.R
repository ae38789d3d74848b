# Distributions and data that tests share, made once.

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

# Tests of what only files say run in the clone.
clone <- function(...) {
  path <- test_path("..", "..", "..", ...)
  skip_if_not(file.exists(path), "outside of the clone:")
  path
}

# Evaluates an expression in a Python of its own.
other_python <- function(code) {
  script <- tempfile(fileext = ".py")
  writeLines(code, script)
  python <- reticulate::py_config()$python
  withr::local_envvar(TF_CPP_MIN_LOG_LEVEL = "3")
  output <- suppressWarnings(system2(python, shQuote(script), stdout = TRUE, stderr = TRUE))
  if (!is.null(attr(output, "status"))) stop(paste(output, collapse = "\n"))
}

# What a script prints in an R of its own, which loads this package from where it lies here, and others from `library`.
other_r <- function(code, ..., library = NULL) {
  skip_if_not(nzchar(system.file(package = "pixelcnn", "Meta")), "not installed:")
  withr::local_envvar(..., R_LIBS = paste(c(library, .libPaths()), collapse = .Platform$path.sep))
  script <- withr::local_tempfile(lines = code, fileext = ".R")
  system2(file.path(R.home("bin"), "Rscript"), shQuote(script), stdout = TRUE)
}

# A small package of another name, installed into a library of its own, which is returned: it has the namespace of a
# package that may not be there. It depends on those in `library`.
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
