# A distribution with the same initial weights each time, because other weights may need more epochs to improve.
fresh <- function() {
  withr::local_seed(0)
  dist <- pixel_cnn_plus_plus(
    c(8, 8, 1), class_names = c("bee", "sun"), num_resnet = 1, num_hierarchies = 2, num_filters = 4, num_logistic_mix = 2
  )
  dist |> compile(learning_rate = 1e-2)
}

# A distribution for tests that do not depend on its weights.
asked <- function() once("asked", fresh())

# The loss of an epoch with learning rate 0 and with the same dropout each time.
loss_of <- function(...) {
  dist <- asked()
  dist |> compile("sgd", learning_rate = 0)
  fit(dist, ..., seed = 1)$metrics$loss
}

pixels <- function(n = 16) array(rep(c(0, 255), each = n * 16, length.out = n * 64), c(n, 8, 8))

test_that("training pipes, learns and returns a history", {
  skip_without_python()
  dist <- fresh()
  before <- mean(bits_per_dim(dist, pixels(), "bee"))
  history <- dist |> fit(pixels(), rep("bee", 16), epochs = 3, batch_size = 8, validation_split = 0.25)
  expect_s3_class(history, "pixelcnn_history")
  expect_named(history$metrics, c("bits_per_dim", "loss", "val_bits_per_dim", "val_loss"), ignore.order = TRUE)
  expect_length(history$metrics$loss, 3)
  expect_lt(mean(bits_per_dim(dist, pixels(), "bee")), before)
  measured <- dist |> evaluate(pixels(), rep("bee", 16))
  expect_equal(measured[["bits_per_dim"]], mean(bits_per_dim(dist, pixels(), "bee")), tolerance = 1e-4)
})

test_that("data, held-out data, weights and data sets train", {
  skip_without_python()
  dist <- fresh()
  data <- new_data(new_images(array(pixels(), c(16, 8, 8, 1))), rep(0:1, 8), c("bee", "sun"))
  history <- dist |> fit(data, validation_data = data, sample_weight = rep(1, 16), checkpoint = tempfile())
  expect_true("val_loss" %in% names(history$metrics))
  history <- dist |> fit(data, validation_data = list(pixels(), rep("bee", 16)))
  expect_true("val_loss" %in% names(history$metrics))
  tf <- reticulate::import("tensorflow", convert = FALSE)
  set <- tf$data$Dataset$from_tensor_slices(reticulate::tuple(
    numpy()$zeros(c(4L, 8L, 8L, 1L), "uint8"), numpy()$zeros(4L, "int32")
  ))$batch(2L)
  expect_s3_class(dist |> fit(set), "pixelcnn_history")
})

test_that("optimizers are names with a rate, or objects", {
  skip_without_python()
  dist <- fresh()
  expect_equal(as.numeric(dist$optimizer$learning_rate$numpy()), 1e-2, tolerance = 1e-6)
  dist |> compile(reticulate::import("keras")$optimizers$SGD(0.5))
  expect_match(class(dist$optimizer)[[1]], "SGD")
  dist |> compile("muon", learning_rate = 6e-3)
  expect_match(class(dist$optimizer)[[1]], "Muon")
  expect_equal(as.numeric(dist$optimizer$learning_rate$numpy()), 6e-3, tolerance = 1e-6)
  expect_error(dist |> compile("nonsense", learning_rate = 1), class = "pixelcnn_error")
  for (bad in list(-1, "0.1", NA, c(1, 2))) expect_error(dist |> compile(learning_rate = bad), "`learning_rate` is .*; expected a number of at least 0")
  expect_error(dist |> compile(3), "`optimizer` is 3")
  schedule <- reticulate::import("keras")$optimizers$schedules$ExponentialDecay(0.5, 10L, 0.9)
  dist |> compile(learning_rate = schedule)
  expect_equal(as.numeric(dist$optimizer$learning_rate$numpy()), 0.5)
  expect_error(dist |> compile(loss = "mse"), "likelihood is the loss", class = "pixelcnn_value_error")
})

test_that("averages of the weights are kept where they are asked for", {
  skip_without_python()
  dist <- fresh()
  dist |> compile(learning_rate = 1e-2, ema_momentum = 0.9)
  expect_true(dist$optimizer$use_ema)
  expect_s3_class(dist |> fit(pixels(), rep("bee", 16)), "pixelcnn_history")
  expect_error(dist |> compile(ema_momentum = 2), "`ema_momentum` is 2", class = "pixelcnn_argument_error")
})

test_that("gradients are added up, and blocks computed again, where it is asked for", {
  skip_without_python()
  dist <- fresh()
  dist |> compile("sgd", accumulate = 4, remat = TRUE)
  expect_equal(dist$optimizer$gradient_accumulation_steps, 4)
  expect_true(dist$remat)
  before <- dist$get_weights()
  dist |> fit(pixels(), rep("bee", 16), batch_size = 4)
  expect_false(isTRUE(all.equal(before, dist$get_weights())))
  dist |> compile("adam", accumulate = 1)
  expect_null(dist$optimizer$gradient_accumulation_steps)
  expect_false(dist$remat)
  expect_error(dist |> compile(accumulate = 0), "`accumulate` is 0", class = "pixelcnn_argument_error")
  expect_error(dist |> compile(remat = "yes"), "`remat` is", class = "pixelcnn_argument_error")
  expect_error(dist |> compile(reticulate::import("keras")$optimizers$SGD(0.5), accumulate = 2), "`optimizer` is")
})

test_that("arguments that do not fit are named", {
  skip_without_python()
  dist <- fresh()
  expect_error(dist |> fit(pixels(), rep("cat", 16)), "`y` is \"cat\"")
  expect_error(dist |> fit(pixels() / 2, rep("bee", 16)), "`x` is an array")
  expect_error(dist |> fit(pixels(), rep("bee", 16), epochs = 0.5), "`epochs`")
})

test_that("an interrupt leaves weights, session and the last checkpoint", {
  skip_without_python()
  skip_on_os("windows")
  dist <- fresh()
  folder <- withr::local_tempdir()
  file.create(file.path(folder, "epoch-007.keras")) # of an earlier training
  steps <- 0
  interrupt <- new_callback(on_train_batch_end = function(batch, logs) {
    steps <<- steps + 1
    if (steps == 3) tools::pskill(Sys.getpid(), tools::SIGINT)
    invisible()
  })
  outcome <- NULL
  expect_message(
    outcome <- tryCatch(
      dist |> fit(pixels(), rep("bee", 16), epochs = 50, batch_size = 8, callbacks = list(interrupt), checkpoint = folder),
      interrupt = function(e) "interrupted"
    ),
    "last whole epoch is in .*epoch-008"
  )
  expect_identical(outcome, "interrupted")
  expect_lt(steps, 50)
  expect_s3_class(load_pixelcnn(file.path(folder, "epoch-008.keras")), "pixelcnn.PixelDistribution")
  expect_s3_class(dist |> fit(pixels(), rep("bee", 16)), "pixelcnn_history")
})

test_that("a training that was stopped goes on, and ends as one that was not", {
  skip_without_python()
  folder <- withr::local_tempdir()
  trained <- function(folder, ...) {
    dist <- fresh()
    history <- dist |> fit(pixels(), rep(c("bee", "sun"), 8), epochs = 3, batch_size = 4, seed = 1, backup_dir = folder, ...)
    list(dist$get_weights(), history$metrics, history$epochs)
  }
  stop_at <- new_callback(on_epoch_end = function(epoch, logs) if (epoch == 1) stop("power cut"))
  expect_error(trained(folder, callbacks = stop_at), "power cut")
  expect_true("epoch-001.keras" %in% list.files(folder))
  expect_identical(trained(folder), trained(withr::local_tempdir()))
  expect_error(
    asked() |> fit(pixels(), rep("bee", 16), batch_size = 4, seed = 2, backup_dir = folder),
    "seed.*expected 1, with which the training"
  )
  file <- withr::local_tempfile(lines = "mine")
  expect_error(asked() |> fit(pixels(), rep("bee", 16), backup_dir = file), "`backup_dir` is the file .*expected a folder")
})

test_that("a second training in a folder of checkpoints loses neither", {
  skip_without_python()
  folder <- withr::local_tempdir()
  for (k in 1:2) fresh() |> fit(pixels(), rep("bee", 16), epochs = 2, checkpoint = folder)
  expect_identical(list.files(folder), sprintf("epoch-%03d.keras", 1:4))
})

test_that("further arguments of Keras' compile are checked", {
  skip_without_python()
  expect_silent(fresh() |> compile(steps_per_execution = 2, run_eagerly = FALSE))
  expect_error(asked() |> compile(metrics = "accuracy"), "`metrics` is \"accuracy\"; expected NULL, because the loss is the negative log-likelihood")
  expect_error(asked() |> compile(weighted_metrics = list(function(y, p) 0)), "`weighted_metrics` is a list of length 1")
  expect_error(asked() |> compile(rate = 1), "`rate` is no argument of `compile\\(\\)`")
  expect_silent(asked() |> compile(metrics = NULL))
})

test_that("R's numbers are whole numbers to Keras", {
  skip_without_python()
  history <- fresh() |> fit(
    pixels(), rep("bee", 16), epochs = 3, batch_size = 4, validation_data = list(pixels(), rep("bee", 16)),
    initial_epoch = 2, steps_per_epoch = 2, validation_steps = 1, validation_freq = 2, validation_batch_size = 8, shuffle = FALSE
  )
  expect_identical(history$epochs, 2:3)
  expect_identical(is.na(history$metrics$val_loss), c(FALSE, TRUE))
  history <- fresh() |> fit(
    pixels(), rep("bee", 16), epochs = 3, validation_data = list(pixels(), rep("bee", 16)), validation_freq = c(1, 3),
    view_metrics = "auto"
  )
  expect_identical(is.na(history$metrics$val_loss), c(FALSE, TRUE, FALSE))
  expect_named(asked() |> evaluate(pixels(), rep("bee", 16), steps = 1, batch_size = 4, verbose = 0), c("loss", "bits_per_dim"))
})

test_that("further arguments that do not fit are named", {
  skip_without_python()
  train <- function(...) asked() |> fit(pixels(), rep("bee", 16), ...)
  expect_error(train(initial_epoch = 0), "`initial_epoch` is 0; expected a whole number of at least 1")
  expect_error(train(steps_per_epoch = 1.5), "`steps_per_epoch` is 1.5")
  expect_error(train(validation_freq = c(1, 0.5)), "`validation_freq` is 0.5")
  expect_error(train(shuffle = "yes"), "`shuffle` is \"yes\"; expected TRUE or FALSE")
  expect_error(train(view_metrics = TRUE), "`view_metrics` is TRUE; expected FALSE: `plot\\(\\)` shows")
  expect_error(train(epoch_count = 3), "`epoch_count` is no argument of `fit\\(\\)`; besides those in its help, it takes shuffle, initial_epoch")
  expect_error(train(callbacks = function(epoch) 0), "`callbacks` is a function; expected a list of Keras callbacks")
  expect_error(train(callbacks = list("tensorboard")), "`callbacks` is \"tensorboard\"")
  for (bad in list(1.5, 1, -0.5, "0.1", NA)) expect_error(train(validation_split = bad), "`validation_split` is .*; expected a number of at least 0 and below 1")
  expect_error(asked() |> evaluate(pixels() / 2, rep("bee", 16)), "`data` is an array with fractions")
  expect_error(asked() |> evaluate(pixels(), rep("bee", 16), verbose = 1), "`verbose` is 1; expected FALSE")
})

test_that("weights of images are a number each", {
  skip_without_python()
  train <- function(weights) asked() |> fit(pixels(), rep("bee", 16), sample_weight = weights)
  expect_error(train(c(NA, rep(1, 15))), "`sample_weight` is a vector with missing or infinite values; expected a finite number for each of 16 images")
  expect_error(train(letters[1:16]), "`sample_weight` is a character vector of length 16")
  expect_error(train(rep(1, 15)), "`sample_weight` is a numeric vector of length 15")
  expect_equal(loss_of(pixels(), rep("bee", 16), sample_weight = rep(2, 16)), 2 * loss_of(pixels(), rep("bee", 16)), tolerance = 1e-5)
})

test_that("weights of classes go by name and by label", {
  skip_without_python()
  labels <- rep(c("bee", "sun"), 8)
  bee <- loss_of(pixels(), labels, class_weight = list(bee = 1, sun = 0))
  sun <- loss_of(pixels(), labels, class_weight = list(sun = 1, bee = 0))
  expect_equal(bee + sun, loss_of(pixels(), labels), tolerance = 1e-5)
  expect_equal(loss_of(pixels(), labels, class_weight = list("0" = 3, "1" = 0)), 3 * bee, tolerance = 1e-5)
  expect_equal(loss_of(pixels(), labels, class_weight = c("1" = 0)), bee, tolerance = 1e-5)
  refused <- function(weights) asked() |> fit(pixels(), labels, class_weight = weights)
  expect_error(refused(list(cat = 1)), "`class_weight` is for \"cat\", which is no class; expected bee, sun, labels 0 to 1")
  expect_error(refused(c("2" = 1)), "for \"2\", which is no class")
  expect_error(refused(c(1, 2)), "`class_weight` is a numeric vector of length 2; expected finite numbers, named by class or label")
  expect_error(refused(list(bee = "a")), "`class_weight` is a list of length 1")
  expect_error(refused(c(bee = NA)), "`class_weight` is NA")
  expect_error(refused(list(bee = 1, "0" = 2)), "two weights for one class")
})

test_that("the name of a class goes before its number", {
  dist <- list(class_names = list("1", "10", "2"), num_classes = 3L)
  expect_identical(vapply(c("1", "2", "10", "0"), class_label, 0L, dist, NULL, USE.NAMES = FALSE), c(0L, 2L, 1L, 0L))
})

test_that("weights of classes need classes", {
  skip_without_python()
  plain <- pixel_cnn_plus_plus(c(8, 8, 1), num_resnet = 1, num_hierarchies = 1, num_filters = 4, num_logistic_mix = 2)
  plain |> compile()
  expect_error(plain |> fit(pixels(), class_weight = list("0" = 10)), "`class_weight` is a list of length 1; expected NULL")
})

test_that("held-out data go by name where they have names", {
  skip_without_python()
  other <- rev(pixels())
  dim(other) <- c(16, 8, 8)
  held_out <- function(...) {
    dist <- asked()
    dist |> compile("sgd", learning_rate = 0)
    fit(dist, pixels(), rep("bee", 16), validation_data = list(...))$metrics$val_loss
  }
  expected <- held_out(other, rep("sun", 16))
  expect_equal(held_out(y = rep("sun", 16), x = other), expected)
  expect_equal(held_out(y = rep("sun", 16), sample_weight = rep(2, 16), x = other), 2 * expected, tolerance = 1e-5)
  expect_equal(held_out(other, rep("sun", 16), rep(2, 16)), 2 * expected, tolerance = 1e-5)
  expect_error(held_out(images = other, labels = rep("sun", 16)), "`validation_data` is a list with the names \"images\", \"labels\"")
  expect_error(held_out(other, rep("sun", 16), NA), "`validation_data` is NA; expected a finite number for each of 16 images")
  expect_error(asked() |> fit(pixels(), rep("bee", 16), validation_data = other), "`validation_data` is a numeric array")
})

test_that("Python's arrays are trained on as R's are", {
  skip_without_python()
  array <- numpy()$asarray(pixels(), dtype = "uint8")$reshape(c(16L, 8L, 8L, 1L))
  labels <- rep(c("bee", "sun"), 8)
  expect_equal(loss_of(array, labels, sample_weight = rep(2, 16)), 2 * loss_of(pixels(), labels), tolerance = 1e-5)
  history <- fresh() |> fit(array, labels, validation_split = 0.5, batch_size = 4)
  expect_identical(history$metrics$val_loss > 0, TRUE)
  steps <- 0
  count <- new_callback(on_train_batch_end = function(batch, logs) {
    steps <<- steps + 1
    invisible()
  })
  fresh() |> fit(array, labels, batch_size = 4, callbacks = count)
  expect_identical(steps, 4)
  expect_error(asked() |> fit(array, labels, sample_weight = 1), "`sample_weight` is 1; expected a finite number for each of 16")
})

test_that("what a data set brings itself is refused beside it", {
  skip_without_python()
  tf <- reticulate::import("tensorflow", convert = FALSE)
  set <- tf$data$Dataset$from_tensor_slices(reticulate::tuple(
    numpy()$zeros(c(4L, 8L, 8L, 1L), "uint8"), numpy()$zeros(4L, "int32")
  ))$batch(2L)
  expect_error(asked() |> fit(set, batch_size = 2), "`batch_size` is 2; expected no value, because a data set")
  expect_error(asked() |> fit(set, validation_split = 0.5), "`validation_split` is 0.5")
  expect_error(asked() |> fit(set, sample_weight = rep(1, 4)), "`sample_weight` is a numeric vector")
  expect_error(asked() |> evaluate(set, y = rep("bee", 4)), "`y` is a character vector")
})

test_that("training repeats by set.seed(), and by a seed", {
  skip_without_python()
  trained <- function(...) {
    dist <- pixel_cnn_plus_plus(
      c(8, 8, 1), class_names = c("bee", "sun"), num_resnet = 1, num_hierarchies = 1, num_filters = 4, num_logistic_mix = 2
    )
    dist |> compile(learning_rate = 1e-2)
    dist |> fit(pixels(), rep(c("bee", "sun"), 8), epochs = 2, batch_size = 4, ...)
    dist$get_weights()
  }
  set.seed(3)
  first <- trained()
  set.seed(3)
  expect_identical(trained(), first)
  expect_false(identical(trained(), first))
  # Loads the distribution from a file, so that dropout depends only on the seed.
  path <- withr::local_tempfile(fileext = ".keras")
  save_pixelcnn(fresh(), path)
  again <- function(seed) {
    dist <- load_pixelcnn(path)
    dist |> fit(pixels(), rep(c("bee", "sun"), 8), epochs = 2, batch_size = 4, seed = seed)
    dist$get_weights()
  }
  expect_identical(again(5), again(5))
  expect_false(identical(again(5), again(6)))
  expect_error(asked() |> fit(pixels(), rep("bee", 16), seed = -1), "`seed` is -1; expected a whole number of at least 0")
})

test_that("validation of each second epoch stands at the second", {
  skip_without_python()
  dist <- fresh()
  dist |> compile(learning_rate = 1e-3)
  history <- dist |> fit(tiny_images(), rep("bee", 6), epochs = 3, validation_split = 0.5, validation_freq = 2)
  expect_identical(is.na(history$metrics$val_loss), c(TRUE, FALSE, TRUE))
})

test_that("flags and numbers of compile(), and the folder of checkpoints, are checked", {
  skip_without_python()
  expect_error(compile(tiny(), jit_compile = NA), "`jit_compile` is NA; expected TRUE or FALSE")
  expect_error(compile(tiny(), jit_compile = "yes"), "`jit_compile` is \"yes\"")
  for (value in list(NA, 1, "a")) expect_error(compile(tiny(), ema_momentum = value), "`ema_momentum` is .*below 1")
  dist <- fresh()
  dist |> compile()
  file <- withr::local_tempfile(lines = "mine")
  expect_error(fit(dist, tiny_images(), rep("bee", 6), checkpoint = file), "`checkpoint` is the file .*expected a folder")
  expect_identical(readLines(file), "mine")
})
