test_that("tests show nothing, knitr plain lines", {
  expect_identical(progress_style(), "none")
  expect_identical(progress_style(FALSE), "none")
  withr::local_envvar(TESTTHAT = NA)
  expect_true(progress_style() %in% c("bar", "plain"))
  withr::local_options(knitr.in.progress = TRUE)
  expect_identical(progress_style(), "plain")
  withr::local_options(pixelcnn.verbose = FALSE)
  expect_identical(progress_style(), "none")
  expect_identical(progress_style(TRUE), "plain")
})

test_that("in the console there is a bar for drawing, which Python moves to its end", {
  skip_without_python()
  seen <- bars <- NULL
  original <- work_bar
  real <- original()
  spied <- function(done, total) {
    real$verbose(done, total)
    seen <<- c(seen, done / total)
    bars <<- c(bars, cli::cli_progress_num())
    invisible()
  }
  local_mocked(progress_style = function(...) "bar", work_bar = function(...) list(verbose = spied, close = real$close))
  suppressMessages(sample_images(tiny(), 2, "bee", seed = 1, method = "naive"))
  expect_identical(seen, 1:8 / 8)
  expect_identical(bars[[1]], 1L)
  expect_identical(cli::cli_progress_num(), 0L)
  seen <- NULL
  real <- original()
  suppressMessages(tfd_sample(tiny(), 2, conditional_input = "bee", seed = 1, method = "naive"))
  expect_identical(seen, 1:8 / 8)
})

test_that("in knitr a long drawing writes a line for each quarter, a short one none", {
  skip_without_python()
  withr::local_options(knitr.in.progress = TRUE, cli.progress_show_after = 0)
  expect_snapshot(
    images <- sample_images(tiny(), 2, "bee", seed = 1, method = "naive", verbose = TRUE),
    transform = function(lines) gsub("[0-9.]+ (s|images/s)", "<number> \\1", lines)
  )
  withr::local_options(cli.progress_show_after = 60)
  expect_silent(sample_images(tiny(), 2, "bee", seed = 1, method = "naive", verbose = TRUE))
})

test_that("the first draw of a number of images says that it is compiled, and no other does", {
  skip_without_python()
  withr::local_options(knitr.in.progress = TRUE, cli.progress_show_after = 60)
  dist <- pixel_cnn_plus_plus(c(4, 4, 1), num_resnet = 1, num_hierarchies = 1, num_filters = 4, num_logistic_mix = 2)
  for (n in c(1, 4)) {
    expect_message(first <- sample_images(dist, n, seed = 1, verbose = TRUE), "^Compiling, once a session for this number of images")
    expect_silent(second <- sample_images(dist, n, seed = 1, verbose = TRUE))
    expect_identical(first, second)
  }
  # The sampler rounds three images up to four.
  expect_silent(third <- sample_images(dist, 3, seed = 1, verbose = TRUE))
  expect_identical(third, second[1:3])
  # The known rows count as done before the sampler for two images is compiled.
  half <- occlude(third[1:2], rows = 3:4)
  expect_message(complete_images(dist, half, seed = 1, verbose = TRUE), "^Compiling")
  expect_silent(complete_images(dist, half, seed = 2, verbose = TRUE))
  bar <- work_bar()
  expect_message(bar$verbose(0, 8), "Compiling")
  expect_silent(bar$verbose(0, 8))
  expect_identical(cli::cli_progress_num(), 0L)
})

test_that("`verbose` is a flag", {
  for (value in list(NA, "yes", 1:2)) expect_error(progress_style(value), "`verbose` is .*expected TRUE, FALSE")
  expect_identical(progress_style(0), "none")
})

test_that("keras3's \"auto\" is the default", {
  expect_identical(progress_style("auto"), progress_style(NULL))
  withr::local_options(pixelcnn.verbose = TRUE, knitr.in.progress = TRUE)
  expect_identical(progress_style("auto"), "plain")
})

test_that("training shows a bar and a line for each epoch", {
  skip_without_python()
  local_mocked(progress_style = function(...) "bar", new_callback = function(...) list(...))
  progress <- training_progress(TRUE, epochs = 2, steps = 3)
  suppressMessages(progress$callback$on_epoch_begin(0))
  suppressMessages(progress$callback$on_train_batch_end(0, list(loss = 1)))
  expect_message(progress$callback$on_epoch_end(0, list(loss = 2.5)), "Epoch 1/2: loss 2.5 ")
})

test_that("plain training writes a line for each epoch", {
  skip_without_python()
  # A separate distribution, because tests must not train the shared distribution.
  dist <- pixel_cnn_plus_plus(c(8, 8, 1), num_resnet = 1, num_hierarchies = 1, num_filters = 4, num_logistic_mix = 2)
  dist |> compile()
  expect_message(dist |> fit(array(0, c(4, 8, 8)), verbose = TRUE), "Epoch 1/1: bits per dim")
})

test_that("logs are short", {
  expect_identical(format_logs(list(bits_per_dim = 1.23456, loss = 1234.5)), "bits per dim 1.235, loss 1234")
})

test_that("progress counts images, their rate and the time left", {
  skip_without_python()
  withr::local_options(knitr.in.progress = TRUE, cli.progress_show_after = 0)
  images <- tiny_images()
  expect_message(log_prob(tiny(), images, "bee", verbose = TRUE), "^Likelihood: 100%, 6.0/6 images, [0-9.]+ images/s \\(.* s left\\)")
  expect_silent(log_prob(tiny(), images, "bee", verbose = FALSE))
  suppressMessages(expect_message(class_log_probs(tiny(), images, verbose = TRUE), "^Classes: 100%, 2.0/2 classes"))
  expect_match(work_status(21, 28, 7, "images", proc.time()[["elapsed"]] - 2), "^3.0/4 images, 1.5 images/s$")
})

test_that("bytes above 2 GiB arrive as they are", {
  skip_without_python()
  download <- reticulate::py_eval("lambda tell: tell(2**31 + 5, 2**32)")
  expect_identical(download(with_doubles(function(done, total) c(done, total))), c(2^31 + 5, 2^32))
  expect_identical(with_doubles(0L), 0L)
})
