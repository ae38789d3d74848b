#' pixelcnn: autoregressive image distributions
#'
#' The package makes, trains and uses probability distributions of images. A distribution
#' is a neural network that gives the probability of each pixel given the pixels before it
#' in raster order: row by row, each row from left to right.
#'
#' * Load a trained distribution with [load_pretrained()], or make one with
#'   [pixel_cnn_plus_plus()], [gated_pixel_cnn()], [pixel_cnn()] or [pixel_rnn()].
#'   [tfd_pixel_cnn()] takes the arguments of 'tfprobability'.
#' * Train it with [`compile()`][compile.pixelcnn.PixelDistribution] and
#'   [`fit()`][fit.pixelcnn.PixelDistribution].
#' * Draw images with [sample_images()], and complete images with [complete_images()].
#' * Compute the likelihood of images with [log_prob()] and [bits_per_dim()].
#' * Find the class of images with [class_log_probs()] and `predict(type = "class")`. Bind a
#'   condition with [given()].
#' * Load images to train on with [quickdraw()], [mnist()], [cifar10()], [image_folder()] or
#'   [image_arrays()].
#'
#' The networks run in Python. [install_pixelcnn()] installs the Python package, and
#' [pixelcnn_config()] shows what is installed. The vignette *Get started* shows all steps.
#' *The article* in the help is 'Easy PixelCNN with tfprobability' (Keydana 2020); see the
#' vignette *Reproducing the QuickDraw demo*.
#'
#' @section Conditions:
#' A distribution of K classes takes a class for each image, in one of these forms:
#'
#' * **class names**, such as `"bee"`;
#' * a **factor**. If the distribution has class names, the package looks up the level names
#'   of the factor. Otherwise it uses the 0-based codes, 0 for the first level, and a factor
#'   whose level names are numbers other than these codes is an error;
#' * **integers** or whole doubles. They are *0-based*, as in TensorFlow Datasets and in
#'   Python: the first class is 0 and the last class is K - 1.
#'
#' A single class is used for all images. The condition may be `NULL` if the distribution was
#' made with `condition_dropout`; then the result is for images of unspecified class.
#'
#' @section Images:
#' Images are R arrays of whole numbers with dimensions (n, height, width, channels).
#' Images with one channel may have the dimensions (n, height, width). A single image may
#' lack the first dimension, because R drops dimensions of length 1 in `x[1, , , ]`.
#'
#' @section Random numbers:
#' The same `seed` draws the same images in R and in Python, and image i does not depend on
#' the number of images. Without a `seed`, the package draws a seed from R's generator, so
#' [set.seed()] makes sampling repeatable.
#'
#' [set.seed()] also determines the initial weights of a new distribution and its training. A
#' script that begins with `set.seed()` therefore trains the same weights each time on the
#' same machine. For this purpose each constructor and each
#' [`fit()`][fit.pixelcnn.PixelDistribution] sets the seeds of Python, NumPy and Keras.
#'
#' @section Progress:
#' `verbose = NULL` shows a progress bar in the console and in RStudio, plain lines in
#' knitr and in scripts, and nothing in tests: the images that are done, their rate, and the
#' time left. Work that takes less than two seconds shows nothing. `verbose = TRUE` and `verbose = FALSE` switch progress on and off, and so does
#' `options(pixelcnn.verbose = )` for all calls.
#'
#' Before the first draw of a distribution in a session, XLA compiles the sampler. The
#' compilation takes longer than drawing, and a message announces it. XLA may compile again
#' for another number of images. On a CPU, each core draws a share of the images, and the
#' share is rounded up to 1, 2, 4 or a multiple of 8 images; XLA compiles only for a new
#' share. With `batch_size`, all numbers of images well above `batch_size` have the same
#' share. An interrupt returns to the prompt at once. XLA then finishes the compilation in
#' the background, and the next draw uses the result.
#'
#' @section Beside other packages:
#' The article uses functions of other packages: `layer_input()`, `keras_model()`,
#' `optimizer_adam()` and callbacks of 'keras3'; `dataset_map()` and similar functions of
#' 'tfdatasets'; `tfds_load()` of 'tfds'; and other distributions of 'tfprobability'. Attach
#' these packages before or after this package, or call Keras with
#' `reticulate::import("keras")`. In 'Keras' 3 there is no `model$add_loss()`, and optimizers
#' have the argument `learning_rate` in place of `lr`. The vignette *Reproducing the QuickDraw
#' demo* lists a replacement for each line of the article.
#'
#' 'tfprobability' and 'keras' work with legacy Keras, and this package with 'Keras' 3. When
#' both are attached, a message says so once; [suppressPackageStartupMessages()] hides it.
#'
#' * 'tfprobability' and 'keras' set the environment variable `TF_USE_LEGACY_KERAS=1`. This
#'   package works the same with it. Inputs, optimizers and callbacks of legacy Keras are
#'   errors here: take those of 'keras3' or of `reticulate::import("keras")`.
#' * Load 'tfprobability' before the first distribution of this package is made. TensorFlow
#'   reads the variable when Python loads it, and a later `Sys.setenv()` changes nothing.
#' * All packages share one Python. If it was not chosen, reticulate takes the first of these
#'   environments that exists: `r-tensorflow` of 'tfprobability', `r-keras` of 'keras3',
#'   and `r-pixelcnn`. `reticulate::use_virtualenv("r-pixelcnn")`, before Python starts,
#'   chooses the environment of [install_pixelcnn()]. To add what 'tfprobability' needs, call
#'   `reticulate::py_install(c("tensorflow-probability", "tf_keras"), "r-pixelcnn")`.
#' * In Python 3.12 or 3.13 'tfprobability' also needs `reticulate::import("setuptools")`
#'   before its first call, because TensorFlow Probability 0.25 imports distutils, which these
#'   versions of Python lack.
#' * Without any environment, reticulate makes one that fits all packages. 'tfprobability'
#'   asks for NumPy 1, so beside it this package asks for Python 3.11.
#' * Of [use_backend()] of this package and of 'keras3', the package attached last is called.
#'   Both set `KERAS_BACKEND`. `use_backend()` of 'keras' knows only backends of Keras 2: call
#'   `pixelcnn::use_backend()`.
#'
#' @section Several processes:
#' A fork of the session, such as `parallel::mclapply()` makes, cannot use a distribution,
#' because a fork does not have the threads of Python. Save the distribution with
#' [save_pixelcnn()], start workers with `parallel::makeCluster()`, and call
#' [load_pixelcnn()] in each of them.
#'
#' @section Errors:
#' Errors are R conditions of class `pixelcnn_error`. An error from Python also has a class
#' that is named after the Python class, such as `pixelcnn_value_error`.
#' [rlang::last_error()] shows the backtrace of R, and [reticulate::py_last_error()] shows the
#' traceback of Python.
#'
#' @keywords internal
#' @importFrom stats simulate logLik predict nobs median quantile weighted.mean
#' @importFrom utils str
#' @importFrom grDevices as.raster
#' @importFrom rlang .data
"_PACKAGE"

#' @importFrom generics compile
#' @export
generics::compile

#' @importFrom generics fit
#' @export
generics::fit

#' @importFrom generics evaluate
#' @export
generics::evaluate
