coarse <- function(images) images[, c(2, 4), c(2, 4), , drop = FALSE]

test_that("codes are the nearest rows of a codebook, and are decoded again", {
  skip_without_python()
  images <- array(c(0, 9, 21, 30), c(3, 4, 4, 1))
  codes <- vq_codes(coarse, images, codebook = matrix(c(0, 10, 20)), batch_size = 2)
  expect_identical(codes, array(as.integer(pmin(round(coarse(images) / 10), 2)), c(3, 2, 2, 1)))
  expect_identical(vq_codes(function(images) coarse(images) > 10, images), 1L * (coarse(images) > 10))
  decoded <- vq_decode(function(codes) array(10 * codes, c(dim(codes), 1)), codes)
  expect_equal(decoded, 10 * codes)
})

test_that("several levels are a list", {
  skip_without_python()
  images <- array(1:32, c(2, 4, 4, 1))
  codes <- vq_codes(function(images) list(coarse(images), images), images)
  expect_identical(codes, list(coarse(images), images))
  expect_equal(vq_decode(function(codes) array(codes[[2]], c(dim(codes[[2]]), 1)), codes), images + 0)
})

test_that("surprising codes are drawn anew", {
  skip_without_python()
  expect_identical(vq_restore(tiny(), tiny_images(), 1e6, "bee")[], tiny_images()[])
  expect_identical(vq_restore(tiny(), tiny_images(), 0, "bee", seed = 1), tiny_images())
  expect_error(vq_restore(tiny(), tiny_images(), -1, "bee"), "threshold")
  expect_error(vq_decode(identity, array(.5, c(1, 2, 2, 1))), "`codes`")
})

test_that("each code has a colour of its own", {
  skip_without_python()
  codes <- array(0:63, c(1, 8, 8, 1))
  shown <- vq_colours(codes)
  expect_s3_class(shown, "pixelcnn_images")
  expect_identical(dim(shown), c(1L, 8L, 8L, 3L))
  expect_identical(nrow(unique(matrix(unclass(shown), ncol = 3))), 64L)
  expect_error(vq_colours(codes[1, , , ]), "codes of shape")
})

test_that("a distribution of codes is plotted in the colours of codes", {
  skip_without_python()
  dist <- pixel_cnn(c(4, 4, 1), high = 8, levels = "categorical", num_blocks = 1, num_filters = 2)
  file <- withr::local_tempfile(fileext = ".png")
  grDevices::png(file)
  codes <- plot(dist, 2, seed = 1)
  grDevices::dev.off()
  expect_identical(codes, sample_images(dist, 2, seed = 1))
  pixels <- numpy()$asarray(reticulate::import("PIL.Image")$open(file)$convert("RGB"))
  colours <- unique(matrix(vq_colours(codes), ncol = 3))
  shown <- unique(matrix(pixels, ncol = 3))
  expect_true(all(duplicated(rbind(shown, colours))[-seq_len(nrow(shown))]))
})

test_that("missing values are no pixels and no codes", {
  skip_without_python()
  images <- array(1:16, c(1, 4, 4, 1))
  encoder <- function(x) x
  expect_error(vq_codes(encoder, occlude(images, rows = 4), matrix(1:4)), "`images` is .*expected numbers without missing values")
  expect_error(vq_codes(encoder, images, matrix(c(1L, NA))), "`codebook` is .*expected numbers without missing values")
  expect_error(vq_codes(encoder, images, data.frame(a = 1)), "`codebook` is a data frame")
})
