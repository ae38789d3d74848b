# What other distributions and fitted models have, and what there is in its place.

# What distributions of 'tfprobability' have as a method, such as behind its `tfd_mean()`.
NO_CLOSED_FORM <- c(
  mean = "average images that `sample_images()` draws", variance = "take it of images that `sample_images()` draws",
  stddev = "take it of images that `sample_images()` draws", covariance = "take it of images that `sample_images()` draws",
  entropy = "average `-log_prob()` of images that `sample_images()` draws",
  cross_entropy = "average `-log_prob()` under the other distribution of images that `sample_images()` draws",
  kl_divergence = "average the difference of `log_prob()` under both of images that `sample_images()` draws",
  mode = "`sample_images()` with a low `temperature` draws likely images", quantile = "there is `sample_images()`",
  cdf = "there is `log_prob()`", log_cdf = "there is `log_prob()`",
  survival_function = "there is `log_prob()`", log_survival_function = "there is `log_prob()`"
)

# R's generics of numbers and of fitted models. Their default methods read attributes of Python's object, or give NULL.
NO_STATISTIC <- c(
  NO_CLOSED_FORM[c("mean", "quantile")], median = "take it of images that `sample_images()` draws",
  coef = "`object$get_weights()` has the weights", weights = "`object$get_weights()` has those of the network",
  formula = "`summary(object)` has its arguments", terms = "`summary(object)` has its arguments",
  family = "`summary(object)` has its arguments", model.frame = "it keeps no data", model.matrix = "it keeps no data",
  case.names = "it keeps no data", variable.names = "it keeps no data",
  deviance = "`-2 * logLik(object, images)` is that of images", residuals = "`pixel_log_prob(object, images)` measures each pixel",
  fitted = "`predict(object, images)` measures images", update = "`fit()` trains it further",
  anova = "compare `AIC(logLik(object, images))` of both", extractAIC = "there is `AIC(logLik(object, images))`",
  drop1 = "there is `AIC(logLik(object, images))`", add1 = "there is `AIC(logLik(object, images))`",
  df.residual = "`attr(logLik(object, images), \"df\")` is the number of its parameters",
  sigma = "there is `logLik(object, images)`", vcov = "there is `logLik(object, images)`",
  confint = "there is `logLik(object, images)`", profile = "there is `logLik(object, images)`",
  influence = "there is `log_prob(object, images)`", hatvalues = "there is `log_prob(object, images)`",
  cooks.distance = "there is `log_prob(object, images)`", rstandard = "there is `log_prob(object, images)`",
  rstudent = "there is `log_prob(object, images)`", effects = "there is `logLik(object, images)`",
  alias = "there is `logLik(object, images)`", proj = "there is `logLik(object, images)`"
)

abort_no_statistic <- function(name, instead) {
  rlang::abort(
    sprintf("A distribution of images has no `%s`; %s.", name, instead),
    class = c("pixelcnn_no_closed_form", "pixelcnn_error"), call = NULL
  )
}

refuse_statistics <- function() {
  for (name in names(NO_STATISTIC)) {
    method <- eval(substitute(function(...) abort_no_statistic(name, NO_STATISTIC[[name]]), list(name = name)))
    registerS3method(name, "pixelcnn.PixelDistribution", method, envir = asNamespace("stats"))
  }
}
