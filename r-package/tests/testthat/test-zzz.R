test_that("loading the package does not start Python", {
  skip_on_cran()
  printed <- other_r("library(pixelcnn); cat(reticulate::py_available(initialize = FALSE))")
  expect_identical(utils::tail(printed, 1), "FALSE")
})
