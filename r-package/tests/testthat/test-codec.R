test_that("compressed images return, and damaged ones do not", {
  skip_without_python()
  skip_if_not(reticulate::py_module_available("constriction"), "the Python package constriction is not there:")
  bytes <- compress_images(tiny(), tiny_images(), "bee")
  expect_type(bytes, "raw")
  expect_identical(decompress_images(tiny(), bytes), tiny_images())
  expect_error(decompress_images(tiny(), rev(bytes)), "`?data`? does not fit")
  expect_error(decompress_images(tiny(), 1:3), "`data` is")
})
