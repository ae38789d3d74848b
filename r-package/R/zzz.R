.onLoad <- function(libname, pkgname) {
  declare_python_packages()
  # With the copy of the Python sources behind what the environment has, an installed version wins.
  setHook("reticulate.onPyInit", add_bundled_python)
  if (reticulate::py_available(initialize = FALSE)) {
    try(add_bundled_python(), silent = TRUE)
  }
  the$module <- delayed_import()
  setHook(packageEvent("tfprobability", "attach"), function(...) say_masked(by = "tfprobability"))
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
