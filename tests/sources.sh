#!/bin/bash
# Prints the sources of the library without WASI, for tests that compile it again in another way. Run in the root of the
# tree. The port as in cmake/WrtSources.cmake: a file that src/port/linux has not is taken from src/port/posix.
set -eu
ls src/*/*.c | grep -v -e '^src/wasi/' -e '^src/api/wasi.c$'
ls src/port/linux/*.c
for file in src/port/posix/*.c; do
    [ -e "src/port/linux/$(basename "$file")" ] || echo "$file"
done
