trained_by_tfp <- function() {
  skip_without_python()
  skip_if_not(reticulate::py_module_available("tensorflow_probability"), "TensorFlow Probability is not installed:")
  skip_if_not(reticulate::import("keras")$backend$backend() == "tensorflow", "the backend is not TensorFlow:")
  once("trained by TFP", {
    withr::local_envvar(TF_USE_LEGACY_KERAS = "1")
    reticulate::py_run_string("
import numpy as np, tensorflow as tf, tf_keras, tensorflow_probability as tfp
arguments = dict(num_resnet=1, num_hierarchies=2, num_filters=4, num_logistic_mix=2, dropout_p=0.0)
theirs = tfp.distributions.PixelCNN(image_shape=(8, 8, 1), **arguments)
image = tf_keras.layers.Input((8, 8, 1))
model = tf_keras.Model(image, theirs.log_prob(image))
model.add_loss(-tf.reduce_mean(model.output))
model.compile(optimizer=tf_keras.optimizers.Adam(1e-3))
images = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 1)).astype('float32')
model.fit(images, verbose=0)
", local = TRUE, convert = FALSE)
  })
}

test_that("a PixelCNN that TFP trained has the same likelihood here, and on its way back", {
  python <- trained_by_tfp()
  images <- reticulate::py_to_r(python$images)
  expected <- as.numeric(reticulate::py_to_r(python$theirs$log_prob(python$images, training = FALSE)$numpy()))
  dist <- from_tfp(python$theirs)
  expect_equal(log_prob(dist, images), expected, tolerance = 1e-4)
  expect_equal(dim(sample_images(dist, 2, seed = 1)), c(2L, 8L, 8L, 1L))
  back <- to_tfp(dist)
  expect_equal(as.numeric(tfd_log_prob(back, images)$numpy()), expected, tolerance = 1e-4)
})

test_that("a file of weights gives the same distribution", {
  python <- trained_by_tfp()
  path <- withr::local_tempfile(fileext = ".h5")
  python$model$save_weights(path)
  dist <- from_tfp_weights(
    path, image_shape = c(8, 8, 1), num_resnet = 1, num_hierarchies = 2, num_filters = 4, num_logistic_mix = 2
  )
  images <- reticulate::py_to_r(python$images)
  expect_equal(log_prob(dist, images), log_prob(from_tfp(python$theirs), images))
  expect_error(from_tfp_weights("none.h5", image_shape = c(8, 8, 1)), "none.h5")
})

test_that("what is no distribution of TFP is refused by name", {
  skip_without_python()
  expect_error(from_tfp(tiny()), "distribution")
  expect_error(from_tfp(3), "distribution")
  expect_error(to_tfp(tiny()), "num_classes=2")
  expect_error(to_tfp(3), "object")
})

test_that("a checkpoint of the PyTorch port has the same likelihood", {
  skip_without_python()
  skip_if_not(reticulate::py_module_available("torch"), "PyTorch is not installed:")
  python <- reticulate::py_run_string(sprintf("
import sys
sys.path.insert(0, %s)
import functools, numpy as np, torch
from reference import pytorch_port
state = pytorch_port.random_state(num_resnet=1, num_filters=3, num_mix=2, channels=1)
images = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 1))
expected = pytorch_port.log_prob(state, images)
save = functools.partial(torch.save, state)
", encodeString(clone("tests"), quote = "'")), local = TRUE, convert = FALSE)
  path <- withr::local_tempfile(fileext = ".pth")
  python$save(path)
  dist <- from_pytorch_pixelcnnpp(path, c(8, 8, 1), dtype = "float32", name = "port")
  expect_equal(log_prob(dist, reticulate::py_to_r(python$images)), as.numeric(python$expected), tolerance = 1e-4)
  expect_error(from_pytorch_pixelcnnpp(path, c(8, 8, 3)), "image_shape")
  expect_error(from_pytorch_pixelcnnpp("none.pth"), "none.pth")
})
