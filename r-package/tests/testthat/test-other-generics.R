# Stand-ins for packages with the generics of tensorflow and keras3: `evaluate(object, ...)` is tensorflow's own, `fit()` and
# `compile()` are those of generics, and keras3 has methods for every Keras model.
local_keras3 <- function(env = parent.frame()) {
  library <- local_package(
    "tensorflow", "export(evaluate)", "evaluate <- function(object, ...) UseMethod('evaluate')", env = env
  )
  local_package(
    "keras3",
    c(
      "importFrom(generics, compile, fit)", "importFrom(tensorflow, evaluate)", "export(compile, evaluate, fit)",
      "importFrom(stats, predict)",
      sprintf("S3method(%s, keras.src.models.model.Model)", c("compile", "evaluate", "fit", "predict", "summary", "print"))
    ),
    sprintf(
      "%s.keras.src.models.model.Model <- function(%s, ...) stop('the method of keras3')",
      c("compile", "evaluate", "fit", "predict", "summary", "print"),
      c("object", "object", "object", "object", "object", "x")
    ),
    library = library, env = env
  )
}

test_that("every verb is this package's, with keras3 attached after it and before it", {
  skip_without_python()
  skip_on_cran()
  library <- local_keras3()
  verbs <- c(
    "dist <- pixel_cnn_plus_plus(c(4, 4, 1), num_classes = 2, num_resnet = 1, num_hierarchies = 1, num_filters = 2, high = 3)",
    "images <- array(0:3, c(4, 4, 4, 1)); labels <- c(0, 1, 0, 1)",
    "dist |> compile(); history <- dist |> fit(images, labels)",
    "bits <- (dist |> evaluate(images, labels))[['bits_per_dim']]",
    "stopifnot(all.equal(bits, mean(bits_per_dim(dist, images, labels)), tolerance = 1e-4))",
    "if ('object' %in% names(formals(evaluate))) stopifnot(all.equal(bits, evaluate(dist, x = images, y = labels)[['bits_per_dim']]))",
    "stopifnot(all.equal(bits, evaluate(dist, data = images, y = labels)[['bits_per_dim']]))",
    "stopifnot(length(predict(dist, images, labels)) == 4, inherits(summary(dist), 'summary_pixelcnn'))",
    "print(dist); cat('all of them')"
  )
  for (attached in list(c("pixelcnn", "keras3"), c("keras3", "pixelcnn"))) {
    printed <- other_r(c(sprintf("library(%s)", attached), verbs), library = library)
    expect_identical(utils::tail(printed, 1), "all of them")
  }
})
