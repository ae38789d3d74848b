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

test_that("what was given is described in a few words", {
  expect_identical(describe(NULL), "NULL")
  expect_identical(describe("a"), "\"a\"")
  expect_identical(describe(1:3), "a integer vector of length 3")
  expect_identical(describe(matrix(1, 2, 3)), "an array of dimensions (2, 3)")
  expect_identical(describe(list()), "an object of class list")
})

test_that("sizes become tuples", {
  skip_without_python()
  expect_identical(reticulate::py_to_r(as_sizes(c(8, 8, 1), "image_shape")), list(8L, 8L, 1L))
  expect_identical(reticulate::py_len(as_sizes(list(), "conditional_shape")), 0L)
  expect_error(as_sizes(c(8, 0.5), "image_shape"), "`image_shape`")
})
