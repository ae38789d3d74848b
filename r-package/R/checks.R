# Checks of arguments. Each error names the argument, the value that was given and the values that fit.

abort_argument <- function(arg, given, expected, call = rlang::caller_env()) {
  rlang::abort(
    sprintf("`%s` is %s; expected %s.", arg, given, expected),
    class = c("pixelcnn_argument_error", "pixelcnn_error"), call = call
  )
}

# Describes the type and the size of an object for error messages.
describe <- function(x) {
  if (is.null(x)) return("NULL")
  if (is_python(x)) return(sprintf("a Python object of class %s", class(x)[[1]]))
  if (is.function(x)) return("a function")
  if (inherits(x, "pixelcnn_images")) return(describe_images(x))
  if (inherits(x, "integer64")) return("64-bit integers, which R does not compute with (`as.double(x)` makes numbers)")
  if (is.data.frame(x)) return(sprintf("a data frame of %d rows and %d columns", nrow(x), ncol(x)))
  if (is.list(x) && !is.object(x)) return(sprintf("a list of length %d", length(x)))
  if (!is.atomic(x)) return(paste0("an object of class ", class(x)[[1]], of_dimensions(x)))
  if (!is.null(dim(x))) return(paste0(a_type(x), " array", of_dimensions(x)))
  if (is.factor(x)) return(sprintf("a factor of length %d", length(x)))
  if (length(x) == 1) return(if (is.character(x) && !is.na(x)) encodeString(x, quote = "\"") else format(x))
  if (is.object(x)) return(sprintf("an object of class %s of length %d", class(x)[[1]], length(x)))
  sprintf("%s vector of length %d", a_type(x), length(x))
}

a_type <- function(x) {
  type <- if (is.double(x)) "numeric" else typeof(x)
  paste(if (type == "integer") "an" else "a", type)
}

of_dimensions <- function(x) if (is.null(dim(x))) "" else sprintf(" of dimensions (%s)", comma(dim(x)))

# Escapes control characters, because names may come from files and a terminal acts on control characters.
comma <- function(x) paste(encodeString(as.character(x)), collapse = ", ")

# `is.numeric()` is TRUE for 64-bit integers, but R reads their bits as doubles unless the package bit64 is loaded.
is_number <- function(x) is.numeric(x) && !inherits(x, "integer64")

is_whole <- function(x) {
  is_number(x) && !is.factor(x) && !anyNA(x) && (is.integer(x) || all(is.finite(x) & x == trunc(x)))
}

# Converts one whole number to an integer. NULL is allowed if `null` is TRUE.
as_whole <- function(x, arg, min = -.Machine$integer.max, null = FALSE, call = rlang::caller_env()) {
  if (null && is.null(x)) return(NULL)
  if (length(x) != 1 || !is_whole(x) || x > .Machine$integer.max || x < min) {
    abort_argument(arg, describe(x), whole_that_fits(x, min, .Machine$integer.max), call = call)
  }
  as.integer(x)
}

whole_that_fits <- function(x, min, max) {
  if (length(x) == 1 && is_whole(x) && x > max) return(sprintf("a whole number of at most %s", format(max, digits = 22)))
  if (min > -.Machine$integer.max) sprintf("a whole number of at least %d", min) else "a whole number"
}

# Checks one finite number that is at least `min` and below `below`.
as_number <- function(x, arg, min = -Inf, below = Inf, call = rlang::caller_env()) {
  if (!is_number(x) || length(x) != 1 || !is.finite(x) || x < min || x >= below) {
    bounds <- c(if (min > -Inf) paste("of at least", min), if (below < Inf) paste("below", below))
    abort_argument(arg, describe(x), trimws(paste("a number", paste(bounds, collapse = " and "))), call = call)
  }
  as.numeric(x)
}

as_flag <- function(x, arg, call = rlang::caller_env()) {
  if (!isTRUE(x) && !isFALSE(x)) abort_argument(arg, describe(x), "TRUE or FALSE", call = call)
  x
}

# Converts sizes to a Python tuple; `list()` becomes the empty tuple.
as_sizes <- function(x, arg, call = rlang::caller_env()) {
  if (is.null(x) || is_python(x)) return(x)
  x <- unlist(x)
  if (!is.null(x) && (!is_whole(x) || any(x < 1 | x > .Machine$integer.max))) {
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

# Checks a seed. For NULL, draws a seed from R's generator, so that `set.seed()` determines the seed. Seeds above R's
# largest integer stay doubles, which hold whole numbers exactly up to 2^53.
as_seed <- function(seed, call = rlang::caller_env()) {
  if (is.null(seed)) return(sample.int(.Machine$integer.max, 1))
  if (length(seed) != 1 || !is_whole(seed) || seed < 0 || seed > 2^53) {
    abort_argument("seed", describe(seed), whole_that_fits(seed, 0, 2^53), call = call)
  }
  if (seed <= .Machine$integer.max) as.integer(seed) else seed
}
