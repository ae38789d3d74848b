# Generic functions of other packages that have the name of one of this package. A method for each is registered when
# that package is loaded, so that the order in which packages are attached does not matter.
# tfprobability's verbs are plain functions; tfd.R has those.

# tensorflow's generic, which keras3 and keras attach: its first argument is `object`, and its methods call the data `x`.
#' @rawNamespace S3method(tensorflow::evaluate, pixelcnn.PixelDistribution, evaluate_for_tensorflow)
evaluate_for_tensorflow <- function(object, x, y = NULL, ..., data = x) {
  evaluate.pixelcnn.PixelDistribution(object, data, y, ...)
}
