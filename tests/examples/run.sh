#!/bin/sh
# Builds every examples/*.c against the public headers and the built library, runs it and compares what it prints with
# the "prints:" part of its first comment; runs every example program under wrtd and compares with its .expected file;
# checks that binaries belong to sources. run.sh BUILD_FOLDER [CC]
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${1:?the build folder is missing}
cc=${2:-cc}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0
skipped=0

report()
{
    if [ "$1" = 0 ]; then
        passed=$((passed + 1))
    elif [ "$1" = 77 ]; then
        skipped=$((skipped + 1))
        echo "skipped: $2"
    else
        failed=$((failed + 1))
        echo "FAILED: $2"
    fi
}

library=$(find "$build" -name 'libwrt.a' | head -n 1)
for source in "$root"/examples/*.c; do
    name=$(basename "$source" .c)
    # The expected output stands in the comment behind " * " and four spaces, after the line that ends in "prints:".
    sed -n '/prints:$/,/\*\//p' "$source" | sed -n 's/^ \*     //p' > "$work/$name.expected"
    if ! "$cc" -std=gnu11 -Wall -Wextra -Wconversion -Wshadow -Werror -O1 -I"$root/include" -o "$work/$name" "$source" "$library" -lm -pthread; then
        report 1 "examples/$name.c does not build"
        continue
    fi
    timeout 60 "$work/$name" > "$work/$name.out" 2>&1
    status=$?
    diff -u "$work/$name.expected" "$work/$name.out" && [ $status = 0 ] && [ -s "$work/$name.expected" ]
    report $? "examples/$name.c"
done
for expected in "$root"/examples/programs/*.expected; do
    name=$(basename "$expected" .expected)
    timeout 60 "$build/wrtd" run "$root/examples/programs/$name.wasm" > "$work/$name.out" 2> "$work/$name.err" < /dev/null
    status=$?
    diff -u "$expected" "$work/$name.out" && [ $status = 0 ]
    report $? "examples/programs/$name.wasm"
done
if printf ': f dup * ;\n7 f .\n' | timeout 60 "$build/wrtd" run "$root/examples/programs/forth.wasm" - 2>&1 | grep -q '^49'; then report 0; else report 1 "forth on a pipe"; fi
printf 'abc' | timeout 60 "$build/wrtd" run "$root/examples/programs/sha256.wasm" - 2>&1 | grep -q '^ba7816bf8f01cfea'
report $? "sha256 on a pipe"
"$root/examples/brake-by-wire/demo.sh" "$(realpath "$build/wrtd")" "$work/brake" > "$work/brake.out" 2>&1
report $? "examples/brake-by-wire/demo.sh"
# The fault changes nothing for pedal and slip: their lines of both runs are equal.
grep '^\(pedal\|slip\) .*[0-9]/[0-9]*$' "$work/brake.out" > "$work/brake.rows"
[ "$(wc -l < "$work/brake.rows")" = 4 ] && [ "$(sort -u "$work/brake.rows" | wc -l)" = 2 ]
report $? "brake-by-wire: the fault reaches pedal or slip"
grep -q 'normal -> high at .*overrun of lidar' "$work/brake.out" && grep -q 'high -> normal' "$work/brake.out" && grep -q '^mode' "$work/brake.out"
report $? "brake-by-wire: the mode does not rise and return"
for page in normal fault; do
    grep -q '</html>' "$work/brake/$page.html" && grep -q '</svg>' "$work/brake/$page.svg"
    report $? "brake-by-wire: the page or picture of the run $page"
done
"$root/examples/programs/check"
report $? "examples/programs: sources and binaries"
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
