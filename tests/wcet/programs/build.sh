#!/bin/sh
# Builds the programs of this folder into FOLDER (default: here), NAME.O0.wasm and so on.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here}
for source in "$here"/*.c; do
    for level in O0 O1 O2; do
        clang-19 --target=wasm32 -$level -nostdlib -ffreestanding -fno-builtin -mno-bulk-memory -Wl,--no-entry -Wl,-z,stack-size=8192 \
            -Wl,--strip-all "$source" -o "$out/$(basename "$source" .c).$level.wasm"
    done
done
