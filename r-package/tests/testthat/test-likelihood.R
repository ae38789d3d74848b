test_that("pixels sum to images, and bits are nats in another unit", {
  skip_without_python()
  nats <- log_prob(tiny(), tiny_images(), "bee")
  expect_type(nats, "double")
  expect_null(dim(nats))
  pixels <- pixel_log_prob(tiny(), tiny_images(), "bee")
  expect_identical(dim(pixels), c(6L, 8L, 8L))
  expect_equal(rowSums(pixels), nats, tolerance = 1e-5)
  expect_equal(bits_per_dim(tiny(), tiny_images(), "bee"), -nats / (64 * log(2)), tolerance = 1e-6)
  expect_equal(log_prob(tiny(), tiny_images()[, , , 1], "bee", batch_size = 4), nats, tolerance = 1e-6)
})

test_that("a single image, and data with labels", {
  skip_without_python()
  nats <- log_prob(tiny(), tiny_images(), "bee")
  expect_equal(log_prob(tiny(), tiny_images()[2, , , ], "bee"), nats[[2]], tolerance = 1e-6)
  data <- new_data(tiny_images(), rep(0, 6), c("bee", "sun"))
  expect_equal(log_prob(tiny(), data), nats)
})

test_that("the statistical generics agree", {
  skip_without_python()
  nats <- log_prob(tiny(), tiny_images(), "bee")
  expect_equal(predict(tiny(), tiny_images(), "bee"), nats)
  expect_equal(predict(tiny(), tiny_images(), "bee", type = "bits_per_dim"), bits_per_dim(tiny(), tiny_images(), "bee"))
  expect_error(predict(tiny(), tiny_images(), type = "response"), "type")
  total <- logLik(tiny(), tiny_images(), "bee")
  expect_equal(as.numeric(total), sum(nats))
  expect_identical(attr(total, "nobs"), 6L)
  expect_equal(attr(total, "df"), trainable_parameters(tiny()))
  simulated <- simulate(tiny(), 6, seed = 1, condition = "bee")
  expect_identical(attr(simulated, "seed"), 1L)
  expect_identical(as.array(simulated), as.array(tiny_images()))
})

test_that("information criteria go by the likelihood of images, and say so", {
  skip_without_python()
  total <- logLik(tiny(), tiny_images(), "bee")
  expect_equal(AIC(total), 2 * attr(total, "df") - 2 * as.numeric(total))
  for (ask in list(AIC, BIC, logLik)) expect_error(ask(tiny()), "`images` is missing; .*`AIC\\(logLik\\(object, images\\)\\)`")
  expect_error(nobs(tiny()), "`images` is missing; .*`nobs\\(logLik\\(object, images\\)\\)`")
})

test_that("labels of data go by name, or by place where the distribution has no names", {
  skip_without_python()
  data <- new_data(tiny_images(), rep(0:1, 3), c("1", "7"))
  numbered <- pixel_cnn_plus_plus(c(8, 8, 1), num_classes = 2, num_resnet = 1, num_hierarchies = 1, num_filters = 4)
  expect_identical(own_labels(data, numbered), rep(0:1, 3))
  expect_identical(own_labels(data, tiny()), data$labels)
  expect_equal(log_prob(numbered, data), log_prob(numbered, tiny_images(), rep(0:1, 3)))
})

test_that("the probability of known pixels is exact where they come first, and else an estimate", {
  skip_without_python()
  images <- tiny_images()[1:2, , , , drop = FALSE]
  first <- log_prob_of(tiny(), occlude(images, rows = 5:8), condition = "bee")
  expect_equal(first$estimate, apply(pixel_log_prob(tiny(), images, "bee")[, 1:4, ], 1, sum), tolerance = 1e-5)
  expect_identical(first$standard_error, c(0, 0))
  known <- row(diag(8)) > 4
  later <- log_prob_of(tiny(), images, known, "bee", num_particles = 4, repetitions = 3, seed = 1)
  expect_true(all(later$standard_error > 0))
  expect_identical(log_prob_of(tiny(), images, known, "bee", num_particles = 4, repetitions = 3, seed = 1), later)
  expect_error(log_prob_of(tiny(), images, known, "bee", num_particles = 1), "num_particles")
})

test_that("orders reach all functions, and unknown arguments are errors", {
  skip_without_python()
  dist <- pixel_cnn(c(4, 4, 1), orders = 4, high = 3, num_blocks = 1, num_filters = 2)
  images <- array(rep(0:3, 8), c(2, 4, 4, 1))
  for (order in list(2, "average")) {
    expect_identical(predict(dist, images, order = order), log_prob(dist, images, order = order))
    expect_equal(as.numeric(logLik(dist, images, order = order)), sum(log_prob(dist, images, order = order)))
  }
  expect_error(predict(tiny(), tiny_images(), conditon = "bee"), "must be empty")
  expect_error(predict(given(tiny(), "bee"), tiny_images(), cond = "sun"))
  expect_error(logLik(tiny(), tiny_images(), "bee", nonsense = 1), "must be empty")
})

test_that("numbers as labels of data count from 0, and a factor of a part of the classes is no code", {
  skip_without_python()
  dist <- pixel_cnn(c(4, 4, 1), num_classes = 3, high = 3, num_blocks = 1, num_filters = 2)
  data <- image_arrays(array(rep(0:3, 12), c(3, 4, 4, 1)), labels = c("ant", "bee", "cat"), high = 3)
  expect_identical(log_prob(dist, data), log_prob(dist, data$images, 0:2))
  data$labels <- c(1, 2, 2)
  expect_identical(log_prob(dist, data), log_prob(dist, data$images, c(1, 2, 2)))
  data$labels <- factor(rep("cat", 3))
  expect_error(log_prob(dist, data), "a factor of the 1 levels cat; expected 3 levels")
})
