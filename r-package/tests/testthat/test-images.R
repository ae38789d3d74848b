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

test_that("rows or a box are hidden, and nothing else", {
  pixels <- array(seq_len(2 * 4 * 5 * 3), c(2, 4, 5, 3))
  rows <- occlude(pixels, rows = 3:4)
  expect_true(all(is.na(rows[, 3:4, , ])))
  expect_identical(rows[, 1:2, , ], pixels[, 1:2, , ])
  box <- occlude(pixels, box = c(2, 1, 3, 5), value = 7)
  expect_true(all(box[, 2:3, 1:5, ] == 7))
  expect_identical(box[, c(1, 4), , ], pixels[, c(1, 4), , ])
  expect_identical(sum(is.na(occlude(pixels[, , , 1], box = c(1, 1, 1, 2)))), 4L)
})

test_that("hidden images and data stay what they are", {
  data <- new_data(images, c(0, 1), c("bee", "sun"))
  hidden <- occlude(data, rows = 5:8)
  expect_s3_class(hidden$images, "pixelcnn_images")
  expect_type(hidden$images, "integer")
  expect_identical(hidden$labels, data$labels)
})

test_that("what cannot be hidden is named", {
  pixels <- array(0, c(2, 4, 5))
  expect_error(occlude(pixels), "`rows` is missing")
  expect_error(occlude(pixels, rows = 1, box = c(1, 1, 2, 2)), "`rows` is given")
  for (rows in list(0:1, 4:5, c(1, 3), 1.5)) expect_error(occlude(pixels, rows = rows), "4 high and 5 wide")
  for (box in list(1:3, c(1, 1, 5, 5), c(2, 1, 1, 1), c(0, 1, 1, 1))) expect_error(occlude(pixels, box = box), "`box` is")
  expect_error(occlude("a", rows = 1), "`images` is")
  expect_error(occlude(pixels, rows = 1, value = 0.5), "`value` is 0.5")
})
