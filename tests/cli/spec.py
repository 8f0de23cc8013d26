#!/usr/bin/env python3
"""Every specification script below INPUTS under `wrtd wast`, each in a process of its own: no failure, crash or hang.

    spec.py [--wrtd build/release/wrtd] [--inputs ../shared/conformance/core] [-v]

Ends with `N passed, N failed, N skipped` over all commands; exit code 77 where there are no scripts.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def run_one(wrtd, script):
    try:
        done = subprocess.run([wrtd, "wast", "--json", str(script)], capture_output=True, timeout=300)
        document = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        return script, None, "did not end in 300 s"
    except ValueError:
        return script, None, f"exit code {done.returncode}: {done.stderr.decode(errors='replace')[-400:]}"
    wrong = done.returncode != (123 if document["failed"] else 0) or done.stderr
    return script, document, f"exit code {done.returncode}: {done.stderr.decode(errors='replace')[-400:]}" if wrong else None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--wrtd", default=str(ROOT / "build" / "release" / "wrtd"))
    parser.add_argument("--inputs", default=str(ROOT.parent / "shared" / "conformance" / "core"))
    parser.add_argument("-v", action="store_true")
    options = parser.parse_args()
    scripts = sorted(pathlib.Path(options.inputs).glob("*/*/*.json"))
    if not scripts:
        print(f"no scripts below {options.inputs}")
        return 77
    count, skips = collections.Counter(), collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        for script, document, wrong in pool.map(lambda s: run_one(options.wrtd, s), scripts):
            if document:
                count.update({key: document[key] for key in ("passed", "failed", "skipped")})
                skips.update(document["skipped_by"])
                for failure in document["files"][0]["failures"]:
                    print(f"{script.relative_to(options.inputs)}:{failure['line']}: {failure['type']}: {failure['message']}")
            if wrong:
                count["failed"] += 1
                print(f"{script.relative_to(options.inputs)}: {wrong}")
            if options.v and document:
                print(f"{script.relative_to(options.inputs)}: {document['passed']} passed, {document['failed']} failed, {document['skipped']} skipped")
    print("skipped by feature: " + ", ".join(f"{name} {n}" for name, n in sorted(skips.items())))
    print(f"{count['passed']} passed, {count['failed']} failed, {count['skipped']} skipped")
    return 1 if count["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
