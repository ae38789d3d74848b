# Methods for generic functions of other packages whose names this package uses too. R registers a method when the other
# package is loaded, so that the order in which packages are attached does not matter. The verbs of tfprobability are
# plain functions; see tfd.R.

# keras3 and keras attach the generic `evaluate()` of tensorflow. Its first argument is `object`, and its methods call the
# data `x`.
#' @rawNamespace S3method(tensorflow::evaluate, pixelcnn.PixelDistribution, evaluate_for_tensorflow)
evaluate_for_tensorflow <- function(object, x, y = NULL, ..., data = x) {
  evaluate.pixelcnn.PixelDistribution(object, data, y, ...)
}
