# Loads images with labels from Python and holds them as R data.

new_data <- function(images, labels = NULL, class_names = NULL) {
  if (!is.null(labels)) labels <- structure(as.integer(labels) + 1L, levels = class_names, class = "factor")
  structure(list(images = images, labels = labels, class_names = class_names), class = "pixelcnn_data")
}

# Converts a Python ImageData. The labels become R integers, because reticulate would make doubles of them.
data_from_python <- function(data) {
  class_names <- as.character(unlist(reticulate::py_to_r(data$class_names)))
  if (inherits(data$images, "pixelcnn.data.in_files.ImagesInFiles")) {
    return(structure(list(images = data$images, labels = data$labels, class_names = class_names), class = "pixelcnn_files"))
  }
  images <- reticulate::py_to_r(data$images)
  labels <- reticulate::py_to_r(data$labels)
  if (!is.null(labels)) labels <- integers_from_python(data$labels)
  new_data(new_images(images, range_of(images)), labels, class_names)
}

range_of <- function(images) {
  if (min(images) < 0 || max(images) > 255) c(low = min(images), high = max(images)) else c(low = 0L, high = 255L)
}

# Calls a Python loader, converts its result to R data, and turns its warnings into R warnings. `loader` and `call` stand
# behind the dots, so that no argument of the loader matches them partially.
call_loader <- function(..., loader, call = rlang::caller_env()) {
  pixelcnn_module()
  loaders <- reticulate::import("pixelcnn.data", convert = FALSE)
  arguments <- list(...)
  arguments$verbose <- with_doubles(arguments$verbose)
  call_python(with_python_warnings(data_from_python(do.call(member(loaders, loader), arguments))), call = call)
}

with_python_warnings <- function(expr) {
  warnings <- reticulate::import("warnings", convert = FALSE)
  context <- warnings$catch_warnings(record = TRUE)
  caught <- context$`__enter__`()
  warnings$simplefilter("always", reticulate::import_builtins(convert = FALSE)$UserWarning)
  result <- tryCatch(expr, finally = context$`__exit__`(NULL, NULL, NULL))
  for (k in seq_len(reticulate::py_len(caught)) - 1L) {
    warning(as.character(reticulate::py_get_item(caught, k)$message), call. = FALSE)
  }
  result
}

#' Quick, Draw! drawings
#'
#' Loads grey drawings of 28x28 pixels from a folder or from the network. The background
#' is 0 and ink is up to 255. A download fetches only the drawings that are requested, 784
#' bytes for each drawing, and the cache keeps the drawings.
#'
#' A class is given by its name or by its 0-based label in 'TensorFlow Datasets'. The
#' default is the twenty classes of the article (see the vignette *Reproducing the
#' QuickDraw demo*) by name. The article lists their labels, with 308 for The Eiffel
#' Tower; but label 308 is `tent`, and The Eiffel Tower has label 309.
#'
#' @param classes Class names or labels. The order of `classes` is the order of the labels
#'   in the result. `NULL` takes the article's twenty classes.
#' @param per_class Largest number of drawings of each class; `NULL` loads all.
#' @param data_dir A folder with files `<class>.npy`, or the parent of such a folder.
#'   `NULL` takes the folder that the environment variable `PIXELCNN_DATA` names.
#' @param source `"local"` reads `data_dir`. `"network"` reads the cache and downloads
#'   drawings that the cache lacks. `"auto"` is `"local"` if `data_dir` is given or if the
#'   folder `PIXELCNN_DATA` holds one of the classes, and `"network"` otherwise.
#' @param cache_dir Folder that keeps downloads; `NULL` takes the user's cache folder.
#' @param base_url Address of the files; `NULL` takes Google's address.
#' @param verbose Whether to show the progress of a download; see [pixelcnn-package].
#' @param split `"test"` for the last tenth of each class, `"train"` for the other
#'   drawings, `NULL` for all.
#' @param in_memory Whether to read the drawings into memory. With `FALSE` they stay in the
#'   files, and the result is for [`fit()`][fit.pixelcnn.PixelDistribution] and `evaluate()`
#'   only, which read each batch when they need it. So the 50 million drawings of all
#'   classes take no memory.
#' @returns Data, a list with the elements `images` (an integer array (n, height, width,
#'   channels)), `labels` (a factor) and `class_names`. Data print, plot, and can be indexed;
#'   see [images].
#' @family data
#' @export
#' @examplesIf pixelcnn_available() && nzchar(Sys.getenv("PIXELCNN_DATA"))
#' data <- quickdraw(c("bee", "The Eiffel Tower"), per_class = 10)
#' data
#' plot(data[1:8])
quickdraw <- function(classes = NULL, per_class = NULL, data_dir = NULL, source = "auto", cache_dir = NULL,
                      base_url = NULL, verbose = NULL, split = NULL, in_memory = TRUE) {
  optional <- list(classes = as_classes(classes), base_url = base_url)
  progress <- work_progress(verbose, parts = 1e6, name = "Download", unit = "MB")
  on.exit(progress$close())
  do.call(call_loader, c(list(loader = "quickdraw"), Filter(Negate(is.null), optional), list(
    per_class = as_whole(per_class, "per_class", min = 1, null = TRUE),
    data_dir = if (!is.null(data_dir)) as_path(data_dir, "data_dir"), source = source,
    cache_dir = if (!is.null(cache_dir)) as_path(cache_dir, "cache_dir"),
    verbose = progress$verbose, split = split, in_memory = as_flag(in_memory, "in_memory"), call = rlang::current_env()
  )))
}

# Makes a list, because reticulate makes a scalar of a vector of one class.
as_classes <- function(classes, arg = "classes", call = rlang::caller_env()) {
  if (is.null(classes)) return(NULL)
  if (anyNA(classes)) abort_argument(arg, "names or labels with missing values", "names or labels without missing values", call = call)
  as.list(if (is.factor(classes)) as.character(classes) else classes)
}

#' Names of the Quick, Draw! classes
#'
#' @returns The 345 class names. Name k, counted from 1, has label k - 1 in the data set
#'   `quickdraw_bitmap` of 'TensorFlow Datasets'.
#' @family data
#' @export
#' @examplesIf pixelcnn_available()
#' quickdraw_classes()[c(309, 310)]
quickdraw_classes <- function() {
  as.character(unlist(call_python(pixelcnn_module()$data$quickdraw_classes())))
}

#' Drawings that come with the package
#'
#' Draws doodles of the article's twenty classes. The package draws them itself and needs
#' no files and no network.
#'
#' @param n Number of drawings, over all classes.
#' @param classes Names of some of the twenty classes; `NULL` takes all twenty.
#' @param seed A whole number. The same seed draws the same doodles, in R and in Python.
#'   `NULL` draws a seed from R's generator.
#' @inherit quickdraw return
#' @family data
#' @export
#' @examplesIf pixelcnn_available()
#' doodles(6, classes = c("sun", "tree", "train"))
doodles <- function(n, classes = NULL, seed = 0) {
  optional <- Filter(Negate(is.null), list(classes = as_classes(classes)))
  do.call(call_loader, c(
    list(loader = "doodles", n = as_whole(n, "n", min = 1), seed = as_seed(seed), call = rlang::current_env()), optional
  ))
}

#' Handwritten digits
#'
#' Loads MNIST: grey digits of 28x28 pixels, 50,000 to train on, 10,000 to validate and
#' 10,000 to test. Papers report nats of binary digits, which have the levels 0 and 1. There
#' are two kinds of binary digits. `"fixed"` digits were drawn once and published, so all
#' papers use the same digits. For `"dynamic"` digits the grey level of a pixel is the
#' probability of ink, and each training batch is drawn again. A distribution of binary
#' digits has `high = 1`.
#'
#' The function reads `mnist/mnist.npz` or `mnist/binarized_mnist.npz` in `data_dir`. Without
#' `data_dir`, the function reads the folder that the environment variable `PIXELCNN_DATA`
#' names. If this folder does not hold the file, the function downloads the file.
#'
#' @param binarized `FALSE` for grey digits with levels 0 to 255; `"fixed"` or `"dynamic"`
#'   for binary digits.
#' @param split `"train"`, `"valid"` or `"test"`.
#' @param batch_size Number of images in a batch of the dynamic training split.
#' @param seed Seed for the `"dynamic"` digits; `NULL` draws a seed from R's generator.
#' @param data_dir A folder that holds the file, directly or in a sub-folder `mnist`.
#' @returns Data, as [quickdraw()] returns; the fixed binary digits have no labels. The
#'   dynamic training split is a Python data set for
#'   [`fit()`][fit.pixelcnn.PixelDistribution].
#' @family data
#' @export
#' @examplesIf pixelcnn_available() && nzchar(Sys.getenv("PIXELCNN_DATA"))
#' digits <- mnist(split = "test")
#' plot(digits[1:8])
mnist <- function(binarized = FALSE, split = "train", batch_size = 100, seed = 0, data_dir = NULL) {
  arguments <- list(
    binarized = binarized, split = split, batch_size = as_whole(batch_size, "batch_size", min = 1),
    seed = as_seed(seed), data_dir = if (!is.null(data_dir)) as_path(data_dir, "data_dir")
  )
  if (identical(binarized, "dynamic") && identical(split, "train")) {
    return(call_python(do.call(pixelcnn_module()$data$mnist, arguments)))
  }
  data <- do.call(call_loader, c(list(loader = "mnist", call = rlang::current_env()), arguments))
  if (!isFALSE(binarized)) attr(data$images, "high") <- 1L
  data
}

#' Small photographs in colour
#'
#' Loads CIFAR-10: photographs of 32x32 pixels in ten classes, 50,000 to train on and
#' 10,000 to test.
#'
#' The function reads `cifar10/cifar10.npz` in `data_dir`, or `cifar10/cifar10_subset.npz`,
#' which holds a part of the images. Without `data_dir`, the function reads the folder that
#' the environment variable `PIXELCNN_DATA` names. If this folder holds neither file, the
#' function downloads the images.
#'
#' @param split `"train"` or `"test"`.
#' @param data_dir A folder that holds the file, directly or in a sub-folder `cifar10`.
#' @inherit quickdraw return
#' @family data
#' @export
#' @examplesIf pixelcnn_available() && nzchar(Sys.getenv("PIXELCNN_DATA"))
#' plot(cifar10("test")[1:8])
cifar10 <- function(split = "train", data_dir = NULL) {
  call_loader(
    loader = "cifar10", split = split, data_dir = if (!is.null(data_dir)) as_path(data_dir, "data_dir")
  )
}

#' Images in a folder
#'
#' Loads PNG, JPEG, BMP, WebP, TIFF, GIF and PNM files from a folder with one sub-folder
#' for each class. The function turns a picture upright according to its EXIF orientation,
#' draws transparent pixels on white, and keeps the upper 8 bits of 16-bit channels. The
#' function skips other files, hidden files and sub-folders without a picture, and names them
#' in a warning.
#'
#' @param path The folder.
#' @param image_shape Height and width, or height, width and channels (1 for grey, 3 for
#'   RGB). Pictures are stretched to this size, which may change their proportions.
#' @param size Height and width, or height, width and channels, or one number for a square.
#'   Pictures are scaled until they just cover this size, with their proportions kept, and
#'   then cropped equally at both ends. Without `image_shape` and `size` all pictures must
#'   have the same size.
#' @inherit quickdraw return
#' @family data
#' @export
#' @examplesIf pixelcnn_available()
#' folder <- tempfile()
#' for (class in c("ant", "bat")) {
#'   dir.create(file.path(folder, class), recursive = TRUE)
#'   png(file.path(folder, class, "one.png"), 32, 32)
#'   par(mar = rep(0, 4))
#'   plot.new()
#'   dev.off()
#' }
#' image_folder(folder, size = c(8, 8, 1))
image_folder <- function(path, image_shape = NULL, size = NULL) {
  call_loader(
    as_path(path, "path"), loader = "folder", image_shape = as_sizes(image_shape, "image_shape"),
    size = as_sizes(if (length(size) == 1) rep(size, 2) else size, "size")
  )
}

#' Images and labels as data
#'
#' Checks plain R arrays and returns them as data, in the form that [quickdraw()] returns.
#'
#' @param images An array (n, height, width, channels) or (n, height, width) of whole
#'   numbers `low` to `high`.
#' @param labels The class of each image as a factor, as names or as 0-based integers, or
#'   `NULL`. Convert `TRUE` and `FALSE` to the classes 1 and 0 with `as.integer()`.
#' @param class_names Names of the classes, if `labels` is not a factor. The default is the
#'   sorted names in `labels`, or the integers as names.
#' @param low,high Smallest and largest level of a pixel.
#' @inherit quickdraw return
#' @family data
#' @export
#' @examplesIf pixelcnn_available()
#' pixels <- array(sample(0:255, 2 * 5 * 4, replace = TRUE), c(2, 5, 4))
#' image_arrays(pixels, labels = c("cat", "dog"))
image_arrays <- function(images, labels = NULL, class_names = NULL, low = 0, high = 255) {
  low <- as_whole(low, "low")
  high <- as_whole(high, "high")
  if (is.character(labels)) {
    labels <- factor(labels, levels = if (is.null(class_names)) sort(unique(labels)) else checked_names(labels, class_names))
  }
  if (is.factor(labels)) {
    if (!is.null(class_names) && !identical(as.character(class_names), levels(labels))) {
      abort_argument("class_names", comma(class_names), "NULL, because the levels of `labels` are the names")
    }
    class_names <- levels(labels)
    labels <- factor_labels(labels, nlevels(labels), class_names, "labels", rlang::current_env())
  }
  if (!is.null(labels) && !is_whole(labels)) {
    abort_argument("labels", describe_bad_labels(labels), "a factor, names or 0-based integers, one for each image, without missing values")
  }
  if (anyNA(class_names)) abort_argument("class_names", comma(class_names), "names without missing values")
  if (is.null(class_names)) warn_of_labels_from_1(labels)
  if (!is_number(images)) abort_argument("images", describe(images), "an array of whole numbers")
  refuse_one_image(images, "images")
  check_levels(images, c(low = low, high = high), "images")
  storage.mode(images) <- "integer"
  data <- call_loader(
    numpy()$asarray(unclass_array(images), order = "C"), loader = "arrays", labels = if (!is.null(labels)) as.array(labels),
    class_names = if (is.numeric(class_names)) as.list(as.character(class_names)) else as_classes(class_names), low = low, high = high
  )
  attributes(data$images)[c("low", "high")] <- list(low, high)
  data
}

# Returns the class names after a check that each label is one of the names.
checked_names <- function(labels, class_names, call = rlang::caller_env()) {
  named_labels(labels[!is.na(labels)], as.character(class_names), "labels", call)
  as.character(class_names)
}

# Warns if labels count from 1, because class 0 then has no image.
warn_of_labels_from_1 <- function(labels) {
  if (!is_whole(labels) || !setequal(labels, seq_len(max(labels, 2)))) return(invisible())
  rlang::warn(
    sprintf("`labels` are 1 to %d, so class 0 has no image. Labels count from 0: if yours count from 1, give `labels - 1`.", max(labels)),
    class = "pixelcnn_labels_warning"
  )
}

#' Keep some classes
#'
#' Keeps the images of some classes. The first class in `classes` gets the label 0, the next
#' class the label 1, and so on.
#'
#' @param data Data, such as [quickdraw()] returns, or a Python data set of pairs
#'   (image, label), such as a data set of 'TensorFlow Datasets'.
#' @param classes Class names, or 0-based labels.
#' @param class_names For a Python data set, the names of all its classes in the order of
#'   the labels. For `quickdraw_bitmap` give [quickdraw_classes()].
#' @returns Data, or a Python data set.
#' @family data
#' @export
#' @examplesIf pixelcnn_available()
#' filter_classes(doodles(40), c("sun", "bee"))
filter_classes <- function(data, classes, class_names = NULL) {
  if (is_python(data)) {
    names <- if (!is.null(class_names)) as.list(as.character(class_names))
    filtered <- pixelcnn_module()$data$filter_classes
    return(call_python(with_python_warnings(filtered(data, as_classes(classes), names))))
  }
  if (!inherits(data, "pixelcnn_data")) abort_argument("data", describe(data), "data, such as `quickdraw()` returns")
  if (is.null(data$labels)) abort_argument("data", "without labels", "data with labels")
  wanted <- data$class_names[as_labels(classes, length(data$class_names), data$class_names, "classes") + 1L]
  if (!length(wanted)) abort_argument("classes", describe(classes), "at least one class")
  if (anyDuplicated(wanted)) {
    abort_argument("classes", sprintf("%s more than once", encodeString(wanted[duplicated(wanted)][[1]], quote = "\"")), "each class once")
  }
  kept <- data[which(data$labels %in% wanted)]
  kept$labels <- factor(as.character(kept$labels), levels = wanted)
  kept$class_names <- wanted
  kept
}

#' @export
`[.pixelcnn_data` <- function(x, i) {
  if (missing(i)) return(x)
  refuse_names(i)
  x$images <- x$images[i, , , , drop = FALSE]
  x$labels <- x$labels[i]
  x
}

#' @export
`[<-.pixelcnn_data` <- function(x, i, value) {
  if (!inherits(value, "pixelcnn_data")) abort_argument("value", describe(value), "data")
  c(x, value) # is an error for data of other classes, sizes or levels
  if (missing(i)) i <- seq_along(x)
  x$images[i] <- value$images
  if (!is.null(x$labels)) x$labels[i] <- value$labels
  x
}

#' @export
`[[.pixelcnn_data` <- function(x, i, ...) if (is.character(i)) NextMethod() else x[i]

#' @export
`[[<-.pixelcnn_data` <- function(x, i, ..., value) {
  if (is.character(i)) return(NextMethod())
  x[i] <- value
  x
}

#' @export
`length<-.pixelcnn_data` <- function(x, value) x[seq_len(value)]

#' @export
as.list.pixelcnn_data <- function(x, ...) lapply(seq_along(x), function(k) x[k])

#' @export
length.pixelcnn_data <- function(x) nrow(x$images)

#' @export
rep.pixelcnn_data <- function(x, ...) x[rep(seq_along(x), ...)]

#' @export
c.pixelcnn_data <- function(...) {
  parts <- Filter(Negate(is.null), list(...))
  first <- parts[[1]]
  for (part in parts) {
    same <- inherits(part, "pixelcnn_data") && identical(levels(part$labels), levels(first$labels)) &&
      is.null(part$labels) == is.null(first$labels)
    if (!same) abort_argument("...", describe(part), "data of the same classes as the first")
  }
  if (!is.null(first$labels)) first$labels <- do.call(c, lapply(parts, function(part) part$labels))
  first$images <- do.call(c, lapply(parts, function(part) part$images))
  first
}

#' @export
str.pixelcnn_data <- function(object, ...) cat("", title_of(object$images), "\n")

#' @export
format.pixelcnn_data <- function(x, ...) c(title_of(x$images), if (!is.null(x$labels)) format_classes(x$class_names))

#' @export
format.pixelcnn_files <- function(x, ...) {
  shape <- unlist(reticulate::py_to_r(x$images$shape))
  c(sprintf("<%s images of %s in files>", format(shape[[1]], big.mark = ","), paste(shape[-1], collapse = "x")), format_classes(x$class_names))
}

#' @export
length.pixelcnn_files <- function(x) reticulate::py_len(x$images)

#' @export
`[.pixelcnn_files` <- function(x, i) {
  abort_argument("x", "data in files", "data in memory, of which a part can be taken: `quickdraw(in_memory = TRUE)`")
}

refuse_files <- function(...) abort_argument("x", "data in files", "data in memory: `quickdraw(in_memory = TRUE)`")

#' @export
c.pixelcnn_files <- refuse_files

#' @export
rep.pixelcnn_files <- refuse_files

#' @export
plot.pixelcnn_files <- refuse_files

#' @export
summary.pixelcnn_files <- refuse_files

#' @export
print.pixelcnn_files <- function(x, ...) {
  cat(format(x), sep = "\n")
  invisible(x)
}

#' @export
print.pixelcnn_data <- function(x, ...) {
  cat(format(x), sep = "\n")
  invisible(x)
}

#' @export
summary.pixelcnn_data <- function(object, ...) {
  if (is.null(object$labels)) c(images = dim(object$images)[[1]]) else table(class = object$labels)
}

# Returns one line, such as "20 classes: bee, bicycle, ...".
format_classes <- function(class_names, most = 8) {
  shown <- utils::head(class_names, most)
  more <- if (length(class_names) > most) ", ..." else ""
  sprintf("%d %s: %s%s", length(class_names), if (length(class_names) == 1) "class" else "classes", comma(shown), more)
}
