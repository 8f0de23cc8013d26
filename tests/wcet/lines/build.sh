#!/bin/sh
# Builds bounds.c with line tables of version 4 and 5, at three levels, into FOLDER (default: here).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here}
cd "$here"
for version in 4 5; do
    for level in O0 O1 O2; do
        clang-19 --target=wasm32 -$level -gdwarf-$version -gline-tables-only -fdebug-compilation-dir=. -nostdlib -ffreestanding \
            -Wl,--no-entry -Wl,-z,stack-size=8192 bounds.c -o "$out/bounds.$level.v$version.wasm"
    done
done
