#' Estimate the entropy of a distribution
#'
#' Draws n images for each condition, and takes the mean of `-log_prob()` over them. The estimate
#' is unbiased. The bounds of the 95% confidence interval are 1.96 standard errors away.
#'
#' The function is not called `entropy()`, because 'posterior', 'entropy' and other packages
#' export a function of that name, and whichever package is attached last would hide the other.
#'
#' @inheritParams sample_images
#' @param n Number of images to draw for each condition, at least 2.
#' @returns A data frame of a row for each condition: `nats`, the estimate; `standard_error`;
#'   `lower` and `upper`, the bounds of the 95% confidence interval; and `bits_per_dim`, the
#'   estimate in bits per sub-pixel.
#' @family likelihood
#' @export
#' @examplesIf pixelcnn_available()
#' dist <- pixel_cnn_plus_plus(c(8, 8, 1), num_resnet = 1, num_hierarchies = 2, num_filters = 8)
#' estimate_entropy(dist, 30, seed = 1)
estimate_entropy <- function(object, n, condition = NULL, seed = NULL, batch_size = NULL, verbose = NULL) {
  unbind()
  check_distribution(object)
  progress <- drawing_progress(verbose, object)
  on.exit(progress$close())
  # `$entropy` is an error, which tells users of 'tfprobability' to call this function.
  entropy <- reticulate::py_get_attr(object, "entropy")
  estimate <- call_python(entropy(
    as_whole(n, "n", min = 2), as_seed(seed), conditional_input = condition_to_python(condition, object)$value,
    batch_size = as_whole(batch_size, "batch_size", min = 1, null = TRUE), verbose = progress$verbose
  ))
  parts <- list(estimate$nats, estimate$standard_error, estimate$interval[[1]], estimate$interval[[2]], estimate$bits_per_dim)
  names(parts) <- c("nats", "standard_error", "lower", "upper", "bits_per_dim")
  as.data.frame(lapply(parts, as.vector))
}
