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
