test_that("whole doubles are integers, and nothing else is", {
  expect_identical(as_whole(3, "n"), 3L)
  expect_identical(as_whole(NULL, "n", null = TRUE), NULL)
  for (bad in list(0.5, NA, "1", c(1, 2), NULL, Inf, TRUE, factor("a"))) {
    expect_error(as_whole(bad, "n"), "`n` is .*; expected a whole number", class = "pixelcnn_argument_error")
  }
  expect_error(as_whole(0, "n", min = 1), "at least 1")
})

test_that("strings, paths and seeds are checked", {
  expect_error(as_string(1, "name"), "`name` is 1; expected a string")
  expect_identical(as_path("a/b", "path"), "a/b")
  expect_identical(as_seed(3), 3L)
  set.seed(5)
  first <- as_seed(NULL)
  set.seed(5)
  expect_identical(as_seed(NULL), first)
})

test_that("control characters in names are escaped, numbers are as they are", {
  expect_identical(comma(c("bee", "\033[31msun\n", "\u00e9")), "bee, \\033[31msun\\n, \u00e9")
  expect_identical(comma(c(28L, 1L)), "28, 1")
  expect_identical(comma(NULL), "")
})

test_that("what was given is described in a few words", {
  expect_identical(describe(NULL), "NULL")
  expect_identical(describe("a"), "\"a\"")
  expect_identical(describe(NA_character_), "NA")
  expect_identical(describe(1:3), "an integer vector of length 3")
  expect_identical(describe(matrix(1, 2, 3)), "a numeric array of dimensions (2, 3)")
  expect_identical(describe(matrix(1L, 2, 3)), "an integer array of dimensions (2, 3)")
  expect_identical(describe(matrix(TRUE)), "a logical array of dimensions (1, 1)")
  expect_identical(describe(as.raw(1:2)), "a raw vector of length 2")
  expect_identical(describe(factor(c("a", "b"))), "a factor of length 2")
  expect_identical(describe(Sys.Date() + 0:1), "an object of class Date of length 2")
  expect_match(describe(structure(numeric(2), class = "integer64")), "64-bit integers")
  expect_identical(describe(list(1, 2)), "a list of length 2")
  expect_identical(describe(data.frame(a = 1:3, b = 1)), "a data frame of 3 rows and 2 columns")
  expect_identical(describe(mean), "a function")
  expect_identical(describe(quote(a + b)), "an object of class call")
  expect_identical(describe(new_images(array(0, c(0, 8, 8, 1)))), "0 images of 8 x 8 x 1")
  skip_if_not_installed("Matrix")
  expect_identical(describe(Matrix::Matrix(0, 3, 3, sparse = TRUE)), "an object of class ddiMatrix of dimensions (3, 3)")
})

test_that("seeds beyond R's integers go to Python whole, and errors say which limit was passed", {
  expect_identical(as_seed(2^31), 2^31)
  expect_error(as_seed(-1), "whole number of at least 0")
  expect_error(as_seed(2^54), "at most 9007199254740992")
  expect_error(as_whole(2^31, "n", min = 1), "`n` is 2147483648; expected a whole number of at most 2147483647")
})

test_that("numbers lie within their bounds", {
  expect_identical(as_number(0L, "x", min = 0), 0)
  for (bad in list(1, -0.5, "0.1", NA, NULL, c(0, 0.1), Inf, TRUE)) {
    expect_error(as_number(bad, "x", min = 0, below = 1), "`x` is .*; expected a number of at least 0 and below 1")
  }
})

test_that("sizes become tuples", {
  skip_without_python()
  expect_identical(reticulate::py_to_r(as_sizes(c(8, 8, 1), "image_shape")), list(8L, 8L, 1L))
  expect_identical(reticulate::py_len(as_sizes(list(), "conditional_shape")), 0L)
  expect_error(as_sizes(c(8, 0.5), "image_shape"), "`image_shape`")
})
