#!/usr/bin/env Rscript
# Train a variational autoencoder whose decoder is a PixelCNN++, as in PixelVAE (Gulrajani et al. 2017),
# <https://arxiv.org/abs/1611.05013>.
#
# The risk is posterior collapse: a decoder that predicts each pixel well from all earlier pixels needs no latent, the KL
# falls to 0, and the latent says nothing about the image. Two measures act against collapse. The decoder has one grid and
# few layers, so it sees only the neighbourhood of a pixel and leaves the layout to the latent. And the objective has free
# bits (Kingma et al. 2016), <https://arxiv.org/abs/1606.04934>: each latent unit may spend half a nat without a charge.
#
#   Rscript examples/vae_pixelcnn_decoder.R                 doodles that the package draws
#   Rscript examples/vae_pixelcnn_decoder.R --data=mnist    digits in the fixed binarisation that papers report on
#   Rscript examples/vae_pixelcnn_decoder.R --collapse      three grids and no free bits, to see the collapse
#   Rscript examples/vae_pixelcnn_decoder.R --epochs=5      fewer than 15
#   Rscript examples/vae_pixelcnn_decoder.R --quick         a few images, to see how it works
#
# The script prints nats of test images: reconstruction, KL, ELBO; and the number of active latent units, whose KL is above
# 0.1 nats. The figure has test images, their reconstructions below them, two rows that go from one test image to another,
# and a row of draws from the prior; after a collapse the latent changes little. The script reads digits from the folder
# PIXELCNN_DATA if this variable is set, else downloads them.

library(pixelcnn)

arguments <- commandArgs(trailingOnly = TRUE)
fits <- "^--(quick|collapse|epochs=.+|data=(doodles|mnist))$"
stopifnot("arguments are --quick, --collapse, --epochs=N and --data=mnist" = grepl(fits, arguments))
quick <- "--quick" %in% arguments
collapse <- "--collapse" %in% arguments
epochs <- as.integer(c(sub("--epochs=", "", grep("^--epochs=", arguments, value = TRUE)), if (quick) 1 else 15)[[1]])
free_nats <- if (collapse) 0 else .5
units <- 16L
columns <- 8L
keras <- reticulate::import("keras")
layers <- keras$layers
ops <- keras$ops
keras$utils$set_random_seed(0L)

if ("--data=mnist" %in% arguments) {
  training <- mnist("fixed")$images
  test <- mnist("fixed", split = "test")$images[1:1000, , , , drop = FALSE]
} else { # black and white too, because the latent is about the drawing and not about grey edges
  images <- 1L * (doodles(if (quick) 200 else 3300)$images >= 128)
  first <- seq_len((10 * nrow(images)) %/% 11)
  training <- images[first, , , , drop = FALSE]
  test <- images[-first, , , , drop = FALSE]
}
if (quick) {
  training <- training[1:64, , , , drop = FALSE]
  test <- test[1:16, , , , drop = FALSE]
}

decoder <- pixel_cnn_plus_plus(
  image_shape = c(28, 28, 1),
  conditional_shape = units, # the latent, which every pixel gets
  spatial_condition_shape = c(28, 28, 8), # a map that is computed from the latent, and says what is where
  num_resnet = 1,
  num_hierarchies = if (collapse) 3 else 1,
  num_filters = if (quick) 4 else 16,
  num_logistic_mix = 1,
  dropout_p = 0,
  high = 1
)
to_map <- keras$Sequential(list(
  keras$Input(list(units)),
  layers$Dense(7L * 7L * 32L, activation = "relu"),
  layers$Reshape(c(7L, 7L, 32L)),
  layers$Conv2DTranspose(32L, 3L, strides = 2L, padding = "same", activation = "relu"),
  layers$Conv2DTranspose(8L, 3L, strides = 2L, padding = "same")
))

image <- keras$Input(c(28L, 28L, 1L))
encoder <- keras$Sequential(list(
  layers$Conv2D(32L, 3L, strides = 2L, padding = "same", activation = "relu"),
  layers$Conv2D(64L, 3L, strides = 2L, padding = "same", activation = "relu"),
  layers$Flatten()
))
mean_of_latent <- layers$Dense(units)(encoder(image))
log_variance <- layers$Dense(units)(encoder(image))
noise <- layers$GaussianNoise(1)(ops$zeros_like(mean_of_latent)) # drawn only with training = TRUE
latent <- mean_of_latent + ops$exp(log_variance / 2) * noise
kl <- (ops$square(mean_of_latent) + ops$exp(log_variance) - 1 - log_variance) / 2 # nats (B, units)
nats <- decoder$log_prob(image, conditional_input = reticulate::tuple(latent, to_map(latent)))
charge <- ops$sum(ops$maximum(ops$mean(kl, axis = 0L), free_nats))
objective <- reticulate::import("pixelcnn")$losses$NegativeLogLikelihood()(nats - charge)

vae <- keras$Model(image, list(objective, nats, kl, mean_of_latent))
vae$compile(keras$optimizers$Adam(3e-3))
invisible(vae$fit(training, batch_size = 32L, epochs = epochs, verbose = 2L))

batches <- split(seq_len(nrow(test)), (seq_len(nrow(test)) - 1) %/% 100)
outputs <- lapply(batches, function(rows) {
  lapply(vae(test[rows, , , , drop = FALSE], training = TRUE), function(part) as.array(ops$convert_to_numpy(part)))
})
reconstruction <- mean(unlist(lapply(outputs, `[[`, 2)))
kl_of_units <- colMeans(do.call(rbind, lapply(outputs, `[[`, 3)))
means <- do.call(rbind, lapply(outputs, `[[`, 4))
divergence <- sum(kl_of_units)
active <- sum(kl_of_units > .1)
cat(sprintf(
  "reconstruction %.1f nats, KL %.1f nats, ELBO %.1f nats\n", reconstruction, divergence, reconstruction - divergence
))
cat(sprintf("%d of %d latent units are active on %d test images\n", active, units, nrow(test)))

# Images at latents (B, units), all drawn with the same seed.
decode <- function(latents) sample_images(decoder, condition = list(latents, to_map$predict(latents, verbose = 0L)), seed = 0)

path <- seq(0, 1, length.out = columns)
between <- function(first, last) (1 - path) %o% means[first, ] + path %o% means[last, ]
latents <- rbind(means[seq_len(columns), ], between(1, 2), between(3, 4), matrix(rnorm(columns * units), columns))
figure <- array(0L, c(5 * columns, 28, 28, 1))
figure[seq_len(columns), , , ] <- test[seq_len(columns), , , ]
figure[-seq_len(columns), , , ] <- decode(latents)
png("vae_pixelcnn_decoder.png", width = 56 * columns, height = 56 * 5)
plot_images(figure, columns = columns, high = 1)
invisible(dev.off())
cat("Wrote vae_pixelcnn_decoder.png.\n")
