#!/usr/bin/env python3
"""Runs the specification scripts and the real programs that stand beside the tree and renews the tables of docs/conformance.md.

    conformance.py [--wrtd build/release/wrtd] [--inputs ../shared] [--write]

Without --write it only prints the tables. Exit code 1 when anything failed.
"""
import argparse
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "conformance.md"
BEGIN, END = "<!-- from tests/docs/conformance.py: begin -->", "<!-- end -->"
LAST = re.compile(r"(\d+) passed, (\d+) failed, (\d+) skipped")


def totals(command):
    """The last line of a test program; a program that dies counts as one failure."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=1800)
    found = LAST.findall(done.stdout)
    if not found or done.returncode not in (0, 1, 123):
        print(f"{' '.join(map(str, command[:3]))} ...: exit code {done.returncode}\n{done.stderr[-500:]}", file=sys.stderr)
        return (0, 1, 0)
    return tuple(map(int, found[-1]))


def table(head, rows):
    lines = [f"| {head} | passed | failed | skipped |", "| --- | ---: | ---: | ---: |"]
    return "\n".join(lines + [f"| {name} | {p} | {f} | {s} |" for name, (p, f, s) in rows])


def add(rows):
    return tuple(sum(row[1][i] for row in rows) for i in range(3))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--wrtd", default=str(ROOT / "build" / "release" / "wrtd"))
    parser.add_argument("--inputs", default=str(ROOT.parent / "shared"))
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    inputs = pathlib.Path(options.inputs)
    groups = []
    for folder in sorted((inputs / "conformance" / "core").iterdir()):
        scripts = sorted(folder.glob("*/*.json"))
        if scripts:
            groups.append((folder.name, totals([options.wrtd, "wast", *scripts])))
    groups.append(("**all**", add(groups)))
    programs = []
    for folder in sorted((inputs / "programs").iterdir()):
        if (folder / "cmd.json").exists():
            command = [sys.executable, ROOT / "tests" / "programs" / "run.py", "--wrtd", options.wrtd, "--inputs", inputs / "programs", "--only", folder.name]
            programs.append((folder.name, totals(command)))
    text = "## Specification scripts\n\n" + table("group, commands", groups)
    text += "\n\n## Programs of ordinary toolchains\n\nOutput and exit code of every case as expected.\n\n" + table("program, cases", programs)
    print(text)
    if options.write:
        head, rest = PAGE.read_text().split(BEGIN)
        PAGE.write_text(f"{head}{BEGIN}\n\n{text}\n\n{END}{rest.split(END)[1]}")
    return 1 if groups[-1][1][1] + add(programs)[1] else 0


if __name__ == "__main__":
    sys.exit(main())
