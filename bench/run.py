#!/usr/bin/env python3
"""Measures everything that the project makes a claim about and writes one Markdown table per claim and a plot.

    bench/run.py [--rounds 5] [--only speed,metering,load,start,tasks,memory,quantum,latency,jitter,decide,admission,programs,sizes] [--publish]

Writes build/bench/results.md, results.json, speed.svg, quantum.svg; --publish also renews the generated part of
docs/benchmarks.md and the plots beside it. Inputs: INPUTS/*.wasm with INPUTS/README.md, which names n and the result of run(n)
for each module (default ../shared/bench). Peers (bench/peers.sh) are optional: what is absent is left out, and said.

Method. CPU time (user + system, rusage) of whole processes pinned to one core; the time of a module is
least(run(n)) - least(run(0)) over the rounds, the rounds of all engines interleaved, so that a slow moment of the machine hits all
alike; the same with medians beside it. Comparisons are ratios within one run of this script, summed up by geometric means.
"""
import argparse
import concurrent.futures
import json
import math
import os
import pathlib
import platform
import re
import shutil
import statistics
import subprocess
import sys
import time

import plot
import report

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
PEERS = pathlib.Path(os.environ.get("WRT_PEERS", pathlib.Path.home() / ".cache" / "wrt-peers"))
BASE = "wasmi+fuel"
SECTIONS = ["speed", "metering", "load", "start", "tasks", "memory", "quantum", "latency", "jitter", "decide", "admission", "programs", "sizes"]


class Bench:
    def __init__(self, options):
        self.options = options
        self.build = pathlib.Path(options.build).resolve()
        self.work = ROOT / "build" / "bench"
        self.work.mkdir(parents=True, exist_ok=True)
        self.inputs = pathlib.Path(options.inputs).resolve()
        self.cpu = max(os.sched_getaffinity(0))
        self.missing = []
        self.micro_tool = None
        self.measure_tool = self.compile("measure", [])

    def compile(self, name, libraries):
        out = self.work / name
        command = ["cc", "-std=gnu11", "-O2", "-I", str(ROOT / "include"), "-o", str(out), str(HERE / f"{name}.c"), *libraries]
        subprocess.run(command, check=True)
        return out

    def micro(self):
        """The program of bench/micro.c, linked with the library under test; built once, when first needed."""
        if self.micro_tool is None:
            library = next(iter(sorted(self.build.rglob("libwrt.a"))), None)
            if library is None:
                sys.exit(f"bench: no libwrt.a in {self.build}: build the release first")
            self.micro_tool = self.compile("micro", [str(library), "-lm", "-pthread"])
        return self.micro_tool

    def measure(self, command, limit_s=300):
        """CPU microseconds, peak KiB, exit status, output of one run of a command."""
        out = self.work / "out.txt"
        line = subprocess.run([str(self.measure_tool), str(self.cpu), str(limit_s), str(out), *map(str, command)],
                              capture_output=True, text=True, check=True).stdout.split()
        return int(line[0]), int(line[1]), int(line[2]), out.read_text(errors="replace")

    def progress(self, text):
        if sys.stderr.isatty():
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


# ---- engines: name -> command for run(n) of a file

def engines(bench):
    """Every engine that is here, in the order of the tables."""
    found = {}
    wrtd = bench.build / "wrtd"
    if wrtd.exists():
        found["wrt"] = lambda path, n: [wrtd, "run", "--invoke", f"run({n})", path]
    nofuel = unmetered(bench)
    if nofuel:
        found["wrt without fuel"] = lambda path, n: [nofuel, "run", "--invoke", f"run({n})", path]
    wasmi = tool("wasmi")
    if wasmi:
        found[BASE] = lambda path, n: [wasmi, "--fuel", str(1 << 60), "--invoke", "run", path, n]
        found["wasmi"] = lambda path, n: [wasmi, "--invoke", "run", path, n]
    python = PEERS / "venv" / "bin" / "python"
    if python.exists() and subprocess.run([python, "-c", "import wasm3"], capture_output=True).returncode == 0:
        found["wasm3"] = lambda path, n: [python, HERE / "wasm3_run.py", path, "run", n]
    wasmtime = tool("wasmtime")
    if wasmtime:
        found["wasmtime+fuel"] = precompiled(bench, wasmtime, ["-W", f"fuel={1 << 60}"])
        found["pulley"] = precompiled(bench, wasmtime, ["--target", "pulley64"])
    for name in (BASE, "wasm3", "wasmtime+fuel", "pulley", "wrt without fuel"):
        if name not in found:
            bench.missing.append(name)
    return found


def unmetered(bench):
    """wrtd of the build without metering; None when there is none, or when that build counts fuel after all."""
    wrtd = pathlib.Path(bench.options.nofuel).resolve() / "wrtd"
    if not wrtd.exists():
        return None
    path = bench.work / "loop.wasm"
    # (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))): thousands of fuel in a build that counts
    path.write_bytes(bytes.fromhex("0061736d0100000001060160017f017f030201000707010372756e00000a120110000340200041016b22000d000b20000b"))
    done = subprocess.run([wrtd, "run", "--json", "--invoke", "run(1000)", path], capture_output=True, text=True)
    used = json.loads(done.stdout)["fuel"]["used"] if done.returncode == 0 else None
    return wrtd if used is not None and used < 100 else None


def tiny_module(bench):
    path = bench.work / "tiny.wasm"
    # (module (func (export "run") (param i32) (result i32) local.get 0))
    path.write_bytes(bytes.fromhex("0061736d0100000001060160017f017f030201000707010372756e00000a0601040020000b"))
    return path


def tool(name):
    path = PEERS / "bin" / name
    return path if path.exists() else shutil.which(name)


def precompiled(bench, wasmtime, flags):
    """Wasmtime from code compiled beforehand: the difference of two runs is then execution alone."""
    done = {}

    def command(path, n):
        if path not in done:
            out = bench.work / f"{path.stem}{'-pulley' if '--target' in flags else '-fuel'}.cwasm"
            subprocess.run([wasmtime, "compile", *flags, path, "-o", out], check=True, capture_output=True)
            done[path] = out
        return [wasmtime, "run", "--allow-precompiled", *flags, "--invoke", "run", done[path], n]
    return command


def modules(bench):
    """(path, n, expected result) of every core module in the README of the inputs."""
    readme = bench.inputs / "README.md"
    found = []
    for line in readme.read_text().splitlines() if readme.exists() else []:
        match = re.match(r"\| (\w+) \|.*\| (\d+) -> (\d+) \|$", line)
        path = bench.inputs / f"{match[1]}.wasm" if match else None
        if path and path.exists():
            found.append((path, int(match[2]), int(match[3])))
    return found


def right(output, expected):
    words = set(re.findall(r"-?\d+", output))
    return str(expected) in words or str(expected - (1 << 32)) in words


def geomean(values):
    values = [v for v in values if v is not None and v > 0]
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None


# ---- sections

def run_speed(bench):
    found, inputs = engines(bench), modules(bench)
    if bench.options.modules:
        inputs = [m for m in inputs if m[0].stem in bench.options.modules.split(",")]
    if not inputs:
        return {"skipped": "the modules are not beside the tree"}
    times, failures, steps = {}, [], 0
    for _ in range(bench.options.rounds):
        for path, n, expected in inputs:
            for name, command in found.items():
                cell = times.setdefault((path.stem, name), {"0": [], "n": []})
                if cell is None:
                    continue
                steps += 1
                bench.progress(f"speed {steps}/{bench.options.rounds * len(inputs) * len(found)}: {path.stem} {name}")
                for key, argument in (("0", 0), ("n", max(1, n // bench.options.divide))):
                    us, _, status, output = bench.measure(command(path, str(argument)))
                    wrong = key == "n" and bench.options.divide == 1 and not right(output, expected)
                    if status != 0 or wrong:
                        failures.append(f"{name} on {path.stem}: " + ("wrong result" if status == 0 else f"exit code {status}"))
                        times[path.stem, name] = None
                        break
                    cell[key].append(us)
    return {"engines": list(found), "modules": [m[0].stem for m in inputs], "rounds": bench.options.rounds,
            "failures": sorted(set(failures)), "times": {f"{m}/{e}": v for (m, e), v in times.items() if v}}


def run_metering(bench):
    """The same modules in a build without metering: instructions executed (callgrind), which no neighbour disturbs."""
    nofuel = unmetered(bench)
    if nofuel is None or not shutil.which("valgrind"):
        return {"skipped": "needs valgrind and a release build with -DWRT_NO_FUEL=ON (./dev build nofuel)"}
    chosen = [(path, most) for path, most, _ in modules(bench) if not bench.options.modules or path.stem in bench.options.modules.split(",")]
    bench.progress("metering")

    def count(chosen):
        path, most = chosen
        wrtd = bench.build / "wrtd"
        start, n = instructions(wrtd, path, 0), 1
        metered = instructions(wrtd, path, n) - start
        while metered < 5_000_000 and n < most:     # too short a run would count the edges of run() alone
            n = min(most, n * 2 + 1)
            metered = instructions(wrtd, path, n) - start
        return path.stem, [metered, instructions(nofuel, path, n) - instructions(nofuel, path, 0)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:     # what is counted does not know its neighbours
        return {"instructions": dict(pool.map(count, chosen))}


def instructions(wrtd, path, n):
    out = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", wrtd, "run", "--invoke", f"run({n})", path],
                         capture_output=True, text=True).stderr
    match = re.search(r"Collected : (\d+)", out)
    return int(match[1]) if match else 0


def run_load(bench):
    path = bench.inputs / "sqlite.wasm"
    if not path.exists():
        return {"skipped": "sqlite.wasm is not beside the tree"}
    values = micro_values(bench, ["load", path])
    values["wasm_bytes"] = path.stat().st_size
    return values


def micro_values(bench, arguments):
    bench.progress(f"micro {' '.join(map(str, arguments))}")
    done = subprocess.run([str(bench.micro()), *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        return {"skipped": f"micro {arguments[0]} failed: {done.stderr.strip()}"}
    return {name: float(value) for name, value in (line.split() for line in done.stdout.splitlines())}


def run_start(bench):
    path = tiny_module(bench)
    result = {}
    for name, command in engines(bench).items():
        runs = [bench.measure(command(path, "7")) for _ in range(max(9, bench.options.rounds))]
        if all(r[2] == 0 for r in runs):
            result[name] = {"cpu_ms": min(r[0] for r in runs) / 1000, "median_ms": statistics.median(r[0] for r in runs) / 1000,
                            "rss_mib": min(r[1] for r in runs) / 1024}
    return result


def run_tasks(bench):
    return micro_values(bench, ["tasks"])


def run_memory(bench):
    return micro_values(bench, ["parked", bench.options.parked])


def run_quantum(bench):
    return micro_values(bench, ["quantum"])


def run_latency(bench):
    return micro_values(bench, ["latency"])


JITTER_TURN = 1000      # releases, or wake-ups, in a second
LOAD = ["sh", "-c", "while :; do dd if=/dev/zero of=/dev/null bs=1M count=200 2>/dev/null; done"]


def jitter_turn(command):
    """The samples of one turn in microseconds, and the other figures."""
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    lines = [line.split() for line in done.stdout.splitlines()] if done.returncode == 0 else []
    return [float(v) / 1000 for name, v in lines if name == "late_ns"], {name: float(v) for name, v in lines if name != "late_ns"}


def cyclictest_turn(cpu):
    done = subprocess.run(["cyclictest", "-q", "-m", "-p80", "-i1000", f"-l{JITTER_TURN}", "-t1", f"-a{cpu}", "-h50000"], capture_output=True, text=True)
    return [float(us) for us, n in re.findall(r"^(\d+) (\d+)$", done.stdout, re.M) for _ in range(int(n))]


def share(samples, part):
    return sorted(samples)[min(len(samples) - 1, int(len(samples) * part))]


def run_jitter(bench):
    """A task of 1 kHz beside cyclictest, in turns of a second on one processor, idle and under load; an outside event to a higher task."""
    library = next(iter(sorted(bench.build.rglob("libwrt.a"))), None)
    if library is None:
        return {"skipped": "no library found"}
    tool = bench.compile("jitter", [str(library), "-lm", "-pthread"])
    result = {}
    for load in ("idle", "load"):
        hogs = [subprocess.Popen(LOAD, start_new_session=True) for _ in range(2 * (os.cpu_count() or 1))] if load == "load" else []
        own, peer, events, bounds = [], [], [], []
        try:
            for number in range(4 * bench.options.rounds):
                bench.progress(f"jitter {load} {number}")
                late, said = jitter_turn(["taskset", "-c", bench.cpu, tool, "release", JITTER_TURN + 100])
                if not late:
                    return {"skipped": "bench/jitter failed"}
                if not said["permitted"]:
                    return {"skipped": "SCHED_FIFO, a processor of its own or locked memory is not permitted here"}
                own += late
                peer += cyclictest_turn(bench.cpu) if shutil.which("cyclictest") else []
                late, said = jitter_turn([tool, "event", JITTER_TURN + 100])
                events += late
                bounds.append(said.get("bound_us", 0))
        finally:
            for hog in hogs:
                os.killpg(hog.pid, 9)
                hog.wait()
        result[f"{load}_median_us"], result[f"{load}_p999_us"] = share(own, 0.5), share(own, 0.999)
        if peer:
            result[f"{load}_cyclictest_median_us"], result[f"{load}_cyclictest_us"] = share(peer, 0.5), share(peer, 0.999)
            result[f"{load}_ratio"] = result[f"{load}_p999_us"] / max(1.0, result[f"{load}_cyclictest_us"])
        for name, part in (("median", 0.5), ("p99", 0.99), ("p999", 0.999)):
            result[f"{load}_event_{name}_us"] = share(events, part)
        result[f"{load}_event_bound_us"] = statistics.median(bounds)
    if "idle_ratio" not in result:
        bench.missing.append("cyclictest (package rt-tests)")
    return result


def run_decide(bench):
    """Decisions of the real-time schedule among 2048 ready jobs: bench/decide.c looks inside the library."""
    library = next(iter(sorted(bench.build.rglob("libwrt.a"))), None)
    if library is None:
        return {"skipped": "no library found"}
    bench.progress("decide")
    tool = bench.compile("decide", ["-I", str(ROOT / "src"), str(library), "-lm", "-pthread"])
    least = {}      # of three runs: what else the machine does only adds
    for _ in range(3):
        lines = subprocess.run([str(tool)], capture_output=True, text=True, check=True).stdout.splitlines()
        for name, value in (line.split() for line in lines):
            least[name] = min(float(value), least.get(name, float("inf")))
    return least


def run_admission(bench):
    """10,000 sets of 20 tasks through each admission test."""
    library = next(iter(sorted(bench.build.rglob("libwrt.a"))), None)
    if library is None:
        return {"skipped": "no library found"}
    bench.progress("admission")
    tool = bench.compile("admission", [str(library), "-lm", "-pthread"])
    lines = subprocess.run(["taskset", "-c", str(bench.cpu), str(tool)], capture_output=True, text=True, check=True).stdout.splitlines()
    return {name: float(value) for name, value in (line.split() for line in lines)}


def run_programs(bench):
    """Example programs against the same source compiled by gcc -O2: (program, small argument, big argument)."""
    chosen = [("queens", "4", "12"), ("sha256", "1", "8192"), ("json", "1", "50000")]
    result = {}
    commands = {"wrt": lambda p, a: [bench.build / "wrtd", "run", ROOT / "examples" / "programs" / f"{p}.wasm", a],
                "native": lambda p, a: [bench.work / f"native-{p}", a]}
    wasmi = tool("wasmi")
    if wasmi:
        commands[BASE] = lambda p, a: [wasmi, "--fuel", str(1 << 60), ROOT / "examples" / "programs" / f"{p}.wasm", a]
    for name, small, big in chosen:
        source = ROOT / "examples" / "programs" / f"{name}.c"
        subprocess.run(["gcc", "-O2", "-std=gnu11", "-o", bench.work / f"native-{name}", source], check=True)
        best = {engine: [[], []] for engine in commands}
        for _ in range(bench.options.rounds):
            for engine, command in commands.items():
                bench.progress(f"programs: {name} {engine}")
                for i, argument in enumerate((small, big)):
                    best[engine][i].append(bench.measure(command(name, argument))[0])
        result[name] = {engine: min(b) - min(a) for engine, (a, b) in best.items()}
    return result


# What the library can do, by header, each with all before it. On x86-64 the promise is made for the first two together.
INTERFACES = {"load, link, run tasks: base.h code.h diag.h engine.h task.h value.h": ["base.h", "code.h", "diag.h", "engine.h", "task.h", "value.h"],
              "and wasi.h": ["wasi.h"], "and sched.h": ["sched.h"], "and admission.h": ["admission.h"],
              "and wcet.h, wcet_analyzer.h, wcet_measure.h": ["wcet.h", "wcet_analyzer.h", "wcet_measure.h"]}


def declared(header):
    return re.findall(r"^WRT_API\b[^;{]*?\b(wrt_\w+)\(", (ROOT / "include" / "wrt" / header).read_text(), re.M)


def run_sizes(bench):
    """Text of what functions of the interface reach, linked without the rest, as every program links it."""
    sys.path.insert(0, str(ROOT / "tests" / "core"))
    import symbols
    result = {}
    for label, folder, prefix in (("x86-64 release", bench.build, ""), ("Cortex-M4 -Os", pathlib.Path(bench.options.m4), "arm-none-eabi-")):
        libraries = sorted(folder.rglob("libwrt.a")) if folder.is_dir() else []
        if not libraries or not shutil.which(prefix + "size"):
            continue
        program = symbols.called("examples/hello.c") if not prefix else symbols.called("examples/board/board.c", "examples/board/board.h")
        found, names = {"a program: examples/hello.c, examples/board": symbols.linked(prefix, libraries[0], program, symbols.berkeley)}, []
        exported = symbols.defined(prefix, libraries[0])
        for name, headers in INTERFACES.items():
            more = [function for header in headers for function in declared(header)]
            names += more
            if exported & set(more):    # a board has no WASI and no analysis
                found[name] = symbols.linked(prefix, libraries[0], names, symbols.berkeley)
        promised = found["and wasi.h"] if not prefix else sum(symbols.core(prefix, libraries[0]))
        result[label] = {"text": promised, "parts": found}
    return result or {"skipped": "no library found"}


# ---- the whole

def described(version):
    """`wrtd version` in one phrase: version, compiler, dispatch."""
    lines = [line.split(None, 1) for line in version.splitlines()]
    words = {line[0]: line[1] for line in lines if len(line) == 2}
    extra = ", ".join(words[key] for key in ("compiler", "dispatch") if key in words)
    return version.splitlines()[0] + (f" ({extra})" if extra else "")


def machine(bench):
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    wrtd = bench.build / "wrtd"
    version = subprocess.run([wrtd, "version"], capture_output=True, text=True).stdout if wrtd.exists() else "wrt is not built"
    compilers = subprocess.run(["gcc", "--version"], capture_output=True, text=True).stdout.splitlines()[0]
    system = re.search(r'PRETTY_NAME="(.*)"', pathlib.Path("/etc/os-release").read_text())
    peers = {"wasmi": tool("wasmi"), "wasmtime": tool("wasmtime")}
    versions = {n: subprocess.run([t, "--version"], capture_output=True, text=True).stdout.split("(")[0].strip() for n, t in peers.items() if t}
    python = PEERS / "venv" / "bin" / "python"
    if python.exists():
        out = subprocess.run([python, "-c", "import importlib.metadata as m; print(m.version('pywasm3'))"], capture_output=True, text=True)
        versions["wasm3"] = f"pywasm3 {out.stdout.strip()}"
    return {"cpu": cpu, "cores": os.cpu_count(), "kernel": platform.release(), "system": system[1] if system else platform.system(),
            "virtual": "hypervisor" in open("/proc/cpuinfo").read(), "gcc": compilers,
            "wrt": described(version), "peers": versions, "load": os.getloadavg()[0],
            "date": time.strftime("%Y-%m-%d")}


def build_variants(options, chosen):
    """The builds that some figures compare with: without metering, and for the small machine."""
    wanted = {"nofuel": options.nofuel, "freestanding": options.m4}
    for preset, folder in wanted.items():
        section = {"nofuel": {"speed", "metering"}, "freestanding": {"sizes"}}[preset]
        if not section & set(chosen) or pathlib.Path(folder).resolve() != ROOT / "build" / preset:
            continue
        if preset == "freestanding" and not shutil.which("arm-none-eabi-gcc"):
            continue
        subprocess.run([str(ROOT / "dev"), "build", preset], check=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=str(ROOT / "build" / "release"))
    parser.add_argument("--nofuel", default=str(ROOT / "build" / "nofuel"), help="release build without metering")
    parser.add_argument("--m4", default=str(ROOT / "build" / "freestanding"), help="build of the core for Cortex-M4")
    parser.add_argument("--inputs", default=str(ROOT.parent / "shared" / "bench"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--divide", type=int, default=1, help="shorter runs: n divided by this (results are then not checked)")
    parser.add_argument("--modules", default="", help="only these modules, comma separated")
    parser.add_argument("--parked", type=int, default=100000)
    parser.add_argument("--only", default=",".join(SECTIONS))
    parser.add_argument("--publish", action="store_true")
    options = parser.parse_args()
    chosen = options.only.split(",")
    build_variants(options, chosen)
    bench = Bench(options)
    store = bench.work / "results.json"
    results = json.loads(store.read_text()) if store.exists() else {}    # a partial run renews its part
    results["machine"] = machine(bench)
    for section in SECTIONS:
        if section in chosen:
            results[section] = globals()[f"run_{section}"](bench)
    bench.progress("")
    results["missing"] = sorted(set(bench.missing))
    store.write_text(json.dumps(results, indent=1))
    text = report.markdown(results, BASE)
    (bench.work / "results.md").write_text(text)
    plots = {"speed.svg": plot.speed(report.ratios(results.get("speed", {}), BASE), BASE), "quantum.svg": plot.quantum(results.get("quantum", {}))}
    for name, svg in plots.items():
        if svg:
            (bench.work / name).write_text(svg)
            if options.publish:
                (ROOT / "docs" / name).write_text(svg)
    if options.publish:
        report.publish(ROOT / "docs" / "benchmarks.md", text)
    print(text)
    print(f"written: {os.path.relpath(bench.work)}/results.md, results.json, " + ", ".join(n for n, s in plots.items() if s))


if __name__ == "__main__":
    main()
