test_that("what a fitted model has and a distribution has not is an error that says what there is", {
  skip_without_python()
  expect_error(coef(tiny()), "has no `coef`; `object$get_weights()` has the weights", fixed = TRUE, class = "pixelcnn_no_closed_form")
  expect_error(deviance(tiny()), "has no `deviance`; compute `-2 * logLik(object, images)`", fixed = TRUE)
  expect_error(mean(tiny()), "has no `mean`; average images that `sample_images()` draws", fixed = TRUE)
  for (name in names(NO_STATISTIC)) {
    ask <- get(name, asNamespace("stats"))
    expect_error(ask(tiny()), sprintf("A distribution of images has no `%s`; ", name), class = "pixelcnn_no_closed_form")
  }
})

test_that("attributes of Python that have such a name stay", {
  skip_without_python()
  expect_gt(length(tiny()$weights), 1)
  expect_identical(lapply(tiny()$get_weights(), dim)[[1]], dim(tiny()$weights[[1]]$numpy()))
})

test_that("distributions are equal by their arguments and weights", {
  skip_without_python()
  make <- function(...) pixel_cnn(c(4, 4, 1), high = 1, num_blocks = 1, num_filters = 2, ...)
  set.seed(1)
  first <- make()
  expect_match(all.equal(first, make()), "weights", all = FALSE)
  set.seed(1)
  expect_true(all.equal(first, make()))
  expect_match(all.equal(first, make(num_classes = 2)), "arguments", all = FALSE)
  expect_identical(all.equal(first, 1), "current is 1")
})

test_that("a distribution in a list is described in a line", {
  skip_without_python()
  expect_output(str(list(a = tiny())), "a: <PixelCNNPlusPlus> 8 x 8 x 1 images, integers 0 to 255", fixed = TRUE)
  expect_identical(toString(tiny()), "<PixelCNNPlusPlus> 8 x 8 x 1 images, integers 0 to 255")
})
