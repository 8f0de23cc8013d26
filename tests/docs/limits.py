#!/usr/bin/env python3
"""docs/limits.md against include/wrt/limits.def: the table in the page is made of the list.

    limits.py            compares; exit code 1 and a hint when they differ
    limits.py --write    renews the table in the page
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "limits.md"
BEGIN, END = "<!-- from include/wrt/limits.def: begin -->", "<!-- end -->"
ROW = re.compile(r'^LIMIT\((\w+),\s*(\w+),\s*(\w+),\s*(\w+),\s*(\w+),\s*"([^"]*)",\s*"([^"]*)"\)', re.M)


def count(text):
    """A C integer as people read it."""
    value = int(text.rstrip("ul"), 0)
    for shift, unit in ((30, "Gi"), (20, "Mi"), (10, "Ki")):
        if value >> shift and value % (1 << shift) == 0:
            return f"{value >> shift} {unit}"
    return f"{value:,}".replace(",", " ")


def table():
    text = (ROOT / "include" / "wrt" / "limits.def").read_text()
    rows = ROW.findall(text)
    if len(rows) != text.count("\nLIMIT("):
        sys.exit("limits.py: a line of limits.def was not understood")
    lines = ["| limit | default | least | most | of | at the limit |", "| --- | ---: | ---: | ---: | --- | --- |"]
    for name, _, default, least, most, unit, effect in rows:
        lines.append(f"| `{name}` | {count(default)} | {count(least)} | {count(most)} | {unit} | {effect} |")
    return "\n".join(lines)


def main():
    page = PAGE.read_text()
    head, rest = page.split(BEGIN)
    tail = rest.split(END)[1]
    made = f"{head}{BEGIN}\n{table()}\n{END}{tail}"
    if "--write" in sys.argv:
        PAGE.write_text(made)
    elif made != page:
        print("docs/limits.md does not match include/wrt/limits.def: run tests/docs/limits.py --write")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
