#!/usr/bin/env bash
# Installs the package into a library of its own and runs its tests, with the Python that RETICULATE_PYTHON names.
set -euo pipefail
package=$(cd "$(dirname "$0")/.." && pwd)
library=$(mktemp -d)
trap 'rm -rf "$library"' EXIT
(cd "$package" && Rscript bootstrap.R)
R CMD INSTALL --library="$library" --no-test-load "$package" >"$library/log" 2>&1 || { tail -n 20 "$library/log" >&2; exit 1; }
cd "$package/tests"
R_LIBS="$library" NOT_CRAN=true Rscript -e '
    library(testthat)
    library(pixelcnn)
    test_dir("testthat", package = "pixelcnn", load_package = "installed", reporter = "summary", stop_on_failure = TRUE)'
