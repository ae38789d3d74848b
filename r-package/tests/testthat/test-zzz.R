test_that("loading the package does not start Python", {
  skip_on_cran()
  printed <- other_r("library(pixelcnn); cat(reticulate::py_available(initialize = FALSE))")
  expect_identical(utils::tail(printed, 1), "FALSE")
})

test_that("a masked constructor is named", {
  expect_message(say_masked(by = "pixelcnn"), "`tfprobability::tfd_pixel_cnn\\(\\)`")
})
