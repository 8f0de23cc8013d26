#!/usr/bin/env python3
"""Lines of diff against PyPI wasmtime: results, traps, and the fuel of the table `unit` where a run ends with a result.

    oracle.py LINES

Ends with `N passed, N failed, N skipped`; skips where the pinned package is absent (see tests/oracle/fuel.py)."""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "oracle"))
import fuel as pinned

LINE = re.compile(r"(\S+) (-?\d+) 0: status (-?\d+) trap (\d+) result (\d+) fuel (\d+)")


def main():
    wasmtime = pinned.load_wasmtime()
    oracle = pinned.Oracle(wasmtime)
    modules, passed, failed = {}, 0, 0
    for match in filter(None, map(LINE.match, open(sys.argv[1]))):
        path, argument, status, _, result, fuel = match.groups()
        if path not in modules:
            modules[path] = oracle.compile(pathlib.Path(path))
        try:
            want = oracle.run(modules[path], int(argument))
        except wasmtime.Trap:
            want = None
        have = (int(result), int(fuel)) if status == "0" else None
        if have == want:
            passed += 1
        else:
            failed += 1
            print(f"{path} run({argument}): {have}, wasmtime {want}")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
