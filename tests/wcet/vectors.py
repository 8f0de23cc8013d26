#!/usr/bin/env python3
"""Compares `wrtd wcet` with reference bounds: every program and level of a folder of vectors (NAME/Ox.wasm with Ox.meta.json and
Ox.flowfacts.json).

    vectors.py --wrtd build/release/wrtd --inputs ../shared/wcet [--without-facts] [PART]

With facts per entry and in full the bound must be equal to the reference; each bound is at least, and each lower bound at most, what was
observed; every certificate is verified by tools/wcet_check. --without-facts: what inference alone decides is sound, and no worse
than `annotation-free.json` says. Ends with `N passed, N failed, N skipped`.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def wcet(options, *args):
    done = subprocess.run([options.wrtd, "wcet", "--json", "--fuel-table", "unit", *map(str, args)], capture_output=True, timeout=120)
    if done.returncode not in (0, 123):
        raise RuntimeError(f"exit code {done.returncode}: {done.stderr.decode()[-300:]}")
    return json.loads(done.stdout)


def check_certificate(path, bound):
    done = subprocess.run([sys.executable, str(ROOT / "tools" / "wcet_check"), path], capture_output=True, timeout=120)
    if done.returncode != 0:
        return f"certificate: {done.stdout.decode()[-200:]}{done.stderr.decode()[-200:]}"
    if int(done.stdout.split()[-1]) > bound:
        return f"the certificate proves {done.stdout.split()[-1]}, above {bound}"
    return None


def one(options, wasm, use, reference, observed, folder):
    """Yields what is wrong with one mode."""
    facts, certificate = wasm.with_suffix(".flowfacts.json"), str(pathlib.Path(folder) / "certificate.json")
    got = wcet(options, "--annotate", facts, "--facts", use, "--certificate", certificate, wasm, "run")
    if reference is None:
        if got["bounded"] or not any(why["kind"] == "recursion" for why in got["unbounded"]):
            yield f"{use}: {got['fuel_high']}, expected no bound because of recursion"
        return
    if not got["bounded"] or got["fuel_high"] != reference:
        yield f"{use}: {got['fuel_high']}, expected {reference}"
        return
    if got["fuel_low"] > min(observed):
        yield f"{use}: the lower bound {got['fuel_low']} is above an observed {min(observed)}"
    if got["fuel_high"] < max(observed):
        yield f"{use}: the bound {got['fuel_high']} is below an observed {max(observed)}"
    problem = check_certificate(certificate, reference)
    if problem:
        yield f"{use}: {problem}"


def with_facts(options, wasm, meta, folder):
    observed = meta["observed"]["fuel_per_input"]
    per_entry, full = meta["reference_bound"], meta["reference_bound_full_facts"]
    yield from one(options, wasm, "per-entry", per_entry and per_entry["ipet_ilp"], observed, folder)
    yield from one(options, wasm, "full", full["ipet_ilp"], observed, folder)


def without_facts(options, wasm, meta, floor):
    observed = meta["observed"]["fuel_per_input"]
    got = wcet(options, wasm, "run")
    if got["fuel_low"] > min(observed):
        yield f"the lower bound {got['fuel_low']} is above an observed {min(observed)}"
    if got["bounded"] and got["fuel_high"] < max(observed):
        yield f"the bound {got['fuel_high']} is below an observed {max(observed)}"
    if not got["bounded"] and not got["unbounded"]:
        yield "no bound, and no reason"
    if floor is not None and (not got["bounded"] or got["fuel_high"] / max(observed) > floor + 5e-5):
        yield f"{got['fuel_high']}, expected at most {floor} of {max(observed)}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--wrtd", default=str(ROOT / "build/release/wrtd"))
    parser.add_argument("--inputs", default=str(ROOT.parent / "shared/wcet"))
    parser.add_argument("--without-facts", action="store_true")
    parser.add_argument("part", nargs="?", default="")
    options = parser.parse_args()
    inputs = pathlib.Path(options.inputs)
    metas = sorted(inputs.glob("*/*.meta.json"))
    if not metas:
        print(f"no vectors in {inputs}\n0 passed, 0 failed, 1 skipped")
        return 77
    floors = {}
    if (inputs / "annotation-free.json").is_file():
        rows = json.loads((inputs / "annotation-free.json").read_text())["rows"]
        floors = {(row["bench"], row["opt"]): row["ratio_to_observed"] for row in rows if row["outcome"] == "decided"}
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for path in metas:
            wasm = path.with_name(path.name.replace(".meta.json", ".wasm"))
            name = f"{path.parent.name}/{wasm.stem}"
            if options.part not in name:
                continue
            meta = json.loads(path.read_text())
            try:
                if options.without_facts:
                    problems = list(without_facts(options, wasm, meta, floors.get((path.parent.name, wasm.stem))))
                else:
                    problems = list(with_facts(options, wasm, meta, folder))
            except (RuntimeError, subprocess.TimeoutExpired, ValueError) as e:
                problems = [str(e)]
            passed += not problems
            failed += bool(problems)
            for problem in problems:
                print(f"{name}: {problem}")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
