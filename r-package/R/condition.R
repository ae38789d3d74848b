# What a distribution is conditioned on, from what an R user gives to what Python takes.

# NULL, or a list of the Python value and the number of conditions in it (NA when Python alone knows).
condition_to_python <- function(condition, object, arg = "condition", call = rlang::caller_env()) {
  if (is.null(condition)) return(NULL)
  if (is_python(condition)) return(list(value = condition, count = NA_integer_))
  if (is.data.frame(condition)) {
    abort_argument(arg, describe(condition), "one of its columns, or a matrix: `as.matrix()` makes one", call = call)
  }
  if (!is.null(object$num_classes)) {
    if (is.list(condition)) return(condition_pair(condition, object, arg, call))
    labels <- as_labels(condition, object$num_classes, unlist(object$class_names), arg, call)
    return(list(value = numpy()$asarray(as.array(labels)), count = length(labels)))
  }
  if (is.list(condition)) return(condition_pair(condition, object, arg, call))
  numbers_condition(condition, object, arg, call)
}

# A condition and a map.
condition_pair <- function(condition, object, arg, call) {
  if (is.null(object$get_config()$spatial_condition_shape)) {
    abort_argument(arg, describe(condition), "a vector, such as `unlist()` makes of a list, because this distribution takes no map", call = call)
  }
  if (length(condition) != 2) {
    abort_argument(arg, sprintf("a list of length %d", length(condition)), "a pair: condition and map", call = call)
  }
  if (!is_number(condition[[2]]) && !is_python(condition[[2]])) {
    abort_argument(arg, paste("a pair whose second is", describe(condition[[2]])), "a map of numbers", call = call)
  }
  first <- condition_to_python(condition[[1]], object, arg, call)
  map <- numpy()$asarray(unname(condition[[2]]), dtype = "float32", order = "C")
  list(value = reticulate::tuple(first$value, map), count = first$count)
}

# Numbers: a vector is one condition for each image where the distribution takes single numbers, else one condition.
numbers_condition <- function(condition, object, arg, call) {
  config <- object$get_config()
  if (is.null(config$conditional_shape) && is.null(config$spatial_condition_shape)) {
    abort_argument(arg, describe(condition), "NULL, since this distribution has no condition", call = call)
  }
  if (is.factor(condition) && takes_one_number(object)) {
    refuse_other_codes(condition, arg, call)
    condition <- as.integer(condition) - 1L
  }
  if (!is_number(condition) || anyNA(condition)) {
    abort_argument(arg, describe(condition), "numbers, nothing missing", call = call)
  }
  # A column, such as `as.matrix()` makes of one of a data frame.
  if (takes_one_number(object) && NCOL(condition) == 1) condition <- as.vector(condition)
  # Axes of one condition: those of the vector, or of the map where there is nothing else.
  axes <- if (is.null(config$conditional_shape)) 3 else length(config$conditional_shape)
  numbers <- if (is.null(dim(condition))) as.array(condition) else unclass_array(condition)
  if (axes > 0 && length(dim(numbers)) == axes) dim(numbers) <- c(1L, dim(numbers))
  list(value = numpy()$asarray(numbers, dtype = "float32", order = "C"), count = dim(numbers)[[1]])
}

# Whether a condition is a single number, as in the article, where a class is given by its 0-based code.
takes_one_number <- function(object) identical(object$get_config()$conditional_shape, list())

# The smallest and the largest number that such a distribution was trained with in this session, or NULL. They are kept
# on the Python object, because several R objects may refer to it.
numbers_in_training <- function(object) {
  unlist(reticulate::py_to_r(reticulate::py_get_attr(object, "numbers_in_training", silent = TRUE)))
}

note_numbers <- function(object, numbers) {
  if (!takes_one_number(object) || !inherits(numbers, "numpy.ndarray")) return(invisible())
  both <- range(reticulate::py_to_r(numbers), numbers_in_training(object))
  reticulate::py_set_attr(object, "numbers_in_training", do.call(reticulate::tuple, as.list(both)))
}

warn_of_extrapolation <- function(object, condition, arg) {
  if (!takes_one_number(object) || !is.numeric(condition)) return(invisible())
  trained <- numbers_in_training(object)
  outside <- if (!is.null(trained)) condition[condition < trained[[1]] | condition > trained[[2]]]
  if (!length(outside)) return(invisible())
  rlang::warn(
    sprintf("`%s` holds %s; the distribution was trained with numbers from %s to %s.",
            arg, format(outside[[1]]), format(trained[[1]]), format(trained[[2]])),
    class = "pixelcnn_extrapolation"
  )
}

# Class names, factors and whole numbers as 0-based integer labels
as_labels <- function(x, num_classes, class_names = NULL, arg = "condition", call = rlang::caller_env()) {
  if (is.factor(x)) return(factor_labels(x, num_classes, class_names, arg, call))
  if (is.character(x)) return(named_labels(x, class_names, arg, call))
  expected <- sprintf("0-based labels 0 to %d", num_classes - 1L)
  if (length(class_names)) expected <- paste(expected, "or class names")
  if (!is_whole(x)) abort_argument(arg, describe_bad_labels(x), expected, call = call)
  if (any(x < 0 | x >= num_classes)) {
    abort_argument(arg, sprintf("%s, which is no class", format(x[x < 0 | x >= num_classes][[1]])), expected, call = call)
  }
  as.integer(x)
}

describe_bad_labels <- function(x) {
  if (!is_number(x)) return(describe(x))
  if (anyNA(x)) return("a vector with missing values")
  wrong <- x[!is.finite(x) | x != trunc(x)]
  if (length(wrong)) return(sprintf("%s, which is not whole", format(wrong[[1]])))
  describe(x)
}

# A factor whose labels are numbers other than its 0-based codes is ambiguous.
refuse_other_codes <- function(x, arg, call) {
  numbers <- suppressWarnings(as.numeric(levels(x)))
  if (!nlevels(x) || anyNA(numbers) || all(numbers == seq_along(numbers) - 1)) return(invisible())
  given <- sprintf("a factor of the numbers %s, which are not its 0-based codes", comma(levels(x)))
  recipes <- "numbers, `as.integer(as.character(x))`, or codes, `as.integer(x) - 1L`, because this distribution has no `class_names`"
  abort_argument(arg, given, recipes, call = call)
}

factor_labels <- function(x, num_classes, class_names, arg, call) {
  if (anyNA(x)) abort_argument(arg, "a factor with missing values", "a class for each image", call = call)
  if (length(class_names)) return(named_labels(as.character(x), class_names, arg, call))
  refuse_other_codes(x, arg, call)
  if (nlevels(x) > num_classes) {
    given <- sprintf("a factor of %d levels", nlevels(x))
    abort_argument(arg, given, sprintf("at most %d, the number of classes", num_classes), call = call)
  }
  as.integer(x) - 1L
}

named_labels <- function(x, class_names, arg, call) {
  if (!length(class_names)) {
    abort_argument(arg, describe(x), "0-based labels, because this distribution has no `class_names`", call = call)
  }
  labels <- match(x, class_names)
  if (anyNA(labels)) {
    wrong <- encodeString(x[is.na(labels)][[1]], quote = "\"")
    abort_argument(arg, paste0(wrong, ", which is no class"), paste("one of", comma(class_names)), call = call)
  }
  labels - 1L
}

# A condition for `n` images that are to be drawn, and the shape to ask Python for.
condition_for <- function(condition, n, object, call = rlang::caller_env()) {
  warn_of_extrapolation(object, condition, "condition")
  given <- condition_to_python(condition, object, call = call)
  n <- as_whole(n, "n", min = 0, null = TRUE, call = call)
  if (is.null(given)) return(list(shape = if (is.null(n)) 1L else n, value = NULL))
  if (is.na(given$count)) return(list(shape = n, value = given$value))
  if (is.null(n) || n == given$count) return(list(shape = reticulate::tuple(given$count), value = given$value))
  if (given$count != 1) {
    abort_argument("n", n, sprintf("%d, the number of conditions, or one condition", given$count), call = call)
  }
  list(shape = n, value = first_of(given$value))
}

# The only entry of a batch of conditions, which Python then broadcasts.
first_of <- function(value) {
  if (!inherits(value, "python.builtin.tuple")) return(reticulate::py_get_item(value, 0L))
  parts <- lapply(0:1, function(k) reticulate::py_get_item(reticulate::py_get_item(value, k), 0L))
  reticulate::tuple(parts[[1]], parts[[2]])
}
