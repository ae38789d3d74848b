# Stand-ins for tensorflow, keras, keras3 and tfprobability. What they do when they are loaded and attached is what these
# packages do: tensorflow 2.20, keras 2.16, keras3 1.5 and tfprobability 0.15.
other_packages <- function() {
  once("other packages", {
    library <- tempfile("library-")
    dir.create(library)
    wants <- function(module, environment, priority = 0) {
      sprintf("reticulate::import('%s', delay_load = list(priority = %d, environment = '%s'))", module, priority, environment)
    }
    on_load <- function(...) c(".onLoad <- function(libname, pkgname) {", ..., "}")
    local_package("tensorflow", "export(tf, evaluate)", c(
      "tf <- NULL", "evaluate <- function(object, ...) UseMethod('evaluate')",
      on_load(paste("tf <<-", wants("tensorflow", "r-tensorflow", 5)))
    ), library)
    local_package("keras", c("import(tensorflow)", "export(use_backend)"), c(
      "use_backend <- function(backend) stop('the function of keras')",
      on_load("Sys.setenv(TF_USE_LEGACY_KERAS = 1L)", wants("tensorflow.keras", "r-tensorflow"))
    ), library)
    local_package("keras3", c("import(tensorflow)", "export(use_backend)"), c(
      "use_backend <- function(backend) stop('the function of keras3')",
      on_load(
        "reticulate::py_require(c('keras', 'pydot', 'scipy', 'pandas', 'Pillow', 'ipython'))",
        "Sys.setenv(KERAS_BACKEND = Sys.getenv('KERAS_BACKEND', 'tensorflow'))",
        "packages <- reticulate::py_require()$packages",
        "reticulate::py_require(grep('^tensorflow(-cpu)?[=~*!<>0-9.]*$', packages, value = TRUE), action = 'remove')",
        "reticulate::py_require('tensorflow-cpu')", wants("keras", "r-keras", 10)
      )
    ), library)
    local_package("tfprobability", c("import(tensorflow)", "import(keras)", "export(tfd_pixel_cnn, tfd_sample)"), c(
      "tfd_pixel_cnn <- function(...) stop('the function of tfprobability')", "tfd_sample <- function(distribution, ...) distribution$sample(...)",
      on_load(
        "Sys.setenv(TF_USE_LEGACY_KERAS = 1L)",
        "reticulate::py_require(c('tensorflow!=2.20.0', 'numpy<2', 'tf-keras', 'tensorflow-probability'))",
        wants("tensorflow_probability", "r-tensorflow", 20)
      )
    ), library)
  })
}

# Returns what a fresh R session prints: `MESSAGE` and the text of each message while packages are attached, then the output
# of `code`. A package "start" starts Python and Keras.
attach_and <- function(packages, code, ...) {
  attach <- ifelse(packages == "start", "reticulate::import('tensorflow')$constant", sprintf("library(%s, warn.conflicts = FALSE)", packages))
  handler <- "message = function(m) { cat('MESSAGE', conditionMessage(m)); invokeRestart('muffleMessage') }"
  script <- c(sprintf("withCallingHandlers({ %s }, %s)", paste(attach, collapse = "; "), handler), code)
  other_r(script, TF_USE_LEGACY_KERAS = NA, KERAS_BACKEND = NA, ..., library = other_packages())
}

count <- function(printed, pattern) sum(grepl(pattern, printed))

test_that("beside tfprobability one message says what it changes, in either order", {
  skip_on_cran()
  for (packages in list(c("pixelcnn", "tfprobability"), c("tfprobability", "pixelcnn"), c("pixelcnn", "keras", "tfprobability"))) {
    printed <- attach_and(packages, character(), RETICULATE_PYTHON = NA)
    masking <- setdiff(packages, "keras")
    first <- if ("keras" %in% packages) "keras" else "tfprobability"
    expect_identical(count(printed, sprintf("%s sets TF_USE_LEGACY_KERAS=1", first)), 1L)
    expect_identical(count(printed, "sets TF_USE_LEGACY_KERAS=1"), 1L)
    expect_identical(count(printed, sprintf("now calls the function of %s.*`%s::tfd_pixel_cnn", masking[[2]], masking[[1]])), 1L)
    expect_identical(count(printed, "use_virtualenv"), 1L)
    quiet <- sprintf("suppressPackageStartupMessages({ %s }); cat('nothing')", paste0("library(", packages, ")", collapse = "; "))
    expect_identical(other_r(quiet, RETICULATE_PYTHON = NA, library = other_packages()), "nothing")
  }
})

test_that("a package that changes nothing here gives no message, and a Python that was chosen is not mentioned", {
  skip_on_cran()
  for (packages in list(c("pixelcnn", "keras3"), c("keras3", "pixelcnn"), c("tensorflow", "pixelcnn"), "pixelcnn")) {
    expect_identical(attach_and(packages, "cat('nothing')", RETICULATE_PYTHON = NA), "nothing")
  }
  printed <- attach_and(c("keras", "pixelcnn"), character(), RETICULATE_PYTHON = "/chosen/python")
  expect_identical(count(printed, "keras sets TF_USE_LEGACY_KERAS=1"), 1L)
  expect_identical(count(printed, "use_virtualenv|tfd_pixel_cnn"), 0L)
})

test_that("an environment of reticulate has a Python that fits the requirements of both", {
  skip_on_cran()
  ask <- "cat(reticulate::py_require()$python_version); cat('\\n'); cat(reticulate::py_require()$packages, sep = '\\n')"
  for (packages in list(c("pixelcnn", "tfprobability"), c("tfprobability", "pixelcnn"))) {
    printed <- attach_and(packages, c("cat('\\n')", ask), RETICULATE_PYTHON = NA)
    expect_identical(count(printed, "^>=3.11 <3.14 <3.12$"), 1L)
    expect_true(all(c(PYTHON_PACKAGES, "numpy<2", "tensorflow!=2.20.0", "tensorflow-probability") %in% printed))
  }
  for (packages in list(c("pixelcnn", "keras3"), c("keras3", "pixelcnn"))) {
    printed <- attach_and(packages, ask, RETICULATE_PYTHON = NA)
    expect_identical(printed[[1]], ">=3.11 <3.14")
    expect_true(all(c(PYTHON_PACKAGES, "tensorflow-cpu") %in% printed))
  }
})

test_that("an environment that another package prefers is named, with how to choose another", {
  skip_on_cran()
  skip_on_os("windows")
  root <- withr::local_tempdir()
  for (name in c("r-tensorflow", "r-pixelcnn")) {
    dir.create(file.path(root, name, "bin"), recursive = TRUE)
    file.create(file.path(root, name, "bin", "python"))
  }
  dir.create(file.path(root, "r-pixelcnn/lib/python3.11/site-packages/pixelcnn-1.0.dist-info"), recursive = TRUE)
  ask <- "cat(pixelcnn_available(), '\\n'); print(pixelcnn_config())"
  clean <- list(RETICULATE_PYTHON = NA, VIRTUAL_ENV = NA, WORKON_HOME = root)
  printed <- do.call(attach_and, c(list(c("pixelcnn", "tfprobability"), ask), clean))
  expect_identical(count(printed, "FALSE"), 1L)
  expect_identical(count(printed, "Python is .*r-tensorflow/bin/python.*Restart R and call `reticulate::use_virtualenv\\(\"r-pixelcnn\"\\)`"), 1L)
  expect_match(do.call(attach_and, c(list("pixelcnn", "cat(pixelcnn_available())"), clean)), "TRUE")
})

test_that("in one session ours trains with Keras 3 and legacy Keras stays legacy, in either order", {
  skip_without_python()
  skip_on_cran()
  skip_if_not(reticulate::py_module_available("tf_keras"), "legacy Keras is not installed:")
  skip_if_not(reticulate::import("keras")$backend$backend() == "tensorflow", "the backend is not TensorFlow:")
  code <- c(
    "dist <- pixel_cnn_plus_plus(c(4, 4, 1), num_resnet = 1, num_hierarchies = 1, num_filters = 2, high = 3)",
    "images <- array(0:3, c(4, 4, 4, 1))",
    "dist |> compile(learning_rate = 1e-3); history <- dist |> fit(images)",
    "stopifnot(identical(dim(sample_images(dist, 2, seed = 1)), c(2L, 4L, 4L, 1L)), length(log_prob(dist, images)) == 4)",
    "legacy <- tensorflow::tf$keras",
    "cat('MODULE', legacy$layers$Dense$`__module__`, '\\n')",
    "for (call in expression(dist |> compile(legacy$optimizers$Adam()), tfd_log_prob(dist, legacy$Input(c(4L, 4L, 1L))))) {",
    "  cat(tryCatch({ eval(call); 'accepted' }, error = conditionMessage), '\\n')",
    "}"
  )
  for (packages in list(c("tfprobability", "pixelcnn"), c("pixelcnn", "tfprobability"))) {
    printed <- attach_and(packages, code)
    expect_identical(count(printed, "MODULE tf_keras"), 1L)
    expect_identical(count(printed, "optimizer=.*expected an optimizer of Keras 3"), 1L)
    expect_identical(count(printed, "value=.*expected an array or a tensor of Keras 3"), 1L)
  }
  printed <- attach_and(c("pixelcnn", "start", "tfprobability"), code)
  expect_identical(count(printed, "TensorFlow runs with Keras 3 already.*restart R and load tfprobability first"), 1L)
  expect_identical(count(printed, "MODULE keras"), 1L)
})
