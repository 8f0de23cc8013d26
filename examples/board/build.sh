#!/bin/sh
# Rebuilds guest.wasm. The committed binary was made with clang-19 and wasm-ld-19 of Debian 12.
set -eu
cd "$(dirname "$0")"
out=${1:-guest.wasm}
clang=${CLANG:-clang-19}
$clang --target=wasm32 -O2 -mbulk-memory -msign-ext -mmutable-globals -nostdlib -ffreestanding -fno-builtin-memset -c guest.c -o "$out.o"
$clang --target=wasm32 -nostdlib "$out.o" -o "$out" -Wl,--no-entry -Wl,--strip-all -Wl,-z,stack-size=4096 -Wl,--initial-memory=65536 -Wl,--max-memory=131072
rm -f "$out.o"
