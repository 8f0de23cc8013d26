#!/usr/bin/env python3
"""The page of `wrtd wcet --report`: is it complete, the same twice, safe with foreign names, and what it says true?

    report.py --wrtd build/release/wrtd [--inputs ../shared/wcet]

With Chromium pages are opened too. Ends with `N passed, N failed, N skipped`.
"""
import argparse
import html.parser
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

RESULTS = {"passed": 0, "failed": 0, "skipped": 0}
VOID = {"meta", "br"}            # of HTML; shapes end in "/>" or have a title inside


def test(name, *problems):
    problems = [p for p in problems if p]
    RESULTS["failed" if problems else "passed"] += 1
    for problem in problems:
        print(f"FAILED {name}: {problem}")


class Page(html.parser.HTMLParser):
    """Balanced tags, tables as rows of text, texts of titles, attributes that would load something."""

    def __init__(self, text):
        super().__init__()
        self.open, self.bad, self.rows, self.titles, self.heads, self.text = [], [], [], [], [], ""
        self.feed(text)
        if self.open:
            self.bad.append(f"not closed: {self.open}")

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in ("src", "href", "xlink:href") or name.startswith("on"):
                self.bad.append(f"{name}={value}")
        if tag in ("script", "link", "iframe", "img"):
            self.bad.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag == "title":
            self.titles.append("")
        if tag == "h2":
            self.heads.append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        if tag not in ("rect", "line"):
            self.bad.append(f"empty {tag}")

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.bad.append(f"</{tag}>")

    def handle_data(self, data):
        self.text += data
        if "td" in self.open or "th" in self.open:
            self.rows[-1][-1] += data
        if self.open and self.open[-1] == "title":
            self.titles[-1] += data
        if self.open and self.open[-1] == "h2":
            self.heads[-1] += data


def number(text):
    return int(re.sub(r"[^0-9]", "", text) or -1)


def leb(n):
    out = bytearray()
    while True:
        out.append((n & 0x7f) | (0x80 if n > 0x7f else 0))
        n >>= 7
        if n == 0:
            return bytes(out)


def section(kind, body):
    return bytes([kind]) + leb(len(body)) + body


def name_of(text):
    return leb(len(text)) + text


def module(names, endless=False):
    """run(n) calls f, which turns three times; names of both are given."""
    run = b"\x00" + b"\x20\x00\x10\x01\x1a\x20\x00\x10\x01" + b"\x0b"
    loop = b"\x03\x40\x0c\x00\x0b" if endless else b"\x03\x40\x20\x01\x41\x01\x6b\x22\x01\x0d\x00\x0b"
    f = b"\x01\x01\x7f" + b"\x41\x03\x21\x01" + loop + b"\x20\x00" + b"\x0b"
    custom = name_of(b"name") + section(1, leb(2) + leb(0) + name_of(names[0]) + leb(1) + name_of(names[1]))
    return (b"\0asm\1\0\0\0" + section(1, b"\x01\x60\x01\x7f\x01\x7f") + section(3, b"\x02\x00\x00")
            + section(7, b"\x01" + name_of(b"run") + b"\x00\x00")
            + section(10, b"\x02" + leb(len(run)) + run + leb(len(f)) + f) + section(0, custom))


class Tool:
    def __init__(self, path, folder):
        self.path, self.folder = path, pathlib.Path(folder)

    def page(self, wasm, *args, name="page.html"):
        out = self.folder / name
        done = subprocess.run([self.path, "wcet", "--json", "--report", out, *map(str, args)], capture_output=True, timeout=120)
        text = out.read_bytes() if out.exists() else b""
        return done.returncode, text, json.loads(done.stdout) if done.stdout else {}

    def write(self, name, data):
        path = self.folder / name
        path.write_bytes(data)
        return path


def own(tool):
    wasm = tool.write("a.wasm", module([b"run", b"turn"]))
    code, first, doc = tool.page(wasm, wasm, "run")
    other = tool.folder / "elsewhere"
    other.mkdir()
    shutil.copy(wasm, other / "a.wasm")
    _, second, _ = tool.page(wasm, other / "a.wasm", "run", name="second.html")
    page = Page(first.decode())
    test("a page", None if code == 0 else code, page.bad, None if first == second else "another folder, another page",
         None if "Loops" in page.heads and "Assumptions" in page.heads else page.heads,
         None if number(page.rows[0][1]) == doc["fuel_low"] else page.rows[0],
         None if f"≤ {doc['fuel_high']:,}".replace(",", " ") in page.text else "the bound is not there")
    facts = tool.write("facts.json", json.dumps({"loops": [{"func": 1, "loop": 0, "max": 5, "author": "A & <B>", "rationale": "'x' > y"}]}).encode())
    code, text, _ = tool.page(wasm, "--no-inference", "--annotate", facts, "--check-facts", "--measure", 25, wasm, "run", 1)
    page = Page(text.decode())
    test("facts and runs", None if code == 0 else code, page.bad, None if "A & <B>" in page.text and "'x' > y" in page.text else "author or rationale",
         None if b"<B>" not in text else "not escaped", None if "25 runs used" in page.text else "runs",
         None if any("--check-facts: a run made 3" in cell for row in page.rows for cell in row) else "check")
    facts = tool.write("low.json", json.dumps({"loops": [{"func": 1, "loop": 0, "max": 2}]}).encode())
    code, text, _ = tool.page(wasm, "--no-inference", "--annotate", facts, "--check-facts", "--measure", 25, wasm, "run", 1)
    test("a false fact", None if code == 123 else code, None if "above the bound" in Page(text.decode()).text else "not said",
         None if b'<b class="bad">a run made 3</b>' in text else "not marked")
    hostile = tool.write("b.wasm", module([b"<script>alert(1)</script>", b"\"onload='x'&amp;\xf0\x9f\x92\xa9\x01"]))
    code, text, _ = tool.page(hostile, hostile, "run")
    page = Page(text.decode())
    test("hostile names", None if code == 0 else code, page.bad, None if b"<script" not in text else "script",
         None if "<script>alert(1)</script>" in page.text else "the name is not there")
    endless = tool.write("c.wasm", module([b"run", b"turn"], endless=True))
    code, text, doc = tool.page(endless, endless, "run")
    page = Page(text.decode())
    test("no bound", None if code == 123 else code, page.bad, None if "no bound" in page.text and "What has no bound" in page.heads else page.heads)
    code, _, _ = tool.page(wasm, wasm, "run", name="no/such/folder.html")
    test("no folder", None if code == 74 else code)


def flame(text):
    """Rectangles of the flame graph as (x, y, width, fuel)."""
    part = text[text.index("Where the fuel goes"):]
    return [(float(x), int(y), float(w), float(fuel)) for fuel, x, y, w in re.findall(
        r"<title>[^<]*: (\d+) fuel with[^<]*</title>\s*<rect x=\"([\d.]+)\" y=\"(\d+)\" width=\"([\d.]+)\"", part)]


def vectors(tool, folder):
    for name in sorted(p.name for p in folder.iterdir() if (p / "O0.wasm").exists()):
        wasm = folder / name / "O0.wasm"
        code, text, doc = tool.page(wasm, "--facts", "per-entry", "--blocks", "--annotate", wasm.with_suffix(".flowfacts.json"), wasm, "run")
        page = Page(text.decode())
        problems = [page.bad]
        if doc.get("bounded") and doc["method"] in ("paths", "ilp"):
            sums = [row for row in page.rows if row and row[0] == "sum"]
            ran = sum(b["price"] * b["runs"] for b in doc["blocks"] if b["runs"])
            problems.append(None if sums and number(sums[-1][-1]) == ran else f"sum {sums}, expected {ran}")
            boxes = flame(text.decode())
            base = [b for b in boxes if b[1] == max(y for _, y, _, _ in boxes)]
            problems.append(None if len(base) == 1 and abs(base[0][2] - 1280) < 0.01 else f"base {base}")
            problems.append(None if base and abs(base[0][3] - doc["fuel_high"]) <= 1 else f"base {base} of {doc['fuel_high']}")
            rows = {}
            for x, y, w, _ in boxes:
                rows.setdefault(y, []).append((x, w))
            for row in rows.values():
                row.sort()
                problems += [f"boxes overlap at {b}" for a, b in zip(row, row[1:]) if a[0] + a[1] > b[0] + 0.02]
        elif not doc.get("bounded") and code != 123:
            problems.append(f"exit code {code}")
        test(name, *problems)


def opened(tool):
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        RESULTS["skipped"] += 1
        return
    tool.write("d.wasm", module([b"run", b"turn"]))
    code, _, _ = tool.page(None, "--measure", 30, tool.folder / "d.wasm", "run", name="open.html")
    done = subprocess.run([chromium, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tool.folder}/chromium", "--dump-dom",
                           f"file://{tool.folder}/open.html"], capture_output=True, timeout=120)
    dom = done.stdout.decode(errors="replace")
    if not dom:
        RESULTS["skipped"] += 1
        return
    test("in a browser", None if code == 0 else code, None if dom.count("<rect") == len(re.findall("<rect", (tool.folder / "open.html").read_text())) else "boxes",
         None if "Where the fuel goes" in dom and "turn" in dom else "text")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--wrtd", required=True)
    parser.add_argument("--inputs", type=pathlib.Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tool = Tool(options.wrtd, folder)
        own(tool)
        opened(tool)
        if options.inputs and options.inputs.exists():
            vectors(tool, options.inputs)
        else:
            RESULTS["skipped"] += 1
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**RESULTS))
    return 1 if RESULTS["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
