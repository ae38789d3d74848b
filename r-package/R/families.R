# The families of distributions. A new family needs documentation and one call of `constructor()`, with the arguments of
# the Python class in the same order and with the same defaults. test-signatures.R compares R with Python.

# Returns a function that makes a distribution of a Python class. The further arguments are those of the function.
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
  # The initial weights are random. A seed from R's generator makes `set.seed()` determine the weights.
  reticulate::import("keras")$utils$set_random_seed(as_seed(NULL))
  call_python(do.call(member(python, class), arguments), call = call)
}

# The constructor arguments that are whole numbers, numbers, flags or sizes; Python checks the other arguments. R checks
# flags because reticulate converts NA to True.
WHOLE <- c(
  "num_resnet", "num_hierarchies", "num_filters", "num_logistic_mix", "num_blocks", "num_layers", "high", "low",
  "num_classes", "embedding_dim", "spatial_condition_levels", "orders"
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
    abort_argument("class_names", comma(unlist(arguments$class_names)), "names without missing values", call = call)
  }
  # Makes a list, because reticulate makes a string of a vector of one name.
  if (!is.null(arguments$class_names)) arguments$class_names <- as.list(as.character(unlist(arguments$class_names)))
  arguments
}

#' PixelCNN++
#'
#' Makes a PixelCNN++ distribution of images. The network has two causal stacks of gated
#' residual blocks on several grids. The distribution of a pixel is a mixture of discretised
#' logistics, or with `head` a softmax or a Bernoulli distribution for each channel.
#'
#' @param image_shape Height, width and number of channels.
#' @param conditional_shape Shape of one condition: `list()` for a single number, a size for
#'   a vector, or `NULL` for no numbers.
#' @param num_resnet Number of residual blocks on each grid.
#' @param num_hierarchies Number of grids. Each grid has half the rows and half the columns
#'   of the grid before.
#' @param num_filters Number of filters of each layer.
#' @param num_logistic_mix Number of components of the mixture of logistics.
#' @param receptive_field_dims Rows and columns of the window of a convolution. The rows
#'   include the current row, and the number of columns is odd.
#' @param dropout_p Probability that dropout sets a feature to 0 in training.
#' @param resnet_activation `"concat_elu"`, `"elu"` or `"relu"`.
#' @param use_weight_norm Whether the kernels of the layers are weight-normalised.
#' @param use_data_init Whether `fit()` computes the initial gains and biases of the layers
#'   from its first batch.
#' @param high,low Largest and smallest level of a pixel.
#' @param num_classes Number of classes K. The condition of an image is its class, with
#'   the label 0 to K - 1.
#' @param class_names Names of the K classes. Conditions may then be class names, and
#'   `num_classes` may be left out.
#' @param spatial_condition_shape Height, width and channels of a map, a condition with
#'   values for each pixel, or `NULL` for no map.
#' @param condition_dropout Probability that training leaves out the condition of an image.
#'   With a value above 0, the distribution can also be used without a condition and can
#'   draw with `guidance`.
#' @param orders Number of orders of the pixels that the model learns: 1 for raster order
#'   alone, 4 for its flips, 8 for the flips and their transpositions, for square images. In
#'   training each image gets an order at random. [complete_images()] then chooses an order
#'   in which the unknown pixels come last.
#' @param variant `"tfp"` takes the details of TensorFlow Probability. `"openai"` takes those
#'   of the code of the authors: the network reads a channel of ones beside the image, a
#'   scale is `exp(max(x, -7))`, and a coefficient between colours is `tanh(x)`. `"openai"`
#'   goes with a mixture of logistics only.
#' @param head Distribution of a pixel: `"bernoulli"`, `"categorical"` or
#'   `"logistic_mixture"`. `NULL` takes `"logistic_mixture"`. With `levels = "categorical"`
#'   `NULL` takes `"bernoulli"` for 2 levels and `"categorical"` for more.
#' @param levels `"ordinal"`: levels are numbers, such as brightness. `"categorical"`: levels
#'   are names, such as the codes of a VQ-VAE. The network then reads `embedding_dim` learned
#'   features of each level, and the head is `"categorical"`, or `"bernoulli"` for 2 levels.
#' @param embedding_dim Number of learned features of each level or code that is a name.
#' @param spatial_condition_levels Number K of codes of a map that holds the codes 0 to K - 1
#'   and no numbers, or `NULL`.
#' @param dtype Name of a Keras dtype or dtype policy, or a Python object; `NULL` takes the
#'   default of Keras.
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
  spatial_condition_shape = NULL, condition_dropout = 0, orders = 1, variant = "tfp", head = NULL,
  levels = "ordinal", embedding_dim = 16, spatial_condition_levels = NULL, dtype = NULL, name = "pixel_cnn_plus_plus"
)

#' PixelCNN and Gated PixelCNN
#'
#' Make a distribution of images whose network works on one grid. `pixel_cnn()` has one
#' stack of masked convolutions. This network has a blind spot: a pixel does not depend on
#' the pixels far to the right in the rows above. `gated_pixel_cnn()` has a vertical and a
#' horizontal stack of gated convolutions. Together the two stacks see all pixels above and
#' all pixels to the left in the same row.
#'
#' @inheritParams pixel_cnn_plus_plus
#' @param num_blocks Number of blocks after the first layer.
#' @param num_filters Number of filters of each layer; `NULL` takes 128, or the next number
#'   that is divisible by the number of channels.
#' @param head Distribution of a pixel: `"bernoulli"`, `"categorical"` or
#'   `"logistic_mixture"`. `NULL` takes `"bernoulli"` for 2 levels, `"categorical"` for up
#'   to 256 levels and for names, and `"logistic_mixture"` for more.
#' @param num_logistic_mix Number of components of the mixture, for the head
#'   `"logistic_mixture"`.
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
  condition_dropout = 0, levels = "ordinal", embedding_dim = 16, spatial_condition_levels = NULL, orders = 1,
  dtype = NULL, name = "pixel_cnn"
)

#' @rdname pixel_cnn
#' @export
gated_pixel_cnn <- constructor(
  "GatedPixelCNN",
  image_shape = , conditional_shape = NULL, num_blocks = 15, num_filters = NULL, head = NULL, num_logistic_mix = 10,
  dropout_p = 0, high = 255, low = 0, num_classes = NULL, class_names = NULL, spatial_condition_shape = NULL,
  condition_dropout = 0, levels = "ordinal", embedding_dim = 16, spatial_condition_levels = NULL, orders = 1,
  dtype = NULL, name = "gated_pixel_cnn"
)

#' PixelRNN
#'
#' Makes a distribution of images whose network has recurrent layers. Row LSTMs
#' (`cell = "row"`) process an image row by row, and a pixel depends on a triangle of pixels
#' above it. Diagonal BiLSTMs (`cell = "diagonal"`) process an image along its diagonals, from
#' both upper corners, and a pixel depends on all pixels above it and to its left. Diagonal
#' BiLSTMs take longer than Row LSTMs.
#'
#' @inheritParams pixel_cnn
#' @param cell `"row"` or `"diagonal"`.
#' @param num_layers Number of LSTM layers after the first layer.
#' @param num_filters Number of filters of each layer; an LSTM has half as many units.
#'   `NULL` takes 128, or the next number that fits the number of channels.
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
  spatial_condition_shape = NULL, condition_dropout = 0, levels = "ordinal", embedding_dim = 16,
  spatial_condition_levels = NULL, orders = 1, dtype = NULL, name = "pixel_rnn"
)
