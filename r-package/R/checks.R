# Checks of arguments: each error names the argument, what was given and what fits.

abort_argument <- function(arg, given, expected, call = rlang::caller_env()) {
  rlang::abort(
    sprintf("`%s` is %s; expected %s.", arg, given, expected),
    class = c("pixelcnn_argument_error", "pixelcnn_error"), call = call
  )
}

# In a few words, what an object is.
describe <- function(x) {
  if (is.null(x)) return("NULL")
  if (!is.null(dim(x))) return(sprintf("an array of dimensions (%s)", comma(dim(x))))
  if (is.atomic(x) && length(x) == 1) return(if (is.character(x)) encodeString(x, quote = "\"") else format(x))
  if (is.atomic(x)) return(sprintf("a %s vector of length %d", typeof(x), length(x)))
  sprintf("an object of class %s", class(x)[[1]])
}

comma <- function(x) paste(x, collapse = ", ")

is_whole <- function(x) {
  is.numeric(x) && !is.factor(x) && !anyNA(x) && (is.integer(x) || all(is.finite(x) & x == trunc(x)))
}

# One whole number, as an integer; NULL passes where it may.
as_whole <- function(x, arg, min = -.Machine$integer.max, null = FALSE, call = rlang::caller_env()) {
  if (null && is.null(x)) return(NULL)
  if (length(x) != 1 || !is_whole(x) || abs(x) > .Machine$integer.max || x < min) {
    fits <- if (min > -.Machine$integer.max) sprintf("a whole number of at least %d", min) else "a whole number"
    abort_argument(arg, describe(x), fits, call = call)
  }
  as.integer(x)
}

# Sizes, as a Python tuple; `list()` is the empty one.
as_sizes <- function(x, arg, call = rlang::caller_env()) {
  if (is.null(x) || is_python(x)) return(x)
  x <- unlist(x)
  if (!is.null(x) && (!is_whole(x) || any(x < 1))) {
    abort_argument(arg, describe(x), "positive whole numbers", call = call)
  }
  do.call(reticulate::tuple, as.list(as.integer(x)))
}

as_string <- function(x, arg, call = rlang::caller_env()) {
  if (!is.character(x) || length(x) != 1 || is.na(x)) abort_argument(arg, describe(x), "a string", call = call)
  x
}

as_path <- function(x, arg, call = rlang::caller_env()) {
  path.expand(as_string(x, arg, call = call))
}

# A seed from R's generator where none is given, so that `set.seed()` governs it.
as_seed <- function(seed, call = rlang::caller_env()) {
  if (is.null(seed)) return(sample.int(.Machine$integer.max, 1))
  as_whole(seed, "seed", min = 0, call = call)
}
