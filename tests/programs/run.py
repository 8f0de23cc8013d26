#!/usr/bin/env python3
"""Real programs made with ordinary toolchains under `wrtd run`: output and exit code must be as expected.

    run.py [--wrtd build/release/wrtd] [--inputs ../shared/programs] [--only PART] [-v]

Each folder of INPUTS has a program.wasm and a cmd.json (kind, wasi, core_features, cases with args, env, dirs, stdin, stdout, exit).
Components and programs that need a feature which is not built are counted as skipped. Ends with `N passed, N failed, N skipped`.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILT = {"mutable-global", "sign-extension", "saturating-float-to-int", "multi-value", "bulk-memory", "reference-types",
         "extended-const", "tail-call"}


def as_bytes(value):
    """Text, or a list of byte values."""
    return bytes(value) if isinstance(value, list) else (value or "").encode()


def command(wrtd, program, case, work):
    line = [wrtd, "run"]
    for key, value in (case.get("env") or {}).items():
        line += ["--env", f"{key}={value}"]
    for i, entry in enumerate(case.get("dirs") or []):
        host = work / f"dir{i}"
        host.mkdir()
        for name, text in (entry.get("files") or {}).items():
            (host / name).parent.mkdir(parents=True, exist_ok=True)
            (host / name).write_bytes(as_bytes(text))
        line += ["--dir", f"{host}::{entry['guest']}"]
    return [*line, str(program), *case.get("args", [])]


def run_case(wrtd, program, case):
    """None, or what is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        line = command(wrtd, program, case, pathlib.Path(folder))
        try:
            done = subprocess.run(line, input=as_bytes(case.get("stdin")), capture_output=True, timeout=300)
        except subprocess.TimeoutExpired:
            return "did not end in 300 s"
    expected = 134 if case.get("trap") else case.get("exit", 0)
    if done.returncode != expected:
        return f"exit code {done.returncode}, expected {expected}: {done.stderr.decode(errors='replace').strip()[-300:]}"
    if "stdout" in case and done.stdout != as_bytes(case["stdout"]):
        return f"other output: {done.stdout[:200]!r}, expected {as_bytes(case['stdout'])[:200]!r}"
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--wrtd", default=str(ROOT / "build" / "release" / "wrtd"))
    parser.add_argument("--inputs", default=str(ROOT.parent / "shared" / "programs"))
    parser.add_argument("--only", default="")
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    inputs = pathlib.Path(options.inputs)
    passed = failed = skipped = 0
    if not inputs.is_dir():
        print(f"programs: not beside the tree (looked for {os.path.relpath(inputs)})")
        skipped = 1
    for description in sorted(inputs.glob("*/cmd.json")):
        program = json.loads(description.read_text())
        name = description.parent.name
        missing = set(program.get("core_features", [])) - BUILT
        if options.only not in name:
            continue
        if program.get("kind") != "core" or missing:
            skipped += len(program["cases"])
            if options.verbose:
                print(f"skipped: {name} needs {', '.join(sorted(missing)) or 'the component model'}")
            continue
        for case in program["cases"]:
            wrong = run_case(options.wrtd, description.parent / "program.wasm", case)
            label = " ".join([name, *case.get("args", [])])
            if wrong:
                failed += 1
                print(f"FAILED: {label}: {wrong}")
            else:
                passed += 1
                if options.verbose:
                    print(f"passed: {label}")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
