#!/usr/bin/env bash
# Installs a build into an empty place and uses it as others would: with pkg-config, and with find_package of CMake.
#   run.sh BUILD_FOLDER
set -u
build=$(cd "${1:?the build folder is missing}" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0
check() { if [ "$2" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $1"; cat "$work/log"; fi; }

cmake --install "$build" --prefix "$work/usr" >"$work/log" 2>&1
check "install" $?
want=$(sed -n '/prints:$/,/\*\//p' "$root/examples/hello.c" | sed -n 's/^ \*     //p')

if command -v pkg-config >/dev/null 2>&1; then
    # Moved after the installation: the package must find itself.
    export PKG_CONFIG_PATH
    PKG_CONFIG_PATH=$(dirname "$(find "$work/usr" -name wrt.pc)")
    # shellcheck disable=SC2046
    cc -o "$work/hello" "$root/examples/hello.c" $(pkg-config --cflags --libs wrt) >"$work/log" 2>&1 &&
        [ "$("$work/hello" 2>&1)" = "$want" ]
    check "examples/hello.c with pkg-config" $?
else
    skipped=$((skipped + 1)); echo "skipped: no pkg-config"
fi

mkdir "$work/app"
cp -r "$root/examples/hello.c" "$root/examples/guests" "$work/app/"
cat > "$work/app/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.20)
project(app LANGUAGES C)
find_package(wrt 0.1 REQUIRED)
add_executable(app hello.c)
target_link_libraries(app PRIVATE wrt::wrt)
CMAKE
cmake -G Ninja -S "$work/app" -B "$work/app/build" -DCMAKE_PREFIX_PATH="$work/usr" >"$work/log" 2>&1 &&
    cmake --build "$work/app/build" >>"$work/log" 2>&1 && [ "$("$work/app/build/app" 2>&1)" = "$want" ]
check "examples/hello.c with find_package" $?

# The same tree as part of another project, and as a shared library that shows nothing but the promised functions.
cat > "$work/app/CMakeLists.txt" <<CMAKE
cmake_minimum_required(VERSION 3.20)
project(app LANGUAGES C)
set(WRT_SHARED ON)
add_subdirectory("$root" wrt)
add_executable(app hello.c)
target_link_libraries(app PRIVATE wrt::wrt)
CMAKE
cmake -G Ninja -S "$work/app" -B "$work/app/build2" >"$work/log" 2>&1 &&
    cmake --build "$work/app/build2" >>"$work/log" 2>&1 && [ "$("$work/app/build2/app" 2>&1)" = "$want" ]
check "examples/hello.c with add_subdirectory and libwrt.so" $?
shown=$(nm -D --defined-only "$(find "$work/app/build2" -name 'libwrt.so.*.*.*')" 2>"$work/log" | awk '{ print $3 }' | grep -v '^wrt_[a-z]')
[ -z "$shown" ]
check "libwrt.so shows only wrt_ names, not: $shown" $?
"$work/usr/bin/wrtd" version >"$work/log" 2>&1
check "wrtd version" $?
pages=$("$work/usr/bin/wrtd" help | sed -n '/^commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p')
[ -s "$work/usr/share/man/man1/wrtd.1" ] && [ -s "$work/usr/share/bash-completion/completions/wrtd" ] && [ -n "$pages" ]
check "manual page and completions" $?
for page in $pages; do
    grep -q "^\.TH WRTD" "$work/usr/share/man/man1/wrtd-$page.1" 2>"$work/log" || { check "manual page of $page" 1; }
done
echo "$passed passed, $failed failed$([ $skipped = 0 ] || echo ", $skipped skipped")"
[ "$failed" = 0 ]
