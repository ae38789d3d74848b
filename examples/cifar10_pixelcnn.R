#!/usr/bin/env Rscript
# Train PixelCNN and PixelCNN++ on colour photographs, and compare their bits/dim with lossless WebP files.
#
# The two families model the dependence of red, green and blue in different ways. In `pixel_cnn()` (van den Oord,
# Kalchbrenner, Kavukcuoglu 2016, <https://arxiv.org/abs/1601.06759>) masks in the network let green depend on red, and
# blue on red and green; each colour has a softmax over its 256 levels. In `pixel_cnn_plus_plus()` (Salimans, Karpathy,
# Chen, Kingma 2017, <https://arxiv.org/abs/1701.05517>) the distribution of a pixel is a mixture of logistics; the
# location of green is linear in red, and the location of blue is linear in red and green. On all of CIFAR-10 the papers
# report 3.14 and 2.92 bits/dim, with networks that are several times as wide as these.
#
#   Rscript examples/cifar10_pixelcnn.R                an hour of training for each
#   Rscript examples/cifar10_pixelcnn.R --minutes=5    less
#   Rscript examples/cifar10_pixelcnn.R --quick        small networks, to see how it works
#
# The script prints bits/dim of test images for both models and for WebP, and writes a figure of photographs above samples
# of both models. The script reads the images from the folder cifar10 in PIXELCNN_DATA if this variable is set, else
# downloads them. The folder may hold a part of the images.

library(pixelcnn)

arguments <- commandArgs(trailingOnly = TRUE)
stopifnot("arguments are --quick and --minutes=N" = grepl("^--(quick|minutes=.+)$", arguments))
quick <- "--quick" %in% arguments
minutes <- as.numeric(c(sub("--minutes=", "", grep("^--minutes=", arguments, value = TRUE)), 60)[[1]])
keras <- reticulate::import("keras")
keras$utils$set_random_seed(0L)

# Bits/dim of images as lossless WebP files, at WebP's greatest effort. Python's Pillow writes the files, because R cannot.
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

# Trains for one epoch with --quick, else for --minutes, while the learning rate falls to its final value.
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
  training <- training[1:32, , , ]
  test <- test[1:16, , , ]
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
