# What the tests of compiled and interpreted bindings share; to be sourced by a shell that has set $here, the folder of
# the binding. bindings/CMakeLists.txt has the environment.
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
testing=$(cd "${here:?}/../testing" && pwd)
export OMP_WAIT_POLICY=passive

# example NAME COMMAND...: runs an example, and compares what it prints.
example() {
    name=$1
    shift
    echo "example $name"
    sh "$testing/../../examples/compare.sh" "$testing/expected/$name.txt" "$@"
}

# streaming COMMAND...: the same for the example that generates; it gets a model and a prompt.
streaming() {
    [ "${SELFATTN_MODELS:?}" = ON ] || { echo "SKIPPED streaming: the library has no models"; return; }
    example streaming "$@" "${SELFATTN_VECTORS:?}/decoder" "Once upon a time"
}

# sentences COMMAND...: the same for the example that embeds; it gets a model and two sentences.
sentences() {
    [ "${SELFATTN_MODELS:?}" = ON ] || { echo "SKIPPED sentences: the library has no models"; return; }
    example sentences "$@" "${SELFATTN_VECTORS:?}/encoder" "the bank of the river" "we sat by the water"
}

# fails_saying WORDS COMMAND...: the command has to fail, and to print each of the words.
fails_saying() {
    words=$1
    shift
    if "$@" >said.txt 2>&1; then
        echo "worked, but should have failed: $*"
        exit 1
    fi
    for word in $words; do
        grep -qF -e "$word" said.txt || { echo "this does not say $word:"; cat said.txt; exit 1; }
    done
}

# old COMMAND...: with an older library, the command has to name both versions.
old() {
    fails_saying "0.0.9 $("$testing/version.sh")" \
        env SELFATTN_LIBRARY="${SELFATTN_OLD:?}" LD_PRELOAD="$SELFATTN_OLD" "$@"
}

# missing COMMAND...: without the library, the command has to name the path and the variable.
missing() {
    fails_saying "/no/such/libselfattn.so SELFATTN_LIBRARY" env SELFATTN_LIBRARY=/no/such/libselfattn.so "$@"
}

# unloadable COMMAND...: what loads the library when it runs says why it cannot: no file, another file, one whose
# dependency is missing, and none where the system looks.
unloadable() {
    missing "$@"
    fails_saying "${SELFATTN_OTHER:?} not sa_version SELFATTN_LIBRARY" \
        env SELFATTN_LIBRARY="$SELFATTN_OTHER" "$@"
    fails_saying "${SELFATTN_NEEDS:?} libselfattn_gone missing SELFATTN_LIBRARY" \
        env SELFATTN_LIBRARY="$SELFATTN_NEEDS" "$@"
    if env -u LD_LIBRARY_PATH -u SELFATTN_LIBRARY "$@" >said.txt 2>&1; then
        echo "SKIPPED no library: the system's loader finds one"
        return
    fi
    fails_saying "libselfattn.so.0: /usr/local/lib/libselfattn.so.0: SELFATTN_LIBRARY install" \
        env -u LD_LIBRARY_PATH -u SELFATTN_LIBRARY "$@"
}

# Every piece of code of the README and of docs/bindings.md is in one of the files that the test runs.
readme() {
    python3 "$testing/readme.py" "$here/README.md" "$@"
}
