history <- structure(
  list(metrics = list(loss = c(3, 2), bits_per_dim = c(1.5, 1), val_loss = c(4, 3)), epochs = 1:2),
  class = "pixelcnn_history"
)

test_that("a history prints its last epoch and becomes a data frame", {
  expect_snapshot(history)
  data <- as.data.frame(history)
  expect_identical(nrow(data), 6L)
  expect_identical(data$data, rep(c("training", "training", "validation"), each = 2))
})

test_that("a history plots with and without ggplot2", {
  grDevices::pdf(NULL)
  withr::defer(grDevices::dev.off())
  expect_silent(base_history(as.data.frame(history)))
  skip_if_not_installed("ggplot2")
  expect_s3_class(plot(history, metrics = "loss"), "ggplot")
})
