#' Codes of a VQ-VAE
#'
#' A vector-quantised autoencoder (VQ-VAE) describes an image by a small map of codes, whole
#' numbers `0` to `K - 1`. A distribution with `high = K - 1` over such maps is the prior of the
#' VQ-VAE. `vq_codes()` computes the codes of images, `vq_decode()` makes images of codes.
#' `vq_restore()` goes through codes in raster order, and replaces each code whose
#' surprisal (minus its log-probability given the codes before it) exceeds a threshold by a
#' draw from the prior, in one pass (Marimont and Tarroni 2020). Decoded restorations of an
#' image differ from the image where it does not look like the training data. `vq_colours()`
#' shows each code in a colour of its own, because codes are names and have no brightness.
#'
#' @inheritParams sample_images
#' @param encoder A Keras model, or a function of a batch of images. It returns codes (n, h, w)
#'   or (n, h, w, 1). With a codebook it returns features (n, h, w, D). An encoder of several
#'   levels returns a list of codes.
#' @param images An array as the encoder takes it, or data, such as [doodles()] returns.
#' @param codebook A matrix (K, D): a code is the row, counted from 0, that is nearest to a
#'   feature. `NULL` if the encoder returns codes.
#' @param decoder A Keras model, or a function, from codes (n, h, w) to images (n, H, W, C).
#' @param codes Codes (n, h, w, 1); for a decoder of several levels a list of such arrays.
#' @param object The prior, a distribution. A distribution over images restores pixels.
#' @param threshold Largest surprisal in nats of a code that is kept. A quantile of
#'   `-pixel_log_prob(object, codes)` for codes of real images is a good choice.
#' @param batch_size Largest number of images that are processed at once.
#' @returns `vq_codes()`: an integer array (n, h, w, 1), or a list of arrays. `vq_decode()`: an
#'   array (n, H, W, C). `vq_restore()`: codes of the dimensions of `codes`. `vq_colours()`:
#'   images (n, h, w, 3) of levels 0 to 255.
#' @references Marimont and Tarroni, Anomaly Detection through Latent Space Restoration using
#'   Vector-Quantized Variational Autoencoders, 2020, <https://arxiv.org/abs/2012.06765>.
#' @family sampling
#' @export
#' @examplesIf pixelcnn_available()
#' codebook <- matrix(c(0, 128, 255))
#' drawings <- doodles(2, classes = "sun")
#' codes <- vq_codes(function(images) images[, seq(1, 28, 4), seq(1, 28, 4), , drop = FALSE], drawings, codebook)
#' dim(codes)
#' prior <- gated_pixel_cnn(c(7, 7, 1), num_blocks = 1, num_filters = 8, high = 2)
#' restored <- vq_restore(prior, codes, threshold = 5, seed = 1)
#' plot(vq_colours(restored))
vq_codes <- function(encoder, images, codebook = NULL, batch_size = 64) {
  if (inherits(images, "pixelcnn_data")) images <- images$images
  codes <- call_python(vq_module()$codes(
    encoder, to_numpy(images, "images"),
    codebook = if (!is.null(codebook)) to_numpy(codebook, "codebook"), batch_size = as_whole(batch_size, "batch_size", min = 1)
  ))
  if (is.list(codes)) lapply(codes, as_integers) else as_integers(codes)
}

#' @rdname vq_codes
#' @export
vq_decode <- function(decoder, codes, batch_size = 64) {
  codes <- if (is.list(codes)) lapply(codes, codes_to_numpy) else codes_to_numpy(codes)
  bare(call_python(vq_module()$decode(decoder, codes, batch_size = as_whole(batch_size, "batch_size", min = 1))))
}

#' @rdname vq_codes
#' @export
vq_colours <- function(codes) new_images(call_python(vq_module()$colours(codes_to_numpy(codes))))

#' @rdname vq_codes
#' @export
vq_restore <- function(object, codes, threshold, condition = NULL, seed = NULL, batch_size = NULL, verbose = NULL) {
  unbind()
  check_distribution(object)
  progress <- drawing_progress(verbose, object)
  on.exit(progress$close())
  restored <- call_python(vq_module()$restore(
    object, images_to_python(codes, object, "codes"), as_number(threshold, "threshold", min = 0),
    conditional_input = condition_to_python(condition, object)$value,
    seed = as_seed(seed), batch_size = as_whole(batch_size, "batch_size", min = 1, null = TRUE), verbose = progress$verbose
  ))
  new_images(restored, levels_of(object))
}

vq_module <- function() member(pixelcnn_module(), "vq")

to_numpy <- function(x, arg, call = rlang::caller_env()) {
  if (is_python(x)) return(x)
  if (!is_number(x)) abort_argument(arg, describe(x), "an array of numbers", call = call)
  refuse_missing(x, arg, call)
  numpy()$asarray(unclass_array(x), order = "C")
}

codes_to_numpy <- function(codes, call = rlang::caller_env()) {
  if (is_python(codes)) return(codes)
  if (!is_whole(codes)) abort_argument("codes", describe(codes), "whole numbers (n, h, w, 1)", call = call)
  numpy()$asarray(unclass_array(codes), dtype = "int32", order = "C")
}

as_integers <- function(x) {
  storage.mode(x) <- "integer"
  x
}
