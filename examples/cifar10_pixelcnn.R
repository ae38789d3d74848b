#!/usr/bin/env Rscript
# Photographs in colour by the two ways to tie red, green and blue together, and both against a file format.
#
# `pixel_cnn()` (van den Oord, Kalchbrenner, Kavukcuoglu 2016, <https://arxiv.org/abs/1601.06759>) ties them in the
# network: masks let green see red, and blue see both, and each has a softmax over its 256 levels.
# `pixel_cnn_plus_plus()` (Salimans, Karpathy, Chen, Kingma 2017, <https://arxiv.org/abs/1701.05517>) ties them in the
# distribution of a pixel: a mixture of logistics whose locations for green and blue are linear in the colours before
# them. On all of CIFAR-10 the papers report 3.14 and 2.92 bits/dim, with networks of several times these widths.
#
#   Rscript examples/cifar10_pixelcnn.R                an hour of training for each
#   Rscript examples/cifar10_pixelcnn.R --minutes=5    less
#   Rscript examples/cifar10_pixelcnn.R --quick        a look at how it works
#
# It prints bits/dim of test images under both and as lossless WebP files, and writes photographs above samples of both.
# Images come from the folder cifar10 in PIXELCNN_DATA where that is set, which may hold a part of them, else from
# Keras' download.

library(pixelcnn)

arguments <- commandArgs(trailingOnly = TRUE)
stopifnot("arguments are --quick and --minutes=N" = grepl("^--(quick|minutes=.+)$", arguments))
quick <- "--quick" %in% arguments
minutes <- as.numeric(c(sub("--minutes=", "", grep("^--minutes=", arguments, value = TRUE)), 60)[[1]])
keras <- reticulate::import("keras")
keras$utils$set_random_seed(0L)

# Mean size of images as lossless WebP files, at WebP's greatest effort. R itself writes no WebP, Python's Pillow does.
webp_bits_per_dim <- function(images) {
  pillow <- reticulate::import("PIL.Image")
  path <- tempfile(fileext = ".webp")
  sizes <- vapply(seq_len(nrow(images)), function(k) {
    pixels <- reticulate::np_array(images[k, , , ], dtype = "uint8")
    pillow$fromarray(pixels)$save(path, lossless = TRUE, quality = 100L, method = 6L)
    file.size(path)
  }, numeric(1))
  8 * mean(sizes) / prod(dim(images)[-1])
}

# Trains for one epoch, or for the minutes, at the end of which the learning rate has come down.
train <- function(dist, images) {
  dist |> compile(optimizer = "adam", learning_rate = 1e-3)
  training <- reticulate::import("pixelcnn.training")
  clock <- training$Clock(total_seconds = 60 * minutes)
  callbacks <- if (!quick) list(training$Budget(clock), training$CosineAnnealing(1e-3, clock))
  dist |> fit(images, epochs = if (quick) 1 else 10000, batch_size = 16, callbacks = callbacks)
}

training <- cifar10()$images
test <- cifar10("test")$images
if (quick) {
  training <- training[1:64, , , ]
  test <- test[1:32, , , ]
  models <- list(
    "PixelCNN" = pixel_cnn(c(32, 32, 3), num_blocks = 1, num_filters = 12),
    "PixelCNN++" = pixel_cnn_plus_plus(c(32, 32, 3), num_resnet = 1, num_hierarchies = 2, num_filters = 8)
  )
} else {
  models <- list(
    "PixelCNN" = pixel_cnn(c(32, 32, 3), num_blocks = 8, num_filters = 96),
    "PixelCNN++" = pixel_cnn_plus_plus(c(32, 32, 3), num_resnet = 2, num_hierarchies = 3, num_filters = 48)
  )
}

count <- if (quick) 2 else 12
rows <- list("photographs" = test[seq_len(count), , , ])
for (name in names(models)) {
  train(models[[name]], training)
  rows[[name]] <- sample_images(models[[name]], count, seed = 0)
  bits <- mean(bits_per_dim(models[[name]], test))
  cat(sprintf("%s: %.3f bits/dim on %d test images\n", name, bits, nrow(test)))
}
cat(sprintf("lossless WebP: %.3f bits/dim\n", webp_bits_per_dim(test)))

png("cifar10_pixelcnn.png", width = max(300, 70 * count), height = 300, pointsize = 14)
par(mfrow = c(length(rows), 1))
for (name in names(rows)) plot_images(rows[[name]], columns = count, main = name)
invisible(dev.off())
cat("Wrote cifar10_pixelcnn.png.\n")
