test_that("the memory of a training is Python's estimate", {
  skip_without_python()
  dist <- pixel_cnn(c(28, 28, 1), high = 1, num_blocks = 1, num_filters = 8)
  python <- pixelcnn_module()$training
  expect_equal(training_memory(dist, 16), as.numeric(python$training_memory(dist, 16L)))
  expect_gt(training_memory(dist, 17), training_memory(dist, 16))
  for (bytes in 1.16 * c(training_memory(dist, 1), training_memory(dist, 64))) {
    expect_equal(largest_batch_size(dist, bytes), python$largest_batch_size(dist, bytes))
  }
  expect_equal(largest_batch_size(dist, 1e12), 128)
  expect_error(training_memory(dist, 0), "`batch_size` is 0", class = "pixelcnn_argument_error")
  expect_error(largest_batch_size(dist, "all"), "`available` is \"all\"", class = "pixelcnn_argument_error")
  expect_error(largest_batch_size(dist, 1), "expected at least [0-9]+ bytes", class = "pixelcnn_value_error")
  expect_error(training_memory(3, 1), "`object` is 3")
})

test_that("memory above 2 GiB is Python's", {
  skip_without_python()
  dist <- pixel_cnn(c(28, 28, 1), high = 1, num_blocks = 1, num_filters = 8)
  # As text, because reticulate turns a Python integer from 2^31 on into another integer.
  python <- reticulate::import("pixelcnn.training", convert = FALSE)
  large <- as.numeric(reticulate::py_str(python$training_memory(dist, 1000000L)))
  expect_gt(large, 2^32)
  expect_identical(training_memory(dist, 1e6), large)
  available <- reticulate::py_str(python$available_memory())
  if (available == "None") expect_null(available_memory()) else expect_equal(available_memory(), as.numeric(available), tolerance = 0.2)
})
