#!/usr/bin/env Rscript
# Train an unconditional PixelCNN++ on grey digits: the model in the documentation of TensorFlow Probability's PixelCNN,
# <https://www.tensorflow.org/probability/api_docs/python/tfp/distributions/PixelCNN>, with digits padded to 32x32 and
# batches of 128. A pixel's grey level is drawn from a mixture of five logistics.
#
#   Rscript examples/mnist_mixture.R               ten epochs, as in the documentation
#   Rscript examples/mnist_mixture.R --epochs=2    fewer
#   Rscript examples/mnist_mixture.R --quick       a few digits, to see how it works
#
# The script prints the bits/dim of the test digits, and writes a figure of generated digits below real digits. The script
# reads mnist/mnist.npz in the folder PIXELCNN_DATA if this variable is set, else downloads the digits.

library(pixelcnn)

arguments <- commandArgs(trailingOnly = TRUE)
stopifnot("arguments are --quick and --epochs=N" = grepl("^--(quick|epochs=.+)$", arguments))
quick <- "--quick" %in% arguments
epochs <- as.numeric(c(sub("--epochs=", "", grep("^--epochs=", arguments, value = TRUE)), if (quick) 1 else 10)[[1]])
keras <- reticulate::import("keras")
keras$utils$set_random_seed(0L)

# Adds two empty pixels on each side, so that each cell of both grids covers the same number of pixels.
padded <- function(images) {
  page <- array(0L, c(dim(images)[[1]], 32, 32, 1))
  page[, 3:30, 3:30, ] <- images
  page
}

training <- padded(mnist()$images)
test <- padded(mnist(split = "test")$images)
if (quick) {
  training <- training[1:32, , , , drop = FALSE]
  test <- test[1:16, , , , drop = FALSE]
}

dist <- pixel_cnn_plus_plus(
  image_shape = c(32, 32, 1),
  num_resnet = 1,
  num_hierarchies = 2,
  num_filters = 32,
  num_logistic_mix = 5,
  dropout_p = .3
)
dist |> compile(optimizer = "adam", learning_rate = 1e-3)
dist |> fit(training, epochs = epochs, batch_size = 128)
cat(sprintf("%.3f bits/dim on %d test images\n", mean(bits_per_dim(dist, test)), nrow(test)))

count <- if (quick) 4 else 16
generated <- sample_images(dist, count, seed = 0)
png("mnist_mixture.png", width = 50 * count, height = 120)
both <- array(0L, c(2 * count, 32, 32, 1))
both[seq_len(count), , , ] <- test[seq_len(count), , , ]
both[count + seq_len(count), , , ] <- generated
plot_images(both, columns = count)
invisible(dev.off())
cat("Wrote mnist_mixture.png.\n")
