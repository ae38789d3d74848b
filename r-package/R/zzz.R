.onLoad <- function(libname, pkgname) {
  # What TensorFlow and XLA note about themselves is of no use at a prompt. They read it once, when Python loads them.
  if (!nzchar(Sys.getenv("TF_CPP_MIN_LOG_LEVEL"))) Sys.setenv(TF_CPP_MIN_LOG_LEVEL = "2")
  refuse_statistics()
  declare_python_packages()
  setHook("reticulate.onPyInit", on_python_start)
  if (reticulate::py_available(initialize = FALSE)) {
    try(on_python_start(), silent = TRUE)
  }
  the$module <- delayed_import()
  setHook(packageEvent("tfprobability", "attach"), function(...) say_masked(by = "tfprobability"))
}

on_python_start <- function() {
  note_process()
  # With the copy of the Python sources behind what the environment has, an installed version wins.
  add_bundled_python()
}

.onAttach <- function(libname, pkgname) {
  if ("package:tfprobability" %in% search()) say_masked(by = "pixelcnn")
}

# `by` is the package that was attached last.
say_masked <- function(by) {
  other <- setdiff(c("pixelcnn", "tfprobability"), by)
  packageStartupMessage(
    "`tfd_pixel_cnn()` is now that of ", by, "; the one of ", other, " is `", other, "::tfd_pixel_cnn()`."
  )
}
