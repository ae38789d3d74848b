test_that("a seed names images", {
  skip_without_python()
  expect_identical(sample_images(tiny(), 2, "bee", seed = 1)[], tiny_images()[1:2, , , , drop = FALSE])
  expect_identical(sample_images(tiny(), 6, "bee", seed = 1, batch_size = 4), tiny_images())
  expect_identical(sample_images(tiny(), 2, "bee", seed = 1, first = 4)[], tiny_images()[5:6, , , , drop = FALSE])
  expect_identical(sample_images(tiny(), 2, "bee", seed = 1, method = "naive"), tiny_images()[1:2, , , , drop = FALSE])
})

test_that("set.seed() governs what has no seed", {
  skip_without_python()
  set.seed(7)
  first <- sample_images(tiny(), 2, "bee")
  second <- sample_images(tiny(), 2, "bee")
  set.seed(7)
  expect_identical(sample_images(tiny(), 2, "bee"), first)
  expect_false(identical(first, second))
})

test_that("known pixels are kept", {
  skip_without_python()
  known <- row(diag(8)) <= 4
  completed <- complete_images(tiny(), tiny_images(), known, "sun", seed = 2)
  expect_identical(completed[, 1:4, , ], tiny_images()[, 1:4, , ])
  missing <- tiny_images()
  missing[, 5:8, , ] <- NA
  expect_identical(complete_images(tiny(), missing, condition = "sun", seed = 2), completed)
  data <- new_data(tiny_images(), rep(1, 6), c("bee", "sun"))
  expect_identical(complete_images(tiny(), data, known, seed = 2), completed)
})

test_that("what was hidden is unknown, and particles take later pixels into account", {
  skip_without_python()
  hidden <- occlude(tiny_images(), rows = 1:2)
  completed <- complete_images(tiny(), hidden, condition = "sun", seed = 2, num_particles = 3)
  expect_identical(completed[, 3:8, , ], tiny_images()[, 3:8, , ])
  expect_false(anyNA(completed))
  expect_error(complete_images(tiny(), hidden, condition = "sun", num_particles = 0), "`num_particles` is 0")
})

test_that("a mask fits the images, and knows no pixel that is missing", {
  skip_without_python()
  hidden <- occlude(tiny_images(), rows = 7:8)
  rows <- matrix(rep(c(TRUE, FALSE), c(6, 2)), 8, 8)
  by_default <- complete_images(tiny(), hidden, condition = "bee", seed = 1)
  for (mask in list(rows, array(rows, c(8, 8, 1)), !is.na(hidden), !is.na(hidden[, , , 1]))) {
    expect_identical(complete_images(tiny(), hidden, mask, "bee", seed = 1), by_default)
  }
  expect_error(complete_images(tiny(), hidden, !rows & TRUE | rows, "bee"), "`mask` is TRUE for pixels that are NA in `images`; expected FALSE")
  expect_error(complete_images(tiny(), hidden, rows[-1, ], "bee"), "expected an array \\(8, 8\\), \\(8, 8, 1\\) or \\(6, 8, 8, 1\\)")
  expect_error(complete_images(tiny(), hidden, array(TRUE, c(2, 8, 8)), "bee"), "`mask` is a logical array of dimensions \\(2, 8, 8\\)")
})

test_that("conditions are no images, and all pixels may be unknown", {
  skip_without_python()
  expect_error(complete_images(tiny(), tiny_images() > 128, condition = "bee"), "`images` is a logical array .*expected whole numbers")
  unknown <- complete_images(tiny(), array(NA, c(1, 8, 8, 1)), condition = "bee", seed = 1)
  expect_identical(unknown, tiny_images()[1])
})

test_that("what is no number is no temperature", {
  skip_without_python()
  for (value in list(NA, "a", NULL, 1:2, Inf)) {
    expect_error(sample_images(tiny(), condition = "bee", temperature = value), "`temperature` is .*expected a number")
    expect_error(sample_images(tiny(), condition = "bee", guidance = value), "`guidance` is .*expected a number")
  }
})

test_that("guidance needs a distribution that may go without a condition", {
  skip_without_python()
  dist <- pixel_cnn_plus_plus(
    c(4, 4, 1), num_classes = 2, condition_dropout = 0.5, num_resnet = 1, num_hierarchies = 1, num_filters = 4
  )
  plain <- sample_images(dist, 2, 1, seed = 1)
  expect_identical(sample_images(dist, 2, 1, seed = 1, guidance = 0), plain)
  expect_identical(dim(sample_images(dist, 2, 1, seed = 1, guidance = 2)), dim(plain))
  expect_identical(dim(sample_images(dist, 2, seed = 1)), dim(plain))
  expect_error(sample_images(tiny(), 2, "bee", guidance = 1), "condition_dropout", class = "pixelcnn_value_error")
})

test_that("a distribution of several orders has a likelihood and images in each, and completes by its own choice", {
  skip_without_python()
  dist <- pixel_cnn(c(3, 3, 1), high = 3, num_blocks = 1, num_filters = 4, orders = 8)
  images <- sample_images(dist, 3, seed = 1, order = 5)
  expect_false(identical(sample_images(dist, 3, seed = 1), images))
  each <- vapply(0:7, function(order) log_prob(dist, images, order = order), numeric(3))
  expect_equal(exp(log_prob(dist, images, order = "average")), rowMeans(exp(each)), tolerance = 1e-4)
  expect_equal(apply(pixel_log_prob(dist, images, order = 5), 1, sum), each[, 6], tolerance = 1e-5)
  expect_equal(bits_per_dim(dist, images, order = 5), -each[, 6] / (9 * log(2)), tolerance = 1e-6)
  images[, , 1:2, ] <- NA
  completed <- complete_images(dist, images, seed = 2)
  expect_identical(completed, complete_images(dist, images, seed = 2, order = 5))
  expect_error(log_prob(dist, completed, order = 8), "expected a whole number 0 … 7")
  expect_error(sample_images(dist, 1, order = "average"), "`order` is .*expected a whole number")
  expect_error(pixel_cnn(c(3, 3, 1), orders = 2), "1, 4 or 8")
})

test_that("an interrupt of sampling leaves the session usable", {
  skip_without_python()
  skip_on_os("windows")
  skip_on_cran()
  threading <- reticulate::import("threading", convert = FALSE)
  os <- reticulate::import("os", convert = FALSE)
  dist <- pixel_cnn_plus_plus(c(28, 28, 1), num_resnet = 1, num_hierarchies = 2, num_filters = 8, num_logistic_mix = 2)
  for (count in 1:2) sample_images(dist, count, seed = 1, method = "naive") # from here on nothing is traced
  threading$Timer(0.3, os$kill, list(Sys.getpid(), 2L))$start()
  outcome <- tryCatch(sample_images(dist, 64, seed = 1, method = "naive"), interrupt = function(e) "interrupted")
  absorb_interrupt()
  expect_identical(outcome, "interrupted")
  expect_identical(dim(sample_images(dist, 2, seed = 1)), c(2L, 28L, 28L, 1L))
})

test_that("an interrupt of the first draw, while it is compiled, leaves the session usable", {
  skip_without_python()
  skip_on_os("windows")
  skip_on_cran()
  threading <- reticulate::import("threading", convert = FALSE)
  os <- reticulate::import("os", convert = FALSE)
  # Python ignores an interrupt in the callback of a weak reference, of which a compilation has many: then another one.
  for (attempt in 1:3) {
    dist <- pixel_cnn_plus_plus(c(28, 28, 1), num_resnet = 1, num_hierarchies = 3, num_filters = 8, num_logistic_mix = 2)
    timer <- threading$Timer(0.5, os$kill, list(Sys.getpid(), 2L))
    timer$start()
    outcome <- tryCatch(sample_images(dist, 1, seed = 1), interrupt = function(e) "interrupted")
    absorb_interrupt()
    timer$join()
    if (identical(outcome, "interrupted")) break
  }
  expect_identical(outcome, "interrupted")
  expect_identical(sample_images(dist, 1, seed = 1), sample_images(dist, 1, seed = 1))
})
