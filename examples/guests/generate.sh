#!/bin/sh
# Writes NAME.h, a byte array, for every NAME.wat: generate.sh [OUTPUT FOLDER [FOLDER OF SOURCES]]; for those of the
# benchmark: generate.sh bench/guests bench/guests. Needs `wasm-tools` (a Python or Rust package);
# the headers are part of the tree, so nobody needs this to build the examples.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here}
from=${2:-$here}
for source in "$from"/*.wat; do
    name=$(basename "$source" .wat)
    ${WASM_TOOLS:-wasm-tools} parse "$source" -o "$out/$name.tmp"
    {
        echo "/* Made from $name.wat by generate.sh. */"
        echo "static const unsigned char ${name}_wasm[] = {"
        od -An -v -tu1 -w20 "$out/$name.tmp" | sed 's/  */ /g; s/^ /    /; s/\([0-9]\) /\1, /g; s/$/,/'
        echo "};"
    } > "$out/$name.h"
    rm "$out/$name.tmp"
done
