#!/usr/bin/env Rscript
# Train a vector-quantised autoencoder (VQ-VAE, van den Oord et al. 2017), <https://arxiv.org/abs/1711.00937>, and
# distributions over its codes, from which new drawings are decoded.
#
# The VQ-VAE describes a drawing of 28x28 by 7x7 codes of K = 64, or by two levels of codes (Razavi et al. 2019),
# <https://arxiv.org/abs/1906.00446>: 7x7, and 14x14 that are decoded together with them. Its priors are conditioned on
# the class; the prior of the 14x14 codes is also conditioned on the 7x7 codes, as a map.
#
#   Rscript examples/vqvae_prior.R                     doodles that the package draws
#   Rscript examples/vqvae_prior.R --data-dir=FOLDER   drawings of QuickDraw in a folder
#   Rscript examples/vqvae_prior.R --epochs=5          fewer than 8
#   Rscript examples/vqvae_prior.R --quick             a few doodles, to see how it works
#
# The script prints the nats of the codes of test drawings. It writes two figures. vqvae_prior.png has a column for each
# class, and in its rows: test drawings; their reconstructions from 7x7 codes, and from two levels; drawings from the Gated
# PixelCNN prior, from the PixelCNN++ prior, and from the priors of two levels. vqvae_restored.png has test drawings with a
# square that does not belong, and the reconstructions with unlikely codes restored.

library(pixelcnn)

arguments <- commandArgs(trailingOnly = TRUE)
fits <- grepl("^--(quick|epochs=.+|data-dir=.+)$", arguments)
stopifnot("arguments are --quick, --epochs=N and --data-dir=FOLDER" = fits)
value <- function(name) sub(".*?=", "", grep(paste0("^--", name, "="), arguments, value = TRUE))
quick <- "--quick" %in% arguments
epochs <- as.integer(c(value("epochs"), if (quick) 1 else 8)[[1]])
filters <- if (quick) 8L else 32L
classes <- c("bee", "bicycle", "butterfly", "guitar", "penguin", "pizza", "train", "tree")
K <- 64L # codes
D <- 16L # numbers of a code's vector
keras <- reticulate::import("keras")
layers <- keras$layers
keras$utils$set_random_seed(0L)
set.seed(0)

if (length(value("data-dir"))) {
  training <- quickdraw(classes, data_dir = value("data-dir"), split = "train")
  test <- quickdraw(classes, data_dir = value("data-dir"), split = "test")
} else {
  training <- doodles(if (quick) 64 else 8000, classes, seed = 0)
  test <- doodles(if (quick) 64 else 160, classes, seed = 1)
}

# A layer with variables is a class, so it is written in Python. It replaces each feature by the nearest of K vectors, and
# passes gradients through as if nothing were replaced. A vector is the moving average of the features that it replaces. A
# vector that replaces hardly any feature becomes one of the batch's features.
reticulate::py_run_string("
import keras
from keras import ops

class VectorQuantizer(keras.layers.Layer):
    def __init__(self, K, D):
        super().__init__()
        self.vectors = self.add_weight(shape=(K, D), initializer='random_uniform', trainable=False, name='vectors')
        self.sums = self.add_weight(shape=(K, D), initializer='zeros', trainable=False, name='sums')
        self.counts = self.add_weight(shape=(K,), initializer='zeros', trainable=False, name='counts')
        self.random = keras.random.SeedGenerator(0)

    def call(self, features, training=False):
        codes = ops.argmin(ops.sum(self.vectors**2, axis=-1) - 2 * features @ ops.transpose(self.vectors), axis=-1)
        nearest = ops.stop_gradient(ops.take(self.vectors, codes, axis=0))
        self.add_loss(0.25 * ops.mean(ops.square(features - nearest)))
        if training:
            K, D = self.vectors.shape
            self.update(ops.stop_gradient(ops.reshape(features, (-1, D))), ops.reshape(codes, (-1,)), K)
        return features + ops.stop_gradient(nearest - features), codes

    def update(self, features, codes, K):
        ours = ops.one_hot(codes, K, dtype=features.dtype)
        counts = 0.99 * self.counts + 0.01 * ops.sum(ours, axis=0)
        sums = 0.99 * self.sums + 0.01 * ops.transpose(ours) @ features
        unused = (counts < 0.1)[:, None]
        others = ops.take(features, keras.random.randint((K,), 0, ops.shape(features)[0], seed=self.random), axis=0)
        self.counts.assign(ops.where(unused[:, 0], 1.0, counts))
        self.sums.assign(ops.where(unused, others, sums))
        self.vectors.assign(self.sums / self.counts[:, None])
")

convolved <- function(x, ...) {
  for (stride in c(...)) {
    x <- layers$Conv2D(filters, if (stride > 1) 4L else 3L, strides = stride, padding = "same", activation = "relu")(x)
  }
  x
}
enlarged <- function(x) layers$Conv2DTranspose(filters, 4L, strides = 2L, padding = "same", activation = "relu")(x)
together <- function(...) layers$Concatenate()(list(...))

# A trained encoder, from images to codes, or to a list of codes for two levels, and the decoder.
vqvae <- function(levels) {
  quantizers <- lapply(seq_len(levels), function(level) reticulate::py$VectorQuantizer(K, D))
  parts <- lapply(c(7L, 14L)[seq_len(levels)], function(size) keras$Input(list(size, size, D)))
  x <- enlarged(convolved(parts[[1]], 1L))
  x <- convolved(if (levels == 2) together(x, parts[[2]]) else x, 1L)
  picture <- layers$Conv2DTranspose(1L, 4L, strides = 2L, padding = "same", activation = "sigmoid")(x)
  generator <- keras$Model(parts, picture)

  image <- keras$Input(c(28L, 28L, 1L))
  half <- convolved(layers$Rescaling(1 / 255)(image), 2L, 1L)
  found <- list(quantizers[[1]](layers$Conv2D(D, 1L)(convolved(half, 2L, 1L))))
  if (levels == 2) {
    found[[2]] <- quantizers[[2]](layers$Conv2D(D, 1L)(together(half, enlarged(found[[1]][[1]]))))
  }
  autoencoder <- keras$Model(image, generator(lapply(found, `[[`, 1)))
  autoencoder$compile(keras$optimizers$Adam(1e-3), loss = "binary_crossentropy")
  images <- as.array(training$images)
  autoencoder$fit(images, images / 255, batch_size = 64L, epochs = epochs, verbose = 2L)

  decoder <- function(maps) {
    maps <- if (is.list(maps)) maps else list(maps)
    vectors <- lapply(seq_len(levels), function(level) {
      array(quantizers[[level]]$vectors$numpy()[as.vector(maps[[level]]) + 1, ], c(dim(maps[[level]]), D))
    })
    round(255 * generator$predict_on_batch(vectors))
  }
  codes <- lapply(found, `[[`, 2)
  list(encoder = keras$Model(image, if (levels == 2) codes else codes[[1]]), decoder = decoder)
}

# A prior of codes (n, h, w, 1), given the class and a map.
fitted_prior <- function(family, codes, map = NULL, ...) {
  prior <- family(
    dim(codes)[-1], class_names = classes, num_filters = filters, dropout_p = .1, high = K - 1L, levels = "categorical",
    spatial_condition_shape = if (!is.null(map)) dim(map)[-1], spatial_condition_levels = if (!is.null(map)) K, ...
  )
  # A prior needs more epochs than the autoencoder. Four times as many for 7x7 codes, twice as many for 14x14.
  passes <- if (quick) epochs else epochs * 28L %/% dim(codes)[[2]]
  steps <- as.integer(passes * ceiling(nrow(codes) / 64))
  prior |> compile(optimizer = keras$optimizers$Adam(keras$optimizers$schedules$CosineDecay(2e-3, steps)))
  condition <- if (is.null(map)) training$labels else list(training$labels, map)
  prior |> fit(codes, condition, batch_size = 64, epochs = passes)
  prior
}

# Codes (n, 7, 7, 1) of the upper level as the condition of the lower one, (n, 14, 14, 1).
as_map <- function(codes) as.array(codes)[, rep(1:7, each = 2), rep(1:7, each = 2), , drop = FALSE]

report <- function(name, prior, codes, condition) {
  cat(sprintf("%s: %.1f nats\n", name, -mean(log_prob(prior, codes, condition))))
}

one <- vqvae(1)
codes <- vq_codes(one$encoder, training)
held_out <- vq_codes(one$encoder, test)
cat(sprintf("%d of %d codes are in use\n", length(unique(as.vector(codes))), K))
gated <- fitted_prior(gated_pixel_cnn, codes, num_blocks = if (quick) 1 else 4)
plus_plus <- fitted_prior(pixel_cnn_plus_plus, codes, num_hierarchies = 1, num_resnet = if (quick) 1 else 2)
report("Gated PixelCNN", gated, held_out, test$labels)
report("PixelCNN++", plus_plus, held_out, test$labels)

two <- vqvae(2)
both <- vq_codes(two$encoder, training)
both_held_out <- vq_codes(two$encoder, test)
upper <- fitted_prior(gated_pixel_cnn, both[[1]], num_blocks = if (quick) 1 else 4)
lower <- fitted_prior(gated_pixel_cnn, both[[2]], as_map(both[[1]]), num_blocks = if (quick) 1 else 4)
report("two levels, 7x7", upper, both_held_out[[1]], test$labels)
report("two levels, 14x14", lower, both_held_out[[2]], list(test$labels, as_map(both_held_out[[1]])))

shown <- match(classes, as.character(test$labels))
drawn <- sample_images(upper, condition = classes, seed = 0)
drawn_lower <- sample_images(lower, condition = list(classes, as_map(drawn)), seed = 0)
of_shown <- function(codes) codes[shown, , , , drop = FALSE]
figure <- function(rows, path) {
  page <- aperm(array(unlist(lapply(rows, function(row) aperm(as.array(row), c(2:4, 1)))), c(28, 28, 1, 8 * length(rows))), c(4, 1:3))
  png(path, width = 56 * 8, height = 56 * length(rows))
  plot_images(page, columns = 8)
  invisible(dev.off())
}
figure(list(
  test$images[shown],
  vq_decode(one$decoder, of_shown(held_out)),
  vq_decode(two$decoder, lapply(both_held_out, of_shown)),
  vq_decode(one$decoder, sample_images(gated, condition = classes, seed = 0)),
  vq_decode(one$decoder, sample_images(plus_plus, condition = classes, seed = 0)),
  vq_decode(two$decoder, list(drawn, drawn_lower))
), "vqvae_prior.png")

# A code is unlikely if its surprisal is among the largest twentieth of those of training drawings.
some <- seq_len(min(1000, nrow(codes)))
surprisal <- -pixel_log_prob(gated, codes[some, , , , drop = FALSE], training$labels[some])
damaged <- as.array(test$images[shown])
damaged[, 11:18, 11:18, ] <- 255L
damaged_codes <- vq_codes(one$encoder, damaged)
restored <- vq_restore(gated, damaged_codes, quantile(surprisal, .95)[[1]], classes, seed = 0)
figure(list(damaged, vq_decode(one$decoder, damaged_codes), vq_decode(one$decoder, restored)), "vqvae_restored.png")
cat("Wrote vqvae_prior.png and vqvae_restored.png.\n")
