# The history that `fit()` returns: the metrics of each epoch.

new_history <- function(history, validation_freq = NULL) {
  epochs <- as.integer(unlist(history$epoch)) + 1L
  metrics <- lapply(history$history, as.numeric)
  # With fewer validations than epochs, Keras does not tell after which epochs it validated.
  short <- startsWith(names(metrics), "val_") & lengths(metrics) < length(epochs)
  validated <- is_validated(epochs, validation_freq)
  metrics[short] <- lapply(metrics[short], function(values) replace(rep(NA_real_, length(epochs)), validated, values))
  structure(list(metrics = metrics, epochs = epochs), class = "pixelcnn_history")
}

# Tells after which epochs Keras validates: each `validation_freq`-th epoch, or the epochs that `validation_freq` lists.
is_validated <- function(epochs, validation_freq) {
  if (length(validation_freq) > 1) return(epochs %in% unlist(validation_freq))
  if (is.null(validation_freq)) epochs > 0 else epochs %% validation_freq == 0
}

# Tells whether a value was not measured (NA). A value that was measured may be NaN.
is_missing <- function(x) is.na(x) & !is.nan(x)

#' The history of a training
#'
#' [`fit()`][fit.pixelcnn.PixelDistribution] returns a history. `print()` shows the metrics
#' of the last epoch. `plot()` draws the metrics of all epochs with 'ggplot2' if 'ggplot2' is
#' installed, else with base graphics.
#'
#' @param x A history.
#' @param metrics Names of the metrics to plot, without `val_`: the plot of a metric shows
#'   the values of training and of validation. The default is all metrics.
#' @param row.names,optional,... Unused.
#' @returns `as.data.frame()` returns a row for each epoch, metric and kind of data
#'   (training or validation). `plot()` returns a ggplot, or the history, invisibly.
#' @family training
#' @name history
#' @examplesIf pixelcnn_available()
#' dist <- pixel_cnn_plus_plus(c(28, 28, 1), num_resnet = 1, num_hierarchies = 2, num_filters = 8)
#' dist |> compile()
#' history <- dist |> fit(doodles(16)$images, epochs = 2)
#' as.data.frame(history)
#' plot(history)
NULL

#' @rdname history
#' @export
print.pixelcnn_history <- function(x, ...) {
  cat(format(x), sep = "\n")
  invisible(x)
}

#' @export
format.pixelcnn_history <- function(x, ...) {
  last <- Filter(Negate(is_missing), lapply(Filter(length, x$metrics), utils::tail, 1))
  sprintf("<training of %d epoch%s> last: %s", length(x$epochs), if (length(x$epochs) == 1) "" else "s", format_logs(last))
}

#' @rdname history
#' @export
as.data.frame.pixelcnn_history <- function(x, row.names = NULL, optional = FALSE, ...) {
  rows <- lapply(names(x$metrics), function(name) {
    data.frame(
      epoch = x$epochs, metric = sub("^val_", "", name),
      data = if (startsWith(name, "val_")) "validation" else "training", value = x$metrics[[name]]
    )
  })
  rows <- do.call(rbind, rows)
  rows[!is_missing(rows$value), ]
}

#' @rdname history
#' @export
plot.pixelcnn_history <- function(x, metrics = NULL, ...) {
  data <- as.data.frame(x)
  if (!is.null(metrics)) {
    unknown <- setdiff(metrics, data$metric)
    if (length(unknown)) abort_argument("metrics", encodeString(unknown[[1]], quote = "\""), comma(unique(data$metric)))
    data <- data[data$metric %in% metrics, ]
  }
  if (rlang::is_installed("ggplot2")) return(ggplot_history(data))
  base_history(data)
  invisible(x)
}

ggplot_history <- function(data) {
  # Columns are given as strings, because R CMD check reports variables that exist only in a data frame.
  aes <- ggplot2::aes(.data[["epoch"]], .data[["value"]], colour = .data[["data"]])
  ggplot2::ggplot(data, aes) +
    ggplot2::geom_line() +
    ggplot2::geom_point() +
    ggplot2::facet_wrap(~metric, ncol = 1, scales = "free_y") +
    ggplot2::labs(x = "epoch", y = NULL, colour = NULL)
}

base_history <- function(data) {
  metrics <- unique(data$metric)
  old <- graphics::par(mfrow = c(length(metrics), 1), mar = c(4, 4, 1, 1))
  on.exit(graphics::par(old))
  for (metric in metrics) {
    rows <- data[data$metric == metric, ]
    graphics::plot(rows$epoch, rows$value, type = "n", xlab = "epoch", ylab = metric)
    for (kind in unique(rows$data)) {
      part <- rows[rows$data == kind, ]
      graphics::lines(part$epoch, part$value, type = "b", lty = if (kind == "training") 1 else 2)
    }
  }
}
