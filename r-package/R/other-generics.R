# Verbs that other packages have under the same name as this one, but as a generic function of their own. The method is
# registered for theirs when they are loaded, so that the order in which packages are attached does not matter.
# tfprobability's verbs are plain functions; tfd.R serves them.

# tensorflow's generic, which keras3 and keras attach: its first argument is `object`, and its methods call the data `x`.
#' @rawNamespace S3method(tensorflow::evaluate, pixelcnn.PixelDistribution, evaluate_for_tensorflow)
evaluate_for_tensorflow <- function(object, x, y = NULL, ..., data = x) {
  evaluate.pixelcnn.PixelDistribution(object, data, y, ...)
}
