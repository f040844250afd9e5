#!/bin/sh
# Runs in a bare Debian as its root, with packages in /work: debian.sh. What each package needs, it has to name.
# SPDX-License-Identifier: MIT
set -eu
cd /work

# give ARGUMENTS...: installs packages without those that are only recommended.
give() {
    apt-get install -q -y --no-install-recommends "$@" >apt.log 2>&1 || { cat apt.log && exit 1; }
}

say() {
    echo "in the bare root: $*"
}

apt-get update -q >apt.log 2>&1 || { cat apt.log && exit 1; }
find / -xdev \( -path /work -o -path /proc \) -prune -o -name '*selfattn*' -print | if grep .; then exit 1; fi

give ./libselfattn0_*.deb ./python3-selfattn_*.deb python3-numpy
ldconfig -p | grep -q 'libselfattn\.so\.0'
if ldconfig -p | grep libopenblas; then exit 1; fi
python3 encoder.py >python.txt
python3 -c 'import importlib.metadata as m, selfattn
assert selfattn.__file__.startswith("/usr/lib/python3/dist-packages/"), selfattn.__file__
assert m.version("selfattn") == selfattn.__version__ == selfattn.version(), selfattn.version()'
say "Python runs, without a BLAS"

give ./selfattn-tools_*.deb
selfattn --version
for file in man/man1/selfattn.1.gz bash-completion/completions/selfattn zsh/vendor-completions/_selfattn \
    fish/vendor_completions.d/selfattn.fish; do
    [ -s /usr/share/$file ] || { echo "there is no /usr/share/$file" && exit 1; }
done
say "the program runs"

give ./libselfattn-dev_*.deb gcc libc6-dev pkg-config
# shellcheck disable=SC2046
gcc -std=c11 -Wall -Wextra -Werror consumer/consumer.c -o c $(pkg-config --cflags --libs selfattn)
./c
give g++
# shellcheck disable=SC2046
g++ -std=c++11 -Wall -Wextra -Werror consumer/consumer.cpp -o c++ $(pkg-config --cflags --libs selfattn)
./c++
give cmake make
{ cmake -S consumer -B build -DCONSUMER_LANGUAGE=C -DCONSUMER_COMPONENTS="shared;static;models" &&
    cmake --build build; } >cmake.log 2>&1 || { cat cmake.log && exit 1; }
./build/shared
./build/static
say "C, C++ and CMake build and run"

apt-get purge -q -y libselfattn0 libselfattn-dev selfattn-tools python3-selfattn >apt.log 2>&1 ||
    { cat apt.log && exit 1; }
find / -xdev \( -path /work -o -path /proc \) -prune -o -name '*selfattn*' -print | if grep .; then
    echo "the above is left when all packages have been removed"
    exit 1
fi
