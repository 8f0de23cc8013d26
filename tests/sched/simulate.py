"""The rules of docs/scheduling.md, written a second time: an exact simulator of one core under the fuel clock.

Knows nothing of the C code; the tests compare recorded schedules of real task sets with what this says. Slow and plain on purpose: every
decision looks at all tasks.

A task set is a dict:

    policy      cooperative round-robin priority rm edf rm+edf time-triggered
    settings    hybrid, mode_switching, quantum, miss_threshold, return_after, inheritance (all optional)
    servers     [{kind: cbs|sporadic, Q, P, priority}]
    slots       [{at, length, task}], cycle
    tasks       [{T, D, O, level 0..4, C: [normal, high, critical], priority, weight, band, np, on_overrun, percent, on_late, on_drop, degrade,
                  server, enforce, monitor, instance, jobs}]

`jobs` is a function of how many jobs of this task have started since its instance was made or reset, this one included: the prices of the job's charge
blocks as a list of (count, price), and "trap" at the end where it traps. `instance` names what the job stands in from its start to its end; tasks of one
instance exclude each other. The rate is 1 fuel = 1 ns.

`Simulator(set).run(until)` returns the records: (time, kind, task, job, fuel) with kinds as in the page.
"""
import math

NORMAL, HIGH, CRITICAL = 0, 1, 2
KEEPS = (0, 2, 3)       # the lowest level that a mode keeps
FAR = (1 << 64) - 1
MS = 1_000_000


class Job:
    def __init__(self, task, number, release, deadline, budget):
        self.task, self.number, self.release, self.deadline = task, number, release, deadline
        self.blocks, self.outcome = None, "done"
        self.fuel, self.budget = 0, budget
        self.started = self.extended = self.overran = self.missed = False
        self.throttled = False          # on_overrun = suspend
        self.dropped = False            # by a mode; it may still run on behalf of who waits for it
        self.s = 0
        self.slice, self.turn = None, False      # round robin
        self.waits_for = None           # job that stands in the instance

    def begin(self):
        self.started = True
        self.task.starts += 1
        blocks = self.task.jobs(self.task.starts)
        self.outcome = "failed" if blocks[-1] == "trap" else "done"
        self.blocks = [list(b) for b in blocks if b != "trap" and b[0] > 0]

    def next_price(self):
        return self.blocks[0][1] if self.blocks else None

    def pay(self):
        price = self.blocks[0][1]
        self.blocks[0][0] -= 1
        if not self.blocks[0][0]:
            self.blocks.pop(0)
        self.fuel += price
        return price


class Task:
    def __init__(self, number, t, policy, settings):
        self.n = number
        self.T, self.D, self.O = t.get("T", 0), t.get("D", t.get("T", 0)), t.get("O", 0)
        self.level, self.C = t.get("level", 0), list(t["C"])
        self.priority, self.weight = t.get("priority", 128), t.get("weight", 1)
        self.np = t.get("np", self.level == 4)
        self.on_overrun, self.percent = t.get("on_overrun", "abort"), t.get("percent", 0)
        self.on_late, self.on_drop, self.degrade = t.get("on_late", "abort"), t.get("on_drop", "suspend"), t.get("degrade", 1)
        self.server, self.enforce, self.monitor = t.get("server"), t.get("enforce", True), t.get("monitor", True)
        self.instance, self.jobs = t.get("instance", number), t["jobs"]
        self.band = t.get("band")
        if self.band is None:
            background = {0: 5, 1: 4}.get(self.level)
            if background is not None:
                self.band = background
            elif not settings.get("hybrid", True):
                self.band = 0
            else:
                self.band = 0 if self.T <= 10 * MS else 1 if self.T <= 50 * MS else 2 if self.T <= 200 * MS else 3
        self.k, self.starts, self.job, self.queued = 0, 0, None, None
        self.has_slot = False

    def next_release(self):
        return self.O + self.k * self.T if self.T and not self.has_slot else FAR


class Server:
    def __init__(self, number, v):
        self.n, self.kind, self.Q, self.P, self.priority = number, v["kind"], v["Q"], v["P"], v.get("priority", 128)
        self.q, self.d = v["Q"] if v["kind"] == "sporadic" else 0, 0
        self.empty_until = None         # cbs: exhausted, suspended until d
        self.active = False             # a member is ready
        self.pending = []               # sporadic: [when, amount]
        self.span_start, self.span_used = None, 0


class Simulator:
    def __init__(self, spec):
        self.policy = spec["policy"]
        st = spec.get("settings", {})
        self.mode_switching, self.quantum = st.get("mode_switching", True), st.get("quantum", 1000)
        self.threshold, self.return_after = st.get("miss_threshold", 1), st.get("return_after", 10)
        self.inheritance = st.get("inheritance", True) and self.policy in ("priority", "rm", "edf", "rm+edf")
        self.tasks = [Task(i, t, self.policy, st) for i, t in enumerate(spec["tasks"])]
        self.servers = [Server(i, v) for i, v in enumerate(spec.get("servers", []))]
        self.slots, self.cycle = spec.get("slots", []), spec.get("cycle", 0)
        for slot in self.slots:
            self.tasks[slot["task"]].has_slot = True
        self.slot_base, self.slot_index, self.slot_now = 0, 0, None
        self.now, self.order, self.mode, self.records = 0, 0, NORMAL, []
        periods = [t.T for t in self.tasks if t.T]
        self.H = math.lcm(*periods) if periods else 0
        self.H = FAR if self.H >= 1 << 63 else self.H
        self.misses, self.last_fault = [], 0
        self.running, self.stands_in = None, {}

    # ---- recording --------------------------------------------------------------------------------

    def record(self, kind, task=None, job=None, fuel=0):
        self.records.append((self.now, kind, -1 if task is None else task.n, -1 if job is None else job.number, fuel))

    def take_order(self, job):
        self.order += 1
        job.s = self.order

    # ---- who is kept, ready, first -----------------------------------------------------------------

    def keeps(self, task, mode=None):
        mode = self.mode if mode is None else mode
        return task.level >= KEEPS[mode]

    def dropped(self, task):
        return not self.keeps(task) and task.on_drop != "degrade"

    def unfinished(self):
        return [t.job for t in self.tasks if t.job]

    def waiters(self, job):
        return [j for j in self.unfinished() if j.waits_for is job]

    def able(self, job):
        """Would it run of its own right, were it first?"""
        t = job.task
        if job.throttled or job.waits_for or job.dropped:
            return False
        if t.server is not None and not self.servers[t.server].q:
            return False
        return True

    def rank(self, job):
        t = job.task
        if self.policy in ("cooperative", "round-robin"):
            return (job.s,)
        if t.server is not None and self.servers[t.server].kind == "sporadic" and self.policy == "priority":
            return (255 - self.servers[t.server].priority, job.s)
        if self.policy == "priority":
            return (255 - t.priority, job.s)
        if self.policy == "rm":
            return (t.T if t.T else FAR, t.n)
        deadline = job.deadline
        if t.server is not None and self.servers[t.server].kind == "cbs":
            deadline = self.servers[t.server].d
            tail = (t.server + len(self.tasks), job.s)
        else:
            tail = (4 - t.level, t.n)
        if self.policy == "edf":
            return (deadline,) + tail if deadline != FAR else (FAR, job.s)
        if self.policy == "rm+edf":
            return (t.band, deadline) + tail
        slot = self.slot_now
        if slot is not None and slot["task"] == t.n:
            return (0, 0)
        if not t.has_slot and t.level == 0:
            return (1, job.s)
        return None

    def effective(self, job, seen=()):
        """Its own rank where it may use it, and the least of those who wait for it."""
        ranks = []
        own = self.rank(job)
        if own is not None and self.able(job):
            ranks.append(own)
        if self.inheritance:
            for w in self.waiters(job):
                if w.throttled or w.dropped or w in seen:
                    continue
                r = self.effective_waiter(w, seen + (job,))
                if r is not None:
                    ranks.append(r)
        return min(ranks) if ranks else None

    def effective_waiter(self, job, seen):
        ranks = []
        own = self.rank(job)
        server = job.task.server
        if own is not None and (server is None or self.servers[server].q):
            ranks.append(own)
        for w in self.waiters(job):
            if not w.throttled and not w.dropped and w not in seen:
                r = self.effective_waiter(w, seen + (job,))
                if r is not None:
                    ranks.append(r)
        return min(ranks) if ranks else None

    def choose(self):
        """The job that runs now; a job that finds its instance busy begins to wait, and the choice is made again."""
        while True:
            held = self.running
            candidates = []
            for job in self.unfinished():
                if job.throttled or job.waits_for:
                    continue
                rank = self.effective(job)
                if rank is not None:
                    candidates.append((rank, job.task.n, job))
            if held is not None and not any(c[2] is held for c in candidates):
                held = None
            if held is not None and held.task.np and held.started:
                return held
            if not candidates:
                return None
            best = min(candidates, key=lambda c: c[:2])
            if held is not None:
                mine = next(c for c in candidates if c[2] is held)
                if self.policy in ("cooperative", "round-robin"):
                    return held
                if self.policy == "priority" and not best[0][0] < mine[0][0]:
                    return held
                if not best[0] < mine[0]:
                    return held
            job = best[2]
            owner = self.stands_in.get(job.task.instance)
            if not job.started and owner is not None and owner is not job:
                job.waits_for = owner
                self.running = None if self.running is job else self.running
                continue
            return job

    # ---- servers ------------------------------------------------------------------------------------

    def becomes_ready(self, job):
        self.take_order(job)
        if job.task.server is None:
            return
        v = self.servers[job.task.server]
        if v.kind == "cbs" and not v.active and v.empty_until is None:
            if v.d <= self.now or v.q * v.P >= (v.d - self.now) * v.Q:
                v.q, v.d = v.Q, self.now + v.P
        v.active = True

    def server_settle(self, index):
        """Is a member still there?"""
        if index is None:
            return
        v = self.servers[index]
        v.active = any(j.task.server == index and not j.throttled and not j.dropped and not j.waits_for for j in self.unfinished())
        if not v.active:
            self.span_end(v)

    def span_end(self, v):
        if v.kind == "sporadic" and v.span_start is not None:
            if v.span_used:
                v.pending.append([v.span_start + v.P, v.span_used])
                if len(v.pending) > 8:
                    last = v.pending.pop()
                    v.pending[-1] = [max(v.pending[-1][0], last[0]), v.pending[-1][1] + last[1]]
            v.span_start, v.span_used = None, 0

    def server_spend(self, v, fuel, since):
        v.q -= fuel
        if v.kind == "sporadic":
            if v.span_start is None:
                v.span_start = since
            v.span_used += fuel

    def server_exhausted(self, v, job):
        self.record("server-empty", job.task, job, job.fuel)
        if v.kind == "cbs":
            v.q, v.empty_until = 0, v.d
        else:
            left = v.q
            v.q = 0
            v.span_used += left if v.span_start is not None else 0
            self.span_end(v)
            if not any(True for _ in v.pending):
                v.pending.append([self.now + v.P, left])

    def server_event(self, v):
        if v.kind == "cbs":
            return v.empty_until if v.empty_until is not None else FAR
        return min((p[0] for p in v.pending), default=FAR)

    def server_replenish(self, v):
        if v.kind == "cbs":
            v.q, v.d, v.empty_until = v.Q, v.d + v.P, None
        else:
            due = [p for p in v.pending if p[0] <= self.now]
            v.pending = [p for p in v.pending if p[0] > self.now]
            v.q = min(v.Q, v.q + sum(p[1] for p in due))
        self.record("replenished")

    # ---- modes ---------------------------------------------------------------------------------------

    def raise_mode(self, mode):
        self.mode = mode
        self.last_fault = self.now
        self.record("mode")
        for t in self.tasks:
            job = t.job
            if job and not self.dropped(t):
                job.budget = t.C[mode]
                if job.extended:
                    job.budget += t.C[mode] * t.percent // 100
            if not self.dropped(t):
                continue
            if t.queued:
                self.record("skip", t)
                t.queued = None
            if not job or job.dropped:
                continue
            if job is self.running and t.np and job.started:
                job.drop_later = True
                continue
            self.drop(job)

    def drop(self, job):
        t = job.task
        if t.on_drop == "abort":
            self.end(job, "abort")
            return
        job.dropped = True
        self.record("drop", t, job, job.fuel)
        if self.running is job and not self.waiters(job):
            self.running = None
        self.server_settle(t.server)

    def try_return(self):
        if self.mode == NORMAL or not self.mode_switching or self.H == FAR or not self.H:
            return
        if self.now < self.last_fault + self.return_after * self.H:
            return
        if any(not self.dropped(j.task) for j in self.unfinished()):
            return
        if any(t.queued for t in self.tasks if not self.dropped(t)):
            return
        self.mode -= 1
        self.last_fault = self.now
        self.record("mode")

    # ---- the ends of jobs --------------------------------------------------------------------------

    def end(self, job, kind):
        t = job.task
        self.record(kind, t, job, job.fuel)
        t.job = None
        if kind != "done" and job.started:
            for other in self.tasks:
                if other.instance == t.instance:
                    other.starts = 0
        if self.running is job:
            self.running = None
        if self.stands_in.get(t.instance) is job:
            del self.stands_in[t.instance]
            self.hand_over(t.instance, job)
        elif job.waits_for:
            job.waits_for = None
        self.server_settle(t.server)
        if t.queued:
            t.job, t.queued = t.queued, None
            self.becomes_ready(t.job)

    def hand_over(self, instance, old):
        """The instance goes straight to the first of those who wait for it."""
        waiting = self.waiters(old)
        if not waiting:
            return
        if self.policy in ("cooperative", "round-robin", "time-triggered"):
            new = min(waiting, key=lambda j: j.s)
        else:
            new = min(waiting, key=lambda j: (self.effective_waiter(j, ()) or (FAR,), j.task.n))
        for job in waiting:
            job.waits_for = None if job is new else new
        self.stands_in[instance] = new

    def overrun(self, job):
        t = job.task
        self.record("overrun", t, job, job.fuel)
        if not (t.enforce or t.level >= 3):
            job.overran, job.budget = True, FAR
            return
        if self.keeps(t):
            self.last_fault = self.now
        if self.mode_switching:
            for mode in range(self.mode + 1, CRITICAL + 1):
                if self.keeps(t, mode) and t.C[mode] > t.C[self.mode]:
                    self.raise_mode(mode)
                    return
        if t.on_overrun == "extend" and not job.extended:
            job.extended = True
            job.budget += t.C[self.mode] * t.percent // 100
        elif t.on_overrun == "suspend":
            job.throttled = True
            self.running = None
            self.server_settle(t.server)
        elif t.on_overrun == "trap":
            self.end(job, "failed")
        else:
            self.end(job, "abort")

    # ---- what happens at a time --------------------------------------------------------------------

    def monitored(self, t):
        return t.monitor or t.level >= 3

    def next_event(self):
        times = []
        for t in self.tasks:
            times.append(t.next_release())
            for job in (t.job, t.queued):
                if job and not job.missed and not job.dropped and self.monitored(t) and job.deadline != FAR:
                    times.append(job.deadline)
        times += [self.server_event(v) for v in self.servers]
        if self.slots:
            slot = self.slots[self.slot_index]
            times.append(self.slot_base + slot["at"])
            if self.slot_now is not None:
                times.append(self.slot_end)
        if self.mode != NORMAL and self.mode_switching and self.H not in (0, FAR):
            at = self.last_fault + self.return_after * self.H
            if at > self.now:
                times.append(at)
        return min(times, default=FAR)

    def miss(self, t, job):
        job.missed = True
        self.record("miss", t, job, job.fuel)
        if self.keeps(t):
            self.last_fault = self.now
        if t.level < 2 or not self.mode_switching:
            return
        window = self.return_after * self.H if self.H != FAR else FAR
        self.misses = [m for m in self.misses if self.now - m < window] + [self.now]
        count = len(self.misses)
        target = CRITICAL if count > 2 * self.threshold else HIGH if count > self.threshold else NORMAL
        if target > self.mode:
            self.misses = []
            self.raise_mode(target)

    def release(self, t, deadline=None):
        k, at = t.k, self.now
        t.k += 1
        if self.dropped(t) or (not self.keeps(t) and k % t.degrade):
            self.record("skip", t)
            return
        if deadline is None:
            deadline = at + t.D if t.D else FAR
        old = t.job
        if old and (old.throttled or old.dropped):
            old.throttled = old.dropped = False
            old.deadline, old.missed, old.extended = deadline, False, False
            old.budget = old.fuel + t.C[self.mode]
            self.record("continue", t, old, old.fuel)
            self.becomes_ready(old)
            return
        job = Job(t, k, at, deadline, t.C[self.mode])
        if old and t.on_late == "skip":
            self.record("skip", t)
            return
        if old and t.on_late == "queue":
            if t.queued:
                self.record("skip", t)
            else:
                self.record("release", t, job)
                t.queued = job
            return
        if old:
            self.end(old, "abort")
        self.record("release", t, job)
        t.job = job
        self.becomes_ready(job)

    def slots_due(self):
        if not self.slots:
            return
        if self.slot_now is not None and self.slot_end <= self.now:
            self.slot_now = None
        while self.slot_base + self.slots[self.slot_index]["at"] <= self.now:
            slot = self.slots[self.slot_index]
            self.slot_now, self.slot_end = slot, self.slot_base + slot["at"] + slot["length"]
            self.slot_index += 1
            if self.slot_index == len(self.slots):
                self.slot_index, self.slot_base = 0, self.slot_base + self.cycle
            t = self.tasks[slot["task"]]
            self.release(t, self.now + t.D if t.D else self.slot_end)

    def events(self):
        for t in self.tasks:
            for job in (t.job, t.queued):
                if job and not job.missed and not job.dropped and self.monitored(t) and job.deadline <= self.now:
                    self.miss(t, job)
        for v in self.servers:
            if self.server_event(v) <= self.now:
                self.server_replenish(v)
        for t in self.tasks:
            while t.next_release() <= self.now:
                self.release(t)
        self.slots_due()

    def step(self, job, horizon):
        """One block, or the reason why not."""
        t = job.task
        price = job.next_price()
        if price is None:
            self.end(job, job.outcome)
            return
        server = self.servers[t.server] if t.server is not None else None
        limits = [(job.budget - job.fuel, 0), (server.q if server else FAR, 1), (horizon - self.now, 2)]
        left, which = min(limits)
        if price > left:
            if which == 0:
                self.overrun(job)
            elif which == 1:
                self.server_exhausted(server, job)
                self.running = None
            else:
                self.now = horizon
            return
        if job.slice is not None and job.slice <= 0:
            job.turn = False
            self.take_order(job)
            self.running = None
            return
        since = self.now
        self.now += job.pay()
        if job.slice is not None:
            job.slice -= price
        if server:
            self.server_spend(server, price, since)
        while job.next_price() == 0 and (job.slice is None or job.slice > 0):
            job.pay()
        if job.next_price() is None:
            self.end(job, job.outcome)

    # ---- the run ------------------------------------------------------------------------------------

    def turn_begins(self, job):
        """Round robin: a new slice, less what was overdrawn. False: the debt takes the whole turn."""
        if job.turn:
            return True
        slice = self.quantum * job.task.weight
        job.slice = slice + min(job.slice or 0, 0)
        if job.slice <= 0 and not any(j is not job and self.effective(j) is not None for j in self.unfinished()):
            job.slice += (-job.slice // slice + 1) * slice
        job.turn = job.slice > 0
        return job.turn

    def run(self, until):
        while True:
            self.events()
            self.try_return()
            if self.now >= until:
                return self.records
            job = self.choose()
            if job is None:
                self.now = self.next_event()
                if self.now >= until:
                    return self.records
                continue
            if self.policy == "round-robin" and not self.turn_begins(job):
                self.take_order(job)
                continue
            if not job.started:
                job.begin()
                self.stands_in[job.task.instance] = job
                self.record("start", job.task, job)
            self.running = job
            self.step(job, self.next_event())
