test_that("a constructor is one call", {
  make <- constructor("Some", image_shape = , num_filters = 4)
  expect_identical(formals(make), as.pairlist(alist(image_shape = , num_filters = 4)))
  expect_identical(body(make)[[2]], "Some")
})

test_that("whole doubles, sizes and single names fit Python", {
  skip_without_python()
  one <- pixel_cnn_plus_plus(
    c(4, 4, 1), class_names = "bee", num_resnet = 1, num_hierarchies = 1, num_filters = 4, low = -1, high = 1
  )
  expect_identical(unlist(one$class_names), "bee")
  expect_identical(one$num_classes, 1L)
  expect_true(all(sample_images(one, 2, "bee", seed = 1) %in% -1:1))
  expect_error(pixel_cnn_plus_plus(), "`image_shape` is missing")
  expect_error(pixel_cnn_plus_plus(c(8, 8, 1), num_filters = 2.5), "`num_filters` is 2.5")
  expect_error(pixel_cnn_plus_plus(c(8, 8)), "image_shape", class = "pixelcnn_value_error")
  expect_error(
    pixel_cnn_plus_plus(c(8, 8, 1), num_classes = 2, conditional_shape = 3), "do not go together",
    class = "pixelcnn_value_error"
  )
})
