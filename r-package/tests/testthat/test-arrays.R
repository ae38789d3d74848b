test_that("dimensions that R has dropped come back", {
  x <- array(0, c(5, 8, 8, 1))
  for (y in list(x, x[, , , 1])) expect_identical(dim(with_batch(y, c(8, 8, 1), "x")), c(5L, 8L, 8L, 1L))
  for (y in list(x[1, , , ], array(0, c(8, 8, 1)))) expect_equal(dim(with_batch(y, c(8, 8, 1), "x")), c(1, 8, 8, 1))
  expect_equal(dim(with_batch(array(0, c(8, 8, 3)), c(8, 8, 3), "x")), c(1, 8, 8, 3))
  expect_error(with_batch(array(0, c(5, 8, 8)), c(8, 8, 3), "x"), "`x` is a numeric array of dimensions")
  expect_error(with_batch(array(as.raw(0), c(5, 8, 8)), c(8, 8, 1), "x"), "`x` is a raw array of dimensions")
  expect_error(with_batch(1:3, c(8, 8, 1), "x"), "\\(n, 8, 8, 1\\) or \\(n, 8, 8\\)")
})

test_that("images are whole numbers within the levels", {
  levels <- c(low = 0L, high = 255L)
  expect_silent(check_levels(array(c(0, 255)), levels, "images"))
  expect_error(check_levels(array(0.5), levels, "images"), "fractions, such as 0.5; expected whole numbers 0 to 255")
  expect_error(check_levels(array(TRUE, c(1, 2, 2)), levels, "images"), "`images` is a logical array of dimensions \\(1, 2, 2\\)")
  expect_error(check_levels(array(256), levels, "images"), "256 to 256")
  expect_error(check_levels(array(NA_integer_), levels, "images"), "missing")
})

test_that("arrays cross in C order and as small integers", {
  skip_without_python()
  x <- array(as.numeric(0:127), c(2, 8, 8, 1))
  y <- images_to_python(x, tiny())
  expect_identical(reticulate::py_to_r(y$dtype$name), "uint8")
  expect_true(reticulate::py_to_r(y$flags$c_contiguous))
  expect_equal(reticulate::py_to_r(y), x)
  expect_equal(reticulate::py_to_r(reticulate::py_get_item(y, reticulate::tuple(1L, 2L, 3L, 0L))), x[2, 3, 4, 1], ignore_attr = TRUE)
  expect_identical(level_dtype(c(low = -1, high = 1)), "int32")
})

test_that("integers come back as integers", {
  skip_without_python()
  expect_type(tiny_images(), "integer")
  expect_identical(integers_from_python(numpy()$array(list(1L, 2L), dtype = "int64")), 1:2)
})

test_that("masks are logical, fit, and are of one image or of all", {
  pixels <- array(0L, c(2, 3, 2, 1))
  one <- matrix(c(TRUE, FALSE, TRUE, TRUE, TRUE, FALSE), 3)
  known <- known_pixels(one, pixels)
  expect_identical(dim(known), dim(pixels))
  for (image in 1:2) expect_identical(known[image, , , 1], one)
  expect_identical(known_pixels(array(one, c(3, 2, 1)), pixels), known)
  expect_identical(known_pixels(known[, , , 1], pixels), known)
  expect_error(known_pixels(matrix(1L, 3, 2), pixels), "`mask` is an integer array of dimensions \\(3, 2\\); expected TRUE")
  expect_error(known_pixels(matrix(TRUE, 2, 3), pixels), "`mask`")
})
