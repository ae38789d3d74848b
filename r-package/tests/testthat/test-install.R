test_that("the declared packages are those of the Python package", {
  lines <- readLines(clone("pyproject.toml"))
  start <- grep("^dependencies", lines)
  end <- start + grep("^\\]", lines[-seq_len(start)])[[1]]
  declared <- sub('^ *"([^"]*)".*', "\\1", lines[(start + 1):(end - 1)])
  expect_setequal(PYTHON_PACKAGES, declared)
  for (backend in unlist(PYTHON_BACKENDS)) expect_true(any(grepl(backend, lines, fixed = TRUE)))
})

test_that("reticulate is told what to install where it makes an environment itself", {
  skip_if_not("py_require" %in% getNamespaceExports("reticulate"), "reticulate has no `py_require()`:")
  expect_true(all(PYTHON_PACKAGES %in% getExportedValue("reticulate", "py_require")()$packages))
})

test_that("an environment gets the source, the backend and, with a GPU, its libraries", {
  expect_identical(packages_to_install("src", "tensorflow", FALSE), "src")
  expect_identical(packages_to_install("src", "torch", FALSE), c("src", "torch>=2.11"))
  expect_match(packages_to_install("src", "tensorflow", TRUE), "and-cuda", all = FALSE)
  expect_type(has_nvidia_gpu(), "logical")
})

test_that("installing makes an environment from a copy of the source", {
  source <- withr::local_tempdir()
  writeLines("[project]", file.path(source, "pyproject.toml"))
  installed <- NULL
  local_mocked(bundled_python = function() source, create_environment = function(...) NULL, install_into = function(envname, packages) {
    installed <<- list.files(packages[[1]])
  })
  expect_message(install_pixelcnn("some-env", "jax", gpu = FALSE), "Restart R, then .*use_virtualenv\\(\"some-env\"\\)")
  expect_identical(installed, "pyproject.toml")
  expect_error(install_pixelcnn(gpu = "yes"), "`gpu` is \"yes\"")
  expect_error(install_pixelcnn(backend = "numpy"), "backend")
  local_mocked(bundled_python = function() "")
  expect_error(install_pixelcnn(), class = "pixelcnn_no_source")
})
