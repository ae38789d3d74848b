#!/usr/bin/env Rscript
# The demo of the article 'Easy PixelCNN with tfprobability' (Keydana 2020, Posit AI Blog): a conditional PixelCNN++ on
# twenty classes of Quick, Draw!, and a figure of real drawings above generated ones.
#
#   Rscript examples/quickdraw.R                 the article's network: hours, best on a GPU
#   Rscript examples/quickdraw.R --small         a small network: for a CPU
#   Rscript examples/quickdraw.R --quick         few drawings, to see how it works
#   Rscript examples/quickdraw.R --pretrained    no training: the package's model of the twenty classes
#
# The script reads drawings from the folder PIXELCNN_DATA if this variable is set, else downloads them.

library(pixelcnn)

arguments <- commandArgs(trailingOnly = TRUE)
stopifnot("arguments are --small, --quick and --pretrained" = grepl("^--(small|quick|pretrained)$", arguments))
quick <- "--quick" %in% arguments
small <- quick || "--small" %in% arguments
keras <- reticulate::import("keras")
keras$utils$set_random_seed(0L)

six <- c("bicycle", "broccoli", "butterfly", "guitar", "penguin", "rollerskates")
count <- if (quick) 2 else 8

# Writes real drawings of some classes, and below them generated ones.
write_figure <- function(path, classes, height, guidance = 0) {
  png(path, width = 1600, height = height, pointsize = 16)
  plot_real_vs_generated(dist, data, n = count, classes = classes, seed = 0, guidance = guidance)
  invisible(dev.off())
}

if ("--pretrained" %in% arguments) {
  dist <- load_pretrained("quickdraw20") # the error names the models that are there
  data <- quickdraw(dist$class_names, per_class = count)
  suits <- pretrained_cards()$quickdraw20$guidance
  write_figure("quickdraw_six.png", six, 700, suits)
  write_figure("quickdraw_twenty.png", data$class_names, 680, suits)
  message("Wrote quickdraw_six.png and quickdraw_twenty.png.")
  quit(save = "no")
}

# The default classes are the article's, by name. The article's labels include 308 (tent), not 309 (The Eiffel Tower).
per_class <- if (quick) 2 else if (small) 1000 else 25000
data <- quickdraw(per_class = per_class)

# Drawings of a class with few drawings are repeated, so that the network learns each class.
if (small) {
  rows <- split(seq_along(data$labels), data$labels)
  data <- data[unlist(lapply(rows, rep_len, per_class))]
}

dist <- tfd_pixel_cnn(
  image_shape = c(28, 28, 1),
  num_classes = 20,
  class_names = data$class_names,
  num_resnet = if (small) 1 else 5,
  num_hierarchies = 3,
  num_filters = if (small) 32 else 128,
  num_logistic_mix = 5,
  dropout_p = if (small) 0 else .5
)

epochs <- if (quick) 1 else if (small) 4 else 10
batch_size <- if (small) 16 else 32

# In a short training, a learning rate that starts high and falls to 0 works better than the article's constant rate.
steps <- ceiling(length(data$labels) / batch_size) * epochs
learning_rate <- if (small) {
  keras$optimizers$schedules$CosineDecay(0, steps, warmup_target = 2e-3, warmup_steps = steps %/% 20)
} else {
  1e-3
}

# No functional model is needed, because the loss of the distribution is the negative log-likelihood.
dist |> compile(optimizer = keras$optimizers$Adam(learning_rate))
dist |> fit(data, epochs = epochs, batch_size = batch_size)

save_pixelcnn(dist, "quickdraw.keras")
write_figure("quickdraw.png", data$class_names, 680)
message("Wrote quickdraw.keras and quickdraw.png.")
