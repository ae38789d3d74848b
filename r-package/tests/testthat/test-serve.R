test_that("the page of a distribution can be opened, and the server ends", {
  skip_without_python()
  skip_if_not(reticulate::py_module_available("uvicorn"), "uvicorn is not installed")
  dist <- pixel_cnn(c(4, 4, 1), num_blocks = 1, num_filters = 4, class_names = c("bee", "sun"))
  seen <- NULL
  address <- suppressMessages(serve_pixelcnn(dist, port = 0, viewer = function(address) seen <<- address))
  expect_identical(seen, address)
  model <- paste(readLines(paste0(address, "api/model"), warn = FALSE), collapse = "")
  expect_match(model, "bee", fixed = TRUE)
  expect_match(paste(readLines(address, warn = FALSE), collapse = ""), "Go on", fixed = TRUE)
  stop_serving()
  expect_error(suppressWarnings(readLines(paste0(address, "api/model"))))
  expect_null(stop_serving())
})

test_that("a server that cannot start says why", {
  skip_without_python()
  colour <- pixel_cnn(c(4, 4, 3), num_blocks = 1, num_filters = 6)
  expect_error(serve_pixelcnn(colour, viewer = NULL), "3 channels", class = "pixelcnn_error")
  expect_error(serve_pixelcnn("no model", viewer = NULL), "no model", class = "pixelcnn_error")
  expect_error(serve_pixelcnn(viewer = 1), "viewer", class = "pixelcnn_error")
  expect_error(serve_pixelcnn(port = -1), "port", class = "pixelcnn_error")
})
