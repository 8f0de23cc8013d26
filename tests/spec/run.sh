#!/bin/sh
# The specification's scripts under `wrtd wast`. run.sh WRTD FOLDER; the last line is `N passed, N failed, N skipped`.
set -u
wrtd=${1:?the command is missing}
folder=${2:?the folder of scripts is missing}
if [ ! -d "$folder" ]; then
    echo "skipped: no specification scripts in $folder (set WRT_SHARED to the folder that holds conformance/core)"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
fi
find "$folder" -name '*.json' | sort > "${TMPDIR:-/tmp}/wrt-spec.$$"
trap 'rm -f "${TMPDIR:-/tmp}/wrt-spec.$$"' EXIT
xargs "$wrtd" wast < "${TMPDIR:-/tmp}/wrt-spec.$$"
