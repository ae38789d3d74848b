#' Which class has an image?
#'
#' Computes the log-probability of each class given an image by Bayes' rule, from the
#' likelihood of the image under each class:
#' `log p(class | image) = log p(image | class) + log prior(class) - log sum`.
#' `predict(object, images, type = "class")` returns the most probable class, and
#' `type = "prob"` the probabilities. The time is that of [log_prob()] times the number of
#' classes.
#'
#' @inheritParams log_prob
#' @param object A distribution with classes.
#' @param images Images, as for [log_prob()]. Labels of data are not used.
#' @param prior A positive number for each class, such as `table(data$labels)`; the numbers are
#'   divided by their sum. If the numbers have names, the names are those of the classes, in
#'   any order. By default all classes are equally likely.
#' @param spatial_condition For a distribution with classes and a map, the map of each image.
#' @returns A matrix of a row for each image and a column for each class, in nats. The row of
#'   an image to which no class gives a probability above 0 is `NaN`.
#' @family likelihood
#' @export
#' @examplesIf pixelcnn_available()
#' dist <- pixel_cnn_plus_plus(
#'   c(28, 28, 1), class_names = c("bee", "sun"), num_resnet = 1, num_hierarchies = 2, num_filters = 8
#' )
#' drawings <- doodles(4, classes = c("bee", "sun"))
#' class_log_probs(dist, drawings)
#' predict(dist, drawings, type = "class", prior = c(sun = 1, bee = 2))
class_log_probs <- function(object, images, prior = NULL, spatial_condition = NULL, batch_size = NULL,
                            verbose = NULL) {
  classes_of(object, "class_log_probs", images, prior, spatial_condition, batch_size, verbose)
}

# Calls the Python method, and names the columns by class.
classes_of <- function(object, method, images, prior, spatial_condition, batch_size, verbose = NULL,
                       call = rlang::caller_env()) {
  if (is_given(object)) {
    abort_argument("object", "a distribution with its condition bound", "one without, because its classes are asked for", call = call)
  }
  check_distribution(object, call = call)
  progress <- work_progress(verbose, name = "Classes", unit = "classes")
  on.exit(progress$close())
  values <- call_python(
    member(object, method)(
      if (inherits(images, "pixelcnn_files")) images$images else images_to_python(images, object, call = call), prior = prior_to_python(prior, object, call),
      spatial_condition = map_to_python(spatial_condition, call),
      batch_size = as_whole(batch_size, "batch_size", min = 1, null = TRUE, call = call),
      verbose = progress$verbose
    ),
    call = call
  )
  if (method == "classify") return(factor(as.vector(values), levels = class_labels(object)))
  colnames(values) <- class_labels(object)
  values
}

# Returns the names of the classes or, without names, their 0-based labels as text.
class_labels <- function(object) {
  if (!is.null(object$class_names)) unlist(object$class_names) else as.character(seq_len(object$num_classes) - 1L)
}

prior_to_python <- function(prior, object, call) {
  if (is.null(prior) || is_python(prior)) return(prior)
  names <- if (is.null(object$num_classes)) NULL else class_labels(object)
  if (!is.null(names(prior)) && !is.null(names)) {
    if (!setequal(names(prior), names) || anyDuplicated(names(prior))) {
      abort_argument("prior", paste("named", comma(names(prior))), paste("the names", comma(names)), call = call)
    }
    prior <- prior[names]
  }
  if (!is_number(prior)) abort_argument("prior", describe(prior), "a positive number for each class", call = call)
  numpy()$asarray(as.array(as.numeric(prior)))
}

map_to_python <- function(map, call) {
  if (is.null(map) || is_python(map)) return(map)
  if (!is_number(map)) abort_argument("spatial_condition", describe(map), "a map of numbers", call = call)
  refuse_missing(map, "spatial_condition", call)
  numpy()$asarray(unname(map), dtype = "float32", order = "C")
}
