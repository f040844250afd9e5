#!/bin/sh
# Compiles the package, runs its tests and examples. SPDX-License-Identifier: MIT
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../testing/lib.sh"
jna=${SELFATTN_JNA:-/usr/share/java/jna.jar}
if [ ! -e "$jna" ]; then
    echo "SKIPPED: there is no $jna (Debian: libjna-java; SELFATTN_JNA names another file)"
    exit 77
fi
rm -rf classes
mkdir classes
javac --release 11 -Xlint:all -Werror -cp "$jna" -d classes "$here"/src/selfattn/*.java "$here"/test/*.java \
    "$here"/examples/*.java
CLASSPATH=classes:$jna
export CLASSPATH
java -Xcheck:jni selfattn.Binding
example attention java Attend
example encoder java Encoder
example threads java Threads
sentences java Sentences
streaming java Streaming
old java Encoder
unloadable java Encoder
readme "$here"/examples/*.java
