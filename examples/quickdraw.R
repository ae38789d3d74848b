#!/usr/bin/env Rscript
# The demo of the article 'Easy PixelCNN with tfprobability' (Keydana 2020, Posit AI Blog): a conditional PixelCNN++ on
# twenty classes of Quick, Draw!, and a figure of real drawings above generated ones.
#
#   Rscript examples/quickdraw.R            the article's network: hours, best on a GPU
#   Rscript examples/quickdraw.R --quick    a small one: minutes on a CPU
#
# Drawings come from the folder PIXELCNN_DATA where that is set, else from the network.

library(pixelcnn)

quick <- "--quick" %in% commandArgs(trailingOnly = TRUE)

# The article lists its classes as numbers, with 308 for The Eiffel Tower; 308 is tent. Here they go by name.
data <- quickdraw(per_class = if (quick) 400 else 25000)

dist <- tfd_pixel_cnn(
  image_shape = c(28, 28, 1),
  num_classes = 20,
  class_names = data$class_names,
  num_resnet = if (quick) 1 else 5,
  num_hierarchies = 3,
  num_filters = if (quick) 32 else 128,
  num_logistic_mix = 5,
  dropout_p = if (quick) 0 else .5
)

# The likelihood is the loss, so there is no functional model to wrap around it.
dist |> compile(optimizer = "adam", learning_rate = if (quick) .002 else .001)
dist |> fit(data, epochs = if (quick) 4 else 10, batch_size = if (quick) 16 else 32)

save_pixelcnn(dist, "quickdraw.keras")
png("quickdraw.png", width = 1600, height = 680, pointsize = 16)
plot_real_vs_generated(dist, data, n = 8)
invisible(dev.off())
message("Wrote quickdraw.keras and quickdraw.png.")
