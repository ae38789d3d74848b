#' Choose the devices that share the work
#'
#' Distributions that are made or loaded after this call train, draw and are evaluated on
#' these devices. Each device holds all weights and computes its share of each batch.
#' Training is that of one device with the same batch size, within rounding. A distribution
#' keeps the devices with which it was made.
#'
#' @param devices `"all"`; the number of devices, of which the first are taken; or a vector
#'   of names, such as `c("gpu:0", "gpu:2")`. 1 is the default of the backend again. On torch
#'   only 1 fits.
#' @returns The names of the devices, invisibly.
#' @family setup
#' @export
#' @examplesIf pixelcnn_available()
#' use_devices(1)
use_devices <- function(devices = "all") {
  if (is.numeric(devices)) devices <- as_whole(devices, "devices", min = 1)
  if (is.character(devices) && !identical(devices, "all")) devices <- as.list(devices)
  invisible(unlist(call_python(pixelcnn_module()$use_devices(devices))))
}
