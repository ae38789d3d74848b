# Other R packages that use Keras in the same session. 'tfprobability' and 'keras' set TF_USE_LEGACY_KERAS=1 and ask for
# "numpy<2" when they are loaded. They and 'keras3' prefer Python environments of their own.

LEGACY_PACKAGES <- c("tfprobability", "keras")

# Hooks run when other packages are loaded or attached after this package, so that the order does not matter.
watch_other_packages <- function() {
  for (package in LEGACY_PACKAGES) {
    setHook(packageEvent(package, "onLoad"), function(...) declare_older_python())
    setHook(packageEvent(package, "attach"), function(pkgname, ...) {
      if ("package:pixelcnn" %in% search()) say_beside(last = pkgname)
    })
  }
  # keras3 takes requirements of TensorFlow out, also those of this package.
  setHook(packageEvent("keras3", "onLoad"), function(...) {
    if (!reticulate::py_available(initialize = FALSE)) declare_python_packages()
  })
  declare_older_python()
}

# With "numpy<2", no version of TensorFlow 2.21 runs on Python 3.13, and TensorFlow Probability 0.25 imports distutils,
# which ended with Python 3.11. Without this, reticulate finds no versions that fit both packages.
declare_older_python <- function() {
  if (reticulate::py_available(initialize = FALSE) || !"numpy<2" %in% reticulate::py_require()$packages) return(invisible())
  reticulate::py_require(python_version = "<3.12")
}

# Tells once a session what attached packages of LEGACY_PACKAGES change. `last` is the package that was attached last.
say_beside <- function(last) {
  legacy <- intersect(LEGACY_PACKAGES, loadedNamespaces())
  if (!length(legacy)) return(invisible())
  lines <- c(
    if ("package:tfprobability" %in% search() && last %in% c("pixelcnn", "tfprobability")) masked_line(last),
    if (!isTRUE(the$said_legacy)) c(legacy_line(legacy[[1]]), python_line(legacy[[1]]), "`?pixelcnn` says more under \"Beside other packages\".")
  )
  the$said_legacy <- TRUE
  if (length(lines)) packageStartupMessage("pixelcnn beside ", legacy[[1]], ":\n", paste("*", lines, collapse = "\n"))
}

masked_line <- function(last) {
  other <- setdiff(c("pixelcnn", "tfprobability"), last)
  sprintf("`tfd_pixel_cnn()` now calls the function of %s. Call the function of %s as `%s::tfd_pixel_cnn()`.", last, other, other)
}

legacy_line <- function(package) {
  if (has_loaded_keras_3()) {
    return(sprintf(
      "TensorFlow runs with Keras 3 already, so models of %s cannot be trained. To train them, restart R and load %s first.", package, package
    ))
  }
  paste0(
    package, " sets TF_USE_LEGACY_KERAS=1. pixelcnn uses Keras 3 all the same. Take inputs, optimizers and callbacks for ",
    "pixelcnn from keras3 or `reticulate::import(\"keras\")`, and not from the package keras."
  )
}

# Whether Python loaded TensorFlow before TF_USE_LEGACY_KERAS was set. Python copies the variables when it starts.
has_loaded_keras_3 <- function() {
  if (!reticulate::py_available(initialize = FALSE)) return(FALSE)
  legacy <- reticulate::import("os")$environ$get("TF_USE_LEGACY_KERAS")
  "tensorflow" %in% names(reticulate::import("sys")$modules) && !isTRUE(legacy %in% c("1", "True", "true"))
}

# Says how to share a Python, if none was chosen yet.
python_line <- function(package) {
  if (reticulate::py_available(initialize = FALSE) || nzchar(Sys.getenv("RETICULATE_PYTHON")) || length(used_python())) return()
  packages <- c(tfprobability = "c(\"tensorflow-probability\", \"tf_keras\")", keras = "\"tf_keras\"")[[package]]
  sprintf(
    paste(
      "Both need the same Python. `reticulate::use_virtualenv(\"r-pixelcnn\")`, before Python starts, chooses that of",
      "`install_pixelcnn()`; `reticulate::py_install(%s, \"r-pixelcnn\")` adds the packages of %s."
    ), packages, package
  )
}
