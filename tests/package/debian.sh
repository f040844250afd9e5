#!/bin/sh
# Debian packages are built and installed in a bare Debian, and from them programs in C, C++ and Python and a project of
# CMake build and run there: debian_inside.sh. With SELFATTN_TEST_LONG set and as root only: it takes many minutes, and
# the network.
# SPDX-License-Identifier: MIT
set -eu

skip() {
    echo "SKIPPED: $*"
    exit 77
}

# quietly LOG COMMAND...: shows what it said only if it fails.
quietly() {
    log=$1
    shift
    "$@" >"$log" 2>&1 || { cat "$log" && exit 1; }
}

[ "${SELFATTN_TEST_LONG-}" ] || skip "takes many minutes, so with SELFATTN_TEST_LONG alone"
id=$(sed -n 's/^ID=//p' /etc/os-release) suite=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
if [ "$id" != debian ] || [ -z "$suite" ]; then
    skip "packages are for the Debian that they are built on, and this is none"
fi
for pair in debootstrap:debootstrap dpkg-shlibdeps:dpkg-dev file:file unshare:util-linux; do
    command -v "${pair%:*}" >/dev/null || skip "needs ${pair%:*} (Debian: ${pair#*:})"
done
# In a mount namespace of its own, in which everything that is mounted ends with it.
if [ -z "${SELFATTN_UNSHARED-}" ]; then
    unshare --mount true 2>/dev/null || skip "may not mount, which needs root"
    status=0
    SELFATTN_UNSHARED=1 unshare --mount sh "$0" || status=$?
    rm -rf --one-file-system bare
    exit $status
fi

rm -rf bare
export DEBFULLNAME=Builder DEBEMAIL=builder@selfattn.org
quietly configure.log cmake --preset debian -S "$SOURCE" -B build
rm -f build/*.deb
quietly build.log cmake --build build -j2 --target package
packages=$(cd build && echo *.deb)
for name in libselfattn0 libselfattn-dev selfattn-tools python3-selfattn; do
    echo "$packages" | grep -q "${name}_" || { echo "there is no package $name: $packages" && exit 1; }
done
# No bug of Debian asks for these packages, and cpack itself writes the calls of ldconfig.
if command -v lintian >/dev/null; then
    (cd build && lintian --allow-root --fail-on error,warning \
        --suppress-tags initial-upload-closes-no-bugs,maintscript-calls-ldconfig ./*.deb)
else
    echo "SKIPPED lintian: not installed (Debian: lintian)"
fi

# shellcheck disable=SC2016 # apt's own variable
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: $suite" | head -n 1)
# shellcheck disable=SC2086 # no mirror is no argument
quietly debootstrap.log debootstrap --variant=minbase "$suite" bare $mirror
# The bare system reaches the network as this one does.
for file in /etc/resolv.conf /etc/ssl/certs/ca-certificates.crt; do
    [ ! -e "$file" ] || { mkdir -p "bare$(dirname $file)" && cp "$file" "bare$file"; }
done
mkdir bare/work
cp build/*.deb "$SOURCE/tests/package/debian_inside.sh" "$SOURCE/bindings/python/examples/encoder.py" bare/work/
cp -R "$SOURCE/tests/package/consumer" bare/work/
mountpoint -q bare/proc || mount -t proc proc bare/proc
env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive \
    ${http_proxy:+http_proxy=$http_proxy} ${https_proxy:+https_proxy=$https_proxy} chroot bare sh /work/debian_inside.sh
