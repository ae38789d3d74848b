images <- new_images(array(0:127, c(2, 8, 8, 1)))

local_device <- function(env = parent.frame()) {
  grDevices::pdf(NULL)
  withr::defer(grDevices::dev.off(), envir = env)
}

test_that("images become one raster", {
  raster <- as.raster(images, columns = 2, gap = 1)
  expect_identical(dim(raster), c(10L, 19L))
  expect_identical(dim(as.raster(images, columns = 1)), c(19L, 10L))
})

test_that("each image has a frame, and places without an image stay white", {
  page <- as.matrix(as.raster(images[c(1, 2, 1), , , , drop = FALSE], columns = 2))
  expect_identical(page[c(1, 10, 19), 1], rep("#E0E0E0", 3))
  expect_identical(unique(c(page[11:19, 11:19])), "#FFFFFF")
})

test_that("dark images are drawn as ink on paper", {
  expect_identical(as.matrix(as.raster(images, invert = FALSE))[2, 2], "#000000")
  expect_identical(as.matrix(as.raster(images))[2, 2], "#FFFFFF")
})

test_that("arrays, colours and data plot", {
  local_device()
  expect_identical(plot(images), images)
  expect_silent(plot_images(array(0.5, c(2, 4, 4)), high = 1, main = "grey"))
  expect_silent(plot_images(array(255, c(3, 4, 4, 3))))
  expect_silent(plot(new_data(images)))
  expect_error(plot_images(1:3), "`x` is")
  expect_error(plot_images(array(0, c(1, 4, 4, 2))), "one or three channels")
  expect_error(plot_images(images, columns = 0), "`columns`")
  for (gap in list(-1, 0.5, NA)) expect_error(plot_images(images, gap = gap), "`gap` is")
  expect_error(plot_images(images, invert = NA), "`invert` is NA; expected TRUE or FALSE")
  expect_error(plot_images(images, high = "a"), "`high` is \"a\"; expected a number.", fixed = TRUE)
  expect_error(plot_images(images, low = 3, high = 3), "`high` is 3; expected a number above `low`, 3")
})

test_that("real drawings stand above generated ones", {
  skip_without_python()
  local_device()
  data <- new_data(tiny_images(), c(0, 1, 0, 1, 0, 1), c("bee", "sun"))
  generated <- plot_real_vs_generated(tiny(), data, n = 2, seed = 1)
  expect_identical(generated, sample_images(tiny(), condition = c("bee", "bee", "sun", "sun"), seed = 1))
  expect_error(plot_real_vs_generated(tiny(), tiny_images()), "`data`")
})

test_that("classes to show go by name, then by place", {
  skip_without_python()
  local_device()
  data <- new_data(tiny_images(), c(0, 1, 0, 1, 0, 1), c("bee", "sun"))
  expect_identical(plot_real_vs_generated(tiny(), data, n = 2, classes = 1, seed = 1), sample_images(tiny(), 2, "sun", seed = 1))
})

test_that("no image is an error that says so", {
  expect_error(plot(images[integer()]), "`x` is 0 images of 8 x 8 x 1; expected at least one image")
  expect_error(plot(new_data(images)[integer()]), "at least one image")
  expect_error(as.raster(images[integer()]), "at least one image")
})

test_that("a distribution plots what it draws: an image of each class", {
  skip_without_python()
  local_device()
  expect_identical(plot(tiny(), seed = 1), sample_images(tiny(), condition = c("bee", "sun"), seed = 1))
  expect_identical(plot(tiny(), 2, "bee", seed = 1, invert = FALSE), sample_images(tiny(), 2, "bee", seed = 1))
})

test_that("missing pixels are pink", {
  page <- as.matrix(as.raster(occlude(images, rows = 5:8), columns = 2))
  expect_identical(unique(c(page[6:9, 2:9])), grDevices::rgb(MISSING[[1]], MISSING[[2]], MISSING[[3]]))
  expect_false(any(page[2:5, 2:9] == page[6, 2]))
  everything <- as.matrix(as.raster(occlude(images, rows = 1:8)))
  expect_true(all(everything[2:9, 2:9] == page[6, 2]))
})

test_that("original, occluded and completed images stand side by side", {
  local_device()
  hidden <- occlude(images, rows = 5:8)
  expect_identical(plot_completion(images, hidden, images), images)
  expect_silent(plot_completion(new_data(images), new_data(hidden), images[, , , 1]))
  expect_error(plot_completion(images, hidden[1, , , , drop = FALSE], images), "`occluded` is .*expected 2 images")
  expect_error(plot_completion(images, hidden, 1), "`completed`")
})

test_that("arguments of a raster are used, or refused", {
  expect_false(identical(as.raster(images, high = 999), as.raster(images)))
  expect_error(as.raster(images, colums = 4), "colums")
  row <- new_images(array(1:10, c(1, 1, 10, 1)))
  expect_identical(dim(as.raster(row, gap = 0)), c(1L, 10L))
})

test_that("real images stand above generated ones only for classes with images", {
  skip_without_python()
  local_device()
  data <- new_data(tiny_images(), rep(0L, 6), c("bee", "sun"))
  expect_identical(dim(plot_real_vs_generated(tiny(), data, n = 2, seed = 1))[[1]], 2L)
  expect_error(plot_real_vs_generated(tiny(), data, classes = "sun"), "`classes` is sun; expected classes of which there are images: bee")
  dist <- pixel_cnn(c(8, 8, 1), num_blocks = 1, num_filters = 2)
  expect_error(plot_real_vs_generated(dist, data), "`object` is a distribution without classes")
})

test_that("infinite surprise is the darkest red", {
  local_device()
  bits <- array(c(1, Inf), c(2, 8, 8))
  expect_silent(plot_surprise(images[1:2], bits))
})
