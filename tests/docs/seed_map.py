#!/usr/bin/env python3
"""docs/seed-map.md has no dead entry: every file exists, every symbol and test stands in its file.

    seed_map.py [--inputs ../shared] [--page docs/seed-map.md]

In the second and third column of a row a span that is a path opens a file, the spans behind it are words of that file. Where
the original document is there, the names of the first column stand in it. Ends with `N passed, N failed`.
"""
import argparse
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PASSED, FAILED = 0, 0


def test(name, problem=None):
    global PASSED, FAILED
    if problem:
        FAILED += 1
        print(f"seed-map: {name}: {problem}")
    else:
        PASSED += 1


def stands(word, text):
    """As a word of its own: not inside a longer name."""
    return re.search(r"(?<![\w-])" + re.escape(word) + r"(?![\w-])", text) is not None


def check(row, cell, what):
    """The cell names at least one file, and every span behind a file stands in it."""
    text, path = None, None
    for span in re.findall(r"`([^`]+)`", cell):
        if re.fullmatch(r"[\w.-]+(/[\w.-]+)+", span):
            path = ROOT / span
            if not path.is_file():
                return test(row, f"{what} {span} does not exist")
            text = path.read_text(errors="replace")
        elif text is None:
            return test(row, f"{what} `{span}` has no file before it")
        elif not stands(span, text):
            return test(row, f"{what} `{span}` is not in {path.relative_to(ROOT)}")
    test(row, None if text is not None else f"the column of the {what} names no file")


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--inputs", default=str(ROOT.parent / "shared"))
    args.add_argument("--page", default=str(ROOT / "docs" / "seed-map.md"))
    options = args.parse_args()
    seed = pathlib.Path(options.inputs) / "seed" / "async-threading-architecture.rst"
    original = seed.read_text(errors="replace") if seed.is_file() else None
    seen = {}
    rows = 0
    for line in pathlib.Path(options.page).read_text().splitlines():
        cells = [c.strip() for c in line.strip().strip("|").split("|")]
        if not line.startswith("| `") or len(cells) < 4:
            continue
        rows += 1
        names = re.findall(r"`([^`]+)`", cells[0])
        test(line[:40], None if names else "a row without a name")
        for name in names:
            test(name, "named twice" if name in seen else None)
            seen[name] = True
            if original is not None:
                test(name, None if name.lower() in original.lower() else "the original document has no such name")
        check(names[0], cells[1], "code")
        check(names[0], cells[2], "test")
    test("rows", None if rows >= 60 else f"only {rows} rows were found")
    print(f"{PASSED} passed, {FAILED} failed" + ("" if original is not None else ", 1 skipped"))
    sys.exit(1 if FAILED else 0)


main()
