#!/usr/bin/env python3
"""Programs that tempt the analysis (tests/wcet/attacks/attacks.txt) against runs: `wrtd wcet` for
the first call, for repeated ones and for any; no run above fuel_high, none that returns below fuel_low.

    attacks.py --wrtd build/release/wrtd --calls build/release/tests/wcet/calls [PART]

Needs wat2wasm of the Python package wasmtime. Ends with `N passed, N failed, N skipped`.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

try:
    from wasmtime import wat2wasm
except ImportError:
    print("no wasmtime package for the programs of this test")
    sys.exit(77)

HERE = pathlib.Path(__file__).resolve().parent / "attacks"
VALUES = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 31, 32, 33, 63, 64, 100, 109, 127, 128, 255, 256, 300, 1000, 65535,
          65536, 70000, 1 << 31, (1 << 31) - 1, (1 << 31) + 1, *((1 << 32) - k for k in range(1, 7)),
          0xffffff00, 0x55555555, 0xaaaaaaaa, 0x12345678]
MOST = 3_000_000    # fuel of a call, then it is cut


def calls(options, wasm, count, seed, writes, low, high):
    args = [options.calls, str(wasm), str(count), str(seed), str(MOST), str(writes), str(low), str(high), "f"]
    done = subprocess.run(args, capture_output=True, timeout=120)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.decode()[-300:])
    return [(line.split()[1], int(line.split()[2])) for line in done.stdout.decode().splitlines()]


def runs(options, wasm, state):
    if state == "fresh":
        for value in VALUES:
            yield from calls(options, wasm, 1, 1, 0, value, value)
        for seed in range(12):
            yield from calls(options, wasm, 1, seed, 0, 1, 0)
        return
    for seed in range(3):
        yield from calls(options, wasm, 60, seed, 0 if state == "repeated" else 200, 1, 0)
    yield from calls(options, wasm, 60, 9, 0, 0, 300)


def check(options, wasm):
    for state in ["fresh", "repeated", "any"]:
        args = [options.wrtd, "wcet", "--json", "--fuel-table", "unit", "--state", state, str(wasm), "f"]
        done = subprocess.run(args, capture_output=True, timeout=120)
        if done.returncode not in (0, 123):
            yield f"{state}: exit code {done.returncode}: {done.stderr.decode()[-300:]}"
            continue
        got = json.loads(done.stdout)
        for status, fuel in runs(options, wasm, state):
            if got["bounded"] and fuel > got["fuel_high"]:
                yield f"{state}: {status} {fuel}, above {got['fuel_high']}"
            if status == "ok" and fuel < got["fuel_low"]:
                yield f"{state}: {status} {fuel}, below {got['fuel_low']}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--wrtd", default="build/release/wrtd")
    parser.add_argument("--calls", default="build/release/tests/wcet/calls")
    parser.add_argument("part", nargs="?", default="")
    options = parser.parse_args()
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for text in (HERE / "attacks.txt").read_text().split("\n== ")[1:]:
            name, program = text.split("\n", 1)
            if options.part not in name:
                continue
            wasm = pathlib.Path(folder) / f"{name}.wasm"
            wasm.write_bytes(wat2wasm(program))
            problems = list(check(options, wasm))
            failed += bool(problems)
            passed += not problems
            for problem in problems[:3]:
                print(f"FAILED {name}: {problem}")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
