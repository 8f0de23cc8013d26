#!/usr/bin/env python3
"""The freestanding builds: what they leave undefined, that they have no writable globals, and how large they are.

    symbols.py [--text-max BYTES]     ends with `N passed, N failed, N skipped`

Undefined may be the four memory functions and the arithmetic helpers of the compiler. Two sizes: the core, which is what a program
that loads, links and runs tasks by slice, priority and budget takes out of the library (the calls of examples/board and what they
reach; docs/footprint.md), and the whole archive, room by room."""
import argparse
import collections
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

# The core on a Cortex-M4, -Os: 72 KiB is promised (docs/footprint.md).
TEXT_MAX = 72 * 1024

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILDS = {"freestanding": "arm-none-eabi-", "freestanding-riscv": "riscv64-unknown-elf-"}
MEMORY = {"memcpy", "memmove", "memset", "memcmp"}
HELPERS = re.compile(
    r"__aeabi_\w+$|__(add|sub|mul|div|mod|udiv|umod|neg|ashl|ashr|lshr|cmp|ucmp|clz|ctz|popcount|bswap|ffs|parity)\w*[sdt]i\d?$"
    r"|__(fix|fixuns|float|floatun)\w+$|__(extend|trunc)\w+f\d$|__(add|sub|mul|div|neg|eq|ne|lt|le|gt|ge|unord)[sd]f\d$"
    r"|__gnu_thumb1_case_\w+$|__riscv_\w+$")


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


class Sum:
    passed = failed = skipped = 0

    def check(self, ok, what):
        self.passed, self.failed = self.passed + bool(ok), self.failed + (not ok)
        if not ok:
            print(f"FAILED: {what}")

    def skip(self, what):
        self.skipped += 1
        print(f"skipped: {what}")


def undefined(tool, library):
    """Symbols that the library wants from outside of itself."""
    wanted, defined = set(), set()
    for line in output(tool + "nm", "-g", str(library)).splitlines():
        row = line.split()
        if len(row) >= 2 and row[-2] in ("U", "w"):
            wanted.add(row[-1])
        elif len(row) == 3:
            defined.add(row[2])
    return wanted - defined


def writable(tool, library):
    """Bytes of .data and .bss, per object that has any."""
    found = {}
    for line in output(tool + "size", str(library)).splitlines()[1:]:
        row = line.split()
        if int(row[1]) + int(row[2]) != 0:
            found[row[5]] = int(row[1]) + int(row[2])
    return found


def sizes(tool, library):
    code = constant = 0
    for line in output(tool + "size", "-A", str(library)).splitlines():
        row = line.split()
        if len(row) == 3 and row[1].isdigit():
            code += int(row[1]) if row[0].startswith(".text") else 0
            constant += int(row[1]) if row[0].startswith((".rodata", ".srodata", ".data.rel.ro")) else 0
    return code, constant


def rooms(tool, library):
    """Text and constants of the archive, by room: the objects lie in folders as their sources do."""
    folder = library.parent / "CMakeFiles" / "wrt.dir" / "src"
    members, found = set(output(tool + "ar", "t", str(library)).split()), collections.Counter()
    for path in folder.rglob("*.obj"):
        if path.name in members:    # not what an older list of files left there
            found[path.relative_to(folder).parts[0]] += sum(sizes(tool, path))
    return found


def defined(tool, library):
    return {row.split()[2] for row in output(tool + "nm", "-g", "--defined-only", str(library)).splitlines() if len(row.split()) == 3}


def berkeley(tool, piece):
    """The column "text" of size: code, constants and tables for unwinding."""
    return int(output(tool + "size", str(piece)).splitlines()[1].split()[0])


def linked(tool, library, names, measure=sizes):
    """What these functions of the interface reach, linked into one piece: (code, constants)."""
    roots = sorted(defined(tool, library) & set(names))
    with tempfile.TemporaryDirectory() as folder:
        piece = pathlib.Path(folder) / "piece.o"
        wanted = [part for root in roots for part in ("-u", root)]
        output(tool + "ld", "-r", "--gc-sections", *wanted, "--whole-archive", str(library), "-o", str(piece))
        return measure(tool, piece)


def called(*paths):
    """Names of the interface in these programs."""
    return re.findall(r"\bwrt_\w+", "".join((ROOT / path).read_text() for path in paths))


def core(tool, library, measure=sizes):
    """The core: what a program that loads, links and runs tasks takes, which is what examples/board/board.c calls."""
    return linked(tool, library, called("examples/board/board.c", "examples/board/board.h"), measure)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--text-max", type=int, default=TEXT_MAX, help="fail when the Cortex-M4 core is larger")
    options = parser.parse_args()
    total = Sum()
    for build, tool in BUILDS.items():
        library = ROOT / "build" / build / "libwrt.a"
        if not shutil.which(tool + "nm"):
            total.skip(f"{build}: {tool}gcc is not installed")
            continue
        if not library.exists():
            total.skip(f"{build}: not built")
            continue
        foreign = sorted(s for s in undefined(tool, library) if s not in MEMORY and not HELPERS.match(s))
        total.check(not foreign, f"{build}: undefined: {', '.join(foreign)}")
        data = writable(tool, library)
        total.check(not data, f"{build}: writable globals: {data}")
        for what, (code, constant) in (("archive", sizes(tool, library)), ("core", core(tool, library))):
            print(f"{build}: {what} {code + constant} bytes, {(code + constant) / 1024:.1f} KiB, "
                  f"{code / 1024:.1f} of code and {constant / 1024:.1f} of constants")
        print(f"{build}: " + ", ".join(f"{room} {size}" for room, size in rooms(tool, library).most_common()))
        if build == "freestanding":
            total.check(code + constant <= options.text_max, f"{build}: {code + constant} bytes, more than {options.text_max}")
    print(f"{total.passed} passed, {total.failed} failed" + (f", {total.skipped} skipped" if total.skipped else ""))
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
