#!/usr/bin/env bash
# Installs the wheel into empty virtual environments, with each backend alone and with none, and uses each as a new user would.
# usage: tests/fresh_install.sh [PYTHON ...]     (default: those of python3.11, python3.12 and python3.13 that there are)
# Takes some minutes, a network, and 2 GB of the disk for one environment at a time.
# TORCH: the requirement for PyTorch (the newest one may bring gigabytes of CUDA). BACKENDS: those to try.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME="$work/home" XDG_CACHE_HOME="$work/home/cache" TF_CPP_MIN_LOG_LEVEL=2 PIP_CACHE_DIR="${PIP_CACHE_DIR:-$work/pip}"
mkdir -p "$HOME"
unset KERAS_BACKEND KERAS_HOME PYTHONPATH
read -ra backends <<<"${BACKENDS:-none tensorflow jax torch}"
pythons=("$@")
if [ $# = 0 ]; then
    for python in python3.11 python3.12 python3.13; do
        "$python" -c "import venv, ensurepip" 2>/dev/null && pythons+=("$python")
    done
fi
say() { printf '%s\n' "$*"; }
fail() { say "FAILED: $*"; exit 1; }

git -C "$root" archive HEAD | tar -x -C "$work" --one-top-level=source  # what is committed, so that no stray file helps
"${pythons[0]}" -m venv "$work/build"
"$work/build/bin/python" -m pip wheel --quiet --no-deps --wheel-dir "$work/wheels" "$work/source"
wheel=$(echo "$work"/wheels/pixelcnn-*.whl)
bytes=$(wc -c <"$wheel")
[ "$bytes" -lt 10000000 ] || fail "the wheel has $bytes bytes: expected fewer than 10,000,000"
say "wheel: $bytes bytes"

cd "$work"  # outside of the clone, so that the installed package is the one that is imported
for python in "${pythons[@]}"; do
    for backend in "${backends[@]}"; do
        rm -rf "$work/venv"
        "$python" -m venv "$work/venv"
        bin="$work/venv/bin"
        case $backend in
            none) what=("$wheel") ;;
            torch) what=("$wheel[torch]" "${TORCH:-torch}") ;;
            *) what=("$wheel[$backend]") ;;
        esac
        "$bin/python" -m pip install --quiet "${what[@]}"
        "$bin/python" -m pip check --quiet
        for file in pretrained/quickdraw13.npz data/quickdraw_labels.txt serve/page/page.js py.typed; do
            [ -s "$("$bin/python" -c 'import importlib.util as u; print(u.find_spec("pixelcnn").submodule_search_locations[0])')/$file" ] ||
                [ "$file" = py.typed ] || fail "$file is not in the wheel"
        done
        "$bin/pixelcnn" --help >help.txt 2>errors.txt || fail "pixelcnn --help"
        if [ "$backend" = none ]; then
            grep -q "none of them is installed: pip install" errors.txt || fail "import pixelcnn does not say what is missing"
            "$bin/pixelcnn" sample --pretrained quickdraw13 --output bees.png 2>errors.txt && fail "sample without a backend"
            [ "$(grep -c Traceback errors.txt)" = 0 ] || fail "a traceback without a backend"
        else
            export KERAS_BACKEND=$backend
            [ "$backend" = tensorflow ] || ! "$bin/python" -c "import tensorflow" 2>/dev/null || fail "TensorFlow came with $backend"
            "$bin/python" -c "
import pixelcnn
dist = pixelcnn.load_pretrained('quickdraw13')
images = dist.sample(2, conditional_input='bicycle', seed=0)
assert images.shape == (2, 28, 28, 1) and str(images.dtype) == 'uint8'
print('  bits/dim', dist.bits_per_dim(images, conditional_input='bicycle').round(3))"
            "$bin/pixelcnn" sample --pretrained quickdraw13 --classes bee --per-class 1 --output bees.png >/dev/null
            [ -s bees.png ] || fail "sample wrote no figure"
            rm bees.png
            unset KERAS_BACKEND
        fi
        say "$("$bin/python" --version) with backend $backend: passed"
    done
done
