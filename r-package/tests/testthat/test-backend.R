test_that("the backend is chosen before Keras starts", {
  withr::local_envvar(KERAS_BACKEND = NA)
  expect_error(use_backend("numpy"), "backend")
  if (is.null(running_backend())) {
    expect_identical(use_backend("jax"), "jax")
    expect_identical(Sys.getenv("KERAS_BACKEND"), "jax")
    declare <- getExportedValue("reticulate", "py_require")
    declare(PYTHON_BACKENDS$jax, action = "remove")
  }
  skip_without_python()
  tiny()
  other <- setdiff(c("jax", "tensorflow"), running_backend())[[1]]
  expect_error(use_backend(other), "Restart R", class = "pixelcnn_backend_error")
  expect_identical(use_backend(running_backend()), running_backend())
})
