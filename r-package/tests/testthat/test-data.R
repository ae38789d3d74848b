test_that("doodles are images, a factor and names", {
  skip_without_python()
  data <- doodles(6, classes = c("sun", "tree", "train"), seed = 1)
  expect_snapshot(data)
  expect_type(data$images, "integer")
  expect_identical(as.character(data$labels), rep(c("sun", "tree", "train"), 2))
  expect_identical(levels(data$labels), data$class_names)
  expect_identical(dim(data[2:3]$images), c(2L, 28L, 28L, 1L))
  expect_equal(as.vector(summary(data)), c(2, 2, 2))
  expect_identical(levels(doodles(2, classes = "bee")$labels), "bee")
  expect_error(doodles(0), "`n` is 0")
  expect_error(doodles(2, classes = "nothing"), "nothing", class = "pixelcnn_value_error")
})

test_that("classes are filtered, in order", {
  skip_without_python()
  data <- filter_classes(doodles(40), c("sun", "bee"))
  expect_identical(data$class_names, c("sun", "bee"))
  expect_equal(as.vector(table(data$labels)), c(2, 2))
  expect_error(filter_classes(data, "tent"), "`classes` is \"tent\"")
  expect_error(filter_classes(1, "tent"), "`data`")
  expect_error(filter_classes(image_arrays(array(0, c(2, 4, 4))), "tent"), "without labels")
  tf <- reticulate::import("tensorflow", convert = FALSE)
  set <- tf$data$Dataset$from_tensor_slices(list(image = tf$zeros(c(3L, 8L, 8L, 1L)), label = c(0L, 308L, 26L)))
  kept <- filter_classes(set, c("tent", "bee"), quickdraw_classes())
  expect_length(reticulate::iterate(kept, identity), 2)
})

test_that("plain arrays become data", {
  skip_without_python()
  x <- array(0:39, c(2, 5, 4))
  expect_equal(as.array(image_arrays(x)$images)[, , , 1], x)
  expect_identical(image_arrays(x, c("dog", "cat"))$class_names, c("cat", "dog"))
  expect_identical(as.integer(image_arrays(x, c(1, 0))$labels), 2:1)
  expect_identical(image_arrays(x, factor(c("b", "a"), c("b", "a")))$class_names, c("b", "a"))
  expect_identical(attr(image_arrays(x - 1, low = -1, high = 1000)$images, "high"), 1000L)
  expect_error(image_arrays(x / 2), "`images`")
  expect_error(image_arrays("a"), "`images`")
  expect_error(image_arrays(x, 1), class = "pixelcnn_value_error")
})

test_that("folders of images are read", {
  skip_without_python()
  folder <- withr::local_tempdir()
  image <- reticulate::import("PIL.Image", convert = FALSE)
  for (class in c("ant", "bat")) {
    dir.create(file.path(folder, class))
    image$new("L", reticulate::tuple(4L, 6L))$save(file.path(folder, class, "one.png"))
  }
  data <- image_folder(folder)
  expect_identical(dim(data$images), c(2L, 6L, 4L, 1L))
  expect_identical(as.character(data$labels), c("ant", "bat"))
  expect_identical(dim(image_folder(folder, c(3, 3))$images), c(2L, 3L, 3L, 1L))
  expect_identical(dim(image_folder(folder, size = 3)$images), c(2L, 3L, 3L, 1L))
  expect_identical(dim(image_folder(folder, size = c(3, 2, 3))$images), c(2L, 3L, 2L, 3L))
  expect_error(image_folder(folder, c(3, 3), size = 3), "both given")
  writeLines("no picture", file.path(folder, "notes.txt"))
  expect_warning(image_folder(folder), "skipped.*notes.txt")
  expect_error(image_folder(tempfile()), class = "pixelcnn_file_not_found_error")
})

test_that("QuickDraw is read from a folder, and Python's warnings are R's", {
  skip_without_python()
  folder <- withr::local_tempdir()
  numpy()$save(file.path(folder, "tent.npy"), numpy()$zeros(c(30L, 784L), "uint8"))
  data <- quickdraw(308, per_class = 5, data_dir = folder)
  expect_identical(data$class_names, "tent")
  expect_identical(dim(data$images), c(5L, 28L, 28L, 1L))
  expect_warning(quickdraw("tent", per_class = 99, data_dir = folder), "has 30 drawings")
  expect_identical(quickdraw_classes()[c(309, 310)], c("tent", "The Eiffel Tower"))
})

test_that("digits are grey or binary, with and without labels", {
  skip_without_python()
  folder <- withr::local_tempdir()
  grey <- numpy()$full(c(3L, 28L, 28L), 255L, dtype = "uint8")
  numpy()$savez(
    file.path(folder, "mnist.npz"), x_test = grey, y_test = c(7L, 2L, 1L),
    x_train = numpy()$full(c(50001L, 28L, 28L), 255L, dtype = "uint8"), y_train = numpy()$zeros(50001L, dtype = "uint8")
  )
  numpy()$savez(file.path(folder, "binarized_mnist.npz"), test = numpy()$ones(c(2L, 28L, 28L), dtype = "uint8"))
  digits <- mnist(split = "test", data_dir = folder)
  expect_identical(as.character(digits$labels), c("7", "2", "1"))
  expect_identical(attr(digits$images, "high"), 255L)
  expect_identical(dim(mnist(split = "valid", data_dir = folder)$images), c(1L, 28L, 28L, 1L))
  fixed <- mnist("fixed", split = "test", data_dir = folder)
  expect_null(fixed$labels)
  expect_identical(attr(fixed$images, "high"), 1L)
  expect_true(all(mnist("dynamic", split = "test", data_dir = folder)$images == 1))
  batches <- mnist("dynamic", batch_size = 2, seed = 3, data_dir = folder)
  expect_identical(dim(reticulate::py_to_r(reticulate::py_get_item(batches, 0L))[[1]]), c(2L, 28L, 28L, 1L))
  dist <- pixel_cnn(c(28, 28, 1), high = 1, num_blocks = 1, num_filters = 2)
  dist |> compile()
  expect_s3_class(dist |> fit(batches, steps_per_epoch = 1L), "pixelcnn_history")
  expect_error(mnist("coarse"), "binarized", class = "pixelcnn_value_error")
  expect_error(mnist(data_dir = tempfile()), class = "pixelcnn_file_not_found_error")
})

test_that("photographs are in colour, with names for their classes", {
  skip_without_python()
  folder <- withr::local_tempdir()
  numpy()$savez(
    file.path(folder, "cifar10.npz"), x_test = numpy()$zeros(c(2L, 32L, 32L, 3L), dtype = "uint8"), y_test = c(3L, 8L)
  )
  photographs <- cifar10("test", data_dir = folder)
  expect_identical(dim(photographs$images), c(2L, 32L, 32L, 3L))
  expect_identical(as.character(photographs$labels), c("cat", "ship"))
})

test_that("labels that count from 1 are warned of", {
  skip_without_python()
  pixels <- array(0:5, c(3, 2, 1))
  expect_warning(image_arrays(pixels, c(1, 2, 3)), "`labels` are 1 to 3.*`labels - 1`", class = "pixelcnn_labels_warning")
  expect_silent(image_arrays(pixels, c(0, 1, 2)))
  expect_silent(image_arrays(pixels, c(1, 2, 2), class_names = c("a", "b", "c")))
  expect_silent(image_arrays(pixels, factor(c(1, 2, 3))))
})

test_that("names and a factor that contradict each other are refused", {
  skip_without_python()
  pixels <- array(0:5, c(3, 2, 1))
  expect_error(image_arrays(pixels, factor(c("a", "b", "a")), c("b", "a")), "`class_names` is b, a; expected NULL")
  expect_error(image_arrays(pixels, c("a", "b", "c"), c("a", "b")), "`labels` is \"c\", which is no class; expected one of a, b")
  expect_identical(image_arrays(pixels, c("a", "b", "a"), factor(c("b", "a")))$class_names, c("b", "a"))
})

test_that("data are counted and put together by image", {
  data <- new_data(new_images(array(0:11, c(3, 2, 2, 1))), c(0, 1, 0), c("bee", "sun"))
  expect_length(data, 3)
  both <- c(data, data[2])
  expect_identical(both$images, data$images[c(1, 2, 3, 2)])
  expect_identical(both$labels, data$labels[c(1, 2, 3, 2)])
  expect_identical(rep(data, 2)$labels, rep(data$labels, 2))
  expect_length(head(data, 2), 2)
  expect_error(c(data, new_data(data$images)), "data of the same classes")
  expect_error(c(data, new_data(data$images, c(0, 1, 0), c("sun", "bee"))), "data of the same classes")
  expect_length(c(new_data(data$images), new_data(data$images)), 6)
  expect_output(str(data), "3 images")
})

test_that("labels that are missing and classes given twice are named", {
  skip_without_python()
  pixels <- array(0:11, c(3, 2, 2, 1))
  expect_error(doodles(2, classes = NA), "`classes` is names or labels with missing values")
  expect_error(filter_classes(doodles(2), character()), "`classes` is .*; expected at least one class")
  expect_error(image_arrays(pixels, c(NA, 0, 1)), "`labels` is a vector with missing values")
  unfit <- list(
    c(TRUE, NA, FALSE), c(TRUE, FALSE, TRUE), Sys.Date() + 0:2, as.difftime(0:2, units = "days"), list(0, 1, 0),
    data.frame(label = 0:2), as.raw(0:2), 0:2 + 0i, c(0, 1, Inf), structure(numeric(3), class = "integer64")
  )
  for (labels in unfit) {
    expect_error(image_arrays(pixels, labels), "`labels` is .*; expected a factor, names or 0-based integers", class = "pixelcnn_argument_error")
  }
  expect_error(image_arrays(pixels, 0:2, c("a", NA, "b")), "`class_names` is a, <NA>, b")
  expect_error(image_arrays(pixels, 0:2, c("a", "a", "b")), "class_names=.*texts that are all different")
  data <- image_arrays(pixels, c("bee", "sun", "bee"))
  expect_error(filter_classes(data, c("bee", "bee")), "`classes` is \"bee\" more than once; expected each class once")
})

test_that("data are gone through and set by image, and their parts are named", {
  data <- new_data(new_images(array(0:11, c(3, 2, 2, 1))), c(0, 1, 0), c("bee", "sun"))
  expect_identical(data[], data)
  expect_identical(lapply(data, identity), list(data[1], data[2], data[3]))
  expect_identical(mapply(length, data, USE.NAMES = FALSE), rep(1L, 3))
  expect_identical(data[[2]], data[2])
  expect_identical(data[["images"]], data$images)
  expect_identical(format(data), c("<3 images> 2 x 2 x 1, integers 0 to 255", "2 classes: bee, sun"))
  changed <- data
  changed[c(1, 3)] <- data[2]
  expect_identical(changed, data[c(2, 2, 2)])
  changed[] <- data
  expect_identical(changed, data)
  expect_error(changed[1] <- data$images[1], "`value` is 1 image of 2 x 2 x 1; expected data")
  expect_error(changed[1] <- new_data(data$images[1]), "data of the same classes")
})

test_that("the article's label 308 has a hint", {
  skip_without_python()
  expect_error(quickdraw(c(26, 308), data_dir = withr::local_tempdir()), "lacks .*'tent.npy'.*The Eiffel Tower, .* is 309")
  published <- c(26, 29, 43, 49, 50, 125, 134, 172, 218, 225, 246, 255, 258, 271, 295, 296, 308, 320, 322, 323)
  set <- reticulate::import("tensorflow")$data$Dataset$from_tensor_slices(reticulate::tuple(
    numpy()$zeros(c(4L, 4L, 4L, 1L)), numpy()$zeros(4L, "int64")
  ))
  expect_warning(filter_classes(set, published), "308 is 'tent'")
  expect_silent(filter_classes(set, replace(published, 17, 309)))
})

test_that("drawings that stay in their files are trained on as those in memory", {
  skip_without_python()
  folder <- withr::local_tempdir()
  np <- reticulate::import("numpy", convert = FALSE)
  for (class in c("bee", "sun")) {
    np$save(file.path(folder, paste0(class, ".npy")), np$random$default_rng(1L)$integers(0L, 256L, c(30L, 784L), np$uint8))
  }
  load <- function(...) quickdraw(c("bee", "sun"), data_dir = folder, ...)
  files <- load(in_memory = FALSE)
  expect_identical(format(files)[[1]], "<60 images of 28x28x1 in files>")
  dist <- pixel_cnn(c(28, 28, 1), class_names = c("bee", "sun"), num_blocks = 1, num_filters = 2)
  dist |> compile("sgd", learning_rate = 1e-9)
  losses <- lapply(list(load(), files), function(x) evaluate(dist, x, verbose = FALSE))
  expect_equal(losses[[1]], losses[[2]])
  history <- dist |> fit(files, epochs = 1, batch_size = 30, validation_data = load(split = "test", in_memory = FALSE), verbose = FALSE)
  expect_equal(history$metrics$loss, losses[[1]][["loss"]], tolerance = 1e-4)
  expect_equal(log_prob(dist, files), log_prob(dist, load()), tolerance = 1e-6)
  expect_equal(bits_per_dim(dist, files, condition = "sun"), bits_per_dim(dist, load(), condition = "sun"), tolerance = 1e-6)
  expect_error(dist |> fit(files, rep(0, 60)), "`y`.*images in files have labels")
  expect_error(dist |> fit(quickdraw(c("sun", "bee"), data_dir = folder, in_memory = FALSE)), "in their order")
  expect_error(load(in_memory = NA), "`in_memory`")
  expect_error(log_prob(pixel_cnn(c(28, 28, 1), num_classes = 3, num_blocks = 1, num_filters = 2), files), "expected data of 3 classes")
  expect_identical(class_log_probs(dist, files), class_log_probs(dist, load()))
  detector <- anomaly_likelihood(given(dist, "bee"))
  expect_identical(anomaly_score(detector, files), anomaly_score(detector, load()))
  for (whole in list(c, rep, plot, summary)) expect_error(whole(files), "`x` is data in files; expected data in memory")
})

test_that("a drawing of data is replaced by another, and data are cut", {
  skip_without_python()
  data <- doodles(4, classes = c("sun", "bee"))
  first <- data[1]
  data[[2]] <- first
  expect_identical(data[2]$images, first$images)
  expect_identical(data$labels[2], first$labels)
  for (k in seq_along(data)) data[[k]] <- occlude(data[[k]], rows = 1:2)
  expect_true(all(is.na(data$images[, 1:2, , ])))
  length(data) <- 2
  expect_s3_class(data, "pixelcnn_data")
  expect_length(data, 2)
  data[["labels"]] <- NULL
  expect_null(data$labels)
})

test_that("an array that may be one image in colour is refused", {
  one <- array(0L, c(4, 4, 3))
  for (read in list(image_arrays, function(x) occlude(x, rows = 1), plot_images)) {
    expect_error(read(one), "expected four dimensions: one image in colour is `x\\[1\\]`")
  }
})

test_that("numbers are names of classes", {
  skip_without_python()
  expect_identical(image_arrays(array(0, c(2, 4, 5)), c(0, 1), class_names = c(7, 8))$class_names, c("7", "8"))
})
