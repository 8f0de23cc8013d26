#!/bin/bash
# Random modules through every build of the loop: same results, traps, fuel and slices; results and fuel also as Wasmtime has
# them, where it is installed. Usage: run.sh BUILD [FIRST_SEED [COUNT]] (e.g. build/release). A difference names its seed.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top" || exit 1
build=${1:?usage: run.sh BUILD [FIRST_SEED [COUNT]]}
first=${2:-1} count=${3:-3000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "diff: seeds $first to $((first + count - 1))"
python3 tests/diff/generate.py "$work/modules" "$count" "$first" || exit 1
passed=0 failed=0 skipped=0
cc=$(command -v gcc || command -v cc)
core="-std=gnu11 -O1 -w -ffp-contract=off -fno-strict-aliasing -fno-math-errno -D_GNU_SOURCE -Iinclude -Isrc"

run() { # NAME: what the build prints goes to $work/NAME
    local name=$1
    (cd "$work/modules" && ls | sort -n | xargs -n 200 "$work/$name.exe") > "$work/$name" 2> "$work/$name.err" ||
        { failed=$((failed + 1)); echo "diff: $name: $(tail -1 "$work/$name") $(tail -1 "$work/$name.err")"; }
    [ "$name" = release ] && return
    if cmp -s "$work/release" "$work/$name"; then passed=$((passed + 1)); else
        failed=$((failed + 1)); echo "diff: $name differs from release"; diff "$work/release" "$work/$name" | head -6; fi
}
variant() { # NAME FLAGS...: the library compiled again
    local name=$1; shift
    local sources; sources=$(tests/sources.sh)
    $cc $core "$@" tests/diff/diff.c $sources -lpthread -o "$work/$name.exe" || { failed=$((failed + 1)); return; }
    run "$name"
}
$cc $core tests/diff/diff.c "$build/libwrt.a" -lpthread -o "$work/release.exe" || exit 1
run release
variant switch -DWRT_DISPATCH_TAIL=0
variant short -DWRT_DISPATCH_TAIL=0 -DWRT_FUSE_FULL=0
if [ "$(grep -c "status 0" "$work/release")" -gt $((count * 3)) ]; then passed=$((passed + 1)); else
    failed=$((failed + 1)); echo "diff: too few runs end with a result"; fi
said=$(cd "$work/modules" && python3 "$top/tests/diff/oracle.py" "$work/release")
echo "$said" | head -6
case $said in *" 1 skipped"*) skipped=1 ;; *", 0 failed"*) passed=$((passed + 1)) ;; *) failed=$((failed + 1)) ;; esac
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
