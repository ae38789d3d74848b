# The same weights each time: other ones may take more epochs than these to get better.
fresh <- function() {
  reticulate::import("keras")$utils$set_random_seed(0L)
  dist <- pixel_cnn_plus_plus(
    c(8, 8, 1), class_names = c("bee", "sun"), num_resnet = 1, num_hierarchies = 2, num_filters = 4, num_logistic_mix = 2
  )
  dist |> compile(learning_rate = 1e-2)
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
  expect_error(dist |> compile("nonsense", learning_rate = 1), class = "pixelcnn_error")
  expect_error(dist |> compile(loss = "mse"), "likelihood is the loss", class = "pixelcnn_value_error")
})

test_that("averages of the weights are kept where they are asked for", {
  skip_without_python()
  dist <- fresh()
  dist |> compile(learning_rate = 1e-2, ema_momentum = 0.9)
  expect_true(dist$optimizer$use_ema)
  expect_s3_class(dist |> fit(pixels(), rep("bee", 16)), "pixelcnn_history")
  expect_error(dist |> compile(ema_momentum = 2), "ema_momentum", class = "pixelcnn_value_error")
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

test_that("a second training in a folder of checkpoints loses neither", {
  skip_without_python()
  folder <- withr::local_tempdir()
  for (k in 1:2) fresh() |> fit(pixels(), rep("bee", 16), epochs = 2, checkpoint = folder)
  expect_identical(list.files(folder), sprintf("epoch-%03d.keras", 1:4))
})
