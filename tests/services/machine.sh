#!/usr/bin/env bash
# Makes sure the servers and the browser of the tests are on this machine (PACKAGES: Debian names).
# As root it installs what is missing; otherwise it stops and prints the line to type.
set -eu -o pipefail

has() {
    case $1 in
        postgresql) command -v initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' ;;
        libseccomp2) /sbin/ldconfig -p | grep -q 'libseccomp[.]so[.]2' ;;
        chromium) command -v chromium || command -v chromium-browser ;;
        *) command -v "$1" ;;
    esac >/dev/null
}

missing=()
for package in $PACKAGES; do
    has "$package" || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

line="apt-get install -y --no-install-recommends ${missing[*]}"
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "The tests need packages this machine does not have. Type, then start again:" >&2
    echo "    sudo $line" >&2
    exit 1
fi
echo "Installing missing Debian packages: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# The tests start servers of their own: what Debian would start beside them is not wanted.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod +x $policy
    trap 'rm -f $policy' EXIT
fi
$line -qq >/dev/null
