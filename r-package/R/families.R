# The families. A new one is its documentation and one call of `constructor()`, whose arguments are those of the Python
# class, in its order and with its defaults; test-signatures.R holds them against each other.

# A function with the given arguments that makes a distribution of a Python class.
constructor <- function(class, ...) {
  arguments <- eval(substitute(alist(...)))
  make <- function() new_distribution("", mget(names(formals()), environment()))
  body(make)[[2]] <- class
  formals(make) <- arguments
  environment(make) <- topenv()
  make
}

new_distribution <- function(class, arguments, call = rlang::caller_env()) {
  check_process(call)
  python <- pixelcnn_module()
  arguments <- constructor_arguments(arguments, call)
  # The initial weights are random; this seed makes `set.seed()` determine them.
  reticulate::import("keras")$utils$set_random_seed(as_seed(NULL))
  call_python(do.call(member(python, class), arguments), call = call)
}

# Which constructor arguments are whole numbers, numbers, flags or sizes; the others go over as they are. Of a flag that is
# NA, reticulate makes True.
WHOLE <- c(
  "num_resnet", "num_hierarchies", "num_filters", "num_logistic_mix", "num_blocks", "num_layers", "high", "low",
  "num_classes"
)
NUMBERS <- c("dropout_p", "condition_dropout")
FLAGS <- c("use_weight_norm", "use_data_init")
SIZES <- c("image_shape", "conditional_shape", "receptive_field_dims", "spatial_condition_shape")

constructor_arguments <- function(arguments, call = rlang::caller_env()) {
  if (rlang::is_missing(arguments$image_shape)) {
    abort_argument("image_shape", "missing", "height, width and channels", call = call)
  }
  for (arg in intersect(names(arguments), WHOLE)) {
    arguments[arg] <- list(as_whole(arguments[[arg]], arg, null = TRUE, call = call))
  }
  for (arg in intersect(names(arguments), NUMBERS)) arguments[[arg]] <- as_number(arguments[[arg]], arg, call = call)
  for (arg in intersect(names(arguments), FLAGS)) arguments[[arg]] <- as_flag(arguments[[arg]], arg, call = call)
  for (arg in intersect(names(arguments), SIZES)) {
    arguments[arg] <- list(as_sizes(arguments[[arg]], arg, call = call))
  }
  if (anyNA(unlist(arguments$class_names))) {
    abort_argument("class_names", comma(unlist(arguments$class_names)), "names, none of them missing", call = call)
  }
  # A list, since a vector of one name would become a string.
  if (!is.null(arguments$class_names)) arguments$class_names <- as.list(as.character(unlist(arguments$class_names)))
  arguments
}

#' PixelCNN++
#'
#' A conditional PixelCNN++ distribution of images: two causal stacks of gated residual
#' blocks on several grids, and a mixture of discretised logistics for each pixel.
#'
#' @param image_shape Height, width and channels, any sizes.
#' @param conditional_shape Shape of a condition vector, `list()` for a single number,
#'   or `NULL`.
#' @param num_resnet Blocks of each hierarchy.
#' @param num_hierarchies Number of grids, each half as fine as the one before.
#' @param num_filters Filters of every layer.
#' @param num_logistic_mix Mixture components.
#' @param receptive_field_dims Rows and columns of the window of a convolution, the
#'   current row included; columns odd.
#' @param dropout_p Dropout probability.
#' @param resnet_activation `"concat_elu"`, `"elu"` or `"relu"`.
#' @param use_weight_norm Whether kernels are weight-normalised.
#' @param use_data_init Whether `fit()` sets gains and biases from its first batch.
#' @param high,low Largest and smallest level of a pixel.
#' @param num_classes Number of classes K; labels 0 to K - 1 then are the condition.
#' @param class_names Names of the classes, which then may be given in place of labels.
#' @param spatial_condition_shape Height, width and channels of a map that is added
#'   pixel by pixel, or `NULL`.
#' @param condition_dropout How often training takes an image's condition away. Above 0
#'   the distribution can also go without one, and draw with `guidance`.
#' @param dtype A Keras dtype or policy, by name or as a Python object; `NULL` takes
#'   Keras' own.
#' @param name Name of the model.
#'
#' @returns A distribution, a Keras model.
#' @references Salimans, Karpathy, Chen and Kingma (2017), *PixelCNN++*, arXiv
#'   1701.05517.
#' @family distributions
#' @export
#' @examplesIf pixelcnn_available()
#' dist <- pixel_cnn_plus_plus(
#'   image_shape = c(8, 8, 1), class_names = c("bee", "sun"),
#'   num_resnet = 1, num_hierarchies = 2, num_filters = 8
#' )
#' dist
pixel_cnn_plus_plus <- constructor(
  "PixelCNNPlusPlus",
  image_shape = , conditional_shape = NULL, num_resnet = 5, num_hierarchies = 3, num_filters = 160,
  num_logistic_mix = 10, receptive_field_dims = c(3, 3), dropout_p = 0.5, resnet_activation = "concat_elu",
  use_weight_norm = TRUE, use_data_init = TRUE, high = 255, low = 0, num_classes = NULL, class_names = NULL,
  spatial_condition_shape = NULL, condition_dropout = 0, dtype = NULL, name = "pixel_cnn_plus_plus"
)

#' PixelCNN and Gated PixelCNN
#'
#' The networks of 2016, on one grid. `pixel_cnn()` is one stack of masked convolutions,
#' and has a blind spot: of the rows above it does not see what lies far to the right.
#' `gated_pixel_cnn()` is a vertical and a horizontal stack of gated convolutions, which
#' together see all pixels that come before.
#'
#' @inheritParams pixel_cnn_plus_plus
#' @param num_blocks Blocks behind the first layer.
#' @param num_filters Filters of the layers; `NULL` is 128, or the next number that the
#'   channels divide.
#' @param head `"bernoulli"`, `"categorical"` or `"logistic_mixture"`; `NULL` chooses by
#'   the number of levels: 2, up to 256, or more.
#' @param num_logistic_mix Components of a mixture of logistics.
#' @returns A distribution, a Keras model.
#' @references van den Oord, Kalchbrenner and Kavukcuoglu (2016), *Pixel Recurrent Neural
#'   Networks*, arXiv 1601.06759; van den Oord and others (2016), *Conditional Image
#'   Generation with PixelCNN Decoders*, arXiv 1606.05328.
#' @family distributions
#' @export
#' @examplesIf pixelcnn_available()
#' pixel_cnn(image_shape = c(8, 8, 1), high = 1, num_blocks = 2, num_filters = 8)
#' gated_pixel_cnn(c(8, 8, 3), class_names = c("bee", "sun"), num_blocks = 2, num_filters = 12)
pixel_cnn <- constructor(
  "PixelCNN",
  image_shape = , conditional_shape = NULL, num_blocks = 15, num_filters = NULL, head = NULL, num_logistic_mix = 10,
  dropout_p = 0, high = 255, low = 0, num_classes = NULL, class_names = NULL, spatial_condition_shape = NULL,
  condition_dropout = 0, dtype = NULL, name = "pixel_cnn"
)

#' @rdname pixel_cnn
#' @export
gated_pixel_cnn <- constructor(
  "GatedPixelCNN",
  image_shape = , conditional_shape = NULL, num_blocks = 15, num_filters = NULL, head = NULL, num_logistic_mix = 10,
  dropout_p = 0, high = 255, low = 0, num_classes = NULL, class_names = NULL, spatial_condition_shape = NULL,
  condition_dropout = 0, dtype = NULL, name = "gated_pixel_cnn"
)

#' PixelRNN
#'
#' Recurrent layers in place of convolutions. Row LSTMs go from row to row and see a
#' triangle above a pixel. Diagonal BiLSTMs go from either upper corner to the opposite
#' one and see all pixels that come before; they take longer.
#'
#' @inheritParams pixel_cnn
#' @param cell `"row"` or `"diagonal"`.
#' @param num_layers LSTMs behind the first layer.
#' @param num_filters Filters of the layers, half as many inside an LSTM; `NULL` is 128,
#'   or the next number that fits the channels.
#' @returns A distribution, a Keras model.
#' @references van den Oord, Kalchbrenner and Kavukcuoglu (2016), *Pixel Recurrent Neural
#'   Networks*, arXiv 1601.06759.
#' @family distributions
#' @export
#' @examplesIf pixelcnn_available()
#' pixel_rnn(image_shape = c(8, 8, 1), high = 1, cell = "row", num_layers = 2, num_filters = 8)
pixel_rnn <- constructor(
  "PixelRNN",
  image_shape = , conditional_shape = NULL, cell = "diagonal", num_layers = 7, num_filters = NULL, head = NULL,
  num_logistic_mix = 10, dropout_p = 0, high = 255, low = 0, num_classes = NULL, class_names = NULL,
  spatial_condition_shape = NULL, condition_dropout = 0, dtype = NULL, name = "pixel_rnn"
)
