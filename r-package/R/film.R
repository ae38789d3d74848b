# Films of how images were drawn.

#' Write a film of how images were drawn
#'
#' Writes a GIF in which images appear row by row, as [sample_images()] or
#' [complete_images()] drew them. A pixel that is drawn does not change any more, so the
#' images alone tell how they looked after each row.
#'
#' @inheritParams plot_images
#' @param x Images, as [sample_images()] returns, or data.
#' @param path The file, which ends in `.gif`; or in `.png`, which keeps all colours.
#' @param known For completions a logical array that is `TRUE` for known pixels, as the
#'   `mask` of [complete_images()]; the film begins with these pixels.
#' @param order The order in which the pixels were drawn, or one for each image; see
#'   [sample_images()].
#' @param columns Number of images in a row.
#' @param scale Screen pixels of a pixel. The default makes an image about 56 screen pixels
#'   high.
#' @param seconds Time of a frame. The last frame stays for 2 s.
#' @returns `path`, invisibly.
#' @family plots
#' @export
#' @examplesIf pixelcnn_available()
#' dist <- load_pretrained("quickdraw13")
#' path <- tempfile(fileext = ".gif")
#' save_film(sample_images(dist, 4, "bicycle", seed = 1), path)
save_film <- function(x, path, known = NULL, order = 0, columns = NULL, scale = NULL, seconds = 0.1, invert = NULL,
                      low = NULL, high = NULL) {
  if (inherits(x, "pixelcnn_data")) x <- x$images
  if (!is_whole(x) || length(dim(x)) != 4) abort_argument("x", describe(x), "images (n, H, W, C) of whole numbers")
  if (!is.null(known)) known <- numpy()$asarray(apply(known_pixels(known, x), 1:3, all))
  if (!is_whole(order)) abort_argument("order", describe(order), "whole numbers")
  plots <- member(pixelcnn_module(), "plot")
  frames <- call_python(plots$film(
    numpy()$asarray(unclass_array(x), dtype = "int32", order = "C"), known = known,
    order = numpy()$asarray(as.integer(order)),
    columns = as_whole(columns, "columns", min = 1, null = TRUE), scale = as_whole(scale, "scale", min = 1, null = TRUE),
    low = as_whole(first_given(low, attr(x, "low"), 0), "low"), high = as_whole(first_given(high, attr(x, "high"), 255), "high"),
    invert = if (!is.null(invert)) as_flag(invert, "invert")
  ))
  call_python(plots$save_film(frames, as_path(path, "path"), seconds = as_number(seconds, "seconds")))
  invisible(path)
}
