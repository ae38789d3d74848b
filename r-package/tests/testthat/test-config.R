test_that("what is missing is told with what mends it", {
  local_mocked(pixelcnn_available = function() FALSE)
  expect_output(print(pixelcnn_config()), "install_pixelcnn")
})

test_that("the availability check looks at files", {
  root <- withr::local_tempdir()
  expect_false(has_pixelcnn(file.path(root, "bin/python")))
  dir.create(file.path(root, "lib/python3.12/site-packages/pixelcnn-1.0.dist-info"), recursive = TRUE)
  expect_true(has_pixelcnn(file.path(root, "bin/python")))
  withr::local_envvar(RETICULATE_PYTHON = NA, VIRTUAL_ENV = NA, WORKON_HOME = root)
  expect_length(candidate_pythons(), 0)
  dir.create(file.path(root, "r-pixelcnn", dirname(python_in_environment())), recursive = TRUE)
  file.create(file.path(root, "r-pixelcnn", python_in_environment()))
  expect_length(candidate_pythons(), 1)
})

test_that("an environment is found by RETICULATE_PYTHON and by use_virtualenv(), without starting it", {
  skip_without_python()
  skip_on_cran()
  python <- reticulate::py_config()$python
  say <- c(
    "library(pixelcnn)", "cat(pixelcnn_available(), reticulate::py_available(initialize = FALSE), '\\n')",
    "cat(pixelcnn_config()$found$python, '\\n')"
  )
  found <- c("TRUE FALSE ", paste0(python, " "))
  expect_identical(utils::tail(other_r(say, RETICULATE_PYTHON = python), 2), found)
  skip_if_not(file.exists(file.path(dirname(dirname(python)), "pyvenv.cfg")), "Python is in no virtual environment:")
  use <- sprintf("reticulate::use_virtualenv('%s')", dirname(dirname(python)))
  expect_identical(utils::tail(other_r(c(use, say), RETICULATE_PYTHON = NA), 2), found)
})

test_that("versions and devices are told", {
  skip_without_python()
  pixelcnn_module()
  expect_true(pixelcnn_available())
  config <- pixelcnn_config()
  expect_null(config$advice)
  expect_true(all(c("python", "backend", "keras", "numpy", "devices") %in% names(config$found)))
})

test_that("a Python side that fails is told", {
  skip_without_python()
  local_mocked(pixelcnn_module = function() abort_missing(simpleError("broken")))
  expect_match(pixelcnn_config()$advice, "cannot be loaded", all = FALSE)
})
