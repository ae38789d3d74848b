#' Prepare a distribution for training
#'
#' Sets the optimizer. `compile()` takes no loss, because the loss of a distribution is the
#' negative log-likelihood of the images.
#'
#' @param object A distribution.
#' @param optimizer The name of a Keras optimizer, or a Keras optimizer. `"muon"` is an optimizer
#'   of this package (Jordan et al., 2024), with which small models train several times faster; its
#'   usual learning rate is 6e-3.
#' @param learning_rate Learning rate for an optimizer that is given by name, at least 0;
#'   `NULL` takes the default of the optimizer.
#' @param jit_compile Whether XLA compiles the training step. `"auto"` takes the setting
#'   that was measured to be fastest on the device.
#' @param ema_momentum Momentum of an exponential moving average of the weights. The average
#'   covers about the last `1 / (1 - ema_momentum)` steps: 2000 steps for 0.9995. After
#'   `fit()` the distribution has the averaged weights; another `fit()` continues from the
#'   weights of the last step. `NULL` keeps no average.
#' @param remat Whether blocks of the network are computed again for their gradients and not
#'   kept: training takes less memory and more time.
#' @param accumulate Number of steps whose gradients are averaged for one update, for an
#'   optimizer that is given by name: the gradient of `accumulate` batches in the memory of
#'   one. `NULL` updates in each step. Not on several devices of TensorFlow.
#' @param ... Further arguments of Keras: `run_eagerly`, `steps_per_execution`,
#'   `auto_scale_loss`.
#' @returns The distribution, invisibly.
#' @family training
#' @export
#' @examplesIf pixelcnn_available()
#' dist <- pixel_cnn_plus_plus(c(8, 8, 1), num_resnet = 1, num_hierarchies = 2, num_filters = 8)
#' dist |> compile(optimizer = "adam", learning_rate = 2e-3)
compile.pixelcnn.PixelDistribution <- function(object, optimizer = "adam", learning_rate = NULL,
                                               jit_compile = "auto", ema_momentum = NULL, remat = FALSE,
                                               accumulate = NULL, ...) {
  check_distribution(object)
  optimizer <- as_optimizer(optimizer, learning_rate, accumulate)
  if (!identical(jit_compile, "auto")) jit_compile <- as_flag(jit_compile, "jit_compile")
  if (!is.null(ema_momentum)) ema_momentum <- as_number(ema_momentum, "ema_momentum", min = 0, below = 1)
  refuse_lr(...)
  further <- keras_arguments(list(...), COMPILE_ARGUMENTS, "compile")
  remat <- as_flag(remat, "remat")
  arguments <- c(list(optimizer, jit_compile = jit_compile, ema_momentum = ema_momentum, remat = remat), further)
  call_python(do.call(object$compile, arguments))
  invisible(object)
}

# Refuses the argument `lr` of Keras 2, because the error of Keras 3 does not name `learning_rate`.
refuse_lr <- function(..., call = rlang::caller_env()) {
  if ("lr" %in% ...names()) abort_argument("lr", "an argument of Keras 2", "`learning_rate`", call = call)
}

as_optimizer <- function(optimizer, learning_rate, accumulate = NULL, call = rlang::caller_env()) {
  if (!is_python(optimizer)) as_string(optimizer, "optimizer", call = call)
  if (is.null(learning_rate) && is.null(accumulate)) return(optimizer)
  as_string(optimizer, "optimizer", call = call)
  if (!is.null(learning_rate) && !is_python(learning_rate)) {
    learning_rate <- as_number(learning_rate, "learning_rate", min = 0, call = call)
  }
  steps <- as_whole(accumulate, "accumulate", min = 1, null = TRUE, call = call)
  if (identical(as.integer(steps), 1L)) steps <- NULL  # Keras wants at least 2
  config <- Filter(Negate(is.null), list(learning_rate = learning_rate, gradient_accumulation_steps = steps))
  if (tolower(optimizer) == "muon") return(call_python(do.call(pixelcnn_module()$training$Muon, config), call = call))
  optimizers <- reticulate::import("keras")$optimizers
  call_python(optimizers$get(list(class_name = optimizer, config = config)), call = call)
}

# ---- arguments behind the dots -------------------------------------------------------------------------------------

# The arguments of Keras that `...` takes, each with a function that checks and converts the value. Conversion is needed
# because R's whole numbers are doubles, which Python refuses. A function takes the value, the name of the argument, and
# the call that errors name.
one_or_more <- function(x, arg, call) as_whole(x, arg, min = 1, null = TRUE, call = call)

FIT_ARGUMENTS <- list(
  shuffle = as_flag,
  # Epochs count from 1, as in keras3.
  initial_epoch = function(x, arg, call) as_whole(x, arg, min = 1, call = call) - 1L,
  steps_per_epoch = one_or_more,
  validation_steps = one_or_more,
  validation_batch_size = one_or_more,
  validation_freq = function(x, arg, call) {
    if (length(x) < 2) one_or_more(x, arg, call) else lapply(x, one_or_more, arg, call)
  },
  view_metrics = function(x, arg, call) {
    if (isTRUE(x)) abort_argument(arg, "TRUE", "FALSE: `plot()` shows the history that `fit()` returns", call = call)
  }
)

EVALUATE_ARGUMENTS <- list(
  steps = one_or_more,
  callbacks = function(x, arg, call) as_callbacks(x, call),
  verbose = function(x, arg, call) {
    shown <- !isFALSE(x) && !identical(as.numeric(x), 0) && !identical(x, "auto") && !is.null(x)
    if (shown) abort_argument(arg, describe(x), "FALSE, because `evaluate()` shows no progress", call = call)
  }
)

COMPILE_ARGUMENTS <- list(
  loss = function(x, arg, call) x,
  loss_weights = function(x, arg, call) no_metric(x, arg, call),
  metrics = function(x, arg, call) no_metric(x, arg, call),
  weighted_metrics = function(x, arg, call) no_metric(x, arg, call),
  run_eagerly = as_flag,
  steps_per_execution = one_or_more,
  auto_scale_loss = as_flag
)

no_metric <- function(x, arg, call) {
  if (!length(x)) return(NULL)
  expected <- "NULL, because the loss is the negative log-likelihood, the metric is bits_per_dim, and no output is compared with labels"
  abort_argument(arg, describe(x), expected, call = call)
}

# Checks and converts the arguments in `given`. Arguments that are NULL afterwards are left out, so that Keras takes its
# defaults.
keras_arguments <- function(given, table, verb, call = rlang::caller_env()) {
  unknown <- setdiff(rlang::names2(given), names(table))
  if (length(unknown)) {
    what <- if (nzchar(unknown[[1]])) sprintf("`%s` is no argument", unknown[[1]]) else "An argument without a name is not one"
    rlang::abort(
      sprintf("%s of `%s()`; besides those in its help, it takes %s.", what, verb, comma(names(table))),
      class = c("pixelcnn_argument_error", "pixelcnn_error"), call = call
    )
  }
  given <- lapply(rlang::set_names(rlang::names2(given)), function(arg) table[[arg]](given[[arg]], arg, call = call))
  Filter(Negate(is.null), given)
}

as_callbacks <- function(callbacks, call = rlang::caller_env()) {
  if (!is.list(callbacks)) callbacks <- c(list(), callbacks)
  for (callback in callbacks) {
    if (!is_python(callback)) {
      abort_argument("callbacks", describe(callback), "a list of Keras callbacks, such as `keras3::Callback()` makes", call = call)
    }
  }
  callbacks
}

# ---- training ------------------------------------------------------------------------------------------------------

#' Train a distribution
#'
#' Trains a distribution on images.
#'
#' An interrupt (Esc in RStudio, Ctrl-C in a terminal) stops the training after the current step. The distribution then has the weights of this step,
#' and can be used or trained further. With `checkpoint`, the folder holds the distribution
#' of the last whole epoch.
#'
#' With `backup_dir`, a training that was interrupted or killed goes on: the same call in a
#' new session continues from the last checkpoint in the folder. Weights and history are
#' then those of a training without the interruption.
#'
#' @param object A distribution, compiled with
#'   [`compile()`][compile.pixelcnn.PixelDistribution].
#' @param x Images (see the section *Images* of [pixelcnn-package]); or data, such as
#'   [quickdraw()] returns, also with `in_memory = FALSE`; or a Python data set whose elements are images, pairs
#'   (image, label), or tuples ((image, label),) as in the article.
#' @param y The class of each image (see the section *Conditions* of [pixelcnn-package]).
#'   `NULL` takes the labels of the data.
#' @param epochs Number of passes over the images.
#' @param batch_size Number of images in a step; `NULL` takes 32. Must be `NULL` for a Python
#'   data set, because a data set has its own batches.
#' @param validation_split Share of the images to evaluate after each epoch and not to train
#'   on, at least 0 and below 1. The last images are taken.
#' @param validation_data Images to evaluate after each epoch: data, or a list of images,
#'   classes and weights, in this order or with the names `x`, `y` and `sample_weight`.
#' @param sample_weight A weight for each image.
#' @param callbacks A Keras callback, or a list of them.
#' @param checkpoint A folder. After each epoch, `fit()` saves the distribution there as
#'   `epoch-001.keras`, `epoch-002.keras` and so on, and keeps the last three files. Files of
#'   an earlier training stay in the folder, and the new numbers follow the old numbers.
#' @param verbose Whether to show progress; see [pixelcnn-package].
#' @param class_weight A list or vector of weights, named by class or by 0-based label, such
#'   as `list(bee = 2)` or `c("0" = 2)`. A name that looks like a number is a class name if a
#'   class has this name, else a label. Other classes have the weight 1.
#' @param seed A whole number. The same distribution, trained on the same images with the
#'   same seed on the same machine, ends with the same weights. `NULL` draws a seed from
#'   R's generator, so [set.seed()] makes training repeatable too. `fit()` sets the seeds
#'   of Python, NumPy and Keras.
#' @param backup_dir A folder for the checkpoints of this training, every five minutes and
#'   after each epoch. If the folder has checkpoints already, `fit()` goes on from the newest
#'   one. The last three are kept, and that of the best epoch. For images, data, and a
#'   `PyDataset` or a `MapDataset` of Grain of Python, not for other data sets. The training keeps the seed that it began
#'   with.
#' @param ... Further arguments of Keras: `shuffle`, `initial_epoch` (the first epoch,
#'   counted from 1 as in 'keras3'), `steps_per_epoch`, `validation_steps`,
#'   `validation_batch_size`, `validation_freq`.
#' @returns The [history], invisibly. Its element `metrics` holds a vector for each metric,
#'   with one value for each epoch.
#' @family training
#' @export
#' @examplesIf pixelcnn_available()
#' dist <- pixel_cnn_plus_plus(
#'   c(28, 28, 1), class_names = c("bee", "sun"), num_resnet = 1, num_hierarchies = 2, num_filters = 8
#' )
#' dist |> compile(learning_rate = 2e-3)
#' history <- dist |> fit(doodles(32, classes = c("bee", "sun")), epochs = 2, batch_size = 16)
#' history
fit.pixelcnn.PixelDistribution <- function(object, x, y = NULL, epochs = 1, batch_size = NULL, validation_split = 0,
                                           validation_data = NULL, sample_weight = NULL, callbacks = NULL,
                                           checkpoint = NULL, verbose = NULL, class_weight = NULL, seed = NULL,
                                           backup_dir = NULL, ...) {
  check_distribution(object)
  data <- training_data(object, x, y, batch_size, sample_weight, validation_split)
  note_numbers(object, data[[2]])
  epochs <- as_whole(epochs, "epochs", min = 1)
  held_out <- validation_pair(object, validation_data)
  weights <- as_class_weight(class_weight, object)
  callbacks <- as_callbacks(callbacks)
  further <- keras_arguments(list(...), FIT_ARGUMENTS, "fit")
  seed_training(object, seed)
  checkpoint <- as_checkpoint(checkpoint)
  backup <- as_backup(backup_dir, seed)
  progress <- training_progress(verbose, epochs, steps_of(data, further$steps_per_epoch), batch_size_of(data))
  on.exit(if (!is.null(progress)) progress$close())
  arguments <- c(data, list(
    epochs = epochs, verbose = 0L, validation_data = held_out, class_weight = weights,
    callbacks = c(progress$callback, checkpoint, callbacks, backup)
  ), further)
  history <- tryCatch(
    call_python(do.call(object$fit, arguments)),
    interrupt = function(e) stop_training(checkpoint, backup, progress)
  )
  invisible(new_history(history, further$validation_freq))
}

seed_training <- function(object, seed, call = rlang::caller_env()) {
  seed <- if (is.null(seed)) as_seed(NULL) else as_whole(seed, "seed", min = 0, call = call)
  pixelcnn_module()
  reticulate::import("pixelcnn.training.seeds")$seed_training(object, seed)
}

# Returns images, classes, weights and batch size for Python's `fit` and `evaluate`. `args` are the names of `x` and `y` in
# the R call.
training_data <- function(object, x, y, batch_size, sample_weight, validation_split = 0, args = c("x", "y"),
                          call = rlang::caller_env()) {
  batch_size <- as_whole(batch_size, "batch_size", min = 1, null = TRUE, call = call)
  split <- as_number(validation_split, "validation_split", min = 0, below = 1, call = call)
  further <- list(batch_size = batch_size, validation_split = if (split > 0) split, sample_weight = sample_weight)
  if (is_data_set(x)) {
    refuse_beside_data_set(c(stats::setNames(list(y), args[[2]]), further), call)
    return(list(x, NULL))
  }
  pair <- training_pair(object, x, y, args, call)
  further$sample_weight <- as_weights(sample_weight, "sample_weight", pair[[1]], call)
  c(pair, Filter(Negate(is.null), further))
}

# Tells a data set or generator of Python from an array or tensor, which has a shape.
is_data_set <- function(x) is_python(x) && !reticulate::py_has_attr(x, "shape")

refuse_beside_data_set <- function(given, call) {
  for (arg in names(given)) {
    if (!is.null(given[[arg]])) {
      abort_argument(arg, describe(given[[arg]]), "no value, because a data set has its own batches, classes and weights", call = call)
    }
  }
}

training_pair <- function(object, x, y, args, call) {
  if (inherits(x, "pixelcnn_files")) return(pair_in_files(object, x, y, args, call))
  if (is.null(y)) y <- own_labels(x, object)
  list(
    images_to_python(x, object, args[[1]], call),
    condition_to_python(y, object, args[[2]], call)$value
  )
}

# Returns images and labels that stay in their files. The labels are numbers in the order of the data's classes.
pair_in_files <- function(object, x, y, args, call) {
  if (!is.null(y)) abort_argument(args[[2]], describe(y), "NULL, because images in files have labels", call = call)
  names <- unlist(object$class_names)
  if (!is.null(names) && !identical(as.character(names), x$class_names)) {
    fits <- sprintf("data of the distribution's classes, in their order: %s", comma(names))
    abort_argument(args[[1]], sprintf("data of the classes %s", comma(x$class_names)), fits, call = call)
  }
  if (is.null(names) && !is.null(object$num_classes) && object$num_classes != length(x$class_names)) {
    fits <- sprintf("data of %d classes, as the distribution has", object$num_classes)
    abort_argument(args[[1]], sprintf("data of the classes %s", comma(x$class_names)), fits, call = call)
  }
  list(x$images, if (takes_labels(object)) x$labels)
}

# Checks that there is a weight for each image, and converts the weights to NumPy.
as_weights <- function(weights, arg, images, call) {
  if (is.null(weights) || is_python(weights)) return(weights)
  n <- reticulate::py_len(images)
  if (!is_number(weights) || length(weights) != n || !all(is.finite(weights))) {
    given <- if (is_number(weights) && length(weights) == n) "a vector with missing or infinite values" else describe(weights)
    abort_argument(arg, given, sprintf("a finite number for each of %d images", n), call = call)
  }
  numpy()$asarray(as.array(as.numeric(weights)), dtype = "float32")
}

# Converts class weights to a Python dictionary, label -> weight.
as_class_weight <- function(weights, object, call = rlang::caller_env()) {
  if (is.null(weights) || is_python(weights)) return(weights)
  if (is.null(object$num_classes)) {
    abort_argument("class_weight", describe(weights), "NULL, because this distribution has no classes", call = call)
  }
  values <- unlist(weights)
  if (!is_number(values) || length(values) != length(weights) || !all(is.finite(values)) || is.null(names(weights))) {
    abort_argument("class_weight", describe(weights), "finite numbers, named by class or label, such as list(\"0\" = 2)", call = call)
  }
  labels <- vapply(names(weights), class_label, 0L, object, call)
  if (anyDuplicated(labels)) abort_argument("class_weight", "a list with two weights for one class", "one weight for each class", call = call)
  reticulate::py_dict(as.list(unname(labels)), as.list(as.numeric(values)))
}

# Returns the label of the class with this name or, if no class has this name, with this number.
class_label <- function(name, object, call) {
  class_names <- unlist(object$class_names)
  numbers <- seq_len(object$num_classes) - 1L
  label <- c(numbers[match(name, class_names)], numbers[match(name, as.character(numbers))])
  label <- label[!is.na(label)]
  if (!length(label)) {
    fits <- comma(c(class_names, sprintf("labels 0 to %d", object$num_classes - 1L)))
    abort_argument("class_weight", sprintf("for %s, which is no class", encodeString(name, quote = "\"")), fits, call = call)
  }
  label[[1]]
}

VALIDATION_PARTS <- c("x", "y", "sample_weight")

validation_pair <- function(object, data, call = rlang::caller_env()) {
  if (is.null(data) || is_python(data)) return(data)
  if (inherits(data, c("pixelcnn_data", "pixelcnn_files"))) data <- list(data)
  parts <- validation_parts(data, call)
  pair <- training_pair(object, parts[["x"]], parts[["y"]], rep("validation_data", 2), call)
  weights <- as_weights(parts[["sample_weight"]], "validation_data", pair[[1]], call)
  do.call(reticulate::tuple, c(pair, if (!is.null(weights)) list(weights)))
}

validation_parts <- function(data, call) {
  fits <- "data, or a list of images, classes and weights, by position or named x, y and sample_weight"
  if (!is.list(data) || is.object(data) || !length(data) %in% 1:3) abort_argument("validation_data", describe(data), fits, call = call)
  if (is.null(names(data))) names(data) <- VALIDATION_PARTS[seq_along(data)]
  if (!all(names(data) %in% VALIDATION_PARTS) || anyDuplicated(names(data)) || is.null(data[["x"]])) {
    abort_argument("validation_data", sprintf("a list with the names %s", comma(encodeString(names(data), quote = "\""))), fits, call = call)
  }
  data
}

# Returns the number of steps of an epoch, or NA for a data set, because its number of batches is not known.
# The number of images of a step; NULL for a data set, which has its own batches.
batch_size_of <- function(data) {
  if (is_data_set(data[[1]])) return(NULL)
  if (is.null(data$batch_size)) 32 else data$batch_size
}

steps_of <- function(data, steps_per_epoch = NULL) {
  if (!is.null(steps_per_epoch)) return(steps_per_epoch)
  if (is_data_set(data[[1]])) return(NA)
  held_out <- if (is.null(data$validation_split)) 0 else data$validation_split
  ceiling(reticulate::py_len(data[[1]]) * (1 - held_out) / batch_size_of(data))
}

as_checkpoint <- function(checkpoint, call = rlang::caller_env()) {
  if (is.null(checkpoint)) return(NULL)
  pixelcnn_module()$training$EpochCheckpoint(as_new_folder(checkpoint, "checkpoint", call))
}

as_backup <- function(backup_dir, seed, call = rlang::caller_env()) {
  if (is.null(backup_dir)) return(NULL)
  if (!is.null(seed)) seed <- as_whole(seed, "seed", min = 0, call = call)
  pixelcnn_module()$training$Backup(as_new_folder(backup_dir, "backup_dir", call), seed = seed)
}

# Returns the path of a folder that need not exist.
as_new_folder <- function(path, arg, call) {
  path <- as_path(path, arg, call = call)
  if (file.exists(path) && !dir.exists(path)) abort_argument(arg, paste("the file", path), "a folder", call = call)
  path
}

stop_training <- function(checkpoint, backup, progress) {
  if (!is.null(progress)) progress$close()
  absorb_interrupt()
  kept <- as.character(checkpoint$last)
  message(
    "Training was interrupted. The distribution has the weights of the last step.",
    if (length(kept)) paste0("\nThe distribution of the last whole epoch is in ", kept, "."),
    if (length(backup$last)) paste0("\nThe same call of `fit()` goes on from ", as.character(backup$last), ".")
  )
  rlang::interrupt()
}

# Waits for the interrupt that R may receive besides Python's, because it would stop the code that follows.
absorb_interrupt <- function() tryCatch(Sys.sleep(0.1), interrupt = function(e) NULL)

#' Mean loss and bits per dimension
#'
#' Evaluates a distribution on images.
#'
#' @param x A distribution, compiled with
#'   [`compile()`][compile.pixelcnn.PixelDistribution].
#' @param data Images, data or a Python data set, as `x` of
#'   [`fit()`][fit.pixelcnn.PixelDistribution].
#' @param y The class of each image; `NULL` takes the labels of the data.
#' @param batch_size Number of images that are evaluated at once; `NULL` takes 32. Must be
#'   `NULL` for a Python data set, because a data set has its own batches.
#' @param sample_weight A weight for each image.
#' @param ... Further arguments of Keras: `steps`, `callbacks`.
#' @returns A named vector of `loss`, the mean negative log-likelihood in nats per image, and
#'   `bits_per_dim`, the mean in bits per sub-pixel. With weights, `loss` is the mean of weight times
#'   nats, as in Keras, and `bits_per_dim` is the weighted mean, divided by the sum of the weights.
#' @family training
#' @export
#' @examplesIf pixelcnn_available()
#' dist <- pixel_cnn_plus_plus(
#'   c(28, 28, 1), class_names = c("bee", "sun"), num_resnet = 1, num_hierarchies = 2, num_filters = 8
#' )
#' dist |> compile()
#' dist |> evaluate(doodles(4, classes = c("bee", "sun")))
evaluate.pixelcnn.PixelDistribution <- function(x, data, y = NULL, batch_size = NULL, sample_weight = NULL, ...) {
  check_distribution(x, "x")
  arguments <- training_data(x, data, y, batch_size, sample_weight, args = c("data", "y"))
  further <- keras_arguments(list(...), EVALUATE_ARGUMENTS, "evaluate")
  arguments <- c(arguments, list(verbose = 0L, return_dict = TRUE), further)
  result <- call_python(do.call(x$evaluate, arguments), names = c(R_NAMES, x = "data"))
  figures <- vapply(result, as.numeric, numeric(1))
  figures[union(intersect(c("loss", "bits_per_dim"), names(figures)), names(figures))]
}
