# Errors for functions that other distributions and fitted models have, with the function to use instead.

# Methods of the distributions of 'tfprobability', which for example `tfd_mean()` calls.
NO_CLOSED_FORM <- c(
  mean = "average images that `sample_images()` draws", variance = "compute it from images that `sample_images()` draws",
  stddev = "compute it from images that `sample_images()` draws", covariance = "compute it from images that `sample_images()` draws",
  entropy = "use `estimate_entropy()`",
  cross_entropy = "average `-log_prob()` of the other distribution over images that `sample_images()` draws",
  kl_divergence = "average the difference of the two `log_prob()` over images that `sample_images()` draws",
  mode = "`sample_images()` with a low `temperature` draws likely images", quantile = "use `sample_images()`",
  cdf = "use `log_prob()`", log_cdf = "use `log_prob()`",
  survival_function = "use `log_prob()`", log_survival_function = "use `log_prob()`"
)

# R's generics for numbers and for fitted models. Their default methods read attributes of the Python object, or return
# NULL.
NO_STATISTIC <- c(
  NO_CLOSED_FORM[c("mean", "quantile")], median = "compute it from images that `sample_images()` draws",
  coef = "`object$get_weights()` has the weights", weights = "`object$get_weights()` has the weights of the network",
  formula = "`summary(object)` has its arguments", terms = "`summary(object)` has its arguments",
  family = "`summary(object)` has its arguments", model.frame = "it keeps no data", model.matrix = "it keeps no data",
  case.names = "it keeps no data", variable.names = "it keeps no data",
  deviance = "compute `-2 * logLik(object, images)`", residuals = "`pixel_log_prob(object, images)` measures each pixel",
  fitted = "`predict(object, images)` measures images", update = "`fit()` trains it further",
  anova = "compare `AIC(logLik(object, images))` of the distributions", extractAIC = "use `AIC(logLik(object, images))`",
  drop1 = "use `AIC(logLik(object, images))`", add1 = "use `AIC(logLik(object, images))`",
  df.residual = "`attr(logLik(object, images), \"df\")` is the number of its parameters",
  sigma = "use `logLik(object, images)`", vcov = "use `logLik(object, images)`",
  confint = "use `logLik(object, images)`", profile = "use `logLik(object, images)`",
  influence = "use `log_prob(object, images)`", hatvalues = "use `log_prob(object, images)`",
  cooks.distance = "use `log_prob(object, images)`", rstandard = "use `log_prob(object, images)`",
  rstudent = "use `log_prob(object, images)`", effects = "use `logLik(object, images)`",
  alias = "use `logLik(object, images)`", proj = "use `logLik(object, images)`"
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
    for (class in c("pixelcnn.PixelDistribution", "pixelcnn_given")) {
      registerS3method(name, class, method, envir = asNamespace("stats"))
    }
  }
}
