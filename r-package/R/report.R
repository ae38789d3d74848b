#' Write a report of a distribution
#'
#' Measures a distribution and writes a page of HTML that needs no other file and no network:
#' bits/dim of each class with confidence intervals, the curves of the training, real images
#' above generated images, completions, the most and the least likely images with maps of
#' their surprisal, and images per second. With training images the page also has the
#' fidelity (the share of drawings that a classifier assigns to their class) with its
#' confusion matrix, the Fréchet distance between drawings and real images in the features of
#' the classifier (Heusel et al. 2017), how much drawings vary, and the nearest training images
#' of drawings.
#'
#' The classifier is trained on the training images, which takes minutes.
#'
#' @inheritParams sample_images
#' @param data Real images that the distribution was not trained on: data, or an array of
#'   images for a distribution without classes.
#' @param file Path of the page to write, such as `"report.html"`.
#' @param train The images that the distribution was trained on, as `data`; `NULL` for a report
#'   without comparisons.
#' @param samples Number of images to draw of each class, or of all images without classes.
#' @param history The history that [`fit()`][fit.pixelcnn.PixelDistribution] returned, or `NULL`.
#' @param title Title of the page.
#' @param judges Number of classifiers, 1 or 2. Two are of different architectures; the page then
#'   tells whether they agree on the fidelity within 0.03.
#' @returns The figures, a list, invisibly.
#' @references Heusel, Ramsauer, Unterthiner, Nessler and Hochreiter, GANs Trained by a Two
#'   Time-Scale Update Rule Converge to a Local Nash Equilibrium, 2017,
#'   <https://arxiv.org/abs/1706.08500>.
#' @family plots
#' @export
#' @examplesIf pixelcnn_available()
#' dist <- pixel_cnn_plus_plus(
#'   c(28, 28, 1), class_names = c("bee", "sun"), num_resnet = 1, num_hierarchies = 2, num_filters = 4
#' )
#' page <- tempfile(fileext = ".html")
#' figures <- pixelcnn_report(dist, doodles(8, classes = c("bee", "sun")), page, samples = 1, seed = 1)
#' figures$bits_per_dim
pixelcnn_report <- function(object, data, file, train = NULL, samples = 50, seed = NULL, temperature = 1, guidance = 0,
                            history = NULL, title = "model", verbose = NULL, judges = 1) {
  check_distribution(object)
  file <- as_path(file, "file")
  test <- report_pair(object, data, "data")
  train <- if (!is.null(train)) report_pair(object, train, "train")
  samples <- as_whole(samples, "samples", min = 1)
  title <- as_string(title, "title")
  judges <- as_whole(judges, "judges", min = 1)
  seed <- as_seed(seed)
  temperature <- as_number(temperature, "temperature")
  guidance <- as_number(guidance, "guidance")
  progress <- drawing_progress(verbose, object)
  on.exit(progress$close())
  figures <- call_python(
    pixelcnn_module()$evaluation$write_report(
      object, test, file, train, samples, seed, temperature, guidance, history_rows(history), title, progress$verbose,
      judges
    ),
    names = c(R_NAMES, test = "data", path = "file")
  )
  figures$seed <- seed  # because reticulate turns a Python integer from 2^31 on into another integer
  invisible(figures)
}

# Converts data or images to a Python tuple of images and labels.
report_pair <- function(object, data, arg, call = rlang::caller_env()) {
  labels <- condition_to_python(own_labels(data, object), object, arg, call)$value
  reticulate::tuple(images_to_python(data, object, arg, call), labels)
}

# Converts a history to a list of rows, one for each epoch.
history_rows <- function(history, call = rlang::caller_env()) {
  if (is.null(history)) return(list())
  if (!inherits(history, "pixelcnn_history")) abort_argument("history", describe(history), "a history, such as `fit()` returns, or NULL", call = call)
  metrics <- history$metrics[intersect(c("bits_per_dim", "val_bits_per_dim"), names(history$metrics))]
  lapply(seq_along(history$epochs), function(k) lapply(metrics, function(values) if (is.na(values[[k]])) NaN else values[[k]]))
}
