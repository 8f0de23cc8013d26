#!/bin/sh
# The demonstration of `./dev run`: five tasks of a braking system on two cores, from no criticality (QM) to ASIL D.
# demo.sh [WRTD [FOLDER]]
#
# First the proof: no deadline can be missed, whatever the programs do within their budgets. Then five seconds of the real
# programs. Then the same five seconds, but at 3 s a fault is put into lidar (level B): it never ends. Its core changes the
# mode, drops what is below B, stops lidar at its larger budget, and goes back to normal; pedal (D) and slip (C) have the
# same figures as before. The clock is fuel, so every machine prints the same, to the hash of the schedule.
# Pages and pictures of both runs are written into FOLDER (build/brake-by-wire).
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
wrtd=${1:-$top/build/release/wrtd}
case $wrtd in /*) ;; *) wrtd=$PWD/$wrtd ;; esac
out=${2:-build/brake-by-wire}
case $out in /*) ;; *) cd "$top" || exit 1 ;; esac
manifest=$here/brake-by-wire.toml
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
mkdir -p "$out" || exit 1

show() # NAME TITLE OPTIONS...: a run; its admission has been shown
{
    name=$1
    printf '\n== %s\n' "$2"
    shift 2
    COLUMNS=100 "$wrtd" sched run --virtual --until 5s "$@" --trace "$work/$name.wtr" --report "$out/$name.html" "$manifest" \
        > "$work/$name.txt" || { cat "$work/$name.txt"; exit 1; }
    sed '1,/^schedulable/d' "$work/$name.txt" | sed '1{/^$/d;}'
    "$wrtd" trace convert --to svg --span 2.9s..3.6s -o "$out/$name.svg" "$work/$name.wtr" || exit 1
}

echo "== admission: may these tasks run together?"
"$wrtd" sched analyze "$manifest" || exit 1
show normal "five seconds, as planned"
show fault "the same five seconds; at 3 s lidar begins to run for ever" --inject overrun:lidar@3s
printf '\npages:    %s\npictures: %s (2.9 s to 3.6 s)\n' "$out/normal.html $out/fault.html" "$out/normal.svg $out/fault.svg"
