#!/usr/bin/env bash
# R CMD build and R CMD check as CRAN does; fails on errors, warnings, and notes but that of a new submission.
#
#   r-package/tools/check.sh                                     without Python
#   RETICULATE_PYTHON=.venv/bin/python r-package/tools/check.sh  with it; examples are run
set -euo pipefail
package=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -n "${RETICULATE_PYTHON:-}" ]; then
    RETICULATE_PYTHON=$(cd "$(dirname "$RETICULATE_PYTHON")" && pwd)/$(basename "$RETICULATE_PYTHON")
    export RETICULATE_PYTHON
    # Seconds. CRAN has no Python, and examples take no time there; with it a first draw is compiled.
    export _R_CHECK_EXAMPLE_TIMING_THRESHOLD_=300
else
    # No environment of the user's either.
    unset VIRTUAL_ENV
    export WORKON_HOME=$work/no-environments
fi
(cd "$package" && Rscript bootstrap.R)
cd "$work"
R CMD build "$package"
# The clock of a machine without the wider network cannot be checked.
export _R_CHECK_SYSTEM_CLOCK_=0
R CMD check --as-cran --no-manual pixelcnn_*.tar.gz
# R itself fails on errors alone.
log=pixelcnn.Rcheck/00check.log
findings=$(grep -E '^\* checking .*(WARNING|NOTE)$' "$log" | grep -Ev '^\* checking CRAN incoming feasibility \.\.\. .*NOTE$' || true)
[ -z "$findings" ] || { echo "check.sh: $findings" >&2; exit 1; }
# What is built brings its vignettes and its citation along.
for source in "$package"/vignettes/*.Rmd; do
    name=$(basename "$source" .Rmd)
    [ -s "pixelcnn.Rcheck/pixelcnn/doc/$name.html" ] || { echo "check.sh: the vignette $name is not installed." >&2; exit 1; }
done
R_LIBS=pixelcnn.Rcheck Rscript -e 'invisible(format(citation("pixelcnn")))'
