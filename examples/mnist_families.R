#!/usr/bin/env Rscript
# Train the families of two papers on binarised digits: PixelCNN and PixelRNN (van den Oord, Kalchbrenner, Kavukcuoglu
# 2016, <https://arxiv.org/abs/1601.06759>) and Gated PixelCNN (van den Oord et al. 2016,
# <https://arxiv.org/abs/1606.05328>).
#
# The papers report 81.30 nats for PixelCNN, 80.54 for seven layers of Row LSTMs and 79.20 for seven layers of
# Diagonal BiLSTMs, with networks that are several times as wide as these.
#
#   Rscript examples/mnist_families.R                                        twenty epochs of all four: for a GPU
#   Rscript examples/mnist_families.R --families=row,diagonal --epochs=2     less, of the recurrent networks
#   Rscript examples/mnist_families.R --quick                                small networks, to see how all four work
#
# For each family the script prints the nats of test digits, and writes a figure of generated digits and a figure of
# completed digits, whose upper half was known. The digits are the papers' fixed binarisation. The script reads
# mnist/binarized_mnist.npz in the folder PIXELCNN_DATA if this variable is set, else downloads the digits.

library(pixelcnn)

arguments <- commandArgs(trailingOnly = TRUE)
stopifnot("arguments are --quick, --epochs=N and --families=A,B" = grepl("^--(quick|epochs=.+|families=.+)$", arguments))
quick <- "--quick" %in% arguments
epochs <- as.numeric(c(sub("--epochs=", "", grep("^--epochs=", arguments, value = TRUE)), if (quick) 1 else 20)[[1]])
shape <- c(28, 28, 1)
depth <- function(layers) if (quick) 1 else layers
width <- function(filters) if (quick) 8 else filters
# The convolutional networks are deep, because each block sees one more row above and digits are 20 rows high.
families <- list(
  pixel_cnn = function() pixel_cnn(shape, high = 1, num_blocks = depth(16), num_filters = width(48)),
  gated_pixel_cnn = function() gated_pixel_cnn(shape, high = 1, num_blocks = depth(16), num_filters = width(24)),
  row = function() pixel_rnn(shape, high = 1, cell = "row", num_layers = depth(7), num_filters = width(32)),
  diagonal = function() pixel_rnn(shape, high = 1, cell = "diagonal", num_layers = depth(7), num_filters = width(32))
)
named <- strsplit(sub("--families=", "", grep("^--families=", arguments, value = TRUE)), ",")
named <- if (length(named)) match.arg(named[[1]], names(families), several.ok = TRUE) else names(families)

training <- mnist("fixed")$images
test <- mnist("fixed", split = "test")$images
batch_size <- 8
if (quick) {
  training <- training[1:16, , , , drop = FALSE]
  test <- test[seq(1, nrow(test), by = 1000), , , , drop = FALSE]
}
steps <- nrow(training) %/% batch_size * epochs
original <- test[seq(1, nrow(test), by = nrow(test) %/% 8)[1:8], , , , drop = FALSE]
occluded <- occlude(original, rows = 15:28)
keras <- reticulate::import("keras")

for (name in named) {
  keras$utils$set_random_seed(0L)
  dist <- families[[name]]()
  rate <- keras$optimizers$schedules$CosineDecay(0, steps, warmup_target = 2e-3, warmup_steps = steps %/% 20)
  # Weights that are averaged over the last steps give a better likelihood than the weights of one step.
  dist |> compile(keras$optimizers$Adam(rate), ema_momentum = .999)
  dist |> fit(training, epochs = epochs, batch_size = batch_size)
  cat(sprintf("%s: %.2f nats on %d test images\n", name, -mean(log_prob(dist, test)), nrow(test)))

  png(sprintf("mnist_%s_generated.png", name), width = 600, height = 600)
  plot_images(sample_images(dist, if (quick) 4 else 64, seed = 0), high = 1)
  dev.off()

  png(sprintf("mnist_%s_completed.png", name), width = 240, height = 540)
  plot_completion(original, occluded, complete_images(dist, occluded, seed = 0), high = 1)
  dev.off()
  cat(sprintf("Wrote mnist_%s_generated.png and mnist_%s_completed.png.\n", name, name))
}
