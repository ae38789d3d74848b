# Converts conditions from R to Python.

# Returns NULL without a condition, else a list of the Python value and the number of conditions in it. The number is NA
# for a Python object.
condition_to_python <- function(condition, object, arg = "condition", call = rlang::caller_env()) {
  if (is.null(condition)) return(NULL)
  if (is_python(condition)) return(list(value = condition, count = NA_integer_))
  if (is.data.frame(condition)) {
    abort_argument(arg, describe(condition), "one of its columns, or a matrix, such as `as.matrix()` returns", call = call)
  }
  if (!is.null(object$num_classes)) {
    if (is.list(condition)) return(condition_pair(condition, object, arg, call))
    labels <- as_labels(condition, object$num_classes, unlist(object$class_names), arg, call)
    return(list(value = numpy()$asarray(as.array(labels)), count = length(labels)))
  }
  if (is.list(condition)) return(condition_pair(condition, object, arg, call))
  numbers_condition(condition, object, arg, call)
}

# Converts a list of a condition and a map.
condition_pair <- function(condition, object, arg, call) {
  if (is.null(object$get_config()$spatial_condition_shape)) {
    abort_argument(arg, describe(condition), "a vector, such as `unlist()` makes of a list, because this distribution takes no map", call = call)
  }
  if (length(condition) != 2) {
    abort_argument(arg, sprintf("a list of length %d", length(condition)), "a list of two: a condition and a map", call = call)
  }
  if (!is_number(condition[[2]]) && !is_python(condition[[2]])) {
    abort_argument(arg, paste("a list whose second element is", describe(condition[[2]])), "a map of numbers", call = call)
  }
  if (!is_python(condition[[2]])) refuse_missing(condition[[2]], arg, call)
  first <- condition_to_python(condition[[1]], object, arg, call)
  maps <- condition[[2]]
  if (is_python(maps)) return(list(value = reticulate::tuple(first$value, maps), count = NA_integer_))
  maps <- unname(maps)
  if (length(dim(maps)) == 3) dim(maps) <- c(1L, dim(maps))
  counts <- c(first$count, NROW(maps))
  if (!anyNA(counts) && !all(counts %in% c(1L, max(counts)))) {
    given <- sprintf("a list of %d conditions and %d maps", counts[[1]], counts[[2]])
    abort_argument(arg, given, "as many of both, or one of either", call = call)
  }
  list(value = reticulate::tuple(first$value, numpy()$asarray(maps, dtype = "float64", order = "C")), count = max(counts))
}

# NumPy has no missing integer: it would take the smallest one.
refuse_missing <- function(x, arg, call) {
  if (anyNA(x)) abort_argument(arg, paste(describe(x), "with missing values"), "numbers without missing values", call = call)
}

# Converts numbers. A vector holds one condition for each image if a condition is a single number; else a vector is one
# condition.
numbers_condition <- function(condition, object, arg, call) {
  config <- object$get_config()
  if (is.null(config$conditional_shape) && is.null(config$spatial_condition_shape)) {
    abort_argument(arg, describe(condition), "NULL, because this distribution has no condition", call = call)
  }
  if (is.factor(condition) && takes_one_number(object)) {
    refuse_other_codes(condition, arg, call)
    condition <- as.integer(condition) - 1L
  }
  if (!is_number(condition) || anyNA(condition)) {
    abort_argument(arg, describe(condition), "numbers without missing values", call = call)
  }
  # A matrix of one column, such as `as.matrix()` makes of a data frame of one column, holds one number for each image.
  if (takes_one_number(object) && NCOL(condition) == 1) condition <- as.vector(condition)
  # The number of axes of one condition: of the vector, or of the map if the distribution has no vector.
  axes <- if (is.null(config$conditional_shape)) 3 else length(config$conditional_shape)
  numbers <- if (is.null(dim(condition))) as.array(condition) else unclass_array(condition)
  if (axes > 0 && length(dim(numbers)) == axes) dim(numbers) <- c(1L, dim(numbers))
  list(value = numpy()$asarray(numbers, dtype = "float64", order = "C"), count = dim(numbers)[[1]])
}

# Tells whether a condition is a single number. The article gives a class in this way, as its 0-based code.
takes_one_number <- function(object) identical(object$get_config()$conditional_shape, list())

# Returns the smallest and the largest number that the distribution was trained with in this session, or NULL. The two
# numbers are attributes of the Python object, because several R objects may refer to the same Python object.
numbers_in_training <- function(object) {
  unlist(reticulate::py_to_r(reticulate::py_get_attr(object, "numbers_in_training", silent = TRUE)))
}

note_numbers <- function(object, numbers) {
  if (!takes_one_number(object) || !inherits(numbers, "numpy.ndarray")) return(invisible())
  both <- range(reticulate::py_to_r(numbers), numbers_in_training(object))
  reticulate::py_set_attr(object, "numbers_in_training", do.call(reticulate::tuple, as.list(both)))
}

warn_of_extrapolation <- function(object, condition, arg) {
  if (!is.numeric(condition) || !takes_one_number(object)) return(invisible())
  trained <- numbers_in_training(object)
  outside <- if (!is.null(trained)) condition[condition < trained[[1]] | condition > trained[[2]]]
  if (!length(outside)) return(invisible())
  rlang::warn(
    sprintf("`%s` holds %s; the distribution was trained with numbers from %s to %s.",
            arg, format(outside[[1]]), format(trained[[1]]), format(trained[[2]])),
    class = "pixelcnn_extrapolation"
  )
}

# Converts class names, factors and whole numbers to 0-based integer labels.
as_labels <- function(x, num_classes, class_names = NULL, arg = "condition", call = rlang::caller_env()) {
  if (is.factor(x)) return(factor_labels(x, num_classes, class_names, arg, call))
  if (is.character(x)) return(named_labels(x, class_names, arg, call))
  expected <- sprintf("0-based labels 0 to %d", num_classes - 1L)
  if (length(class_names)) expected <- paste(expected, "or class names")
  if (length(dim(x)) > 1 && NCOL(x) > 1) {
    abort_argument(arg, describe(x), "a vector, such as `max.col(x) - 1L` makes of one-hot labels", call = call)
  }
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

# Refuses a factor whose level names are numbers other than its 0-based codes, because the classes would be ambiguous.
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
  # Levels that are numbers are its codes. Other levels are names, and a part of the classes has other codes than all.
  if (nlevels(x) < num_classes && anyNA(suppressWarnings(as.numeric(levels(x))))) {
    given <- sprintf("a factor of the %d levels %s", nlevels(x), comma(levels(x)))
    recipes <- sprintf("%d levels, the number of classes, or 0-based labels, because this distribution has no `class_names`", num_classes)
    abort_argument(arg, given, recipes, call = call)
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

# Returns the condition for `n` images to draw and the sample shape for Python.
condition_for <- function(condition, n, object, call = rlang::caller_env()) {
  warn_of_extrapolation(object, condition, "condition")
  conditions <- condition_to_python(condition, object, call = call)
  n <- as_whole(n, "n", min = 0, null = TRUE, call = call)
  if (is.null(conditions)) return(list(shape = if (is.null(n)) 1L else n, value = NULL))
  count <- conditions$count
  if (is.na(count)) return(list(shape = n, value = conditions$value))
  if (is.null(n) || n == count) return(list(shape = reticulate::tuple(count), value = conditions$value))
  if (count != 1) abort_argument("n", n, sprintf("%d, the number of conditions, or one condition", count), call = call)
  list(shape = n, value = first_of(conditions$value))
}

# Returns the only condition of a batch of one, because Python broadcasts a condition without a batch axis.
first_of <- function(value) {
  if (!inherits(value, "python.builtin.tuple")) return(reticulate::py_get_item(value, 0L))
  parts <- lapply(0:1, function(k) {
    part <- reticulate::py_get_item(value, k)
    if (inherits(part, "python.builtin.NoneType")) part else reticulate::py_get_item(part, 0L)
  })
  reticulate::tuple(parts[[1]], parts[[2]])
}
