images <- new_images(array(0:127, c(2, 8, 8, 1)))

test_that("images print as images", {
  expect_snapshot(images)
  expect_snapshot(images[1, , , , drop = FALSE])
})

test_that("parts of images are images or arrays", {
  expect_s3_class(images[2:1, , , , drop = FALSE], "pixelcnn_images")
  expect_identical(dim(images[1, , , ]), c(8L, 8L))
  expect_identical(as.array(images), array(0:127, c(2, 8, 8, 1)))
})

test_that("images are counted, picked and put together by image", {
  expect_length(images, 2)
  expect_identical(images[2], images[2, , , , drop = FALSE])
  expect_identical(images[[2]], images[2])
  expect_identical(images[c(FALSE, TRUE)], images[2])
  expect_identical(images[], images)
  expect_identical(lapply(images, as.array), list(as.array(images[1]), as.array(images[2])))
  expect_identical(c(images[2], images[1], NULL), images[2:1])
  expect_identical(c(images[1], images[2]), images)
  expect_identical(rep(images, 2), images[c(1, 2, 1, 2)])
  expect_identical(rev(images), images[2:1])
  expect_identical(head(images, 1), images[1])
  expect_length(images[integer()], 0)
  expect_error(images[3], "out of bounds")
  expect_error(c(images, new_images(array(0L, c(1, 4, 4, 1)))), "expected images such as the first, 2 images of 8 x 8 x 1")
  expect_error(c(images, new_images(as.array(images), c(low = 0L, high = 127L))), "`...` is 2 images")
  expect_output(str(images), "2 images")
})

test_that("images that are put in place of others are recycled by image", {
  three <- images[c(1, 2, 1)]
  three[c(1, 3)] <- images[2]
  expect_identical(three, images[c(2, 2, 2)])
  three[c(TRUE, FALSE, TRUE)] <- images
  expect_identical(three, images[c(1, 2, 2)])
  three[-1] <- 255 - images
  expect_identical(three, c(images[1], 255 - images))
  three[] <- images[1]
  expect_identical(three, images[c(1, 1, 1)])
  three[[2]] <- images[2]
  expect_identical(three, images[c(1, 2, 1)])
})

test_that("functions of base R that count elements do so, or go by image", {
  pixels <- as.array(images)
  expect_identical(range(images), c(0L, 127L))
  expect_identical(range(images, 200), c(0, 200))
  expect_identical(range(occlude(images, rows = 1), na.rm = TRUE), range(pixels[, -1, , ]))
  expect_identical(cut(images, 3), cut(pixels, 3))
  expect_identical(diff(images), diff(as.vector(pixels)))
  expect_identical(ifelse(images > 60, images, 0L), ifelse(pixels > 60, pixels, 0L))
  expect_identical(ifelse(images > 60, 0, 255 - images), ifelse(pixels > 60, 0, 255 - pixels))
  expect_identical(as.matrix(images), matrix(0:127, 2))
  expect_equal(c(dist(images)), sqrt(sum((pixels[1, , , ] - pixels[2, , , ])^2)))
})

test_that("functions that are not generic and count elements refuse images", {
  for (call in expression(pmax(images, 300), pmax(300, images), pmin(images, images), pmin(images, -1L), lowess(images))) {
    expect_error(eval(call), "takes a plain array, .*`as.array\\(images\\)`", class = "pixelcnn_argument_error")
  }
  expect_identical(pmax(as.array(images), 100)[1:2], c(100, 100))
  expect_error(data.frame(x = I(images)), "`I\\(as.list\\(images\\)\\)`")
  expect_identical(do.call(c, data.frame(x = I(as.list(images)))$x), images)
})

test_that("a data frame with a column of images prints", {
  data <- data.frame(number = 1:2)
  data$image <- images
  expect_output(print(data[2:1, ]), "2 <8 x 8 x 1>\n1 *1 <8 x 8 x 1>")
  expect_output(str(data), "2 images")
})

test_that("results that keep the class but are no images print as numbers, and do not plot as images", {
  grDevices::pdf(NULL)
  withr::defer(grDevices::dev.off())
  shares <- dnorm(images)
  expect_output(print(shares), "0.3989")
  expect_output(str(shares), "num \\[1:2, 1:8, 1:8, 1\\]")
  expect_error(plot(shares), "`x` is a numeric array .*expected levels of the images, or the arguments `low` and `high`")
  expect_silent(plot(shares, high = 1))
  expect_error(c(images, shares), "is a numeric array")
  expect_null(attr(shares + 1, "class"))
  one <- drop(images[1])
  expect_identical(one[2, 3], images[1, 2, 3, 1])
  expect_output(print(one), "\\[1,\\]")
  expect_length(one, 64)
  expect_silent(plot(drop(images)))
})

test_that("the mean, the order and parts of complex numbers are those of elements", {
  pixels <- as.vector(images)
  expect_identical(mean(images, trim = 0.1), mean(pixels, trim = 0.1))
  expect_identical(weighted.mean(images, 1:128), weighted.mean(pixels, 1:128))
  expect_identical(order(images), order(pixels))
  expect_identical(Re(images), images)
  expect_null(attr(Arg(-images), "class"))
})

test_that("data whose images became an array say so, and are counted", {
  data <- new_data(images, c(0, 1), c("bee", "sun"))
  data$images <- as.array(images) / 255
  expect_length(data, 2)
  expect_output(print(data), "<a numeric array of dimensions (2, 8, 8, 1)>", fixed = TRUE)
  expect_output(str(data), "numeric array")
})

test_that("images and data are no rows of a matrix, and have no names", {
  data <- new_data(images)
  for (call in expression(rbind(images, images), cbind(images, 1), rbind(data, data), do.call(rbind, list(images, images)))) {
    expect_error(eval(call), "`c()` combines them", fixed = TRUE, class = "pixelcnn_argument_error")
  }
  for (call in expression(images["a"], data["images"])) expect_error(eval(call), "`i` is .*; expected numbers of images")
})

test_that("the length of images may be made smaller", {
  one <- images
  length(one) <- 1
  expect_identical(one, images[1])
  expect_error(length(one) <- 3, "out of bounds")
})

test_that("another shape makes a plain array of images", {
  pixels <- images
  dim(pixels) <- c(2, 64)
  expect_identical(pixels, matrix(0:127, 2))
  pixels <- images
  dim(pixels) <- NULL
  expect_identical(pixels, 0:127)
})

test_that("an array picks pixels", {
  expect_identical(images[images > 120], 121:127)
  expect_identical(images[which(images > 120)[0]], images[integer()])
})

test_that("arithmetic gives images within the levels, and plain arrays beyond", {
  expect_identical(255 - images, new_images(255L - as.array(images)))
  expect_identical(images + 0, images)
  expect_identical(255 - occlude(images, rows = 1:2), occlude(255 - images, rows = 1:2))
  for (plain in list(images / 255, -images - 1, images * 3, images + 0.5, sqrt(images), images > 3, images > NA)) expect_null(attr(plain, "class"))
  expect_identical(images / 255, as.array(images) / 255)
  expect_identical(round(images / 2), round(as.array(images) / 2))
  expect_identical(abs(images), images)
  expect_identical(sum(images), sum(0:127))
  expect_identical(median(images), 63.5)
  expect_equal(unname(quantile(images, 1)), 127)
  expect_identical(sort(images), 0:127)
  expect_identical(images %in% 3:4, as.vector(images) %in% 3:4)
  expect_identical(sum(table(images)), 128L)
})

test_that("pixels that are set stay within the levels, or make it a plain array", {
  changed <- images
  changed[1, 1, 1, 1] <- 9
  expect_s3_class(changed, "pixelcnn_images")
  expect_type(changed, "integer")
  changed[2] <- images[1]
  expect_identical(changed[2], images[1])
  changed[changed > 3] <- NA
  expect_s3_class(changed, "pixelcnn_images")
  for (value in c(0.5, 256, -1)) {
    beyond <- images
    beyond[1, 1, 1, 1] <- value
    expect_null(attr(beyond, "class"))
    expect_identical(beyond[1, 1, 1, 1], value)
  }
})

test_that("images and data become data frames", {
  data <- as.data.frame(images)
  expect_named(data, c("image", "row", "column", "channel", "value"))
  expect_identical(nrow(data), 128L)
  third <- data[data$image == 2 & data$row == 3 & data$column == 5, ]
  expect_identical(third$value, images[2, 3, 5, 1])
  labelled <- as.data.frame(new_data(images, c(1, 0), c("bee", "sun")))
  expect_identical(as.character(labelled$class[labelled$image == 1][[1]]), "sun")
  expect_identical(nrow(as.data.frame(images[integer()])), 0L)
})

test_that("rows or a box are hidden, and nothing else", {
  pixels <- array(seq_len(2 * 4 * 5 * 3), c(2, 4, 5, 3))
  rows <- occlude(pixels, rows = 3:4)
  expect_true(all(is.na(rows[, 3:4, , ])))
  expect_identical(rows[, 1:2, , ], pixels[, 1:2, , ])
  box <- occlude(pixels, box = c(2, 1, 3, 5), value = 7)
  expect_true(all(box[, 2:3, 1:5, ] == 7))
  expect_identical(box[, c(1, 4), , ], pixels[, c(1, 4), , ])
  expect_identical(sum(is.na(occlude(pixels[, , , 1], box = c(1, 1, 1, 2)))), 4L)
})

test_that("hidden images and data stay what they are", {
  data <- new_data(images, c(0, 1), c("bee", "sun"))
  hidden <- occlude(data, rows = 5:8)
  expect_s3_class(hidden$images, "pixelcnn_images")
  expect_type(hidden$images, "integer")
  expect_identical(hidden$labels, data$labels)
})

test_that("what cannot be hidden is named", {
  pixels <- array(0, c(2, 4, 5))
  expect_error(occlude(pixels), "`rows` is missing")
  expect_error(occlude(pixels, rows = 1, box = c(1, 1, 2, 2)), "`rows` is given")
  for (rows in list(0:1, 4:5, c(1, 3), 1.5)) expect_error(occlude(pixels, rows = rows), "4 high and 5 wide")
  for (box in list(1:3, c(1, 1, 5, 5), c(2, 1, 1, 1), c(0, 1, 1, 1))) expect_error(occlude(pixels, box = box), "`box` is")
  expect_error(occlude("a", rows = 1), "`images` is")
  expect_error(occlude(images, rows = 1, value = 256), "`value` is 256; expected NA or a level 0 to 255")
  expect_s3_class(occlude(images, rows = 1, value = 255), "pixelcnn_images")
  expect_error(occlude(pixels, rows = 1, value = 0.5), "`value` is 0.5")
})

test_that("images are replaced by whole images of their size and levels", {
  x <- new_images(array(1:64, c(4, 4, 4, 1)))
  one <- x[3, , , ]
  for (value in list(one, x[3], as.vector(one), array(one, c(4, 4, 1)), unclass_array(x[3]), array(one, c(1, 4, 4)))) {
    changed <- x
    changed[1:2] <- value
    expect_identical(changed, x[c(3, 3, 3, 4)])
  }
  changed <- x
  changed[1:4] <- unclass_array(x[3:4])
  expect_identical(changed, x[c(3, 4, 3, 4)])
  changed[2] <- NA
  expect_true(all(is.na(changed[2])))
  for (wrong in list(1:2, array(0, c(1, 2, 8, 1)), array(0, c(4, 4, 3)), "a")) {
    expect_error(x[1] <- wrong, "`value` is .*expected a number, or images of 4 x 4 x 1")
  }
  expect_error(x[1] <- structure(x[2], high = 99L), "`value` is levels 0 to 99; expected images of levels 0 to 255")
})

test_that("an array that may be one gray image is refused", {
  one <- array(1:64, c(8, 8, 1))
  expect_error(occlude(one, rows = 5:8), "expected four dimensions: one gray image is `x\\[1\\]`")
  expect_identical(which(is.na(occlude(array(one, c(1, 8, 8, 1)), rows = 5:8)[1, , 1, 1])), 5:8)
})

test_that("a hidden part may have a missing integer as value", {
  pixels <- array(1:16, c(1, 4, 4))
  expect_identical(occlude(pixels, rows = 4, value = NA_integer_), occlude(pixels, rows = 4))
})
