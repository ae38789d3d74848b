#!/usr/bin/env bash
# Copies the Python package, which lives once in git, to where R CMD build takes it along.
set -euo pipefail
package=$(cd "$(dirname "$0")/.." && pwd)
clone=$(dirname "$package")
target=$package/inst/python
rm -rf "$target"
mkdir -p "$target/python"
cp "$clone"/pyproject.toml "$clone"/README.md "$clone"/LICENSE "$target"
cp -R "$clone"/python/pixelcnn "$target/python"
find "$target" -name __pycache__ -type d -prune -exec rm -rf {} +
