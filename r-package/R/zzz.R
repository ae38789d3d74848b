.onLoad <- function(libname, pkgname) {
  # Hides the notes of TensorFlow and XLA. They read the variable once, when Python loads them.
  if (!nzchar(Sys.getenv("TF_CPP_MIN_LOG_LEVEL"))) Sys.setenv(TF_CPP_MIN_LOG_LEVEL = "2")
  refuse_statistics()
  declare_python_packages()
  setHook("reticulate.onPyInit", on_python_start)
  if (reticulate::py_available(initialize = FALSE)) {
    try(on_python_start(), silent = TRUE)
  }
  the$module <- delayed_import()
  watch_other_packages()
}

on_python_start <- function() {
  note_process()
  # The copy of the Python sources comes last on the path, so that an installed Python package is used if there is one.
  add_bundled_python()
}

.onAttach <- function(libname, pkgname) say_beside(last = "pixelcnn")
