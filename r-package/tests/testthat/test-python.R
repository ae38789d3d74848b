test_that("Python's errors are conditions with class", {
  skip_without_python()
  error <- expect_error(load_pixelcnn("nowhere.keras"), class = "pixelcnn_file_not_found_error")
  expect_s3_class(error, "pixelcnn_error")
  expect_match(error$message, "^path=.*expected a .keras file that exists")
  expect_match(reticulate::py_last_error()$message, "nowhere")
  expect_snapshot(error = TRUE, {
    sample_images(tiny(), 2, "bee", temperature = -1)
    sample_images(tiny(), 2)
    sample_images(tiny(), 2, "cat")
    log_prob(tiny(), array(300, c(1, 8, 8)), "bee")
    save_pixelcnn(tiny(), "tiny.h5")
  })
})

test_that("a missing Python package is named, with what mends it", {
  expect_error(abort_missing(simpleError("no")), "install_pixelcnn", class = "pixelcnn_missing_python")
  delayed <- delayed_import()
  the$module <- delayed
  the$checked <- FALSE
  skip_without_python()
  expect_identical(pixelcnn_module()$`__name__`, "pixelcnn")
})

test_that("Python sees what Sys.setenv says of compiled samplers before the first use of the package", {
  skip_without_python()
  backend <- reticulate::import("pixelcnn.backend")
  expect_match(backend$compile_cache_line(), "PIXELCNN_COMPILE_CACHE (is|was) off|torch")
})

test_that("an object of a session that has ended says so", {
  skip_without_python()
  path <- withr::local_tempfile()
  saveRDS(tiny(), path)
  gone <- readRDS(path)
  expect_snapshot(gone)
  expect_error(sample_images(gone), "load_pixelcnn", class = "pixelcnn_gone")
  expect_error(gone |> fit(1), class = "pixelcnn_gone")
  expect_error(summary(gone), class = "pixelcnn_gone")
  for (ask in expression(gone$image_shape, gone$fit, gone[["low"]], gone["low"], names(gone), all.equal(gone, gone), all.equal(tiny(), gone))) {
    expect_error(eval(ask), "belongs to a Python session that has ended", class = "pixelcnn_gone")
  }
  for (text in list(format(gone)[[1]], as.character(gone), toString(gone))) {
    expect_identical(text, "<PixelCNNPlusPlus> whose Python session has ended")
  }
  expect_output(str(list(gone)), "<PixelCNNPlusPlus> whose Python session has ended")
  expect_error(tfd_sample(gone), class = "pixelcnn_gone")
})

test_that("what is no distribution is named", {
  expect_error(sample_images(1), "`object` is 1; expected a distribution", class = "pixelcnn_argument_error")
})

test_that("a fork is refused, with what to do in place of it", {
  skip_without_python()
  skip_on_os("windows")
  file <- withr::local_tempfile(fileext = ".keras")
  save_pixelcnn(tiny(), file)
  size <- list(c(4, 4, 1), num_resnet = 1, num_hierarchies = 1, num_filters = 2)
  calls <- list(
    function() log_prob(tiny(), tiny_images(), "bee"), function() tfd_sample(tiny(), 1, conditional_input = "bee"),
    function() summary(tiny()), function() load_pixelcnn(file), function() load_pretrained("quickdraw13"),
    function() do.call(pixel_cnn_plus_plus, size), function() do.call(tfd_pixel_cnn, size)
  )
  tiny_images()
  # A fork that is not refused never returns, so the test ends it.
  job <- parallel::mcparallel(lapply(calls, function(call) tryCatch(call(), error = identity)))
  withr::defer(tools::pskill(job$pid, tools::SIGKILL))
  errors <- parallel::mccollect(job, wait = FALSE, timeout = 60)[[1]]
  expect_length(errors, length(calls))
  for (error in errors) {
    expect_s3_class(error, "pixelcnn_fork")
    expect_match(conditionMessage(error), "makeCluster.*load_pixelcnn")
  }
})

test_that("workers of a cluster load a distribution of their own, and a fork may start Python itself", {
  skip_without_python()
  skip_on_cran()
  skip_on_os("windows")
  file <- withr::local_tempfile(fileext = ".keras")
  save_pixelcnn(tiny(), file)
  printed <- other_r(c(
    "library(pixelcnn)",
    sprintf("measure <- function(k) pixelcnn::log_prob(pixelcnn::load_pixelcnn('%s'), array(0, c(1, 8, 8)), 'bee')", file),
    "cluster <- parallel::makeCluster(1)",
    "nats <- parallel::parLapply(cluster, 1, measure)[[1]]",
    "parallel::stopCluster(cluster)",
    "forked <- parallel::mccollect(parallel::mcparallel(measure(1)))[[1]]",
    "stopifnot(identical(nats, forked), identical(nats, measure(1)))",
    "cat('equal')"
  ))
  expect_identical(utils::tail(printed, 1), "equal")
})

test_that("a session leaves no files of Python's behind", {
  skip_without_python()
  skip_on_cran()
  skip_on_os("windows")
  folder <- withr::local_tempdir()
  printed <- other_r(c(
    "library(pixelcnn)",
    "zeros <- reticulate::import('numpy', convert = FALSE)$zeros",
    "tf <- reticulate::import('tensorflow', convert = FALSE)",
    "set <- tf$data$Dataset$from_tensor_slices(reticulate::tuple(zeros(c(4L, 4L, 4L, 1L)), zeros(4L, 'int64')))",
    "invisible(filter_classes(set, 0))",
    "cat(length(list.files(tempdir(), '^__autograph_generated', all.files = TRUE)) > 0)"
  ), TMPDIR = folder)
  expect_identical(utils::tail(printed, 1), "TRUE")
  expect_identical(list.files(folder, all.files = TRUE, no.. = TRUE), character())
})

test_that("errors of Python name arguments as R's call does, and leave words alone", {
  said <- function(text, ...) python_message(simpleCondition(paste0("ValueError: ", text)), ...)
  expect_identical(said("value holds a value that is not finite"), "images holds a value that is not finite")
  expect_identical(said("sample_shape=-1 does not fit"), "n=-1 does not fit")
  expect_identical(said("seed=0.5 does not fit: expected a whole number or None."), "seed=0.5 does not fit: expected a whole number or NULL.")
  expect_identical(said("x.keras exists already; pass overwrite=True"), "x.keras exists already; pass overwrite=TRUE")
  expect_identical(said("[Errno 2] No such file or directory: 'x'"), "No such file or directory: 'x'")
  expect_identical(said("conditional_input=None does not fit", character()), "conditional_input=NULL does not fit")
})
