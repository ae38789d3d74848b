#!/usr/bin/env bash
# Installs R and what the R package's tests and checks need, on Debian or Ubuntu and as root. Quick when all is there.
#
#   r-package/tools/install_r.sh          install what is missing
#   r-package/tools/install_r.sh --check  install nothing; exit with 1 if the tests lack something, on whatever system
#   r-package/tools/install_r.sh --docs   install pkgdown too, which builds the site
set -euo pipefail

RETICULATE_NEEDED=1.41
PACKAGES=(
    r-base-core r-cran-cli r-cran-covr r-cran-dt r-cran-generics r-cran-ggplot2 r-cran-here r-cran-jsonlite r-cran-knitr
    r-cran-magrittr r-cran-matrix r-cran-png r-cran-rappdirs r-cran-rcpp r-cran-rcpptoml r-cran-rlang r-cran-rmarkdown
    r-cran-roxygen2 r-cran-rstudioapi r-cran-testthat r-cran-withr
    g++ make pandoc qpdf tidy xz-utils
)

missing_packages() {
    local package
    for package in "${PACKAGES[@]}"; do
        dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null | grep -q '^installed' || echo "$package"
    done
}

has_reticulate() {
    command -v Rscript >/dev/null &&
        Rscript -e "quit(status = !tryCatch(packageVersion('reticulate') >= '$RETICULATE_NEEDED', error = function(e) FALSE))" \
            >/dev/null 2>&1
}

has_what_tests_need() {
    has_reticulate && Rscript -e '
        needed <- c("cli", "generics", "ggplot2", "rlang", "testthat", "withr")
        quit(status = !all(nzchar(vapply(needed, function(package) system.file(package = package), ""))))' >/dev/null 2>&1
}

# This release's own, where it is new enough.
reticulate_from_apt() {
    local offered
    offered=$(apt-cache policy r-cran-reticulate | sed -n 's/^ *Candidate: //p')
    dpkg --compare-versions "${offered:-0}" ge "$RETICULATE_NEEDED" || return 1
    apt-get -qq install --yes --no-install-recommends r-cran-reticulate >/dev/null
    has_reticulate
}

# The repository that R is configured with, if it answers.
reticulate_from_cran() {
    Rscript -e '
        options(timeout = 60)
        repo <- getOption("repos")[["CRAN"]]
        answers <- tryCatch(length(curlGetHeaders(file.path(repo, "src/contrib/PACKAGES.gz"), timeout = 5)) > 0,
                            error = function(e) FALSE)
        if (answers) install.packages("reticulate", quiet = TRUE)
    ' >/dev/null 2>&1 || true
    has_reticulate
}

# Debian 12 has an older reticulate; Debian 13 has the source of one that is new enough, on the same mirror.
reticulate_from_debian_13() {
    local work mirror apt tarball name address
    work=$(mktemp -d)
    trap 'rm -rf "$work"' RETURN
    # The mirror that serves this release's main archive, not the one of its security updates.
    mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' | grep -v -- '-security' | head -n 1 | cut -d ' ' -f 1)
    [ -n "$mirror" ] || { echo "install_r.sh: apt knows no mirror; run apt-get update first." >&2; return 1; }
    mkdir -p "$work/lists/partial"
    echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" >"$work/sources.list"
    apt=(apt-get -qq -o APT::Sandbox::User=root -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$work/lists")
    "${apt[@]}" update
    read -r address name _ < <("${apt[@]}" source --print-uris r-cran-reticulate | tr -d "'" | grep '\.orig\.tar\.')
    tarball="$work/$name"
    /usr/lib/apt/apt-helper -o APT::Sandbox::User=root download-file "$address" "$tarball" >/dev/null
    mkdir "$work/reticulate"
    tar -xf "$tarball" -C "$work/reticulate" --strip-components=1
    R CMD INSTALL --no-docs --no-test-load "$work/reticulate" >"$work/log" 2>&1 || { tail -n 30 "$work/log" >&2; return 1; }
    has_reticulate
}

if [ "${1:-}" = --check ]; then
    has_what_tests_need
    exit
fi
if [ "${1:-}" = --docs ]; then
    has_what_tests_need && Rscript -e 'quit(status = !requireNamespace("pkgdown", quietly = TRUE))' && exit
    PACKAGES+=(r-cran-pkgdown)
fi
command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] || {
    echo "R, or a package that its tests need, is missing; installing takes apt-get and root. SKIP_R=1 leaves R's tests out." >&2
    exit 1
}
missing=$(missing_packages)
if [ -z "$missing" ] && has_reticulate; then
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
if [ -n "$missing" ]; then
    apt-get -qq update
    # shellcheck disable=SC2086
    apt-get -qq install --yes --no-install-recommends $missing >/dev/null
fi
has_reticulate || reticulate_from_apt || reticulate_from_cran || reticulate_from_debian_13 || {
    echo "install_r.sh: reticulate >= $RETICULATE_NEEDED could not be installed." >&2
    exit 1
}
