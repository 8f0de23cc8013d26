#!/usr/bin/env python3
"""The page of `wrtd wcet --report`: is it complete, the same twice, safe with foreign names, and what it says true?

    report.py --wrtd build/release/wrtd [--inputs ../shared/wcet]

With Chromium pages are opened too. Ends with `N passed, N failed, N skipped`.
"""
import argparse
import html
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


# What the browser has drawn: texts as they are seen, and places of shapes. It is added to a copy of the page.
PROBE = """<script>
const box = e => { const r = e.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; };
const seen = {
    text: document.body.innerText,
    tables: [...document.querySelectorAll("table")].map(t => [...t.rows].map(r => [...r.cells].map(c => c.innerText.trim()))),
    pictures: [...document.querySelectorAll("body > svg")].map(s => ({
        name: s.getAttribute("aria-label"), box: box(s), bars: [...s.querySelectorAll("rect")].map(box),
        named: [...s.querySelectorAll("g")].filter(g => g.querySelector("text")).map(g => [
            g.querySelector("title").textContent, g.querySelector("text").textContent, box(g.querySelector("rect")), box(g.querySelector("text"))]),
        lines: [...s.querySelectorAll("line")].map(e => [e.getAttribute("stroke"), ...box(e)]),
        texts: [...s.querySelectorAll("text")].map(e => [e.textContent, ...box(e)]) })),
    wide: document.documentElement.scrollWidth, window: innerWidth };
document.body.innerHTML = "<pre id=probe></pre>";
document.getElementById("probe").textContent = "PROBE" + JSON.stringify(seen) + "END";
</script>"""


def opened(tool):
    """The page in Chromium: what a person sees of bound, loops with their rule, observations beside the bound, and the flame graph."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    lines = pathlib.Path(__file__).parent / "lines"
    samples = tool.write("samples.txt", b"".join(b"%d\n" % (30000 + 1700 * k) for k in range(40)))
    code, text, doc = tool.page(None, "--samples", samples, "--pragmas", lines / "bounds.c", lines / "bounds.O1.v5.wasm", "step", name="open.html")
    test("a page to be opened", None if code == 0 else code)
    if not chromium:
        RESULTS["skipped"] += 1
        return
    probed = tool.write("probed.html", text.replace(b"</body>", PROBE.encode() + b"</body>"))
    done = subprocess.run([chromium, "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1400,1000", f"--user-data-dir={tool.folder}/chromium",
                           "--dump-dom", f"file://{probed}"], capture_output=True, timeout=120)
    found = re.search(r"PROBE(.*)END", html.unescape(done.stdout.decode(errors="replace")), re.S)
    if not found:
        RESULTS["skipped"] += 1
        return
    seen = json.loads(found.group(1))
    flat = seen["text"].replace("\u00a0", " ")
    high = f"{doc['fuel_high']:,}".replace(",", " ")
    test("in a browser: the bound", None if f"≤ {high} fuel" in flat else flat[:200], None if seen["wide"] <= seen["window"] else "the page is too wide",
         None if "40 runs used 30 000 to 96 300 fuel" in flat else "what was observed")
    rows = [row for table in seen["tables"] for row in table]
    loops = {row[3]: row for row in rows if len(row) == 10 and row[3].startswith("bounds.c:")}
    test("in a browser: loops with lines and rules", *[None if loops.get(f"bounds.c:{n}", [""] * 10)[6:8] == [most, "5 stated"] else loops.get(f"bounds.c:{n}")
                                                      for n, most in ((26, "33"), (8, "21"), (11, "10"))])
    test("in a browser: assumptions", *[None if any(f"bounds.c:{n}: loopbound" in cell for row in rows for cell in row) else f"pragma {n}"
                                        for n in (7, 10, 21)])
    pictures = {p["name"]: p for p in seen["pictures"]}
    runs, flames = pictures.get("observed fuel and bound"), pictures.get("fuel by function and caller")
    test("in a browser: two pictures", None if runs and flames else list(pictures))
    if not (runs and flames):
        return
    bound = [line for line in runs["lines"] if line[0] == "#a1121a"]
    scale = (bound[0][1] - runs["bars"][0][0]) / (doc["fuel_high"] - 30000) if bound else 0
    test("in a browser: observed against the bound", None if len(bound) == 1 and bound[0][4] - bound[0][2] > 50 else bound,
         None if len(runs["bars"]) > 5 and all(r[3] - r[1] > 1 for r in runs["bars"]) else "bars", None if scale > 0 else "the bound is not right of the runs",
         None if abs(runs["bars"][-1][2] - (bound[0][1] - (doc["fuel_high"] - 96300) * scale)) < 60 else "the last bar is elsewhere",
         None if all(runs["box"][0] <= r[0] and r[2] <= bound[0][1] for r in runs["bars"]) else "a bar is right of the bound",
         None if any(t[0] == "bound" and abs((t[1] + t[3]) / 2 - bound[0][1]) < 5 for t in runs["texts"]) else "the line has no name")
    whole = max(flames["bars"], key=lambda r: r[2] - r[0])
    test("in a browser: the flame graph", None if abs(whole[2] - whole[0] - (flames["box"][2] - flames["box"][0])) < 3 else f"{whole} of {flames['box']}",
         None if {name for _, name, _, _ in flames["named"]} == {"step", "drain"} else flames["named"],
         *[None if title.startswith(f"{name}: ") and r[0] <= t[0] and t[2] <= r[2] + 1 and r[1] <= t[1] + 3 and t[3] <= r[3] + 3
           else f"{name} does not stand in its box" for title, name, r, t in flames["named"]])


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
