#!/usr/bin/env bash
# Runs every fuzz target for some seconds and says how many survived.
#   run.sh BUILD_FOLDER [SECONDS] [PART_OF_NAME]     SECONDS: default $WRT_FUZZ_SECONDS, else 10
# Seeds are fuzz/corpus/NAME/ (kept) and the binaries of the tree; new inputs go to BUILD_FOLDER/corpus/NAME, an input that
# breaks something to BUILD_FOLDER/found/NAME, with the command that shows it again.
set -u
build=${1:?the build folder is missing}
seconds=${2:-${WRT_FUZZ_SECONDS:-10}}
part=${3:-}
root=$(cd "$(dirname "$0")/../.." && pwd)
passed=0 failed=0
if ! compgen -G "$build/fuzz/fuzz_*" >/dev/null; then
    echo "skipped: no fuzz targets in $build (clang-19 and libclang-rt-19-dev build them)"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
fi
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:allocator_may_return_null=1:detect_leaks=1" UBSAN_OPTIONS="print_stacktrace=1"
# Seeds and length of inputs: a binary may be long; what a module is generated from, or a program of paths, is short.
settings() {
    case $1 in
        fuzz_load) folders=(tests/fixtures examples/programs) options=(-max_len=16384 -len_control=20) ;;
        fuzz_run | fuzz_wcet) folders=(tests/fixtures) options=(-max_len=1024 -len_control=0) ;;
        fuzz_manifest) folders=() options=(-max_len=8192) ;;
        *) folders=() options=() ;;
    esac
}
for target in "$build"/fuzz/fuzz_*; do
    name=$(basename "$target")
    [[ -x $target && $name == *"$part"* ]] || continue
    mkdir -p "$build/corpus/$name" "$build/found/$name"
    settings "$name"
    seeds=()
    for folder in "fuzz/corpus/${name#fuzz_}" "${folders[@]}"; do
        [ -d "$root/$folder" ] && seeds+=("$root/$folder")
    done
    log="$build/found/$name.log"
    if "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 "${options[@]}" \
        -artifact_prefix="$build/found/$name/" "$build/corpus/$name" "${seeds[@]}" >"$log" 2>&1; then
        passed=$((passed + 1))
        echo "ok   $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs in $seconds s"
    else
        failed=$((failed + 1))
        tail -n 40 "$log"
        echo "FAIL $name: see $log; again: $target FILE"
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
