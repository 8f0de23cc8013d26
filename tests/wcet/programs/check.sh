#!/bin/sh
# Do the binaries of this folder belong to their sources? Rebuilds them and compares byte for byte; `skipped` with another
# compiler than they were made with.
set -u
here=$(cd "$(dirname "$0")" && pwd)
if ! command -v clang-19 > /dev/null || ! command -v wasm-ld-19 > /dev/null || ! clang-19 --version | grep -q ' 19\.1\.7'; then
    echo "programs: skipped, the binaries were made with clang 19.1.7 and its wasm-ld"
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
sh "$here/build.sh" "$work" || exit 1
for built in "$work"/*.wasm; do
    if cmp -s "$built" "$here/$(basename "$built")"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "programs: $(basename "$built") differs from its source; run tests/wcet/programs/build.sh"
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
