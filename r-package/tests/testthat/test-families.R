test_that("a constructor is one call", {
  make <- constructor("Some", image_shape = , num_filters = 4)
  expect_identical(formals(make), as.pairlist(alist(image_shape = , num_filters = 4)))
  expect_identical(body(make)[[2]], "Some")
})

test_that("every family is a distribution that prints", {
  skip_without_python()
  for (make in list(pixel_cnn, gated_pixel_cnn)) {
    dist <- make(c(4, 4, 1), high = 3, num_blocks = 1, num_filters = 4)
    expect_true(all(log_prob(dist, array(0:3, c(2, 4, 4))) < 0))
    expect_snapshot(dist)
  }
  expect_snapshot(pixel_rnn(c(4, 4, 1), high = 1, cell = "row", num_layers = 1, num_filters = 4))
  expect_match(format(gated_pixel_cnn(c(4, 4, 1), num_blocks = 1)), "num_blocks 1, num_logistic_mix 10", all = FALSE)
})

test_that("every family is trained, draws, completes and comes back from a file", {
  skip_without_python()
  images <- array(rep(0:3, 8), c(8, 4, 4, 1))
  few <- function(make, ...) make(c(4, 4, 1), class_names = c("bee", "sun"), high = 3, num_filters = 4, ...)
  families <- list(
    few(pixel_cnn, num_blocks = 1), few(gated_pixel_cnn, num_blocks = 1), few(pixel_rnn, cell = "row", num_layers = 1),
    few(pixel_rnn, cell = "diagonal", num_layers = 1), few(pixel_cnn_plus_plus, num_resnet = 1, num_hierarchies = 2)
  )
  for (dist in families) {
    before <- log_prob(dist, images, "bee")
    dist |> compile(learning_rate = 1e-2)
    dist |> fit(images, rep(c("bee", "sun"), 4), batch_size = 4, verbose = FALSE)
    after <- log_prob(dist, images, "bee")
    expect_false(isTRUE(all.equal(before, after)))

    drawn <- sample_images(dist, 2, "sun", seed = 1)
    expect_identical(dim(drawn), c(2L, 4L, 4L, 1L))
    half <- occlude(images, rows = 3:4)
    completed <- complete_images(dist, half, condition = "sun", seed = 1)
    expect_identical(completed[, 1:2, , ], images[, 1:2, , ])
    expect_true(all(completed %in% 0:3))

    path <- withr::local_tempfile(fileext = ".keras")
    save_pixelcnn(dist, path)
    again <- load_pixelcnn(path)
    expect_identical(log_prob(again, images, "bee"), after)
    expect_identical(c(sample_images(again, 2, "sun", seed = 1)), c(drawn))
  }
})

test_that("numbers and flags are checked, of which Python would take NA as True", {
  skip_without_python()
  for (arg in c("use_weight_norm", "use_data_init")) {
    for (value in list(NA, "yes", 1)) expect_error(do.call(pixel_cnn_plus_plus, c(list(c(8, 8, 1)), rlang::set_names(list(value), arg))), sprintf("`%s` is .*expected TRUE or FALSE", arg))
  }
  for (arg in c("dropout_p", "condition_dropout")) {
    for (value in list(NA, "a", NULL, 1:2)) expect_error(do.call(pixel_cnn, c(list(c(8, 8, 1)), rlang::set_names(list(value), arg))), sprintf("`%s` is .*expected a number", arg))
  }
  for (value in list(NA, c("a", NA), list("a", NA))) expect_error(pixel_cnn(c(8, 8, 1), class_names = value), "`class_names` is .*names without missing values")
  expect_error(save_pixelcnn(tiny(), tempfile(fileext = ".keras"), overwrite = NA), "`overwrite` is NA; expected TRUE or FALSE")
})

test_that("whole doubles, sizes and single names fit Python", {
  skip_without_python()
  one <- pixel_cnn_plus_plus(
    c(4, 4, 1), class_names = "bee", num_resnet = 1, num_hierarchies = 1, num_filters = 4, low = -1, high = 1
  )
  expect_identical(unlist(one$class_names), "bee")
  expect_identical(one$num_classes, 1L)
  expect_true(all(sample_images(one, 2, "bee", seed = 1, method = "naive") %in% -1:1))
  expect_error(pixel_cnn_plus_plus(), "`image_shape` is missing")
  expect_error(pixel_cnn_plus_plus(c(8, 8, 1), num_filters = 2.5), "`num_filters` is 2.5")
  expect_error(pixel_cnn_plus_plus(c(8, 8)), "image_shape", class = "pixelcnn_value_error")
  expect_error(
    pixel_cnn_plus_plus(c(8, 8, 1), num_classes = 2, conditional_shape = 3), "do not go together",
    class = "pixelcnn_value_error"
  )
})

test_that("a list of class names may hold vectors", {
  skip_without_python()
  dist <- pixel_cnn(c(4, 4, 1), class_names = list(c("a", "b"), "c"), high = 1, num_blocks = 1, num_filters = 2)
  expect_identical(unlist(dist$class_names), c("a", "b", "c"))
  expect_error(pixel_cnn(c(4, 4, 1), class_names = list(c("a", NA))), "`class_names` is a, <NA>; expected names")
})
