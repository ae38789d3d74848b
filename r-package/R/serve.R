#' Draw on a page, and the model goes on
#'
#' Starts a server on this machine and opens its page, in RStudio in the viewer: choose a
#' class, draw the upper part of something, and the model draws the rest in several
#' versions. The server is a process of its own, so R stays free. It ends with
#' `stop_serving()` and with the R session.
#'
#' The Python environment needs starlette and uvicorn: `pip install starlette uvicorn`.
#'
#' @param object A distribution of gray images, without a condition or conditioned on a
#'   class; or the name of one of [load_pretrained()], or the path of a `.keras` file.
#' @param port The port to listen at; 0 takes a free one.
#' @param viewer A function of the page's address that shows it, or `NULL` to show nothing.
#' @param guidance The guidance with which the page begins, 0 to 10; see [sample_images()]. `NULL`
#'   takes that of the card of a named distribution, else 1 for a distribution that was made
#'   with `condition_dropout`, and 0 for others.
#' @returns The address of the page, invisibly.
#' @family sampling
#' @export
#' @examplesIf interactive() && pixelcnn_available()
#' serve_pixelcnn()
#' stop_serving()
serve_pixelcnn <- function(object = "quickdraw13", port = 0L, viewer = getOption("viewer", utils::browseURL),
                           guidance = NULL) {
  port <- as_whole(port, "port", min = 0)
  if (!is.null(guidance)) guidance <- c("--guidance", as_number(guidance, "guidance", min = 0))
  if (!is.null(viewer) && !is.function(viewer)) abort_argument("viewer", describe(viewer), "a function or NULL")
  model <- model_arguments(object, call = rlang::current_env())
  stop_serving()
  log <- tempfile("pixelcnn-serve")
  the$server <- call_python(start_server(c(model, guidance, "--no-browser", "--port", port), log))
  address <- page_address(the$server, log)
  if (!is.null(viewer)) viewer(address)
  message("Draw at ", address, "; `stop_serving()` ends the server.")
  invisible(address)
}

#' @rdname serve_pixelcnn
#' @export
stop_serving <- function() {
  if (!is.null(the$server) && !is_gone(the$server)) {
    the$server$terminate()
    the$server$wait()
  }
  the$server <- NULL
  invisible()
}

# The arguments of `pixelcnn serve` for a distribution, which is saved to a temporary file, a name or a path.
model_arguments <- function(object, call) {
  if (!is.character(object)) {
    check_distribution(object, call = call)
    path <- tempfile("pixelcnn", fileext = ".keras")
    save_pixelcnn(object, path)
    return(path)
  }
  as_string(object, "object", call = call)
  if (file.exists(object)) normalizePath(object) else c("--pretrained", object)
}

# Starts `pixelcnn serve` with the Python of this session, and its package. The process ends when Python ends.
start_server <- function(arguments, log) {
  subprocess <- reticulate::import("subprocess", convert = FALSE)
  sys <- reticulate::import("sys")
  environment <- reticulate::import("os", convert = FALSE)$environ$copy()
  environment$update(PYTHONPATH = paste(sys$path, collapse = .Platform$path.sep), PYTHONUNBUFFERED = "1")
  reticulate::import("atexit")$register(stop_serving)
  file <- reticulate::import_builtins(convert = FALSE)$open(log, "w")
  on.exit(file$close())
  subprocess$Popen(
    as.list(c(sys$executable, "-m", "pixelcnn.cli", "serve", arguments)),
    env = environment, stdout = file, stderr = subprocess$STDOUT
  )
}

# Waits until the server says in its log at which address it listens.
page_address <- function(server, log, call = rlang::caller_env()) {
  repeat {
    ended <- !is.null(reticulate::py_to_r(server$poll()))
    said <- readLines(log, warn = FALSE)
    address <- unlist(regmatches(said, gregexpr("http://[^ ]+", said)))
    if (length(address)) return(address[[1]])
    if (ended) break
    Sys.sleep(0.2)
  }
  stop_serving()
  rlang::abort(c("The server did not start.", i = utils::tail(said, 1)), class = "pixelcnn_error", call = call)
}
