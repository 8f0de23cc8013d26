#!/bin/sh
# Compiles the example programs to WebAssembly: build.sh [OUTPUT FOLDER] (default: beside the sources).
# Needs clang-19, lld-19, wasi-libc and libclang-rt-19-dev-wasm32 of Debian 12. The binaries are part of the tree,
# so nobody needs this to run them; `check` says whether sources and binaries belong together.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here}
cd "$here"
for source in *.c; do
    # Only what every engine of the last years knows; function names stay in, for back-traces and profiles.
    clang-19 --target=wasm32-wasi -std=gnu11 -O2 -Wall -Wextra -Wconversion -Wshadow -Werror \
        -mcpu=mvp -mmutable-globals -msign-ext -mbulk-memory -mnontrapping-fptoint \
        -ffile-prefix-map="$here"=. -Wl,--strip-debug -Wl,-z,stack-size=16384 -Wl,--stack-first \
        -o "$out/${source%.c}.wasm" "$source"
done
