#!/usr/bin/env Rscript
# The script of the article 'Easy PixelCNN with tfprobability' (Sigrid Keydana, 2020, Posit AI Blog, CC BY 4.0), line by
# line, on Keras 3. Below an edited line, `# was:` shows the article's line. All other lines are the article's, except
# `if (quick)`. quickdraw.R is a shorter script for the same task.
#
#   Rscript examples/article.R            as in the article: hours, best on a GPU
#   Rscript examples/article.R --quick    a small network and few drawings, to see how it works
#
# The script reads drawings from the folder PIXELCNN_DATA if this variable is set, else downloads them.

quick <- "--quick" %in% commandArgs(trailingOnly = TRUE)

library(reticulate)

library(pixelcnn)
# was: library(tensorflow); library(keras); library(tfprobability); library(tfdatasets); library(tfds)
tf <- import("tensorflow")
keras <- import("keras")

# bee, bicycle, broccoli, butterfly, cactus,
# frog, guitar, lightning, penguin, pizza,
# rollerskates, sea turtle, sheep, snowflake, sun,
# swan, The Eiffel Tower, tractor, train, tree
classes <- c(26, 29, 43, 49, 50,
             125, 134, 172, 218, 225,
             246, 255, 258, 271, 295,
             296, 309, 320, 322, 323
)
# was: 296, 308, 320, 322, 323          (label 308 is tent)

train_ds <- quickdraw(classes, per_class = if (quick) 10 else 25000)
# was: train_ds <- tfds_load("quickdraw_bitmap", split='train[:500000]')
# was: train_ds <- train_ds %>% dataset_filter(...)
labels <- classes[as.integer(train_ds$labels)]

batch_size <- 32

image <- np_array(train_ds$images, dtype = "float32")
label <- np_array(labels, dtype = "float32")
train <- tf$data$Dataset$from_tensor_slices(tuple(list(tuple(image, label))))$shuffle(10000L)$batch(as.integer(batch_size))
# was: train <- train_ds %>% dataset_map(preprocess) %>% dataset_shuffle(10000) %>% dataset_batch(batch_size)

dist <- tfd_pixel_cnn(
  image_shape = c(28, 28, 1),
  conditional_shape = list(),
  num_resnet = if (quick) 1 else 5,
  num_hierarchies = 3,
  num_filters = if (quick) 8 else 128,
  num_logistic_mix = 5,
  dropout_p =.5
)

image_input <- keras$Input(shape = c(28L, 28L, 1L))
# was: image_input <- layer_input(shape = c(28, 28, 1))
label_input <- keras$Input(shape = list())
# was: label_input <- layer_input(shape = list())
log_prob <- dist |> tfd_log_prob(image_input, conditional_input = label_input)
# was: log_prob <- dist %>% tfd_log_prob(image_input, conditional_input = label_input)

add_loss <- import("pixelcnn.losses")$NegativeLogLikelihood()
model <- keras$Model(inputs = list(image_input, label_input), outputs = add_loss(log_prob))
# was: model <- keras_model(inputs = list(image_input, label_input), outputs = log_prob)
# was: model$add_loss(-tf$reduce_mean(log_prob))
model$compile(optimizer = keras$optimizers$Adam(learning_rate = .001))
# was: model$compile(optimizer = optimizer_adam(lr = .001))

history <- model$fit(train, epochs = if (quick) 1L else 10L, verbose = 2L)
# was: model %>% fit(train, epochs = 10)

for (i in if (quick) classes[1:2] else classes) {

  real_images <- train_ds$images[which(labels == i)[1:8], , , 1] / 255
  # was: dataset_filter(), dataset_take(8), dataset_batch(8), as_iterator(), iter_next(), as.array(), / 255

  generated_images <- dist |> tfd_sample(8, conditional_input = i)
  # was: generated_images <- dist %>% tfd_sample(8, conditional_input = i)
  generated_images <- generated_images |> as.array()
  # was: generated_images <- generated_images %>% as.array()
  generated_images <- generated_images[ , , , 1]/255

  images <- list(real_images, generated_images)
  # was: images <- abind::abind(real_images, generated_images, along = 1)
  png(paste0("draw_", i, ".png"), width = 8 * 28 * 10, height = 2 * 28 * 10)
  par(mfrow = c(2, 8), mar = c(0, 0, 0, 0))
  for (part in images) for (k in 1:8) plot(as.raster(part[k, , ]))
  # was: images %>% purrr::array_tree(1) %>% purrr::map(as.raster) %>% purrr::iwalk(plot)
  dev.off()
  cat(paste0("Wrote draw_", i, ".png.\n"))
}
