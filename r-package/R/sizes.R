#' A distribution of another image size
#'
#' Makes a distribution with the same weights for images of another height and width. At a
#' larger size the network extrapolates far from the sides of the image. With `context` it
#' computes each pixel in a window of that size instead, such as the size of the images that
#' it was trained on.
#'
#' @param object A distribution.
#' @param image_shape Height, width and channels of the images; as many channels as before.
#' @param context Height and width of a window, at most those of the images; `NULL` for no
#'   windows. A distribution with windows cannot be trained.
#' @returns A new distribution. It has the weights of `object`, but not its optimizer.
#' @family distributions
#' @export
#' @examplesIf pixelcnn_available()
#' dist <- pixel_cnn(c(4, 4, 1), high = 1, num_blocks = 1, num_filters = 8)
#' textures <- resized(dist, c(6, 9, 1), context = c(4, 4))
#' dim(sample_images(textures, 2, seed = 1))
resized <- function(object, image_shape, context = NULL) {
  check_distribution(object)
  call_python(object$resized(as_sizes(image_shape, "image_shape"), context = as_sizes(context, "context")))
}
