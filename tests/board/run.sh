#!/bin/bash
# The board example on the host and, where the tools are installed, on emulated Cortex-M and RISC-V machines. All must
# print the same text: results, fuel, slices, stack, and the hash of the schedule. Usage: run.sh BUILD-OF-THE-HOST
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
board=$top/examples/board
host=${1:?usage: run.sh BUILD}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0
check() { # NAME TEXT WANT: is it the text of the host?
    if [ "$2" = "$3" ]; then passed=$((passed + 1)); else
        failed=$((failed + 1)); echo "board: $1 differs from the host"; diff <(echo "$3") <(echo "$2") | head -20; fi
}
skip() { echo "board: $1 skipped, $2 is not installed"; skipped=$((skipped + 1)); }

{ echo "static const unsigned char guest_wasm[] = {"; od -An -v -tx1 "$board/guest.wasm" | sed 's/ \(..\)/0x\1,/g'; echo "};"; } > "$work/guest_wasm.h"
flags="-std=c11 -Wall -Wextra -I$top/include -I$board -I$work"
cc=$(command -v gcc || command -v cc)
$cc $flags -O2 "$board/board.c" "$board/host.c" "$host/libwrt.a" -lpthread -o "$work/host" || { echo "0 passed, 1 failed"; exit 1; }
want=$("$work/host") || { echo "board: the host fails: $want"; echo "0 passed, 1 failed"; exit 1; }
echo "$want"
$cc $flags -O2 "$board/set.c" "$board/host.c" "$host/libwrt.a" -lpthread -o "$work/host_set" || { echo "0 passed, 1 failed"; exit 1; }
want_set=$("$work/host_set") || { echo "board: the host fails: $want_set"; echo "0 passed, 1 failed"; exit 1; }
echo "$want_set"
# A manifest, through an image: as `wrtd sched run` runs it.
manifest=$top/examples/brake-by-wire/brake-by-wire.toml
"$host/wrtd" build-image -q -o "$work/image.c" "$manifest" || { echo "0 passed, 1 failed"; exit 1; }
system='-DSYSTEM=brake_by_wire -DSYSTEM_UPPER=BRAKE_BY_WIRE -DSYSTEM_HEADER="image.h" -DUNTIL_NS=2000000000'
$cc $flags $system -O2 "$board/system.c" "$work/image.c" "$board/host.c" "$host/libwrt.a" -lpthread -o "$work/host_system" || { echo "0 passed, 1 failed"; exit 1; }
want_system=$("$work/host_system") || { echo "board: the host fails: $want_system"; echo "0 passed, 1 failed"; exit 1; }
echo "$want_system"
check "the image of brake-by-wire" "$(echo "$want_system" | tail -n 1)" "$("$host/wrtd" sched run --virtual --until 2s "$manifest" | tail -n 1)"
text_of() { # PROGRAM: what the host printed
    case $1 in set) echo "$want_set" ;; system) echo "$want_system" ;; *) echo "$want" ;; esac
}
sources_of() { # PROGRAM: its files and flags
    echo "$board/$1.c"
    [ "$1" != system ] || echo "$work/image.c $system"
}
case "$want" in *failed*) failed=$((failed + 1)) ;; *) passed=$((passed + 1)) ;; esac

without=$(awk '/^-/ { print substr($1, 2) }' "$top/tools/core.list")
sources="$(sed -e 's/#.*//' "$top/tools/core.list" | awk 'NF && $1 !~ /^-/' | while read -r room; do ls "$top/src/$room"/*.c; done |
    while read -r file; do grep -qx "${file#"$top/src/"}" <<< "$without" || echo "$file"; done)"
build() { # COMPILER OUT FLAGS...: the core, compiled for a machine
    local compiler=$1 out=$2; shift 2
    mkdir -p "$out"
    for source in $sources; do
        "$compiler" -std=c11 -Os -fstack-usage -ffreestanding -ffunction-sections -fdata-sections -ffp-contract=off -fno-strict-aliasing -fno-math-errno \
            -DWRT_FREESTANDING=1 -DWRT_MESSAGES=0 -DWRT_DISPATCH_TAIL=0 -DWRT_FUSE_FULL=0 -I"$top/include" -I"$top/src" "$@" -c "$source" -o "$out/$(echo "${source#"$top"/src/}" | tr / _).o" || return 1
    done
}
run_arm() {
    local name=cortex-$1 cpu=$1 machine=$2; shift 2
    if ! command -v arm-none-eabi-gcc > /dev/null || ! command -v qemu-system-arm > /dev/null; then skip "$name" "arm-none-eabi-gcc or qemu-system-arm"; return; fi
    build arm-none-eabi-gcc "$work/$cpu" -mthumb -mcpu=cortex-$cpu "$@" || { failed=$((failed + 1)); return; }
    local program
    for program in board set system; do
        arm-none-eabi-gcc $flags -O2 -ffreestanding -mthumb -mcpu=cortex-$cpu "$@" -nostdlib -Wl,--gc-sections -T "$board/arm.ld" \
            $(sources_of $program) "$board/start_arm.c" "$board/mem.c" "$work/$cpu"/*.o -lgcc -Wl,-Map="$work/$cpu.$program.map" -o "$work/$cpu.$program.elf" ||
            { failed=$((failed + 1)); return; }
        check "$name $program" "$(timeout 300 qemu-system-arm -M "$machine" -nographic -monitor none -serial none -semihosting -kernel "$work/$cpu.$program.elf" 2>&1)" \
            "$(text_of $program)"
    done
    [ "$cpu" = m4 ] || return
    # What it costs: the linked image without the guest, stack per function, and bytes of RAM.
    arm-none-eabi-size "$work/$cpu.board.elf" | awk 'NR == 2 { print "size image text " $1 " data " $2 }'
    python3 "$top/tests/board/linked.py" "$work/$cpu.board.map" "$work/$cpu/"
    cat "$work/$cpu"/*.su | sort -t "$(printf '\t')" -k2 -rn | head -5 | awk '{ sub(/.*\//, "", $1); print "stack " $2 " " $1 }'
    arm-none-eabi-gcc $flags -O2 -ffreestanding -mthumb -mcpu=cortex-$cpu "$@" -nostdlib -Wl,--gc-sections -T "$board/arm.ld" \
        "$top/tests/board/ram.c" "$board/start_arm.c" "$board/mem.c" "$work/$cpu"/*.o -lgcc -o "$work/ram.elf" || { failed=$((failed + 1)); return; }
    local ram
    ram=$(timeout 300 qemu-system-arm -M "$machine" -nographic -monitor none -serial none -semihosting -kernel "$work/ram.elf" 2>&1)
    echo "$ram"
    case "$ram" in *"ram left             0") passed=$((passed + 1)) ;; *) failed=$((failed + 1)); echo "board: ram.c fails or leaks" ;; esac
}
run_riscv() {
    local name=$1 qemu=$2; shift 2
    if ! command -v riscv64-unknown-elf-gcc > /dev/null || ! command -v "$qemu" > /dev/null; then skip "$name" "riscv64-unknown-elf-gcc or $qemu"; return; fi
    build riscv64-unknown-elf-gcc "$work/$name" -mcmodel=medany "$@" || { failed=$((failed + 1)); return; }
    local program
    for program in board set system; do
        riscv64-unknown-elf-gcc $flags -O2 -ffreestanding -mcmodel=medany "$@" -nostdlib -nostartfiles -Wl,--gc-sections,--no-warn-rwx-segments -T "$board/riscv.ld" \
            $(sources_of $program) "$board/start_riscv.c" "$board/mem.c" "$work/$name"/*.o -lgcc -o "$work/$name.$program.elf" || { failed=$((failed + 1)); return; }
        check "$name $program" "$(timeout 300 "$qemu" -M virt -bios none -nographic -monitor none -serial stdio -kernel "$work/$name.$program.elf" 2>&1)" \
            "$(text_of $program)"
    done
}
run_arm m4 mps2-an386 -mfloat-abi=hard -mfpu=fpv4-sp-d16
run_arm m3 mps2-an385
run_riscv rv64gc qemu-system-riscv64 -march=rv64gc -mabi=lp64d
run_riscv rv32imac qemu-system-riscv32 -march=rv32imac -mabi=ilp32 -misa-spec=2.2
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
