#' Save and load a distribution
#'
#' `save_pixelcnn()` writes the architecture, the weights and the optimizer to one file. R
#' and Python read the same file. Save a distribution before the session ends: an R
#' workspace (`.RData`) does *not* hold it, because it is a Python object.
#'
#' @param object A distribution.
#' @param path Path of a file whose name ends in `.keras`. Missing folders are created.
#' @param overwrite Whether an existing file may be replaced.
#' @returns `save_pixelcnn()` returns the path, invisibly. `load_pixelcnn()` returns the
#'   distribution.
#' @family files
#' @export
#' @examplesIf pixelcnn_available()
#' dist <- pixel_cnn_plus_plus(c(8, 8, 1), num_resnet = 1, num_hierarchies = 2, num_filters = 8)
#' path <- tempfile(fileext = ".keras")
#' save_pixelcnn(dist, path)
#' load_pixelcnn(path)
save_pixelcnn <- function(object, path, overwrite = TRUE) {
  check_distribution(object)
  call_python(object$save(as_path(path, "path"), overwrite = as_flag(overwrite, "overwrite")))
  invisible(path)
}

#' @rdname save_pixelcnn
#' @export
load_pixelcnn <- function(path) {
  path <- as_path(path, "path")
  check_process()
  call_python(pixelcnn_module()$load(path))
}

#' Load a trained distribution
#'
#' `load_pretrained()` loads a distribution that comes with the package, without a download.
#' `"quickdraw13"` and `"quickdraw20"` draw thirteen and twenty classes of Quick, Draw!,
#' `"doodles20"` twenty classes of [doodles()], `"mnist_binary"` digits of two levels.
#' `"quickdraw13_large"` has the classes of `"quickdraw13"` and better likelihoods, and its first
#' draw compiles longer.
#' `pretrained_cards()` says of all these distributions what they draw, how they were trained,
#' and how good they are.
#'
#' @param name Name of the distribution, such as `"quickdraw13"`.
#' @returns `load_pretrained()` returns a trained distribution. `pretrained_cards()` returns a
#'   list with a card for each name: a list of texts `name`, `summary`, `data`, `licence`,
#'   `splits`, `recipe` (the command that trained it), `commit` and `bad_at`, of the named numbers
#'   `figures`, and of `guidance`, the value that suits in [sample_images()].
#' @family files
#' @export
#' @examplesIf pixelcnn_available()
#' names(pretrained_cards())
#' dist <- load_pretrained("quickdraw13")
#' dist
load_pretrained <- function(name) {
  name <- as_string(name, "name")
  check_process()
  call_python(pixelcnn_module()$load_pretrained(name))
}

#' @rdname load_pretrained
#' @export
pretrained_cards <- function() {
  check_process()
  cards <- call_python(pixelcnn_module()$pretrained$cards())
  lapply(cards, function(card) {
    fields <- reticulate::import("dataclasses")$asdict(card)
    fields$figures <- unlist(fields$figures)
    fields
  })
}

#' Save a distribution to a folder, and load it by name
#'
#' `save_to_preset()` writes architecture and weights, without the optimizer, to a folder in
#' the layout of Keras Hub. `from_preset()` reads such a folder, a trained distribution of
#' the package by name, or one on the Hugging Face Hub.
#'
#' @param object A distribution.
#' @param path Path of the folder. A missing folder is made; older files of the same names
#'   are replaced.
#' @param preset Path of a folder, the name of a distribution of the package such as
#'   `"quickdraw13"`, or `"hf://user/name"`. The last needs the Python package huggingface_hub.
#' @returns `save_to_preset()` returns the path, invisibly. `from_preset()` returns the
#'   distribution.
#' @family files
#' @export
#' @examplesIf pixelcnn_available()
#' dist <- pixel_cnn(c(4, 4, 1), num_blocks = 1, num_filters = 8)
#' folder <- tempfile()
#' save_to_preset(dist, folder)
#' from_preset(folder)
save_to_preset <- function(object, path) {
  check_distribution(object)
  call_python(object$save_to_preset(as_path(path, "path")))
  invisible(path)
}

#' @rdname save_to_preset
#' @export
from_preset <- function(preset) {
  preset <- as_string(preset, "preset")
  check_process()
  if (!startsWith(preset, "hf://") && file.exists(preset)) preset <- as_path(preset, "preset")
  call_python(pixelcnn_module()$PixelDistribution$from_preset(preset))
}

#' Export a distribution for programs without this package
#'
#' Writes a TensorFlow SavedModel with the functions `log_prob`, `sample` and `draw`, or the
#' likelihood as an ONNX file. Programs that read the file need neither this package nor
#' Keras.
#'
#' @param object A distribution.
#' @param path Path of the folder of the SavedModel, or of the ONNX file, whose name then
#'   ends in `.onnx`.
#' @param format `"tf_saved_model"` or `"onnx"`; `NULL` takes it from the name. `"onnx"` needs
#'   the Python packages tf2onnx and onnx.
#' @param overwrite Whether an older export may be replaced. A folder that holds anything
#'   else stays.
#' @returns The path, invisibly.
#' @family files
#' @export
#' @examplesIf pixelcnn_available()
#' dist <- pixel_cnn(c(2, 2, 1), num_blocks = 1, num_filters = 4)
#' export_distribution(dist, tempfile())
export_distribution <- function(object, path, format = NULL, overwrite = TRUE) {
  check_distribution(object)
  if (is.null(format)) format <- if (grepl("\\.onnx$", path)) "onnx" else "tf_saved_model"
  call_python(object$export(
    as_path(path, "path"), format = as_string(format, "format"), overwrite = as_flag(overwrite, "overwrite")
  ))
  invisible(path)
}
