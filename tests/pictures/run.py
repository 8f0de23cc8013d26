#!/usr/bin/env python3
"""Are the pictures of a schedule what a person would expect to see? Draws a made-up trace, opens the page in headless
Chromium, and looks at the text and at the pixels.

    run.py --wrtd PATH

Ends with `N passed, N failed, N skipped`; without Chromium the page itself is not opened.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import xml.dom.minidom
import zlib

JOB = 1 << 63
NAME, TASK = 0x80000001, 0x80000002
SLICE_BEGIN, SLICE_END, RELEASE, DONE, SKIP, MISS, OVERRUN, MODE = 2, 3, 13, 15, 18, 20, 21, 24
MS = 1_000_000
passed = failed = skipped = 0


def check(what, ok, note=""):
    global passed, failed
    if ok:
        passed += 1
    else:
        failed += 1
        print(f"pictures: {what}: {note}")


class Trace:
    def __init__(self):
        self.records = []

    def name(self, task, text):
        data = text.encode()
        for part in range(0, len(data), 24):
            t = data[part:part + 24].ljust(24, b"\0")
            self.records.append(t[:16] + struct.pack("<QII", task, NAME, part // 24) + t[16:24])

    def put(self, t, fuel, task, kind, core, a=0, b=0):
        self.records.append(struct.pack("<QQQIIII", t, fuel, task, kind, core, a, b))

    def write(self, path):
        head = b"wrttrace" + struct.pack("<IIII", 1, 128, 40, 0) + struct.pack("<QQQQQQ", 0, 0, 0, len(self.records), 0, 1)
        path.write_bytes(head + b"weighted".ljust(24, b"\0") + b"made up <b>".ljust(32, b"\0") + b"".join(self.records))


def made_up():
    """Two cores, five levels; job 3 of lidar overruns at 161 ms, misses at 200 ms; mode high from 161 to 251 ms."""
    trace, events = Trace(), []
    tasks = [("pedal", 4, 0, 5, 6), ("slip", 3, 0, 10, 3), ("li<dar>", 2, 1, 50, 12), ("plan", 1, 1, 100, 20), ("log", 0, 1, 200, 30)]
    for n, (name, level, core, period, fuel) in enumerate(tasks):
        trace.name(JOB | n, name)
        trace.put(period * MS, fuel * 1000, JOB | n, TASK, core, level)
        for k in range(400 // period):
            at, job = k * period * MS, JOB | k << 32 | n
            due, begin = at + period * MS, at + 200_000 + n * 900_000
            end = begin + fuel * 300_000
            events.append((at, 0, job, RELEASE, core, due & 0xffffffff, due >> 32))
            events.append((begin, 0, job, SLICE_BEGIN, core))
            events.append((end, fuel * 300, job, SLICE_END, core, 4, 0x20))
            if (n, k) == (2, 3):
                events.append((161 * MS, 9000, job, OVERRUN, core, 4, 0x33))
                events.append((161 * MS, 0, JOB | 2, MODE, core, 1, 2))
                events.append((due, 9999, job, MISS, core, 4, 0x33))
                events.append((251 * MS, 0, JOB | 0xffffffff, MODE, core, 1 << 16, 3 << 24))
            else:
                events.append((end, fuel * 300, job, DONE, core, 4, 0x20))
    events.append((200 * MS, 0, JOB | 2 << 32 | 3, SKIP, 1))
    for e in sorted(events, key=lambda e: e[0]):
        trace.put(*e)
    return trace


def pixels(path):
    """Rows of (r, g, b) of a PNG with 8 bits a channel."""
    data, at, packed = path.read_bytes(), 8, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + size]
        if kind == b"IHDR":
            width, height, _, colour = struct.unpack(">IIBB", body[:10])
        packed += body if kind == b"IDAT" else b""
        at += 12 + size
    step = {2: 3, 6: 4}[colour]
    raw, rows, before = zlib.decompress(packed), [], bytes(width * step)
    for y in range(height):
        kind, line = raw[y * (width * step + 1)], bytearray(raw[y * (width * step + 1) + 1:(y + 1) * (width * step + 1)])
        for k in range(len(line)):
            left, up, corner = line[k - step] if k >= step else 0, before[k], before[k - step] if k >= step else 0
            if kind == 1:
                line[k] = line[k] + left & 255
            elif kind == 2:
                line[k] = line[k] + up & 255
            elif kind == 3:
                line[k] = line[k] + (left + up) // 2 & 255
            elif kind == 4:
                p = left + up - corner
                best = min((abs(p - left), 0, left), (abs(p - up), 1, up), (abs(p - corner), 2, corner))[2]
                line[k] = line[k] + best & 255
        before = bytes(line)
        rows.append([tuple(line[k:k + 3]) for k in range(0, len(line), step)])
    return rows


def find(rows, colour, within=12):
    return [(x, y) for y, line in enumerate(rows) for x, c in enumerate(line) if all(abs(c[i] - colour[i]) <= within for i in range(3))]


def browser(chromium, home, *words):
    return subprocess.run([chromium, "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={home}/profile", "--force-device-scale-factor=1",
                           "--window-size=1400,760", *words], capture_output=True, text=True, timeout=180)


def look_at_page(chromium, home, page):
    run = browser(chromium, home, "--virtual-time-budget=4000", "--dump-dom", f"file://{page}")
    dom = run.stdout
    check("the script runs", 'class="live"' in dom, run.stderr[-500:])
    table = re.search(r'<table id="events">(.*?)</table>', dom, re.S)
    texts = re.findall(r"<td[^>]*>(.*?)</td>", table.group(1) if table else "", re.S)
    texts = [re.sub(r"<[^>]*>", "", t) for t in texts]
    rows = [texts[k:k + 4] for k in range(0, len(texts), 4)]
    check("events in order of time", [r[0] for r in rows] == ["161 ms", "161 ms", "200 ms", "251 ms"], rows)
    check("what and who", [r[1] for r in rows] == ["budget overrun", "mode high", "deadline missed", "mode normal"]
          and rows[0][2] == "li&lt;dar&gt;, job 3" and rows[0][3] == "function 4 at +0x33", rows)
    check("the head says how many", "Events (4)" in dom)
    shot = home / "page.png"
    browser(chromium, home, "--virtual-time-budget=4000", f"--screenshot={shot}", f"file://{page}")
    picture = pixels(shot)
    check("a legend", all(f"</canvas>{word}<" in dom for word in ("ASIL D", "QM", "release", "deadline", "deadline missed", "budget overrun", "mode high")), dom[-900:])
    red = find(picture, (0xc5, 0x16, 0x1d))
    lowest = max((y for _, y in red), default=0)
    check("the legend shows the mark of a miss again, below", red and lowest - min(y for _, y in red) > 30, len(red))
    red = [(x, y) for x, y in red if y < lowest - 20]
    check("one red mark of a miss", red and max(x for x, _ in red) - min(x for x, _ in red) < 20, len(red))
    band = [(x, y) for x, y in find(picture, (251, 230, 196), 10) if y < lowest - 30]
    check("a band of the high mode", len(band) > 5000, len(band))
    if red and band:
        start, end = min(x for x, _ in band), max(x for x, _ in band)
        miss = sum(x for x, _ in red) / len(red)
        share = (miss - start) / (end - start)
        check("the miss stands at 200 ms of 161 to 251", abs(share - 39 / 90) < 0.02, share)
    dark, blue = find(picture, (0x10, 0x24, 0x3e)), find(picture, (0x2b, 0x6c, 0xa3))
    green, yellow = find(picture, (0x3f, 0x9a, 0x7a)), find(picture, (0xe3, 0xb0, 0x4b))
    order = [sum(y for _, y in c) / len(c) if c else 0 for c in (dark, blue, green, yellow)]
    check("levels D, C, B, A from top to bottom", order == sorted(order) and all(order), order)
    # In grey: the lightness of neighbours in the list of levels differs visibly.
    grey = [0.3 * r + 0.59 * g + 0.11 * b for r, g, b in ((0x10, 0x24, 0x3e), (0x2b, 0x6c, 0xa3), (0x3f, 0x9a, 0x7a), (0xe3, 0xb0, 0x4b), (0xe9, 0xe9, 0xe9))]
    check("grey paper keeps levels apart", all(b - a > 20 for a, b in zip(grey, grey[1:])), grey)


def look_at_report(wrtd, chromium, home):
    """The page of a run: promised beside happened."""
    example = pathlib.Path(__file__).resolve().parents[2] / "examples/brake-by-wire/brake-by-wire.toml"
    page = home / "report.html"
    run = subprocess.run([wrtd, "sched", "run", "-q", "--until", "5s", "--inject", "overrun:lidar@3s", "--report", str(page), str(example)],
                         capture_output=True, text=True)
    check("report: the run", run.returncode == 0 and page.exists(), run.stderr)
    html = page.read_text() if page.exists() else ""
    row = re.search(r"<tr><td>lidar</td>(.*?)</tr>", html, re.S)
    cells = re.findall(r"<td[^>]*>(.*?)</td>", row.group(1)) if row else []
    check("report: lidar overran, twice, and was aborted once", cells[-4:-1] == ["0", "2", "1"], cells)
    check("report: fuel beside the budget of the mode that allowed it", "high)" in cells[8], cells)
    check("report: what was promised", "every deadline is met" in html and cells[:2] == ["B", "1"], cells)
    if chromium and html:
        dom = browser(chromium, home, "--virtual-time-budget=4000", "--dump-dom", f"file://{page}").stdout
        check("report: events as a table", "mode high" in dom and "after an overrun" in dom and "returned after a clean time" in dom)


def main():
    global skipped
    parser = argparse.ArgumentParser()
    parser.add_argument("--wrtd", required=True)
    wrtd = str(pathlib.Path(parser.parse_args().wrtd).resolve())
    with tempfile.TemporaryDirectory() as name:
        home = pathlib.Path(name)
        made_up().write(home / "a.wtr")
        tool = lambda *words: subprocess.run([wrtd, "trace", *words], capture_output=True, text=True, cwd=home)
        for kind in ("svg", "html", "perfetto", "text"):
            run = tool("convert", "--to", kind, "-o", f"a.{kind}", "a.wtr")
            check(f"convert to {kind}", run.returncode == 0, run.stderr)
        svg = (home / "a.svg").read_text()
        xml.dom.minidom.parseString(svg)
        check("svg: one miss and its legend", svg.count('class="miss"') == 2, svg.count('class="miss"'))
        check("svg: names are text", "li&lt;dar&gt;" in svg and "made up &lt;b&gt;" in svg)
        html = (home / "a.html").read_text()
        check("html: nothing from elsewhere", not re.search(r"(src|href)\s*=|https?://(?!www\.w3\.org/2000/svg)|@import|url\((?!#)", html))
        check("html: names cannot end the data", html.count("</script>") == 2 and "li<dar>" not in html)
        events = json.loads((home / "a.perfetto").read_text())["traceEvents"]
        threads = {e["args"]["name"] for e in events if e["name"] == "thread_name"}
        check("perfetto: one thread a task", threads == {"pedal", "slip", "li<dar>", "plan", "log"}, threads)
        run = tool("convert", "--to", "svg", "--span", "150ms..200ms", "--tasks", "slip,plan", "a.wtr")
        check("a part of it", run.returncode == 0 and "slip" in run.stdout and "pedal" not in run.stdout and "160 ms" in run.stdout)
        other = made_up()
        other.records[200] = other.records[200][:8] + struct.pack("<Q", 77777) + other.records[200][16:]
        other.write(home / "b.wtr")
        check("diff: equal", tool("diff", "a.wtr", "a.wtr").returncode == 0)
        run = tool("diff", "a.wtr", "b.wtr")
        check("diff: first divergence", run.returncode == 123 and "77 777" in run.stdout, run.stdout + run.stderr)
        (home / "c.wtr").write_bytes((home / "a.wtr").read_bytes()[:128 + 40 * 120])
        run = tool("diff", "--json", "a.wtr", "c.wtr")
        check("diff: one ends", run.returncode == 123 and json.loads(run.stdout)["second"] is None, run.stdout + run.stderr)
        chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
        if chromium:
            look_at_page(chromium, home, home / "a.html")
        look_at_report(wrtd, chromium, home)
        if not chromium:
            skipped += 1
            print("pictures: the page is not opened: chromium is not installed (skipped)")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
