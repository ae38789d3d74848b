#!/usr/bin/env bash
# Installs the package into a library of its own and runs its tests and the examples, with the Python that
# RETICULATE_PYTHON names.
set -euo pipefail
package=$(cd "$(dirname "$0")/.." && pwd)
library=$(mktemp -d)
figures=$(mktemp -d)
export PIXELCNN_COMPILE_CACHE=off
trap 'rm -rf "$library" "$figures"' EXIT
(cd "$package" && Rscript bootstrap.R)
R CMD INSTALL --library="$library" --no-test-load "$package" >"$library/log" 2>&1 || { tail -n 20 "$library/log" >&2; exit 1; }
export R_LIBS="$library"

# Each example writes its figures; they read real data.
run_examples() {
    local data=${PIXELCNN_DATA:-$package/../../shared/data} example name
    if [ ! -d "$data" ]; then
        echo "The examples in R were not run: they need the real data (PIXELCNN_DATA)."
        return
    fi
    export PIXELCNN_DATA=$data
    cd "$figures"
    for example in "$package"/../examples/*.R; do
        Rscript "$example" --quick >log 2>&1 || { cat log >&2; return 1; }
        grep -ho 'Wrote .*' log | grep -o '[a-z0-9_]*\.png' >written || { echo "$(basename "$example") names no figure." >&2; return 1; }
        while read -r figure; do
            [ -s "$figure" ] || { echo "$(basename "$example") did not write $figure." >&2; return 1; }
        done <written
    done
}

# Runs the test files whose names, without "test-", match a regular expression.
run_tests() {
    cd "$package/tests"
    NOT_CRAN=true Rscript -e '
        library(testthat)
        library(pixelcnn)
        test_dir("testthat", package = "pixelcnn", load_package = "installed", reporter = "summary", stop_on_failure = TRUE,
            filter = commandArgs(trailingOnly = TRUE))' "$1"
}

# Three processes, because each has at most one core and now and then waits: the examples, and two halves of the tests.
run_examples >"$library/examples" 2>&1 &
examples=$!
run_tests '^[a-eps]' >"$library/half" 2>&1 &
half=$!
run_tests '^[^a-eps]' || { kill "$examples" "$half"; exit 1; }
failed=0
wait "$half" || failed=1
wait "$examples" || failed=1
cat "$library/half" "$library/examples"
exit "$failed"
