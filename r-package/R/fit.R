#' Prepare a distribution for training
#'
#' The likelihood is the loss, so there is none to give.
#'
#' @param object A distribution.
#' @param optimizer The name of a Keras optimizer, or a Keras optimizer.
#' @param learning_rate Learning rate of an optimizer given by name; `NULL` takes its
#'   own.
#' @param jit_compile `"auto"` takes what was measured to be fastest on the device.
#' @param ema_momentum Momentum of an exponential moving average of the weights, such as
#'   0.9995, which reaches back over some `1 / (1 - ema_momentum)` steps. After `fit()`
#'   the distribution holds the averages, and another `fit()` goes on from the weights of
#'   the last step. `NULL` keeps no average.
#' @param ... Passed to Keras.
#' @returns The distribution, invisibly.
#' @family training
#' @export
#' @examplesIf pixelcnn_available()
#' dist <- pixel_cnn_plus_plus(c(8, 8, 1), num_resnet = 1, num_hierarchies = 2, num_filters = 8)
#' dist |> compile(optimizer = "adam", learning_rate = 2e-3)
compile.pixelcnn.PixelDistribution <- function(object, optimizer = "adam", learning_rate = NULL,
                                               jit_compile = "auto", ema_momentum = NULL, ...) {
  check_distribution(object)
  optimizer <- as_optimizer(optimizer, learning_rate)
  refuse_lr(...)
  call_python(object$compile(optimizer, jit_compile = jit_compile, ema_momentum = ema_momentum, ...))
  invisible(object)
}

# The name until Keras 2, of which Keras 3 says but that it does not know it.
refuse_lr <- function(..., call = rlang::caller_env()) {
  if ("lr" %in% ...names()) abort_argument("lr", "an argument of Keras 2", "`learning_rate`", call = call)
}

as_optimizer <- function(optimizer, learning_rate, call = rlang::caller_env()) {
  if (is.null(learning_rate)) return(optimizer)
  as_string(optimizer, "optimizer", call = call)
  optimizers <- reticulate::import("keras")$optimizers
  call_python(
    optimizers$get(list(class_name = optimizer, config = list(learning_rate = as.numeric(learning_rate)))),
    call = call
  )
}

#' Train a distribution
#'
#' An interrupt (Esc in RStudio, Ctrl-C in a terminal) stops after the current step and
#' returns to the prompt. The distribution then has the weights of that step and may be
#' used or trained further; with `checkpoint`, the file of the last whole epoch is there
#' too.
#'
#' @param object A distribution, compiled with
#'   [`compile()`][compile.pixelcnn.PixelDistribution].
#' @param x Images, as [pixelcnn-package] says, or data such as [quickdraw()] returns, or
#'   a Python data set of images, of (image, label), or of ((image, label),) as in the
#'   article.
#' @param y The class of each image, as [pixelcnn-package] says; `NULL` takes the labels
#'   of the data.
#' @param epochs,batch_size How often to go through the images, and how many to take at
#'   once.
#' @param validation_split Share of the images, the last ones, to hold out.
#' @param validation_data Data to hold out, or a list of images and classes.
#' @param sample_weight A weight for each image.
#' @param callbacks A list of Keras callbacks.
#' @param checkpoint A folder; after each epoch the distribution is saved there as
#'   `epoch-001.keras`, ..., of which the last three stay. Where the folder has those of an
#'   earlier training, they stay too, and the numbers go on from theirs.
#' @param verbose Whether to show progress; see [pixelcnn-package].
#' @param ... Passed to Keras.
#' @returns The history, invisibly: `metrics` holds a vector for each metric; it prints,
#'   plots, and becomes a data frame.
#' @family training
#' @export
#' @examplesIf pixelcnn_available()
#' dist <- pixel_cnn_plus_plus(
#'   c(28, 28, 1), class_names = c("bee", "sun"), num_resnet = 1, num_hierarchies = 2, num_filters = 8
#' )
#' dist |> compile(learning_rate = 2e-3)
#' history <- dist |> fit(doodles(32, classes = c("bee", "sun")), epochs = 2, batch_size = 16)
#' history
fit.pixelcnn.PixelDistribution <- function(object, x, y = NULL, epochs = 1, batch_size = 32, validation_split = 0,
                                           validation_data = NULL, sample_weight = NULL, callbacks = NULL,
                                           checkpoint = NULL, verbose = NULL, ...) {
  check_distribution(object)
  data <- training_data(object, x, y, batch_size, validation_split, sample_weight)
  note_numbers(object, data[[2]])
  epochs <- as_whole(epochs, "epochs", min = 1)
  progress <- training_progress(verbose, epochs, steps_of(data, validation_split))
  checkpoint <- as_checkpoint(checkpoint)
  on.exit(if (!is.null(progress)) progress$close())
  arguments <- c(data, list(
    epochs = epochs, verbose = 0L, validation_data = validation_pair(object, validation_data),
    callbacks = c(progress$callback, checkpoint, callbacks), ...
  ))
  history <- tryCatch(
    call_python(do.call(object$fit, arguments)),
    interrupt = function(e) stop_training(checkpoint, progress)
  )
  invisible(new_history(history))
}

# Arguments of Python's `fit` that say what to train on. A data set makes batches itself.
training_data <- function(object, x, y, batch_size, validation_split, sample_weight, call = rlang::caller_env()) {
  if (is_python(x)) return(list(x, y))
  pair <- training_pair(object, x, y, c("x", "y"), call)
  weights <- if (!is.null(sample_weight)) numpy()$asarray(as.array(as.numeric(sample_weight)), dtype = "float32")
  c(pair, list(
    batch_size = as_whole(batch_size, "batch_size", min = 1, call = call),
    validation_split = as.numeric(validation_split), sample_weight = weights
  ))
}

training_pair <- function(object, x, y, args, call) {
  if (is.null(y)) y <- own_labels(x, object)
  list(
    images_to_python(x, object, args[[1]], call),
    condition_to_python(y, object, args[[2]], call)$value
  )
}

validation_pair <- function(object, data, call = rlang::caller_env()) {
  if (is.null(data) || is_python(data)) return(data)
  if (inherits(data, "pixelcnn_data")) data <- list(data, NULL)
  pair <- training_pair(object, data[[1]], if (length(data) > 1) data[[2]], rep("validation_data", 2), call)
  do.call(reticulate::tuple, pair)
}

# Steps of an epoch, which only arrays tell.
steps_of <- function(data, validation_split) {
  if (is.null(data$batch_size)) return(NA)
  n <- reticulate::py_to_r(data[[1]]$shape)[[1]]
  ceiling(n * (1 - validation_split) / data$batch_size)
}

as_checkpoint <- function(checkpoint, call = rlang::caller_env()) {
  if (is.null(checkpoint)) return(NULL)
  pixelcnn_module()$training$EpochCheckpoint(as_path(checkpoint, "checkpoint", call = call))
}

stop_training <- function(checkpoint, progress) {
  if (!is.null(progress)) progress$close()
  absorb_interrupt()
  kept <- as.character(checkpoint$last)
  message(
    "Training was interrupted; the distribution has the weights of its last step.",
    if (length(kept)) paste0("\nThe last whole epoch is in ", kept, ".")
  )
  rlang::interrupt()
}

# One signal may reach both Python and R: the second must not stop what comes after.
absorb_interrupt <- function() tryCatch(Sys.sleep(0.1), interrupt = function(e) NULL)

#' Mean loss and bits per dimension
#'
#' @param x A distribution, compiled with
#'   [`compile()`][compile.pixelcnn.PixelDistribution].
#' @param data,y Images, data or a Python data set, and the class of each image, as for
#'   [`fit()`][fit.pixelcnn.PixelDistribution].
#' @param batch_size How many images to take at once.
#' @param sample_weight A weight for each image.
#' @param ... Passed to Keras.
#' @returns A named vector: `loss`, in nats per image, and `bits_per_dim`.
#' @family training
#' @export
#' @examplesIf pixelcnn_available()
#' dist <- pixel_cnn_plus_plus(
#'   c(28, 28, 1), class_names = c("bee", "sun"), num_resnet = 1, num_hierarchies = 2, num_filters = 8
#' )
#' dist |> compile()
#' dist |> evaluate(doodles(4, classes = c("bee", "sun")))
evaluate.pixelcnn.PixelDistribution <- function(x, data, y = NULL, batch_size = 32, sample_weight = NULL, ...) {
  check_distribution(x, "x")
  arguments <- training_data(x, data, y, batch_size, 0, sample_weight)
  arguments$validation_split <- NULL
  result <- call_python(do.call(x$evaluate, c(arguments, list(verbose = 0L, return_dict = TRUE, ...))))
  vapply(result, as.numeric, numeric(1))
}
