test_that("the article's calls work unchanged", {
  skip_without_python()
  dist <- tfd_pixel_cnn(
    image_shape = c(8, 8, 1), conditional_shape = list(), num_resnet = 1, num_hierarchies = 2, num_filters = 4,
    num_logistic_mix = 2, dropout_p = .5
  )
  keras <- reticulate::import("keras")
  image <- keras$Input(shape = list(8L, 8L, 1L))
  label <- keras$Input(shape = list())
  expect_match(class(dist |> tfd_log_prob(image, conditional_input = label))[[1]], "KerasTensor")
  images <- dist |> tfd_sample(3, conditional_input = 26, seed = 2)
  expect_identical(dim(as.array(images)), c(3L, 8L, 8L, 1L))
  expect_type(images, "integer")
  expect_identical(dim(dist |> tfd_sample(conditional_input = 26)), c(8L, 8L, 1L))
  expect_identical(dim(dist |> tfd_sample(c(1, 3), conditional_input = 26)), c(1L, 3L, 8L, 8L, 1L))
  expect_identical(dim(dist |> tfd_sample(conditional_input = c(1, 2, 3))), c(3L, 8L, 8L, 1L))
  expect_length(dist |> tfd_log_prob(images, conditional_input = 26), 3)
  expect_equal(dist |> tfd_prob(images, conditional_input = 26), exp(dist |> tfd_log_prob(images, conditional_input = 26)))
  set.seed(4)
  first <- dist |> tfd_sample(1, conditional_input = 3)
  set.seed(4)
  expect_identical(dist |> tfd_sample(1, conditional_input = 3), first)
})

test_that("of data, the article's distribution takes the 0-based codes of the labels as numbers", {
  skip_without_python()
  dist <- tfd_pixel_cnn(
    image_shape = c(4, 4, 1), conditional_shape = list(), num_resnet = 1, num_hierarchies = 1, num_filters = 2, high = 3
  )
  data <- image_arrays(array(0:3, c(3, 4, 4, 1)), labels = c("sun", "bee", "sun"), high = 3)
  codes <- c(1, 0, 1)
  expect_identical(log_prob(dist, data), log_prob(dist, data$images, codes))
  expect_identical(log_prob(dist, data$images, data$labels), log_prob(dist, data$images, codes))
  expect_error(log_prob(dist, data$images, factor(c("sun", NA, "sun"))), "without missing values")
  dist |> compile(learning_rate = 1e-3)
  expect_identical(dist |> evaluate(data), dist |> evaluate(data$images, codes))
  # Before training, the range of the numbers is unknown.
  expect_silent(dist |> tfd_sample(1, conditional_input = 26, seed = 1))
  history <- dist |> fit(data, validation_data = data)
  expect_true("val_loss" %in% names(history$metrics))
  expect_silent(dist |> tfd_sample(1, conditional_input = 1, seed = 1))
  expect_warning(dist |> tfd_sample(1, conditional_input = 26, seed = 1), "`conditional_input` holds 26; .* from 0 to 1")
  expect_warning(dist |> sample_images(1, -1, seed = 1), "`condition` holds -1", class = "pixelcnn_extrapolation")
  # The article's class numbers.
  dist |> fit(data$images, c(26, 323, 26))
  expect_silent(dist |> tfd_sample(1, conditional_input = 26, seed = 1))
  completed <- dist |> complete_images(occlude(data, rows = 3:4), seed = 1)
  expect_identical(dim(completed), c(3L, 4L, 4L, 1L))
})

test_that("what Keras 2 called the learning rate is named", {
  skip_without_python()
  expect_error(tiny() |> compile("adam", lr = 1e-3), "`lr` is .*expected `learning_rate`", class = "pixelcnn_argument_error")
})

test_that("dtypes are names or objects", {
  skip_without_python()
  tf <- reticulate::import("tensorflow")
  size <- list(c(4, 4, 1), num_resnet = 1, num_hierarchies = 1, num_filters = 4)
  expect_identical(do.call(tfd_pixel_cnn, c(size, list(dtype = tf$float32)))$get_config()$dtype, "float32")
  expect_identical(do.call(tfd_pixel_cnn, c(size, list(dtype = "float64")))$get_config()$dtype, "float64")
})

test_that("errors name the arguments that these calls have", {
  skip_without_python()
  expect_error(tfd_sample(tiny(), 2L), "^conditional_input=NULL", class = "pixelcnn_value_error")
  expect_error(tfd_log_prob(tiny(), tiny_images()), "^conditional_input=NULL", class = "pixelcnn_value_error")
  expect_error(tfd_sample(tiny(), 2L, conditional_input = "cat"), "`conditional_input` is \"cat\"")
  expect_error(tfd_sample(tiny(), -1L, conditional_input = "bee"), "`sample_shape` is -1", class = "pixelcnn_argument_error")
  expect_error(tfd_sample(tiny(), 2L, conditional_input = "bee", seed = -1), "`seed` is -1; expected a whole number of at least 0")
})

test_that("what has no closed form says what there is", {
  skip_without_python()
  # The attributes that `tfd_mean()` and `tfd_kl_divergence()` of tfprobability read.
  expect_error(tiny()$mean(), "has no `mean`; average images", class = "pixelcnn_no_closed_form")
  expect_error(tiny()$kl_divergence(tiny()), "has no `kl_divergence`; average the difference", class = "pixelcnn_no_closed_form")
  expect_identical(tiny()$num_classes, 2L)
})

# A package that has tfprobability's three one-line verbs and a constructor of the same name.
local_stand_in <- function(env = parent.frame()) {
  local_package(
    "tfprobability", "export(tfd_sample, tfd_log_prob, tfd_prob, tfd_pixel_cnn)",
    c(
      "shape <- function(x) reticulate::import('tensorflow', convert = FALSE)$TensorShape(as.list(as.integer(unlist(x))))",
      "tfd_sample <- function(distribution, sample_shape = list(), ...) distribution$sample(shape(sample_shape), ...)",
      "tfd_log_prob <- function(distribution, value, ...) distribution$log_prob(value, ...)",
      "tfd_prob <- function(distribution, value, ...) distribution$prob(value, ...)",
      "tfd_pixel_cnn <- function(...) stop('legacy')"
    ),
    env = env
  )
}

expect_verbs <- function(sample, log_prob, prob, normal) {
  expect_length(sample(normal, 5L)$numpy(), 5)
  expect_equal(as.numeric(log_prob(normal, 0)$numpy()), stats::dnorm(0, log = TRUE), tolerance = 1e-6)
  expect_equal(as.numeric(prob(normal, 0)$numpy()), stats::dnorm(0), tolerance = 1e-6)
  images <- sample(tiny(), 2L, conditional_input = "bee", seed = 1L, verbose = 0L)
  expect_identical(dim(images), c(2L, 8L, 8L, 1L))
  expect_length(log_prob(tiny(), images, conditional_input = "bee"), 2)
}

test_that("the verbs serve both packages, attached in either order", {
  skip_without_python()
  skip_on_cran()
  skip_if_not(reticulate::py_module_available("tensorflow_probability"), "TensorFlow Probability is not there:")
  library <- local_stand_in()
  name <- "tfprobability"
  normal <- reticulate::import("tensorflow_probability")$distributions$Normal(0, 1)
  withr::defer({
    unloadNamespace(name)
    if (!"package:pixelcnn" %in% search()) attachNamespace("pixelcnn")
  })
  expect_message(library(name, lib.loc = library, character.only = TRUE), "tfd_pixel_cnn.*of tfprobability")
  verbs <- as.environment("package:tfprobability")
  expect_verbs(verbs$tfd_sample, verbs$tfd_log_prob, verbs$tfd_prob, normal)
  if ("package:pixelcnn" %in% search()) detach("package:pixelcnn", character.only = TRUE)
  expect_message(attachNamespace("pixelcnn"), "tfd_pixel_cnn.*of pixelcnn")
  expect_verbs(tfd_sample, tfd_log_prob, tfd_prob, normal)
})

test_that("what is no distribution, no shape or no number is named", {
  skip_without_python()
  for (value in list(NULL, 1, "a")) {
    expect_error(tfd_sample(value), "`distribution` is .*expected a distribution")
    expect_error(tfd_log_prob(value, 1), "`distribution` is .*expected a distribution")
  }
  for (shape in list(1.5, "a", NA, 1e10, -1, list(2, 0.5))) expect_error(tfd_sample(tiny(), shape, conditional_input = "bee"), "`sample_shape` is ")
  expect_identical(dim(tfd_sample(tiny(), list(2, 3), conditional_input = "bee")), c(2L, 3L, 8L, 8L, 1L))
  expect_error(tfd_sample(tiny(), 1, conditional_input = "bee", temperature = NA), "`temperature` is NA")
})
