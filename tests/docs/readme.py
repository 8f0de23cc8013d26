#!/usr/bin/env python3
"""What README.md shows of the demonstration is what it prints, word for word.

    readme.py --wrtd WRTD

The first block of README.md holds pieces of the output in their order; a line `[...]` stands for what is left out. The
demonstration runs under the fuel clock, so every machine prints the same.
"""
import argparse
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def pieces():
    lines = (ROOT / "README.md").read_text().split("```text\n", 1)[1].split("\n```", 1)[0].splitlines()
    if lines[0] != "$ ./dev run":
        sys.exit("readme.py: README.md does not begin with the demonstration")
    piece, result = [], []
    for line in lines[1:]:
        if line.strip() == "[...]":
            result.append(piece)
            piece = []
        else:
            piece.append(line.rstrip())
    return result + [piece]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--wrtd", default=str(ROOT / "build" / "release" / "wrtd"))
    wrtd = str(pathlib.Path(parser.parse_args().wrtd).resolve())
    done = subprocess.run([str(ROOT / "examples" / "demo.sh"), wrtd], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    output, at, passed, failed = [line.rstrip() for line in done.stdout.splitlines()], 0, 0, 0
    wanted = pieces()
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
            print(f"README.md shows what the demonstration does not print there: {missing!r}")
    if done.returncode != 0:
        failed += 1
        print(f"examples/demo.sh ended with {done.returncode}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
