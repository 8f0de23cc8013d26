#!/usr/bin/env python3
"""Fuel under the table `unit` against an independent counter: Wasmtime's API (PyPI wasmtime, one pinned version).

    fuel.py [--wrtd build/release/wrtd] [--inputs ../shared] [-v]

Runs `run(k)` of every import-free core module of INPUTS/bench (k = 0, 1, 2) and INPUTS/wcet (every build, k = 0..3) in both
engines and compares result and fuel, to the unit. Ends with `N passed, N failed, N skipped`; skips where the inputs or the pinned
package are absent. The package is looked for in this Python, then in the folder that bench/peers.sh fills.
"""
import argparse
import importlib.metadata
import json
import os
import pathlib
import subprocess
import sys

PINNED = "50.0.1"
ROOT = pathlib.Path(__file__).resolve().parents[2]
PEERS = pathlib.Path(os.environ.get("WRT_PEERS", pathlib.Path.home() / ".cache" / "wrt-peers"))
START_FUEL = 1 << 62


def skip(reason):
    print(f"fuel oracle: {reason}")
    print("0 passed, 0 failed, 1 skipped")
    sys.exit(0)


def load_wasmtime():
    """Imports the pinned version, if need be by starting again in the Python that has it."""
    try:
        if importlib.metadata.version("wasmtime") == PINNED:
            import wasmtime
            return wasmtime
    except (importlib.metadata.PackageNotFoundError, ImportError):
        pass
    other = PEERS / "venv" / "bin" / "python"
    if other.exists() and not os.environ.get("WRT_ORACLE_CHILD"):
        os.environ["WRT_ORACLE_CHILD"] = "1"
        os.execv(other, [str(other), *sys.argv])
    skip(f"PyPI package wasmtime {PINNED} is not installed (bench/peers.sh installs it)")


def modules(inputs):
    for path in sorted((inputs / "bench").glob("*.wasm")):
        if ".component." not in path.name:
            yield path, (0, 1, 2)
    for path in sorted((inputs / "wcet").glob("*/O?.wasm")):
        yield path, (0, 1, 2, 3)


class Oracle:
    def __init__(self, wasmtime):
        config = wasmtime.Config()
        config.consume_fuel = True
        config.cranelift_nan_canonicalization = True
        self.api, self.engine = wasmtime, wasmtime.Engine(config)

    def compile(self, path):
        module = self.api.Module.from_file(self.engine, str(path))
        return None if len(module.imports) > 0 else module

    def run(self, module, argument):
        store = self.api.Store(self.engine)
        store.set_fuel(START_FUEL)
        instance = self.api.Instance(store, module, [])
        result = instance.exports(store)["run"](store, argument)
        return result & 0xFFFFFFFF, START_FUEL - store.get_fuel()


def run_wrtd(wrtd, path, argument):
    command = [wrtd, "run", "--json", "--fuel-table", "unit", "--invoke", f"run({argument})", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        return f"exit code {done.returncode}: {done.stderr.strip()[:200]}", None
    report = json.loads(done.stdout)
    fuel = report["fuel"]
    if fuel.get("host", 0) != 0 or fuel.get("guest", fuel["used"]) != fuel["used"]:
        return "host charges in a module without imports", None
    return first_integer(report.get("results", report.get("result"))), fuel["used"]


def first_integer(value):
    """The one i32 result, however the report nests it."""
    while isinstance(value, (list, dict)):
        value = value[0] if isinstance(value, list) else value.get("value")
    return int(value) & 0xFFFFFFFF


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--wrtd", default=str(ROOT / "build" / "release" / "wrtd"))
    parser.add_argument("--inputs", default=str(ROOT.parent / "shared"))
    parser.add_argument("--only", default="", help="a part of the path")
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    inputs = pathlib.Path(options.inputs)
    if not (inputs / "bench").is_dir():
        skip(f"the modules are not beside the tree (looked for {os.path.relpath(inputs)}/bench)")
    oracle = Oracle(load_wasmtime())
    passed = failed = skipped = 0
    for path, arguments in modules(inputs):
        if options.only not in str(path):
            continue
        name = str(path.relative_to(inputs))
        module = oracle.compile(path)
        if module is None:
            skipped += 1
            continue
        for argument in arguments:
            expected = oracle.run(module, argument)
            got = run_wrtd(options.wrtd, path, argument)
            if got == expected:
                passed += 1
                if options.verbose:
                    print(f"{name} run({argument}): {expected[1]} fuel")
            else:
                failed += 1
                print(f"FAILED: {name} run({argument}): got result {got[0]}, fuel {got[1]}; expected {expected[0]}, {expected[1]}")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
