#!/usr/bin/env python3
"""Does the tool run real modules as the rules say, tick by tick? Random task sets whose jobs call tests/fixtures/jobs.wasm, written as manifests,
run by `wrtd sched run` under the fuel clock; the recorded trace is compared with the independent simulator.

    wasm.py --wrtd PATH [--sets N] [--first SEED] [--policy NAME] [--jobs N] [--keep FOLDER]

Ends with `N passed, N failed`: one per set.
"""
import argparse
import concurrent.futures
import pathlib
import random
import re
import struct
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from sets import LEVELS, POLICIES, random_set       # noqa: E402
from simulate import Simulator                      # noqa: E402
from tally import Tally                             # noqa: E402

UNTIL, COMPARED = 60000, 30000       # what a job did is told when it gives the processor back
RATES = (1000, 812, 1000, 1733, 1000, 2718, 333)
TURNS = (5, 9, 17, 61)      # the functions of jobs.wasm
KINDS = {2: "slice-begin", 3: "slice-end", 13: "release", 14: "start", 15: "done", 16: "failed", 17: "abort", 18: "skip", 19: "continue", 20: "miss",
         21: "overrun", 22: "exhausted", 23: "replenished", 24: "mode"}


def prices(wrtd, module):
    """Of each function: the price of its entry, and of the edges of each branch, as the tool lists them."""
    text = subprocess.run([wrtd, "inspect", "--fuel-table", "weighted", "--disasm", module], capture_output=True, text=True, check=True).stdout
    table = {}
    for part in text.split("func[")[1:]:
        name = re.search(r"<(\w+)>", part).group(1)
        table[name] = (int(re.search(r"entry fuel (\d+)", part).group(1)), [(int(a), int(b)) for a, b in re.findall(r"fuel (\d+) else (\d+)", part)])
    return table


class Call:
    """A call of jobs.wasm, and its blocks."""

    def __init__(self, rng, table, fuel, shared, faults):
        self.turn = rng.choice(TURNS)
        price = table[f"burn_{self.turn}"][1][0][0]
        count = lambda f: max(1, int(f) // price)
        self.kind = rng.choice(("burn", "vary", "vary"))
        if shared:
            self.kind = "burn"
        if faults and rng.random() < 0.12:
            self.kind = "trap"
        usual, other = rng.uniform(0.2, 1) * fuel, rng.uniform(0.2, 1) * fuel
        if faults and rng.random() < 0.5:
            other = rng.uniform(1, 3) * fuel
        self.n, self.m, self.other = count(usual), rng.randint(1, 4), count(other)
        self.entry, self.edges = table[f"{self.kind}_{self.turn}"]

    def text(self):
        words = f"{self.n}, {self.m}, {self.other}" if self.kind == "vary" else f"{self.n}"
        return f"{self.kind}_{self.turn}({words})"

    def __call__(self, begun):
        if self.kind != "vary":
            back, out = self.edges[0]
            blocks = [(1, self.entry), (self.n - 1, back), (1, out)]
            return blocks + ["trap"] if self.kind == "trap" else blocks
        (usual, special), (back, out) = self.edges
        now = begun % self.m == 0
        turns = self.other if now else self.n
        return [(1, self.entry), (1, special if now else usual), (turns - 1, back), (1, out)]


def wasm_set(rng, policy, table, faults, seed):
    spec = random_set(rng, policy, faults)
    spec["rate"] = RATES[seed % len(RATES)]
    enforce, monitor = rng.random() < 0.8, rng.random() < 0.85
    for t in spec["tasks"]:
        t["enforce"], t["monitor"] = enforce or t["level"] >= 3, monitor or t["level"] >= 3
        t["C"] = [c + 100 for c in t["C"]]
        t["jobs"] = Call(rng, table, t["C"][0], t.get("instance") is not None, faults)
    return spec


def manifest(spec):
    st = spec["settings"]
    word = lambda b: "true" if b else "false"
    out = ["manifest = 1", "[system]", f'policy = "{spec["policy"]}"', 'clock = "fuel"', f"ns-per-kfuel = {spec['rate']}", f"quantum = {st['quantum']}",
           f"hybrid = {word(st['hybrid'])}", f"mode-switching = {word(st['mode_switching'])}", f"miss-threshold = {st['miss_threshold']}",
           f"return-after = {st['return_after']}", "max-utilization = 1", "max-utilization-per-level = 1", 'overhead-factor = 1',
           f"inheritance = {word(st['protocol'] != 'none')}", f"wcet-enforcement = {word(all(t['enforce'] for t in spec['tasks'] if t['level'] < 3))}",
           f"deadline-monitoring = {word(all(t['monitor'] for t in spec['tasks'] if t['level'] < 3))}"]
    if st["protocol"] == "ceiling":
        out.append('protocol = "ceiling"')
    if spec.get("slots"):
        out.append(f'cycle = "{spec["cycle"]}ns"')
    for n, t in enumerate(spec["tasks"]):
        if t.get("instance") is None:
            out += [f"[component.own{n}]", 'file = "jobs.wasm"']
    for i in sorted({t["instance"] for t in spec["tasks"] if t.get("instance") is not None}):
        out += [f"[component.shared{i}]", 'file = "jobs.wasm"']
    for n, v in enumerate(spec.get("servers", [])):
        out += [f"[server.s{n}]", f'kind = "{v["kind"]}"', f"fuel = {v['Q']}", f'period = "{v["P"]}ns"']
        if spec["policy"] == "priority":
            out.append(f"priority = {v['priority']}")
        if spec["policy"] == "rm+edf":
            out.append(f"band = {next((t['band'] for t in spec['tasks'] if t.get('server') == n), 0)}")
    for n, t in enumerate(spec["tasks"]):
        component = f"own{n}" if t.get("instance") is None else f"shared{t['instance']}"
        overrun = f"extend:{t['percent']}%" if t["on_overrun"] == "extend" else t["on_overrun"]
        drop = f"degrade:{t['degrade']}" if t["on_drop"] == "degrade" else t["on_drop"]
        out += ["[[task]]", f'name = "t{n}"', f'component = "{component}"', f'call = "{t["jobs"].text()}"', f'asil = "{LEVELS[t["level"]]}"',
                f"wcet = {{ fuel = {t['C'][0]}, overload-fuel = {t['C'][1]}, critical-fuel = {t['C'][2]} }}", f'on-overrun = "{overrun}"',
                f'on-late = "{t["on_late"]}"', f'on-drop = "{drop}"', f"weight = {t['weight']}", f"priority = {t['priority']}"]
        if t["np"] or t["level"] == 4:
            out += ["np = true", f"np-max = {t['C'][2] * 2}"]
        slots = [s for s in spec.get("slots", []) if s["task"] == n]
        if slots:
            out.append("slots = [" + ", ".join(f'{{ at = "{s["at"]}ns", length = "{s["length"]}ns" }}' for s in slots) + "]")
        else:
            out += [f'period = "{t["T"]}ns"', f'offset = "{t["O"]}ns"']
        if t["D"]:
            out.append(f'deadline = "{t["D"]}ns"')
        if t.get("band") is not None:
            out.append(f"band = {t['band']}")
        if t.get("server") is not None:
            out.append(f'server = "s{t["server"]}"')
    return "\n".join(out) + "\n"


def records_of(path):
    data = path.read_bytes()
    out = []
    for at in range(128, len(data), 40):
        t, fuel, task, kind, core, a, b = struct.unpack("<QQQIIII", data[at:at + 40])
        if kind not in KINDS or not task >> 63:
            continue
        number, job, kind = task & 0xffffffff, task >> 32 & 0x7fffffff, KINDS[kind]
        if kind == "mode":
            job, fuel, number = 0, 0, -1 if number == 0xffffffff else number
        if kind in ("replenished", "exhausted"):
            job, fuel, number = 0, 0, -1
        out.append((t, kind, number, job, fuel))
    return [r for r in out if r[0] < COMPARED]


def expected(spec):
    out = []
    for t, kind, task, job, fuel in Simulator(spec).run(COMPARED):
        if kind == "suspend":
            continue
        out.append((t, kind, -1, 0, 0) if kind == "exhausted" else (t, kind, task, job, fuel))
    return out


def run_one(wrtd, folder, policy, seed, table):
    spec = wasm_set(random.Random(f"wasm {policy} {seed}"), policy, table, seed % 3 == 0, seed)
    name = folder / f"{policy.replace('+', '_')}_{seed}"
    name.with_suffix(".toml").write_text(manifest(spec))
    trace = name.with_suffix(".wtr")
    run = subprocess.run([wrtd, "sched", "run", "--virtual", "--force", "-q", "--until", f"{UNTIL}ns", "--trace", str(trace), str(name) + ".toml"],
                         capture_output=True, text=True, timeout=120)
    there = records_of(trace) if run.returncode in (0, 121) and trace.exists() else [("exit", run.returncode, run.stderr[-600:])]
    trace.unlink(missing_ok=True)
    return policy, seed, expected(spec), there


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--wrtd", required=True)
    parser.add_argument("--sets", type=int, default=1000, help="in all, shared out among the policies")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--policy", action="append")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep")
    args = parser.parse_args()
    wrtd = str(pathlib.Path(args.wrtd).resolve())
    module = HERE.parent / "fixtures" / "jobs.wasm"
    policies = args.policy or POLICIES
    tally = Tally("the tool", "tool")
    with tempfile.TemporaryDirectory() as name, concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        folder = pathlib.Path(args.keep or name)
        (folder / "jobs.wasm").write_bytes(module.read_bytes())
        table = prices(wrtd, str(module))
        each = -(-args.sets // len(policies))
        todo = [pool.submit(run_one, wrtd, folder, p, s, table) for p in policies for s in range(args.first, args.first + each)]
        for done in todo:
            policy, seed, here, there = done.result()
            tally.add(policy, seed, here, there)
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
