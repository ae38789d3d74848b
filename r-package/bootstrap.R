# Copies the Python package, which is once in git, to where the R package takes it along. pkgbuild, and with it devtools
# and remotes, runs this before it builds; before `R CMD INSTALL` or `R CMD build` it is run by hand:
#   Rscript bootstrap.R   (from r-package)
target <- file.path("inst", "python")
unlink(target, recursive = TRUE)
dir.create(file.path(target, "python"), recursive = TRUE)
copied <- c(
  file.copy(file.path("..", c("pyproject.toml", "README.md", "LICENSE")), target),
  file.copy(file.path("..", "python", "pixelcnn"), file.path(target, "python"), recursive = TRUE)
)
if (!all(copied)) stop("The Python package is not in the folder above this one; expected a clone of the project.")
folders <- list.dirs(target)
unlink(folders[basename(folders) == "__pycache__"], recursive = TRUE)
