#!/usr/bin/env python3
"""What README.md shows of the demonstrations is what they print, word for word.

    readme.py --wrtd WRTD [--write]      --write takes over lines whose figures have changed; read the difference

A block that begins with the command holds pieces of its output in their order; a line `[...]` stands for what is left out.
The demonstrations run under the fuel clock, so every machine prints the same.
"""
import argparse
import difflib
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


# What stands behind "$ " in README.md, and the script.
SHOWN = {"./dev run": "examples/brake-by-wire/demo.sh", "examples/demo.sh": "examples/demo.sh"}


def pieces(command):
    start = f"```text\n$ {command}\n"
    text = (ROOT / "README.md").read_text()
    if start not in text:
        sys.exit(f"readme.py: README.md does not show {command}")
    piece, result = [], []
    for line in text.split(start, 1)[1].split("\n```", 1)[0].splitlines():
        if line.strip() == "[...]":
            result.append(piece)
            piece = []
        else:
            piece.append(line.rstrip())
    return result + [piece]


def nearest(piece, output):
    """Where the output looks most like the piece."""
    text = "\n".join(piece)
    return max(range(len(output) - len(piece) + 1),
               key=lambda k: difflib.SequenceMatcher(None, text, "\n".join(output[k:k + len(piece)]), autojunk=False).ratio())


def renew(command, script, wrtd):
    done = subprocess.run([str(ROOT / script), wrtd], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    output, at = [line.rstrip() for line in done.stdout.splitlines()], 0
    lines = [f"$ {command}"]
    for number, piece in enumerate(pieces(command)):
        at += nearest(piece, output[at:]) if number else 0
        lines += (["        [...]"] if number else []) + output[at:at + len(piece)]
        at += len(piece)
    page = (ROOT / "README.md").read_text()
    head, rest = page.split(f"```text\n$ {command}\n", 1)
    (ROOT / "README.md").write_text(head + "```text\n" + "\n".join(lines) + "\n```" + rest.split("\n```", 1)[1])


def compare(command, script, wrtd):
    done = subprocess.run([str(ROOT / script), wrtd], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    output, at, passed, failed = [line.rstrip() for line in done.stdout.splitlines()], 0, 0, 0
    wanted = pieces(command)
    for number, piece in enumerate(wanted):
        places = [k for k in range(at, len(output) - len(piece) + 1) if output[k:k + len(piece)] == piece]
        if number == 0:
            places = [k for k in places if k == 0]
        if piece and number + 1 == len(wanted):
            places = [k for k in places if k + len(piece) == len(output)]
        if places:
            at, passed = places[0] + len(piece), passed + 1
        else:
            failed += 1
            missing = next((line for line in piece if line not in output[at:]), piece[0])
            print(f"README.md shows what {script} does not print there: {missing!r}; readme.py --write renews it")
    if done.returncode != 0:
        failed += 1
        print(f"{script} ended with {done.returncode}")
    return passed, failed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--wrtd", default=str(ROOT / "build" / "release" / "wrtd"))
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    wrtd = str(pathlib.Path(options.wrtd).resolve())
    if options.write:
        for command, script in SHOWN.items():
            renew(command, script, wrtd)
    results = [compare(command, script, wrtd) for command, script in SHOWN.items()]
    passed, failed = (sum(column) for column in zip(*results))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
