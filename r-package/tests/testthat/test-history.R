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

test_that("validations stand at the epochs that they followed", {
  python <- function(val_loss) list(history = list(loss = c(4, 3, 2, 1), val_loss = val_loss), epoch = 0:3)
  expect_identical(new_history(python(c(8, 6)), 2L)$metrics$val_loss, c(NA, 8, NA, 6))
  listed <- new_history(python(c(9, 7)), list(1L, 3L))
  expect_identical(listed$metrics$val_loss, c(9, NA, 7, NA))
  rows <- as.data.frame(listed)
  expect_identical(rows[rows$data == "validation", "epoch"], c(1L, 3L))
  expect_identical(sum(rows$data == "training"), 4L)
  expect_no_match(format(listed), "val")
  expect_match(format(new_history(python(c(8, NaN)), 2L)), "val loss NaN")
  expect_identical(new_history(python(4:1))$metrics$val_loss, c(4, 3, 2, 1))
})

test_that("metrics that were not measured are named", {
  expect_error(plot(history, metrics = c("loss", "accuracy")), "`metrics` is \"accuracy\"; expected loss, bits_per_dim")
})

test_that("a history plots with and without ggplot2", {
  grDevices::pdf(NULL)
  withr::defer(grDevices::dev.off())
  expect_silent(base_history(as.data.frame(history)))
  skip_if_not_installed("ggplot2")
  expect_s3_class(plot(history, metrics = "loss"), "ggplot")
})
