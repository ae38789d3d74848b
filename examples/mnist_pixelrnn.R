#!/usr/bin/env Rscript
# The model of O'Reilly's article 'Using TensorFlow to generate images with PixelRNNs', as published and corrected:
# <https://www.oreilly.com/ideas/using-tensorflow-to-generate-images-with-pixelrnns>.
#
# As published, all layers behind the first are 1x1, so that a pixel sees its 7x7 neighbourhood and no more. The
# corrected model is the PixelCNN of the paper, of about the article's width: blocks with layers of 3x3 and residual
# connections.
#
#   Rscript examples/mnist_pixelrnn.R               the article's 20 epochs
#   Rscript examples/mnist_pixelrnn.R --epochs=3    fewer
#   Rscript examples/mnist_pixelrnn.R --quick       a look at how it works
#
# For each of the two it prints the nats of binarised test images and writes digits that it made up, and digits of which
# it saw the upper half, completed. Digits come from mnist/mnist.npz in the folder PIXELCNN_DATA where that is set, else
# from Keras' download.

library(pixelcnn)

arguments <- commandArgs(trailingOnly = TRUE)
stopifnot("arguments are --quick and --epochs=N" = grepl("^--(quick|epochs=.+)$", arguments))
quick <- "--quick" %in% arguments
epochs <- as.numeric(c(sub("--epochs=", "", grep("^--epochs=", arguments, value = TRUE)), if (quick) 1 else 20)[[1]])
set.seed(0)
keras <- reticulate::import("keras")
keras$utils$set_random_seed(0L)

# Ink where a coin of the pixel's own grey level falls so.
binarized <- function(grey) array(as.integer(runif(length(grey)) < grey / 255), dim(grey))

# What a Keras model of one's own takes; the distributions of the package take R's arrays.
to_python <- function(images) reticulate::np_array(images, "float32", order = "C")

# The article clips at 1 the gradients of a mean over pixels; a distribution's are those of a sum over an image's pixels.
article_optimizer <- function(pixels = 1) keras$optimizers$RMSprop(1e-3, clipvalue = pixels)

# The article's network, a Keras model: log-odds of ink, from 7x7 pixels under mask A and layers of 1x1.
published <- function() {
  masked <- reticulate::import("pixelcnn.layers")$MaskedConv2D
  input <- keras$Input(c(28L, 28L, 1L))
  x <- masked(16L, 7L, "A")(input)
  for (layer in 1:7) x <- masked(3L, 1L, "B")(x)
  for (layer in 1:2) x <- keras$layers$ReLU()(masked(32L, 1L, "B")(x))
  network <- keras$Model(input, masked(1L, 1L, "B")(x))
  network$compile(article_optimizer(), loss = keras$losses$BinaryCrossentropy(from_logits = TRUE))
  # One pass of the whole network for each pixel, as in the article.
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

# Training digits are binarised anew in each epoch; the test digits are drawn once.
training <- mnist()$images
test <- binarized(mnist(split = "test")$images)
if (quick) {
  training <- training[1:500, , , , drop = FALSE]
  test <- test[1:100, , , , drop = FALSE]
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
