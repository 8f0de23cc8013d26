#!/bin/bash
# Preemption at every place, in this build and in the ones beside it: same results, fuel and stopping places in both
# spellings of the loop, with and without fusions, in 64 and in 32 bits. Usage: run.sh BUILD (e.g. build/release)
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top" || exit 1
build=${1:?usage: run.sh BUILD}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
guest=examples/board/guest.wasm
programs="$guest:sort:1 $guest:matrix:2 $guest:crc:1 $guest:collatz:60 tests/fixtures/mirrors.wasm:run:20"
inputs=../shared/bench
if [ -d "$inputs" ]; then
    programs="$programs $inputs/fib.wasm:run:12 $inputs/mandel.wasm:run:6 $inputs/switchvm.wasm:run:20 $inputs/listcrc.wasm:run:1 $inputs/align.wasm:run:1
        $inputs/stencil.wasm:run:1 $inputs/lua.wasm:run:1"
else
    echo "slices: the programs of ../shared/bench are skipped, they are not here"
fi
passed=0 failed=0 skipped=0
cc=$(command -v gcc || command -v cc)
core="-std=gnu11 -O1 -w -ffp-contract=off -fno-strict-aliasing -fno-math-errno -D_GNU_SOURCE -Iinclude -Isrc"

# What a build prints goes to $work/NAME.
run() { # NAME COMMAND...
    local name=$1; shift
    "$@" $programs --shadow tests/fixtures/shadow/shadow.wasm > "$work/$name" || { grep -v "^=" "$work/$name" | head -5; echo "slices: $name fails"; }
    set -- $(tail -1 "$work/$name" | grep -oE "[0-9]+")
    passed=$((passed + ${1:-0})) failed=$((failed + ${2:-1}))
    grep "^=" "$work/$name" > "$work/$name.lines"
    [ "$name" = "$first" ] && return
    if cmp -s "$work/$first.lines" "$work/$name.lines"; then passed=$((passed + 1)); else
        failed=$((failed + 1)); echo "slices: $name stops at other places than $first"; diff "$work/$first.lines" "$work/$name.lines" | head -6; fi
}
first=release
$cc $core tests/slices/slices.c "$build/libwrt.a" -lpthread -o "$work/release.exe" && run release "$work/release.exe"
variant() { # NAME FLAGS...: the library compiled again
    local name=$1; shift
    local sources; sources=$(tests/sources.sh)
    if ! $cc $core "$@" tests/slices/slices.c $sources -lpthread -o "$work/$name.exe" 2> "$work/$name.log"; then
        case "$*" in *-m32*) echo "slices: 32 bits skipped, this compiler has no 32-bit libraries (gcc-multilib)"; skipped=$((skipped + 1)); return ;; esac
        head -5 "$work/$name.log"; failed=$((failed + 1)); return
    fi
    run "$name" "$work/$name.exe"
}
variant switch -DWRT_DISPATCH_TAIL=0
variant short -DWRT_DISPATCH_TAIL=0 -DWRT_FUSE_FULL=0
variant bits32 -m32 -msse2 -mfpmath=sse -DWRT_DISPATCH_TAIL=0
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
