"""Counts recorded schedules that are what the simulator says, and shows where others differ."""


class Tally:
    def __init__(self, subject, short):
        self.subject, self.short = subject, short       # whose records they are, in words and in a column
        self.passed, self.failed, self.counts = 0, 0, {}

    def add(self, policy, seed, here, there):
        """`here` is what the simulator says, `there` what was recorded."""
        for record in here:
            self.counts[record[1]] = self.counts.get(record[1], 0) + 1
        if here == there:
            self.passed += 1
            return
        self.failed += 1
        if self.failed > 8:
            return
        at = next((k for k, (a, b) in enumerate(zip(here, there)) if a != b), min(len(here), len(there)))
        print(f"schedule: {policy} {seed}: record {at} differs; the simulator, then {self.subject}:")
        for name, records in (("simulator", here), (self.short, there)):
            for k in range(max(0, at - 4), min(len(records), at + 3)):
                print(f"  {name:10}{'>' if k == at else ' '} {records[k]}")

    def end(self):
        """The sum in the form that tools/test reads; what the program ends with."""
        print("schedule: records compared: " + ", ".join(f"{k} {n}" for k, n in sorted(self.counts.items())))
        print(f"{self.passed} passed, {self.failed} failed")
        return self.failed != 0
