"""Two small plots as SVG, written by hand: readable without colour, in light and dark pages, no script, no font to load."""
import math

INK, PAPER, FAINT = "#222", "#fff", "#bbb"
FILLS = ["#1b6ca8", "#9ec6e0", "#777777", "#e0a030", "#b5553d", "#4c8c4a"]


def text(x, y, s, size=12, anchor="start", weight="normal"):
    s = str(s).replace("&", "&amp;").replace("<", "&lt;")
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" font-weight="{weight}" fill="{INK}">{s}</text>'


def frame(width, height, body, title):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
            f'font-family="sans-serif" role="img"><title>{title}</title><rect width="100%" height="100%" fill="{PAPER}"/>' + "".join(body) + "</svg>\n")


def speed(table, base):
    """Grouped horizontal bars on a logarithmic scale; the line at 1 is the base engine."""
    engines = [e for e in ("wrt", "wasmi", "wasm3", "pulley", "wasmtime+fuel") if any(e in row for row in table.values())]
    if not table or not engines:
        return None
    modules = list(table) + ["geometric mean"]
    rows = dict(table)
    rows["geometric mean"] = {e: math.exp(sum(math.log(r[e]) for r in table.values() if e in r) / max(1, sum(e in r for r in table.values())))
                              for e in engines if any(e in r for r in table.values())}
    values = [v for row in rows.values() for e, v in row.items() if e in engines]
    low, high = min(values + [0.1]) * 0.9, max(values + [2])
    bar, left, right, top = 9, 130, 60, 58
    group = bar * len(engines) + 8
    width, height = 760, top + group * len(modules) + 30

    def at(v):
        return left + (math.log(v) - math.log(low)) / (math.log(high) - math.log(low)) * (width - left - right)

    body = [text(10, 22, f"CPU time relative to {base} (less is faster, logarithmic)", 15, weight="bold")]
    for i, e in enumerate(engines):
        body.append(f'<rect x="{left + i * 118}" y="34" width="11" height="11" fill="{FILLS[i]}" stroke="{INK}" stroke-width=".5"/>' + text(left + 15 + i * 118, 44, e))
    for tick in (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20):
        if low <= tick <= high:
            body.append(f'<line x1="{at(tick):.1f}" x2="{at(tick):.1f}" y1="{top - 4}" y2="{height - 24}" stroke="{INK if tick == 1 else FAINT}" '
                        f'stroke-width="{1.4 if tick == 1 else .6}"/>' + text(at(tick), height - 10, f"{tick:g}", 11, "middle"))
    for g, module in enumerate(modules):
        y = top + g * group
        body.append(text(left - 8, y + group / 2, module, 12, "end", "bold" if module == modules[-1] else "normal"))
        for i, e in enumerate(engines):
            v = rows[module].get(e)
            if v is None:
                continue
            body.append(f'<rect x="{left}" y="{y + i * bar}" width="{max(at(v) - left, 1):.1f}" height="{bar - 1}" fill="{FILLS[i]}" stroke="{INK}" stroke-width=".4"/>')
            if i == 0 or module == modules[-1]:
                body.append(text(at(v) + 4, y + i * bar + 8, f"{v:.2f}", 9))
    return frame(width, height, body, f"speed relative to {base}")


def quantum(values):
    """Share of switching against the quantum, both axes logarithmic; the dashed line is the limit of 2 %."""
    points = [(int(k.split("_")[1]), max(v, 0.01)) for k, v in values.items() if k.startswith("quantum_")]
    if not points:
        return None
    width, height, left, top, bottom = 560, 320, 60, 40, 50
    x0, x1 = math.log10(min(p[0] for p in points)), math.log10(max(p[0] for p in points))
    y0, y1 = -2, 2

    def x(q):
        return left + (math.log10(q) - x0) / (x1 - x0) * (width - left - 30)

    def y(s):
        return height - bottom - (math.log10(s) - y0) / (y1 - y0) * (height - top - bottom)

    body = [text(10, 22, "CPU time that goes into switching, against the quantum", 15, weight="bold")]
    for share in (0.01, 0.1, 1, 10, 100):
        body.append(f'<line x1="{left}" x2="{width - 30}" y1="{y(share):.1f}" y2="{y(share):.1f}" stroke="{FAINT}" stroke-width=".6"/>' + text(left - 6, y(share) + 4, f"{share:g} %", 11, "end"))
    for q, _ in points:
        body.append(text(x(q), height - bottom + 18, f"{q:,}".replace(",", " "), 10, "middle"))
    body.append(text(width / 2, height - 10, "quantum, fuel", 12, "middle"))
    body.append(f'<line x1="{left}" x2="{width - 30}" y1="{y(2):.1f}" y2="{y(2):.1f}" stroke="{INK}" stroke-dasharray="5 4"/>' + text(width - 34, y(2) - 5, "limit 2 %", 11, "end"))
    body.append(f'<polyline fill="none" stroke="{FILLS[0]}" stroke-width="2" points="' + " ".join(f"{x(q):.1f},{y(s):.1f}" for q, s in points) + '"/>')
    body += [f'<circle cx="{x(q):.1f}" cy="{y(s):.1f}" r="3.5" fill="{FILLS[0]}"/>' for q, s in points]
    return frame(width, height, body, "switching against the quantum")
