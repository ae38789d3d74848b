test_that("the declared packages are those of the Python package", {
  lines <- readLines(clone("pyproject.toml"))
  start <- grep("^dependencies", lines)
  end <- start + grep("^\\]", lines[-seq_len(start)])[[1]]
  declared <- sub('^ *"([^"]*)".*', "\\1", lines[(start + 1):(end - 1)])
  expect_setequal(PYTHON_PACKAGES, declared)
  for (backend in unlist(PYTHON_BACKENDS)) expect_true(any(grepl(backend, lines, fixed = TRUE)))
})

test_that("reticulate is told what to install where it makes an environment itself", {
  expect_true(all(c(PYTHON_PACKAGES, PYTHON_BACKENDS$tensorflow) %in% reticulate::py_require()$packages))
})

test_that("an environment gets the source, the backend and, with a GPU, its libraries", {
  expect_identical(packages_to_install("src", "tensorflow", FALSE), c("src", "tensorflow>=2.21"))
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

test_that("where reticulate cannot make an environment, the error says what to install", {
  skip_on_os("windows")
  source <- withr::local_tempdir()
  local_mocked(bundled_python = function() source)
  # An executable that is not Python.
  python <- file.path(source, "bin", "python3.13")
  dir.create(file.path(source, "lib"))
  dir.create(dirname(python))
  file.symlink(Sys.which("false"), python)
  error <- expect_error(install_pixelcnn(tempfile(), python = python), class = "pixelcnn_no_environment")
  expect_match(conditionMessage(error$parent), "Suitable Python installation")
  expect_match(conditionMessage(error), basename(python), fixed = TRUE)
  expect_match(python_advice("/usr/bin/python3.13", has_apt = TRUE), "`apt install python3-venv python3-pip libpython3.13`", fixed = TRUE)
  expect_match(python_advice("/opt/bin/python3", has_apt = FALSE), "/opt/bin/python3 needs .* shared library")
  expect_match(python_advice(NULL), "install_python")
})
