#!/bin/sh
# Builds the five programs with clang 19.1.7; build.sh [FOLDER]. Sources and binaries are committed together; a check of the
# tests keeps them equal.
set -eu   # $exports is empty or one word
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here}
cd "$here"
for name in pedal slip lidar plan log; do
    exports=
    [ $name = lidar ] && exports=-Wl,--export=fault
    clang-19 --target=wasm32 -std=c11 -O2 -Wall -Wextra -Werror -nostdlib -ffreestanding -fno-builtin -mno-bulk-memory \
        -Wl,--no-entry -Wl,-z,stack-size=4096 -Wl,--strip-debug $exports -o "$out/$name.wasm" "$name.c"
done
