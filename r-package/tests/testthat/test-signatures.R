# Compares the arguments of each wrapper and their defaults with Python.

python_signature <- function(f) {
  inspect <- reticulate::import("inspect")
  parameters <- reticulate::iterate(inspect$signature(f)$parameters$values())
  named <- Filter(function(p) !p$name %in% c("self", "kwargs"), parameters)
  defaults <- lapply(named, function(p) if (inherits(p$default, "python.builtin.type")) "required" else p$default)
  stats::setNames(defaults, vapply(named, function(p) p$name, ""))
}

r_signature <- function(f) {
  arguments <- as.list(formals(f))
  arguments <- arguments[!names(arguments) %in% c("object", "...")]
  lapply(arguments, function(default) if (rlang::is_missing(default)) "required" else eval(default, asNamespace("pixelcnn")))
}

# `names` are R's names of arguments that Python calls otherwise; `not_in_r` and `only_r` are left out; `other` have
# another default in R, for a reason that the documentation gives.
expect_same_signature <- function(r, python, names = character(), not_in_r = character(), only_r = character(),
                                  other = character()) {
  theirs <- python_signature(python)
  theirs <- theirs[setdiff(names(theirs), not_in_r)]
  renamed <- match(names(theirs), names)
  names(theirs)[!is.na(renamed)] <- base::names(names)[renamed[!is.na(renamed)]]
  ours <- r_signature(r)
  ours <- ours[setdiff(base::names(ours), only_r)]
  expect_setequal(base::names(ours), base::names(theirs))
  for (name in setdiff(base::names(ours), other)) {
    expect_equal(unlist(ours[[name]]), unlist(theirs[[name]]), label = paste("the default of", name))
  }
}

constructors <- function() {
  exports <- mget(getNamespaceExports("pixelcnn"), envir = asNamespace("pixelcnn"), mode = "function", ifnotfound = list(NULL))
  Filter(function(f) is.function(f) && is.call(body(f)) && identical(body(f)[[1]], quote(new_distribution)), exports)
}

test_that("every family of Python has a constructor, with its arguments in its order", {
  skip_without_python()
  python <- pixelcnn_module()
  classes <- vapply(constructors(), function(f) body(f)[[2]], "")
  builtins <- reticulate::import_builtins()
  is_family <- function(x) inherits(x, "python.builtin.type") && builtins$issubclass(x, python$PixelDistribution)
  families <- Filter(function(name) name != "PixelDistribution" && is_family(member(python, name)), python$`__all__`)
  expect_setequal(classes, unlist(families))
  for (constructor in names(classes)) {
    class <- member(python, classes[[constructor]])
    f <- get(constructor, asNamespace("pixelcnn"))
    expect_same_signature(f, class)
    expect_identical(names(formals(f)), names(python_signature(class)))
  }
})

test_that("tfd_pixel_cnn() has the arguments of TFP's, in their order", {
  skip_without_python()
  skip_if_not(reticulate::py_module_available("tensorflow_probability"), "TensorFlow Probability is not there:")
  theirs <- reticulate::import("tensorflow_probability")$distributions$PixelCNN
  expect_same_signature(tfd_pixel_cnn, theirs, only_r = c("num_classes", "class_names"), other = "dtype")
  expect_identical(head(names(formals(tfd_pixel_cnn)), 15), names(python_signature(theirs)))
})

test_that("verbs have Python's arguments", {
  skip_without_python()
  python <- pixelcnn_module()
  class <- python$PixelDistribution
  likelihood <- c(images = "value", condition = "conditional_input")
  for (verb in c("log_prob", "pixel_log_prob", "bits_per_dim")) {
    expect_same_signature(get(verb, asNamespace("pixelcnn")), member(class, verb), names = likelihood, other = "verbose")
  }
  expect_same_signature(class_log_probs, class$class_log_probs, other = "verbose")
  expect_same_signature(given, class$given, names = likelihood)
  entropy <- reticulate::py_get_attr(class, "entropy")
  expect_same_signature(estimate_entropy, entropy, names = likelihood, other = "verbose")
  drawing <- c(n = "sample_shape", condition = "conditional_input")
  expect_same_signature(sample_images, class$sample, names = drawing, other = "verbose")
  expect_same_signature(complete_images, class$complete, names = drawing, other = c("verbose", "mask"))
  behind_dots <- names(COMPILE_ARGUMENTS)
  expect_same_signature(compile.pixelcnn.PixelDistribution, class$compile, not_in_r = behind_dots, only_r = c("learning_rate", "accumulate"))
  expect_same_signature(save_pixelcnn, class$save, names = c(path = "filepath"))
  expect_same_signature(load_pixelcnn, python$load)
  expect_same_signature(load_pretrained, python$load_pretrained)
  expect_same_signature(quickdraw, python$data$quickdraw, other = c("classes", "base_url", "verbose"))
  expect_same_signature(doodles, python$data$doodles, other = "classes")
  expect_same_signature(image_folder, python$data$folder)
  expect_same_signature(mnist, python$data$mnist)
  expect_same_signature(cifar10, python$data$cifar10)
  expect_same_signature(occlude, python$occlude, other = "value")
  expect_same_signature(
    save_film, python$plot$film, names = c(x = "images"), not_in_r = "class_names", only_r = c("path", "seconds"),
    other = c("low", "high")
  )
  expect_same_signature(plot_completion, python$plot$completion, not_in_r = "scale", other = c("low", "high"))
  expect_same_signature(image_arrays, python$data$arrays)
  expect_same_signature(filter_classes, python$data$filter_classes, names = c(data = "dataset"))
  detectors <- list(
    Likelihood = anomaly_likelihood, LikelihoodRatio = anomaly_likelihood_ratio, Typicality = anomaly_typicality,
    Complexity = anomaly_complexity, Stirring = anomaly_stirring
  )
  anomaly <- python$anomaly
  for (name in names(detectors)) expect_same_signature(detectors[[name]], member(anomaly, name), not_in_r = "dist")
  on_images <- c(condition = "conditional_input")
  expect_same_signature(infer_threshold, anomaly$Detector$infer_threshold, names = on_images)
  expect_same_signature(surprise, anomaly$surprise, names = on_images, not_in_r = "dist")
  expect_same_signature(mutate_images, anomaly$mutate, other = c("seed", "low", "high"))
  report <- python$evaluation$write_report
  expect_same_signature(
    pixelcnn_report, report, names = c(data = "test", file = "path"), not_in_r = "model", other = c("seed", "history", "verbose")
  )
})

test_that("use_devices() and the verbs of memory have the arguments of Python's", {
  skip_without_python()
  training <- pixelcnn_module()$training
  for (verb in c("training_memory", "largest_batch_size")) {
    expect_same_signature(get(verb, asNamespace("pixelcnn")), member(training, verb), not_in_r = "model")
  }
  expect_same_signature(use_devices, pixelcnn_module()$use_devices)
})
