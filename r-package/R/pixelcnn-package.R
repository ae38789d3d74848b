#' pixelcnn: autoregressive image distributions
#'
#' A distribution is made by [pixel_cnn_plus_plus()], [gated_pixel_cnn()],
#' [pixel_cnn()] or [pixel_rnn()], or, with the arguments of 'tfprobability', by
#' [tfd_pixel_cnn()]. It is trained with
#' [`fit()`][fit.pixelcnn.PixelDistribution], asked for likelihoods with [log_prob()]
#' and [bits_per_dim()], and sampled from with [sample_images()] and
#' [complete_images()]. All modelling is done in Python; [install_pixelcnn()] sets it
#' up and [pixelcnn_config()] says what is there.
#'
#' @section Conditions:
#' A distribution of K classes takes a class for each image, in any of these forms:
#'
#' * **class names**, such as `"bee"`, or a **factor**: the easy way. A factor goes by
#'   its labels if the distribution has class names, and by its 0-based codes otherwise.
#'   Without class names, labels that are numbers other than the codes are an error.
#' * **integers** or whole doubles. They are *0-based*, as in TensorFlow Datasets and in
#'   Python: the first class is 0 and the last is K - 1.
#'
#' One class serves any number of images. A distribution that was made with
#' `condition_dropout` takes `NULL` as well, and then is the one without a condition.
#'
#' @section Images:
#' Images are R arrays of whole numbers with dimensions (n, height, width, channels).
#' For one channel (n, height, width) will do, and so will a single image without its
#' first dimension, since R drops dimensions of length 1 in `x[1, , , ]`.
#'
#' @section Random numbers:
#' A `seed` names images: the same seed draws the same images in R and in Python, and
#' image i does not depend on how many are drawn. Without a `seed`, one is taken from
#' R's generator, so [set.seed()] makes sampling repeatable. It also determines the weights
#' that a new distribution starts with, and its training: a script that begins with
#' `set.seed()` trains the same weights again on the same machine. To this end each
#' constructor and each [`fit()`][fit.pixelcnn.PixelDistribution] sets the seeds of Python,
#' NumPy and Keras.
#'
#' @section Progress:
#' `verbose = NULL` shows a progress bar in the console and in RStudio, plain lines in
#' knitr and in scripts, and nothing in tests. Drawing that is over in two seconds shows
#' nothing. `TRUE` and `FALSE` switch it on and off, as does
#' `options(pixelcnn.verbose = )`.
#'
#' The first draw of a distribution in a session is compiled, which takes longer than
#' drawing; a message says so. Another number of images may be compiled again. On a CPU the
#' images are shared among the cores, and the share of a core is rounded up to 1, 2, 4 or a
#' multiple of 8 images, so only a new share is compiled. With `batch_size`, numbers of
#' images well above it have the same share. An interrupt returns to the prompt at once;
#' XLA ends the compilation in the background, and the next draw uses the result.
#'
#' @section Beside other packages:
#' Other functions of the article come from other packages: 'keras3' has `layer_input()`,
#' `keras_model()`, `optimizer_adam()` and callbacks; 'tfdatasets' has `dataset_map()` and
#' similar functions; 'tfds' has `tfds_load()`; 'tfprobability' has other distributions.
#' Attach them before or after this package, or use Keras by `reticulate::import("keras")`.
#' 'Keras' 3 has no `model$add_loss()`, and the argument `lr` of optimizers is
#' `learning_rate` now; the vignette on the QuickDraw demo has a replacement for each line
#' of the article.
#'
#' @section Several processes:
#' A fork of the session, such as `parallel::mclapply()` makes, cannot use a distribution,
#' because a fork does not have the threads of Python. Save the distribution with
#' [save_pixelcnn()], start workers with `parallel::makeCluster()`, and call
#' [load_pixelcnn()] in each of them.
#'
#' @section Errors:
#' An error from Python is an R condition of class `pixelcnn_error`, and of a class
#' after the Python one, such as `pixelcnn_value_error`. [rlang::last_error()] shows
#' both backtraces, and so does [reticulate::py_last_error()].
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
