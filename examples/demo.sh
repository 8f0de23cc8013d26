#!/bin/sh
# Seven programs as concurrent fuel-metered tasks in one thread on one core.
# demo.sh [WRTD]
#
# brake and monitor are the urgent ones: high priority, little work, asleep most of the time; whenever they wake, whoever
# computes is preempted at its next checkpoint. forth, json and sha256 share what is left in slices of different length.
# maze has a low priority. queens has been given a job that is far too big for its budget: it is stopped exactly there,
# and nobody else notices. The clock is fuel, ten nanoseconds each: who sleeps is awake after so much work of the others,
# and where nobody has work time jumps. So every machine prints the same, to the hash of the schedule.
set -u
here=$(cd "$(dirname "$0")" && pwd)
wrtd=${1:-$here/../build/release/wrtd}
case $wrtd in /*) ;; *) wrtd=$PWD/$wrtd ;; esac
cd "$here/programs" || exit 1

"$wrtd" tasks --policy fp -S clock=virtual,ns-per-kfuel=10000 \
    "brake.wasm,priority=220,slice=20000,args=100 5" \
    "monitor.wasm,priority=200,slice=5000,args=12 20" \
    "forth.wasm,slice=25000" \
    "json.wasm,slice=50000,args=400" \
    "sha256.wasm,slice=100000,args=64" \
    "maze.wasm,priority=100,slice=10000,args=24 8 7" \
    "queens.wasm,priority=50,slice=50000,budget=20M,args=12"
status=$?
# 120: a task is out of fuel. That is what queens is here to show.
[ $status = 120 ] && status=0
exit $status
