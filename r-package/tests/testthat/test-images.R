images <- new_images(array(0:127, c(2, 8, 8, 1)))

test_that("images print as images", {
  expect_snapshot(images)
  expect_snapshot(images[1, , , , drop = FALSE])
})

test_that("parts of images are images or arrays", {
  expect_s3_class(images[2:1, , , , drop = FALSE], "pixelcnn_images")
  expect_identical(dim(images[1, , , ]), c(8L, 8L))
  expect_identical(as.array(images), array(0:127, c(2, 8, 8, 1)))
})
