test_that("saved here, loaded here", {
  skip_without_python()
  path <- withr::local_tempfile(fileext = ".keras")
  expect_identical(save_pixelcnn(tiny(), path), path)
  expect_error(save_pixelcnn(tiny(), path, overwrite = FALSE), class = "pixelcnn_file_exists_error")
  expect_identical(sample_images(load_pixelcnn(path), 6, "bee", seed = 1), tiny_images())
})

test_that("folders that are missing are made, as in Python", {
  skip_without_python()
  path <- file.path(withr::local_tempdir(), "a", "b", "c.keras")
  expect_identical(save_pixelcnn(tiny(), path), path)
  expect_identical(list.files(dirname(path), all.files = TRUE, no.. = TRUE), "c.keras")
})

test_that("R and Python draw the same images, and load each other's files", {
  skip_without_python()
  skip_on_cran()
  folder <- withr::local_tempdir()
  save_pixelcnn(tiny(), file.path(folder, "r.keras"))
  other_python(c(
    "import numpy as np, pixelcnn",
    sprintf("folder = %s", encodeString(normalizePath(folder, winslash = "/"), quote = "\"")),
    "dist = pixelcnn.load(folder + '/r.keras')",
    "images = dist.sample(6, conditional_input='bee', seed=1, verbose=0)",
    "np.save(folder + '/images.npy', images)",
    "np.save(folder + '/log_prob.npy', dist.log_prob(images, conditional_input='bee'))",
    "dist.save(folder + '/python.keras')"
  ))
  read <- function(name) reticulate::py_to_r(numpy()$load(file.path(folder, name)))
  expect_identical(as.array(tiny_images()), read("images.npy"))
  nats <- log_prob(tiny(), tiny_images(), "bee")
  expect_lt(max(abs(nats - as.vector(read("log_prob.npy"))) / abs(nats)), 1e-6)
  expect_identical(sample_images(load_pixelcnn(file.path(folder, "python.keras")), 6, "bee", seed = 1), tiny_images())
})

test_that("the trained distribution comes with the package", {
  skip_without_python()
  dist <- load_pretrained("quickdraw13")
  expect_length(dist$class_names, 13)
  expect_error(load_pretrained("nothing"), class = "pixelcnn_value_error")
  expect_error(load_pretrained(1), "`name` is 1")
})

test_that("the trained distributions have cards", {
  skip_without_python()
  card <- pretrained_cards()$quickdraw13
  expect_equal(card$figures[["test bits/dim"]], 1.5533)
  expect_identical(card$guidance, 1)
  expect_match(card$recipe, "^pixelcnn train ")
})

test_that("a preset is the distribution that was saved", {
  skip_without_python()
  skip_on_cran()
  dist <- pixel_cnn(c(4, 4, 1), num_blocks = 1, num_filters = 4, class_names = c("bee", "sun"))
  folder <- withr::local_tempdir()
  expect_identical(save_to_preset(dist, folder), folder)
  again <- from_preset(folder)
  expect_s3_class(again, "pixelcnn.PixelCNN")
  images <- sample_images(dist, 2, condition = "sun", seed = 1)
  expect_equal(log_prob(again, images, "sun"), log_prob(dist, images, "sun"))
  expect_error(from_preset("no such preset"), "no such preset")
})

test_that("an exported distribution is a SavedModel", {
  skip_without_python()
  skip_on_cran()
  skip_if_not(identical(reticulate::import("keras")$backend$backend(), "tensorflow"), "TensorFlow writes SavedModels")
  dist <- pixel_cnn(c(2, 2, 1), num_blocks = 1, num_filters = 4)
  folder <- withr::local_tempdir()
  expect_identical(export_distribution(dist, folder), folder)
  served <- reticulate::import("tensorflow")$saved_model$load(folder)
  images <- sample_images(dist, 3, seed = 5)
  drawn <- served$sample(seed = 5L, count = 3L)$numpy()
  expect_equal(drawn, unclass(images), ignore_attr = TRUE)
  writeLines("kept", file.path(withr::local_tempdir(), "notes.txt"))
  expect_error(export_distribution(dist, folder, format = "pickle"), "pickle")
})
