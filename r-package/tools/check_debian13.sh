#!/usr/bin/env bash
# tools/check.sh in Debian 13, whose R is 4.5: in a folder that debootstrap fills from the mirror of this machine's apt.
# Needs Debian or Ubuntu, debootstrap and root; the first run takes minutes, later ones keep what is installed.
#
#   r-package/tools/check_debian13.sh                without Python
#   r-package/tools/check_debian13.sh --with-python  with the environment that install_pixelcnn() makes there
#
# DEBIAN13 names the folder; by default /var/tmp/pixelcnn-debian13.
set -euo pipefail
project=$(cd "$(dirname "$0")/../.." && pwd)
root=${DEBIAN13:-/var/tmp/pixelcnn-debian13}
command -v debootstrap >/dev/null && [ "$(id -u)" = 0 ] || {
    echo "check_debian13.sh: needs debootstrap (apt-get install debootstrap) and root." >&2
    exit 1
}

# Sees none of this machine's Python, R and settings, but how it reaches the network.
inside() {
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
        ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} ${PIP_CERT:+PIP_CERT=/etc/ssl/machine.crt} \
        chroot "$root" "$@"
}

if [ ! -e "$root/usr/bin/apt-get" ]; then
    # The mirror that serves this machine's main archive, not the one of its security updates.
    mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' | grep -v -- '-security' | head -n 1 | cut -d ' ' -f 1)
    [ -n "$mirror" ] || { echo "check_debian13.sh: apt knows no mirror; run apt-get update first." >&2; exit 1; }
    debootstrap --variant=minbase trixie "$root" "$mirror" >/dev/null
fi
mount --bind /proc "$root/proc"
trap 'umount "$root/proc"' EXIT
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
[ -z "${PIP_CERT:-}" ] || cp -L "$PIP_CERT" "$root/etc/ssl/machine.crt"

# What is in git, with what was changed since: no build, no environment.
rm -rf "$root/project"
mkdir "$root/project"
git -C "$project" ls-files -z --cached --others --exclude-standard |
    tar -c -f - -C "$project" --null --ignore-failed-read -T - | tar -x -f - -C "$root/project"
inside /project/r-package/tools/install_r.sh
if [ "${1:-}" = --with-python ]; then
    inside apt-get -qq install --yes --no-install-recommends python3-venv python3-pip libpython3.13 >/dev/null
    inside bash -c 'cd /project/r-package && Rscript bootstrap.R && R CMD INSTALL --no-test-load . && Rscript -e "pixelcnn::install_pixelcnn()"'
    inside bash -c 'RETICULATE_PYTHON=~/.virtualenvs/r-pixelcnn/bin/python /project/r-package/tools/check.sh'
else
    inside /project/r-package/tools/check.sh
fi
