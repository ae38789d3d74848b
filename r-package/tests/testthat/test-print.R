test_that("a distribution says what it is", {
  skip_without_python()
  expect_snapshot(tiny())
  expect_snapshot(tfd_pixel_cnn(c(4, 4, 1), list(), num_resnet = 1, num_hierarchies = 1, num_filters = 4))
  expect_match(
    format(pixel_cnn_plus_plus(c(4, 4, 1), num_classes = 3, num_resnet = 1, num_hierarchies = 1, num_filters = 4)),
    "3 classes, labels 0 to 2", all = FALSE
  )
})

test_that("a summary has all arguments", {
  skip_without_python()
  expect_output(print(summary(tiny())), "num_filters = 4")
})
