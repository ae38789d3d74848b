test_that("loading the package does not start Python", {
  skip_on_cran()
  code <- "library(pixelcnn); cat(reticulate::py_available(initialize = FALSE))"
  rscript <- file.path(R.home("bin"), "Rscript")
  withr::local_envvar(R_LIBS = paste(.libPaths(), collapse = .Platform$path.sep))
  skip_if_not(nzchar(system.file(package = "pixelcnn", "Meta")), "not installed:")
  expect_identical(utils::tail(system2(rscript, c("-e", shQuote(code)), stdout = TRUE), 1), "FALSE")
})

test_that("a masked constructor is named", {
  expect_message(say_masked(by = "pixelcnn"), "`tfprobability::tfd_pixel_cnn\\(\\)`")
})
