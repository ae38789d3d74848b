test_that("whole numbers are 0-based labels", {
  expect_identical(as_labels(c(0, 1), 2), 0:1)
  expect_identical(as_labels(1L, 2), 1L)
  expect_error(as_labels(2, 2), "`condition` is 2, which is no class; expected 0-based labels 0 to 1")
  expect_error(as_labels(0.5, 2), "not whole")
  expect_error(as_labels(c(0, NA), 2), "missing values")
  expect_error(as_labels(TRUE, 2), "0-based labels")
})

test_that("class names are looked up", {
  expect_identical(as_labels(c("sun", "bee"), 2, c("bee", "sun")), c(1L, 0L))
  expect_error(as_labels("cat", 2, c("bee", "sun")), "\"cat\", which is no class; expected one of bee, sun")
  expect_error(as_labels("cat", 2), "no `class_names`")
})

test_that("factors go by label where there are names, and by code otherwise", {
  reordered <- factor(c("sun", "bee"), levels = c("sun", "bee"))
  expect_identical(as_labels(reordered, 2, c("bee", "sun")), c(1L, 0L))
  expect_identical(as_labels(reordered, 2), c(0L, 1L))
  expect_error(as_labels(factor(letters[1:3]), 2), "a factor of 3 levels")
  expect_error(as_labels(factor(c("bee", NA)), 2, c("bee", "sun")), "missing")
})

test_that("all forms of a class draw the same images", {
  skip_without_python()
  forms <- list("sun", factor("sun"), 1L, 1)
  drawn <- lapply(forms, function(class) sample_images(tiny(), 2, class, seed = 3))
  for (images in drawn[-1]) expect_identical(images, drawn[[1]])
})

test_that("a condition of length 1 keeps its batch axis", {
  skip_without_python()
  expect_identical(dim(sample_images(tiny(), condition = "sun", seed = 1)), c(1L, 8L, 8L, 1L))
  expect_length(log_prob(tiny(), tiny_images(), "bee"), 6)
  expect_length(log_prob(tiny(), tiny_images()[1, , , , drop = FALSE], c("bee", "sun")), 2)
})

test_that("64-bit integers, whose bits R takes for doubles, are refused wherever numbers are", {
  skip_without_python()
  bits <- structure(c(4.94065645841247e-324, 0), class = "integer64")
  vector <- pixel_cnn(c(4, 4, 1), conditional_shape = 2, high = 1, num_blocks = 1, num_filters = 2)
  images <- array(0, c(2, 4, 4, 1))
  expect_error(sample_images(vector, condition = bits), "`condition` is 64-bit integers")
  expect_error(sample_images(tiny(), condition = bits), "`condition` is 64-bit integers")
  expect_error(sample_images(tiny(), 1, "bee", seed = bits[[1]]), "`seed` is")
  expect_error(log_prob(vector, structure(images, class = "integer64"), c(1, 2)), "`images` is 64-bit integers")
  expect_error(vector |> compile() |> fit(images, matrix(0, 2, 2), sample_weight = bits), "`sample_weight` is 64-bit integers")
})

test_that("a column of single numbers is a number for each image", {
  skip_without_python()
  single <- pixel_cnn(c(4, 4, 1), conditional_shape = list(), high = 1, num_blocks = 1, num_filters = 2)
  column <- as.matrix(data.frame(number = c(1, 2)))
  expect_identical(sample_images(single, condition = column, seed = 1), sample_images(single, condition = c(1, 2), seed = 1))
})

test_that("n and the number of conditions must agree", {
  skip_without_python()
  expect_error(sample_images(tiny(), 3, c("bee", "sun")), "`n` is 3; expected 2")
  expect_identical(dim(sample_images(tiny(), 0, "bee")), c(0L, 8L, 8L, 1L))
})

test_that("numbers, vectors and maps are conditions", {
  skip_without_python()
  size <- list(image_shape = c(4, 4, 1), num_resnet = 1, num_hierarchies = 1, num_filters = 4, num_logistic_mix = 2)
  # The naive method, because it compiles faster.
  drawn <- function(...) dim(sample_images(..., method = "naive"))
  number <- do.call(pixel_cnn_plus_plus, c(size, list(conditional_shape = list())))
  expect_identical(drawn(number, condition = c(1.5, 2)), c(2L, 4L, 4L, 1L))
  vector <- do.call(pixel_cnn_plus_plus, c(size, list(conditional_shape = 3)))
  expect_identical(drawn(vector, condition = c(1, 2, 3)), c(1L, 4L, 4L, 1L))
  expect_identical(drawn(vector, condition = matrix(1, 2, 3)), c(2L, 4L, 4L, 1L))
  map <- do.call(pixel_cnn_plus_plus, c(size, list(spatial_condition_shape = c(4, 4, 2))))
  expect_identical(drawn(map, 3, condition = array(1, c(4, 4, 2))), c(3L, 4L, 4L, 1L))
  both <- do.call(pixel_cnn_plus_plus, c(size, list(num_classes = 2, spatial_condition_shape = c(4, 4, 2))))
  pair <- list(1, array(1, c(1, 4, 4, 2)))
  expect_identical(drawn(both, 3, condition = pair), c(3L, 4L, 4L, 1L))
  expect_error(sample_images(both, 3, condition = list(1)), "a list of two")
  expect_error(sample_images(vector, condition = c(1, NA, 3)), "without missing values")
})

test_that("levels and maps may be names", {
  skip_without_python()
  dist <- gated_pixel_cnn(
    c(4, 4, 1), high = 8, levels = "categorical", embedding_dim = 2, spatial_condition_shape = c(4, 4, 1),
    spatial_condition_levels = 3, num_blocks = 1, num_filters = 2
  )
  expect_identical(dist$get_config()$head, "categorical")
  expect_output(print(dist), "a map of codes 0 to 2")
  codes <- array(rep(0:1, 16), c(2, 4, 4, 1))
  images <- sample_images(dist, condition = codes, seed = 1, method = "naive")
  expect_true(all(is.finite(log_prob(dist, images, codes))))
  expect_error(log_prob(dist, images, codes + 2), "holds 3.0, which does not fit.* codes 0 … 2")
  expect_error(gated_pixel_cnn(c(4, 4, 1), levels = "categorical", head = "logistic_mixture"), "head='logistic_mixture'")
  expect_error(gated_pixel_cnn(c(4, 4, 1), embedding_dim = 1.5), "embedding_dim")
})

test_that("a data frame, and a condition of a distribution without one, are refused", {
  skip_without_python()
  expect_error(log_prob(tiny(), tiny_images(), data.frame(class = rep(0, 6))), "`condition` is a data frame of 6 rows and 1 columns; expected one of its columns")
  expect_error(log_prob(tiny(), tiny_images(), as.list(rep("bee", 6))), "`condition` is a list of length 6; expected a vector, such as `unlist\\(\\)`")
  mapped <- pixel_cnn(c(8, 8, 1), num_classes = 2, spatial_condition_shape = c(8, 8, 1), num_blocks = 1, num_filters = 2)
  for (map in list("a", NULL, data.frame(a = 1))) {
    expect_error(log_prob(mapped, tiny_images(), list(rep(0, 6), map)), "`condition` is a list whose second element is .*a map of numbers")
  }
  plain <- pixel_cnn(c(2, 2, 1), high = 1, num_blocks = 1, num_filters = 2)
  images <- array(0, c(3, 2, 2, 1))
  for (condition in list(1, c(0, 1, 0), "bee")) expect_error(log_prob(plain, images, condition), "`condition` is .*; expected NULL, because this distribution has no")
  plain |> compile()
  expect_error(fit(plain, images, 0:2), "`y` is an integer vector of length 3; expected NULL")
})

test_that("names that look like numbers are names, and numbers are places", {
  names <- c("1", "10", "2")
  expect_identical(as_labels(c("1", "2", "10"), 3, names), c(0L, 2L, 1L))
  expect_identical(as_labels(factor(c("2", "1")), 3, names), c(2L, 0L))
  expect_identical(as_labels(1, 3, names), 1L)
  expect_error(as_labels("0", 3, names), "one of 1, 10, 2")
})

test_that("a factor of numbers that are not its codes is refused where the distribution has no names", {
  expect_identical(as_labels(factor(c(0, 2, 1)), 3), c(0L, 2L, 1L))
  expect_identical(as_labels(factor(c("ant", "bat")), 2), 0:1)
  for (numbers in list(1:3, c(7, 7), c(0, 2))) {
    expect_error(as_labels(factor(numbers), 10), "a factor of the numbers .*as.integer\\(as.character\\(x\\)\\)")
  }
})

test_that("so it is where the condition is a single number", {
  skip_without_python()
  dist <- tfd_pixel_cnn(c(4, 4, 1), list(), num_resnet = 1, num_hierarchies = 1, num_filters = 4)
  expect_error(condition_to_python(factor(c(26, 323)), dist), "a factor of the numbers 26, 323")
  expect_equal(as.vector(reticulate::py_to_r(condition_to_python(factor(c("bee", "sun")), dist)$value)), c(0, 1))
})

# Classes and maps of 4x4 images, with weights that make both matter.
both <- function() {
  once("both", {
    dist <- pixel_cnn(c(4, 4, 1), class_names = c("bee", "sun"), spatial_condition_shape = c(4, 4, 1), high = 3, num_blocks = 1, num_filters = 4)
    for (variable in dist$trainable_variables) {
      shape <- unlist(variable$shape$as_list())
      variable$assign(withr::with_seed(length(shape), array(stats::rnorm(prod(shape)), shape)))
    }
    dist
  })
}

test_that("one class goes with several maps, and one map with several classes", {
  skip_without_python()
  images <- array(rep(0:3, 12), c(3, 4, 4, 1))
  maps <- withr::with_seed(1, array(stats::rnorm(48), c(3, 4, 4, 1)))
  each <- sapply(1:3, function(k) log_prob(both(), images[k, , , , drop = FALSE], list("bee", maps[k, , , , drop = FALSE])))
  expect_equal(log_prob(both(), images, list("bee", maps)), each, tolerance = 1e-5)
  expect_equal(as.vector(tfd_log_prob(both(), images, conditional_input = list("bee", maps))), each, tolerance = 1e-5)
  drawn <- sample_images(both(), condition = list(rep("bee", 3), maps), seed = 1)
  expect_identical(sample_images(both(), condition = list("bee", maps), seed = 1), drawn)
  expect_identical(sample_images(both(), 3, list("bee", maps), seed = 1), drawn)
  of_one <- sample_images(both(), 2, list("bee", maps[1, , , , drop = FALSE]), seed = 1)
  expect_identical(sample_images(both(), 2, list("bee", maps[1, , , , drop = TRUE] |> array(c(4, 4, 1))), seed = 1), of_one)
  two <- sample_images(both(), condition = list(c("bee", "sun"), maps[1, , , , drop = FALSE]), seed = 1)
  expect_identical(dim(two), c(2L, 4L, 4L, 1L))
  expect_error(sample_images(both(), condition = list(c("bee", "sun"), maps)), "a list of 2 conditions and 3 maps; expected as many of both")
})

test_that("the class may be unknown where a map is known", {
  skip_without_python()
  map <- array(0, c(1, 4, 4, 1))
  images <- array(0, c(2, 4, 4, 1))
  nats <- sapply(c("bee", "sun"), function(class) log_prob(both(), images[1, , , , drop = FALSE], list(class, map)))
  score <- anomaly_score(anomaly_likelihood(both()), images, list(NULL, map))
  expect_equal(score[[1]], -max(nats) - log(mean(exp(nats - max(nats)))), tolerance = 1e-4)
  expect_error(sample_images(both(), 2, list(NULL, map)), class = "pixelcnn_error")
})

test_that("one-hot labels and factors of a part of the classes are refused where there are no names", {
  expect_error(as_labels(diag(3), 3), "such as `max.col\\(x\\) - 1L` makes of one-hot labels")
  expect_identical(as_labels(matrix(c(0, 2), 2), 3), c(0L, 2L))
  expect_error(as_labels(factor("cat"), 3), "a factor of the 1 levels cat; expected 3 levels, the number of classes")
  expect_identical(as_labels(factor(c(0, 1)), 3), c(0L, 1L))
})

test_that("a map without a number is refused", {
  skip_without_python()
  map <- array(1:16, c(4, 4, 1))
  map[3] <- NA
  images <- sample_images(both(), 1, list("bee", array(0, c(4, 4, 1))), seed = 1)
  expect_error(log_prob(both(), images, list("bee", map)), "`condition` is .*missing values; expected numbers without")
  expect_error(class_log_probs(both(), images, spatial_condition = map), "`spatial_condition` is .*missing values")
})
