"""Random task sets for tests of scheduling, in the form that simulate.py reads, and as text for rt_replay."""
import random

POLICIES = ("cooperative", "round-robin", "priority", "rm", "edf", "rm+edf", "time-triggered")
LEVELS = ("QM", "A", "B", "C", "D")
PERIODS = (1000, 1250, 2000, 2500, 4000, 5000, 10000)


class Behaviour:
    """The blocks of a task's jobs: its lines in turn, from the first again after a job that failed or was aborted."""

    def __init__(self, lines):
        self.lines = lines

    def __call__(self, begun):
        return self.lines[(begun - 1) % len(self.lines)]


def line_of(rng, fuel, trap):
    """Blocks of about so much fuel."""
    blocks, left = [], max(1, fuel)
    while left > 0 and len(blocks) < 4:
        price = rng.choice((1, 3, 5, 7, 17, 40, 90, 250))
        price = min(price, left)
        count = max(1, min(left // price, rng.randint(1, 60)))
        if len(blocks) == 3:
            count = max(1, left // price)
        blocks.append((count, price))
        left -= count * price
    return blocks + ["trap"] if trap else blocks


def random_task(rng, policy, number, share, faults):
    level = rng.randrange(5)
    period = rng.choice(PERIODS)
    fuel = max(3, int(period * share))
    low = fuel + rng.randint(0, 10)
    budgets = [low, low + rng.choice((0, 0, fuel // 2)), 0]
    budgets[2] = budgets[1] + rng.choice((0, 0, fuel // 3))
    lines = []
    for _ in range(rng.randint(1, 4)):
        spent = rng.randint(1, fuel)
        if faults and rng.random() < 0.3:
            spent = rng.randint(fuel, fuel * 3)
        lines.append(line_of(rng, spent, faults and rng.random() < 0.08))
    deadline = period if level >= 3 or rng.random() < 0.5 else int(period * rng.uniform(0.4, 1.6))
    if level >= 3:
        deadline = int(period * rng.uniform(0.4, 1.0))
    task = dict(T=period, D=deadline, O=rng.choice((0, 0, rng.randrange(period))), level=level, C=budgets, priority=rng.choice((10, 50, 50, 128, 200)),
                weight=rng.randint(1, 3), np=rng.random() < 0.1, on_late=rng.choice(("abort", "skip", "queue")),
                on_drop=rng.choice(("suspend", "abort", "degrade")), degrade=rng.randint(2, 4),
                on_overrun=rng.choice(("abort", "abort", "suspend", "trap", "extend" if level < 3 else "abort")), percent=rng.choice((10, 25, 100)),
                enforce=level >= 3 or rng.random() < 0.8, monitor=level >= 3 or rng.random() < 0.85, jobs=Behaviour(lines))
    if policy == "rm+edf" and rng.random() < 0.3:
        task["band"] = rng.randrange(4)
    return task


def random_slots(rng, tasks):
    cycle, at, slots = rng.choice((5000, 10000)), 0, []
    users = [n for n, t in enumerate(tasks) if t["level"] > 0 or rng.random() < 0.5]
    for t in (tasks[n] for n in range(len(tasks)) if n not in users):
        t["level"] = 0
    while users and at < cycle - 300:
        at += rng.choice((0, 0, rng.randint(1, 400)))
        length = rng.randint(100, 1200)
        if at + length > cycle:
            break
        slots.append(dict(at=at, length=length, task=rng.choice(users)))
        at += length
    used = {s["task"] for s in slots}
    for n, t in enumerate(tasks):
        if n not in used:
            t["level"] = 0
        elif rng.random() < 0.7:
            t["D"] = 0
    return slots, cycle


def random_set(rng, policy, faults, servers=True, instances=True):
    count = rng.randint(2, 7)
    total = rng.uniform(0.4, 1.3)
    tasks = [random_task(rng, policy, n, total / count * rng.uniform(0.4, 1.6), faults) for n in range(count)]
    spec = dict(policy=policy, tasks=tasks, settings=dict(
        hybrid=rng.random() < 0.7, mode_switching=rng.random() < 0.75, quantum=rng.choice((7, 50, 200, 1000)), miss_threshold=rng.choice((0, 1, 1, 3)),
        return_after=rng.choice((1, 1, 2, 10)), protocol=rng.choice(("none", "inheritance", "inheritance", "ceiling"))))
    if policy == "time-triggered":
        spec["slots"], spec["cycle"] = random_slots(rng, tasks)
        if not spec["slots"]:
            return random_set(rng, policy, faults, servers, instances)
    served = set()
    if servers and policy in ("priority", "rm", "edf", "rm+edf") and rng.random() < 0.4:
        spec["servers"] = []
        for n in range(rng.randint(1, 2)):
            period = rng.choice(PERIODS)
            spec["servers"].append(dict(kind="cbs" if policy in ("edf", "rm+edf") else "sporadic", Q=max(60, int(period * rng.uniform(0.05, 0.4))), P=period,
                                        priority=rng.choice((10, 50, 200))))
            band = rng.randrange(4)
            for t in rng.sample(range(count), rng.randint(1, 2)):
                if t not in served:
                    served.add(t)
                    tasks[t]["server"] = n
                    if policy == "rm+edf":
                        tasks[t]["band"] = band
    if instances and rng.random() < 0.5:
        free = [n for n in range(count) if n not in served]
        for n in free:
            if rng.random() < 0.6:
                tasks[n]["instance"] = rng.randrange(2)
    return spec


def text_of(spec, until):
    """What rt_replay reads."""
    st = spec["settings"]
    out = [f"policy {spec['policy']}",
           "set " + " ".join(f"{k}={int(v) if isinstance(v, bool) else v}" for k, v in st.items()) + f" ns_per_kfuel=1000 until={until}"]
    for v in spec.get("servers", []):
        out.append(f"server kind={v['kind']} Q={v['Q']} P={v['P']} priority={v['priority']}")
    for t in spec["tasks"]:
        overrun = f"extend:{t['percent']}" if t["on_overrun"] == "extend" else t["on_overrun"]
        drop = f"degrade:{t['degrade']}" if t["on_drop"] == "degrade" else t["on_drop"]
        line = (f"task T={t['T']} D={t['D']} O={t['O']} C={','.join(map(str, t['C']))} level={LEVELS[t['level']]} priority={t['priority']} weight={t['weight']} "
                f"np={int(t['np'])} on_overrun={overrun} on_late={t['on_late']} on_drop={drop} enforce={int(t['enforce'])} monitor={int(t['monitor'])}")
        for key in ("band", "server", "instance"):
            if t.get(key) is not None:
                line += f" {key}={t[key]}"
        out.append(line)
        for blocks in t["jobs"].lines:
            out.append("job " + " ".join("trap" if b == "trap" else f"{b[0]}*{b[1]}" for b in blocks))
    for s in spec.get("slots", []):
        out.append(f"slot {s['at']} {s['length']} {s['task']}")
    if spec.get("slots"):
        out.append(f"cycle {spec['cycle']}")
    return "\n".join(out) + "\n"
