# Converts images from R to Python and back, as integers in C order and never as float64.

image_shape <- function(object) unlist(object$image_shape)

levels_of <- function(object) c(low = object$low, high = object$high)

# Converts an R array of images to a NumPy array: uint8 if uint8 holds all levels, else int32.
images_to_python <- function(images, object, arg = "images", call = rlang::caller_env()) {
  if (inherits(images, "pixelcnn_data")) images <- images$images
  if (is_python(images)) return(images)
  images <- with_batch(images, image_shape(object), arg, call)
  levels <- levels_of(object)
  check_levels(images, levels, arg, call)
  storage.mode(images) <- "integer"
  numpy()$asarray(unclass_array(images), dtype = level_dtype(levels), order = "C")
}

level_dtype <- function(levels) if (levels[["low"]] >= 0 && levels[["high"]] <= 255) "uint8" else "int32"

# Returns a plain array, which has no class and no attribute except its dimensions.
unclass_array <- function(x) if (is.null(dim(x))) as.vector(x) else array(as.vector(x), dim(x))

# Gives images their dimensions (n, height, width, channels), of which R may have dropped some.
with_batch <- function(x, shape, arg, call = rlang::caller_env()) {
  given <- dim(x)
  full <- full_dim(given, shape)
  if (is.null(full) || !(is_number(x) || is.logical(x))) {
    one <- if (shape[[3]] == 1) sprintf(" or (n, %s)", comma(shape[1:2])) else ""
    abort_argument(arg, describe(x), sprintf("an array of whole numbers, (n, %s)%s", comma(shape), one), call = call)
  }
  if (!identical(as.integer(full), as.integer(given))) dim(x) <- full
  x
}

full_dim <- function(given, shape) {
  same <- function(d, e) length(d) == length(e) && all(d == e)
  if (length(given) == 4 && same(given[-1], shape)) return(given)
  if (shape[[3]] == 1 && length(given) == 3 && same(given[-1], shape[1:2])) return(c(given, 1L))
  if (same(given, shape) || (shape[[3]] == 1 && same(given, shape[1:2]))) return(c(1L, shape))
  NULL
}

check_levels <- function(images, levels, arg, call = rlang::caller_env()) {
  expected <- sprintf("whole numbers %d to %d", levels[["low"]], levels[["high"]])
  if (!is_whole(images)) abort_argument(arg, describe_bad_levels(images), expected, call = call)
  outside <- length(images) && (min(images) < levels[["low"]] || max(images) > levels[["high"]])
  if (outside) {
    given <- sprintf("an array of numbers %s to %s", format(min(images)), format(max(images)))
    abort_argument(arg, given, expected, call = call)
  }
}

describe_bad_levels <- function(images) {
  if (!is_number(images)) return(describe(images))
  if (anyNA(images)) return("an array with missing values")
  sprintf("an array with fractions, such as %s", format(images[!is.finite(images) | images != trunc(images)][[1]]))
}

# Converts images from Python to an integer array of class `pixelcnn_images`.
new_images <- function(x, levels = c(low = 0L, high = 255L)) {
  storage.mode(x) <- "integer"
  structure(x, low = levels[["low"]], high = levels[["high"]], class = "pixelcnn_images")
}

# Expands a mask of one image or of all images to one value for each sub-pixel: TRUE if the sub-pixel is known.
known_pixels <- function(mask, images, call = rlang::caller_env()) {
  size <- dim(images)
  shape <- size[-1]
  if (!is.logical(mask) || anyNA(mask)) {
    abort_argument("mask", describe(mask), "TRUE for known pixels and FALSE for the others, without missing values", call = call)
  }
  same <- function(d) length(dim(mask)) == length(d) && all(dim(mask) == d)
  if (same(shape[1:2]) || same(shape)) {
    mask <- aperm(array(mask, c(shape, size[[1]])), c(4, 1:3))
  } else if (same(size) || (shape[[3]] == 1 && same(size[1:3]))) {
    dim(mask) <- size
  } else {
    fits <- sprintf("an array (%s), (%s) or (%s)", comma(shape[1:2]), comma(shape), comma(size))
    abort_argument("mask", describe(mask), fits, call = call)
  }
  if (any(mask & is.na(images))) abort_argument("mask", "TRUE for pixels that are NA in `images`", "FALSE for these pixels", call = call)
  mask
}

# Converts a NumPy array of any integer type to R integers. NumPy casts to int32 because reticulate makes doubles of int64.
integers_from_python <- function(x) {
  as.vector(reticulate::py_to_r(numpy()$asarray(x, dtype = "int32")))
}
