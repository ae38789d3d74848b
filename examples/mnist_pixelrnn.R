#!/usr/bin/env Rscript
# Train the model of O'Reilly's article 'Using TensorFlow to generate images with PixelRNNs', as published and corrected:
# <https://www.oreilly.com/ideas/using-tensorflow-to-generate-images-with-pixelrnns>.
#
# As published, all layers after the first are 1x1, so that a pixel depends only on its 7x7 neighbourhood. The corrected
# model is the PixelCNN of the paper, with blocks of 3x3 layers and residual connections, and is about as wide as the
# article's model.
#
#   Rscript examples/mnist_pixelrnn.R               the article's 20 epochs
#   Rscript examples/mnist_pixelrnn.R --epochs=3    fewer
#   Rscript examples/mnist_pixelrnn.R --quick       a few digits, to see how it works
#
# For each model the script prints the nats of binarised test digits, and writes a figure of generated digits and a figure
# of completed digits, whose upper half was known. The script reads mnist/mnist.npz in the folder PIXELCNN_DATA if this
# variable is set, else downloads the digits.

library(pixelcnn)

arguments <- commandArgs(trailingOnly = TRUE)
stopifnot("arguments are --quick and --epochs=N" = grepl("^--(quick|epochs=.+)$", arguments))
quick <- "--quick" %in% arguments
epochs <- as.numeric(c(sub("--epochs=", "", grep("^--epochs=", arguments, value = TRUE)), if (quick) 1 else 20)[[1]])
set.seed(0)
keras <- reticulate::import("keras")
keras$utils$set_random_seed(0L)

# Binarises images: the grey level of a pixel is its probability of ink.
binarized <- function(grey) array(as.integer(runif(length(grey)) < grey / 255), dim(grey))

# Converts images for a plain Keras model; the distributions of the package take R's arrays.
to_python <- function(images) reticulate::np_array(images, "float32", order = "C")

# The article clips gradients at 1 for a mean over the pixels. A distribution's loss is a sum over 28 x 28 pixels, so its
# gradients are clipped at 28 * 28.
article_optimizer <- function(pixels = 1) keras$optimizers$RMSprop(1e-3, clipvalue = pixels)

# The article's network, a Keras model that returns log-odds of ink: a 7x7 layer with mask A, then 1x1 layers.
published <- function() {
  masked <- reticulate::import("pixelcnn.layers")$MaskedConv2D
  input <- keras$Input(c(28L, 28L, 1L))
  x <- masked(16L, 7L, "A")(input)
  for (layer in 1:7) x <- masked(3L, 1L, "B")(x)
  for (layer in 1:2) x <- keras$layers$ReLU()(masked(32L, 1L, "B")(x))
  network <- keras$Model(input, masked(1L, 1L, "B")(x))
  network$compile(article_optimizer(), loss = keras$losses$BinaryCrossentropy(from_logits = TRUE))
  # Applies the whole network once for each pixel, as in the article.
  complete <- function(images) {
    unknown <- which(t(is.na(images[1, , , 1])), arr.ind = TRUE) # t(): row by row
    images[is.na(images)] <- 0L
    for (k in seq_len(nrow(unknown))) {
      column <- unknown[k, 1]
      row <- unknown[k, 2]
      odds <- network$predict_on_batch(to_python(images))[, row, column, 1]
      images[, row, column, 1] <- as.integer(runif(length(odds)) < plogis(odds))
    }
    images
  }
  list(
    fit = function(images) network$fit(to_python(images), to_python(images), batch_size = 100L, verbose = 0L),
    nats = function(images) network$evaluate(to_python(images), to_python(images), verbose = 0L) * 28 * 28,
    sample = function(count) complete(array(NA, c(count, 28, 28, 1))),
    complete = complete
  )
}

# The paper's PixelCNN, one of the package's distributions.
corrected <- function() {
  dist <- pixel_cnn(c(28, 28, 1), high = 1, head = "bernoulli", num_blocks = 7, num_filters = 32)
  dist |> compile(article_optimizer(28 * 28))
  list(
    fit = function(images) dist |> fit(images, batch_size = 100),
    nats = function(images) -mean(log_prob(dist, images)),
    sample = function(count) sample_images(dist, count, seed = 0),
    complete = function(images) complete_images(dist, images, seed = 0)
  )
}

# Training digits are binarised again in each epoch; test digits are binarised once.
training <- mnist()$images
test <- binarized(mnist(split = "test")$images)
if (quick) {
  training <- training[1:100, , , , drop = FALSE]
  test <- test[1:20, , , , drop = FALSE]
}
original <- test[1:8, , , , drop = FALSE]
occluded <- occlude(original, rows = 15:28)

models <- list(published = published(), corrected = corrected())
for (name in names(models)) {
  model <- models[[name]]
  for (epoch in seq_len(epochs)) model$fit(binarized(training))
  cat(sprintf("%s: %.2f nats on %d test images\n", name, model$nats(test), nrow(test)))

  png(sprintf("mnist_pixelrnn_%s_generated.png", name), width = 600, height = 600)
  plot_images(model$sample(if (quick) 9 else 100), high = 1)
  dev.off()

  png(sprintf("mnist_pixelrnn_%s_completed.png", name), width = 240, height = 540)
  plot_completion(original, occluded, model$complete(occluded), high = 1)
  dev.off()
  cat(sprintf("Wrote mnist_pixelrnn_%s_generated.png and mnist_pixelrnn_%s_completed.png.\n", name, name))
}
