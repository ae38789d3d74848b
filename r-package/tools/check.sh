#!/usr/bin/env bash
# R CMD build and R CMD check as CRAN does; fails on errors, warnings, and notes but that of a new submission.
set -euo pipefail
package=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$package/tools/copy_python.sh"
cd "$work"
R CMD build "$package"
# The clock of a machine without the wider network cannot be checked, nor can CRAN's list of packages be had.
export _R_CHECK_SYSTEM_CLOCK_=0
R CMD check --as-cran --no-manual pixelcnn_*.tar.gz
