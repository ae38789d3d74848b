test_that("the backend is chosen before Keras starts", {
  withr::local_envvar(KERAS_BACKEND = NA)
  expect_error(use_backend("numpy"), "backend")
  if (is.null(running_backend())) {
    expect_identical(use_backend("jax"), "jax")
    expect_identical(Sys.getenv("KERAS_BACKEND"), "jax")
    # One backend is enough: TensorFlow is not installed beside JAX.
    expect_true(PYTHON_BACKENDS$jax %in% reticulate::py_require()$packages)
    expect_false(PYTHON_BACKENDS$tensorflow %in% reticulate::py_require()$packages)
    use_backend("tensorflow")
  }
  skip_without_python()
  tiny()
  other <- setdiff(c("jax", "tensorflow"), running_backend())[[1]]
  expect_error(use_backend(other), "Restart R", class = "pixelcnn_backend_error")
  expect_identical(use_backend(running_backend()), running_backend())
})
