# Progress: a cli bar in the console and in RStudio, plain lines in knitr and scripts, nothing in tests.

progress_style <- function(verbose = NULL) {
  if (identical(verbose, "auto")) verbose <- NULL # a value of keras3
  if (is.null(verbose)) verbose <- getOption("pixelcnn.verbose")
  if (is.null(verbose)) verbose <- !identical(Sys.getenv("TESTTHAT"), "true")
  shown <- suppressWarnings(as.logical(verbose))
  if (length(shown) != 1 || is.na(shown)) abort_argument("verbose", describe(verbose), "TRUE, FALSE, \"auto\" or NULL", call = NULL)
  if (!shown) return("none")
  if (isTRUE(getOption("knitr.in.progress"))) return("plain")
  if (interactive() || cli::is_dynamic_tty()) "bar" else "plain"
}

# Returns Python's argument `verbose` and a function `close` that ends the progress bar. `verbose` is 0 or a function of the
# work done and of all work. Python calls it as the work goes on, and with 0 before XLA compiles, always in R's own thread.
# `parts` is the work of one image, such as its rows, because the bar counts images.
work_progress <- function(verbose, parts = 1, name = "Drawing", unit = "images") {
  switch(
    progress_style(verbose),
    none = list(verbose = 0L, close = function() NULL),
    plain = work_lines(parts, name, unit),
    bar = work_bar(parts, name, unit)
  )
}

# Python reports the rows of all images.
drawing_progress <- function(verbose, object) work_progress(verbose, parts = image_shape(object)[[1]])

# Several parts of a draw may report a compilation, but the message appears once.
compilation_line <- function() {
  told <- FALSE
  function() {
    if (!told) message("Compiling, once a session for this number of images. The compilation takes longer than drawing.")
    told <<- TRUE
    invisible()
  }
}

work_bar <- function(parts = 1, name = "Drawing", unit = "images") {
  bar <- NULL
  started <- proc.time()[["elapsed"]]
  say_compiling <- compilation_line()
  list(
    verbose = function(done, total) {
      if (done == 0) return(say_compiling())
      if (is.null(bar)) {
        bar <<- cli::cli_progress_bar(
          name, total = total, .auto_close = FALSE, .envir = the,
          format = "{cli::pb_name} {cli::pb_bar} {cli::pb_percent} {cli::pb_status} | ETA: {cli::pb_eta}"
        )
      }
      cli::cli_progress_update(set = done, status = work_status(done, total, parts, unit, started), id = bar)
      invisible()
    },
    close = function() if (!is.null(bar)) cli::cli_progress_done(id = bar)
  )
}

# Makes Python call a function of the progress with doubles, because reticulate turns a Python integer from 2^31 on, such
# as the bytes of a large download, into another integer.
with_doubles <- function(verbose) {
  if (!is.function(verbose)) return(verbose)
  reticulate::py_eval("lambda f: lambda done, total: f(float(done), float(total))", convert = FALSE)(verbose)
}

# Tells the images done and their rate.
work_status <- function(done, total, parts, unit, started) {
  seconds <- max(proc.time()[["elapsed"]] - started, 1e-3)
  sprintf("%.1f/%.0f %s, %.1f %s/s", done / parts, total / parts, unit, done / parts / seconds, unit)
}

# Writes a line for each quarter of the work, if it takes longer than the time after which cli shows a bar.
work_lines <- function(parts = 1, name = "Drawing", unit = "images") {
  started <- proc.time()[["elapsed"]]
  quarters <- 0
  say_compiling <- compilation_line()
  tell <- function(done, total) {
    if (done == 0) return(say_compiling())
    seconds <- proc.time()[["elapsed"]] - started
    quarter <- (4 * done) %/% total
    if (quarter > quarters && seconds > getOption("cli.progress_show_after", 2)) {
      left <- seconds * (total - done) / done
      status <- work_status(done, total, parts, unit, started)
      message(sprintf("%s: %d%%, %s (%.1f s, %.1f s left)", name, 25L * as.integer(quarter), status, seconds, left))
      quarters <<- quarter
    }
    invisible()
  }
  list(verbose = tell, close = function() NULL)
}

# Makes a Keras callback that shows the epochs. The bar of Keras writes a line for each step, which freezes RStudio.
training_progress <- function(verbose, epochs, steps, batch_size = NULL) {
  style <- progress_style(verbose)
  if (style == "none") return(NULL)
  bar <- NULL
  started <- proc.time()[["elapsed"]]
  close_bar <- function() {
    if (!is.null(bar)) cli::cli_progress_done(id = bar)
    bar <<- NULL
  }
  open_bar <- function(epoch, logs = NULL) {
    started <<- proc.time()[["elapsed"]]
    if (style == "bar") {
      bar <<- cli::cli_progress_bar(
        sprintf("Epoch %d/%d", as.integer(epoch) + 1L, epochs), total = steps, clear = TRUE, .auto_close = FALSE,
        .envir = the, format = "{cli::pb_name} {cli::pb_bar} {cli::pb_current}/{cli::pb_total} {cli::pb_status} | ETA: {cli::pb_eta}"
      )
    }
    invisible()
  }
  step <- function(batch, logs = NULL) {
    if (is.null(bar)) return(invisible())
    rate <- (as.integer(batch) + 1L) / max(proc.time()[["elapsed"]] - started, 1e-3)
    speed <- if (is.null(batch_size)) sprintf("%.1f steps/s", rate) else sprintf("%.1f images/s", rate * batch_size)
    status <- paste(c(speed, format_logs(logs)), collapse = ", ")
    cli::cli_progress_update(set = as.integer(batch) + 1L, status = status, id = bar)
    invisible()
  }
  report <- function(epoch, logs = NULL) {
    close_bar()
    seconds <- proc.time()[["elapsed"]] - started
    message(sprintf("Epoch %d/%d: %s (%.1f s)", as.integer(epoch) + 1L, epochs, format_logs(logs), seconds))
    invisible()
  }
  callback <- new_callback(
    on_epoch_begin = open_bar, on_train_batch_end = if (style == "bar") step, on_epoch_end = report
  )
  list(callback = callback, close = close_bar)
}

new_callback <- function(...) {
  functions <- Filter(Negate(is.null), list(...))
  do.call(reticulate::import("keras")$callbacks$LambdaCallback, functions)
}

format_logs <- function(logs) {
  values <- vapply(logs, function(x) format(signif(x, 4)), "")
  paste(gsub("_", " ", names(logs)), values, collapse = ", ")
}
