#!/usr/bin/env python3
"""Random valid modules: structured functions that end, rich in what the translator fuses.

    generate.py FOLDER COUNT [SEED]

Writes FOLDER/SEED.wasm, FOLDER/SEED+1.wasm, ... . Each exports `run: (i32) -> i32`, has one memory, globals, a table and a few
functions that call only later ones; loops count down. A run ends with a result or a trap.
"""
import pathlib
import random
import struct
import sys

I32, I64, F32, F64 = 0x7F, 0x7E, 0x7D, 0x7C
TYPES = [I32, I64, F32, F64]
BIN = {I32: list(range(0x6A, 0x79)), I64: list(range(0x7C, 0x8B)), F32: list(range(0x92, 0x99)), F64: list(range(0xA0, 0xA7))}
CMP = {I32: range(0x46, 0x50), I64: range(0x51, 0x5B), F32: range(0x5B, 0x61), F64: range(0x61, 0x67)}
UN = {I32: [0x67, 0x68, 0x69, 0xC0, 0xC1], I64: [0x79, 0x7A, 0x7B, 0xC2, 0xC3, 0xC4], F32: range(0x8B, 0x92), F64: range(0x99, 0xA0)}
CONVERT = {I32: [(0xA7, I64), (0xA8, F32), (0xAA, F64), (0xBC, F32), (0x45, I32), (0x50, I64)], I64: [(0xAC, I32), (0xAD, I32), (0xB0, F64), (0xBD, F64)],
           F32: [(0xB2, I32), (0xB3, I32), (0xB6, F64), (0xBE, I32)], F64: [(0xB7, I32), (0xB8, I32), (0xB9, I64), (0xBB, F32), (0xBF, I64)]}
SATURATE = {I32: [(0, F32), (1, F32), (2, F64), (3, F64)], I64: [(4, F32), (5, F32), (6, F64), (7, F64)]}
LOAD = {I32: [0x28, 0x2C, 0x2D, 0x2E, 0x2F], I64: [0x29, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35], F32: [0x2A], F64: [0x2B]}
STORE = {I32: [0x36, 0x3A, 0x3B], I64: [0x37, 0x3C, 0x3D, 0x3E], F32: [0x38], F64: [0x39]}


def unsigned(n):
    out = bytearray()
    while True:
        out.append(n & 0x7F | (0x80 if n > 0x7F else 0))
        n >>= 7
        if n == 0:
            return bytes(out)


def signed(n):
    out = bytearray()
    while True:
        byte = n & 0x7F
        n >>= 7
        if (n == 0 and not byte & 0x40) or (n == -1 and byte & 0x40):
            out.append(byte)
            return bytes(out)
        out.append(byte | 0x80)


def vector(items):
    return unsigned(len(items)) + b"".join(items)


def section(number, body):
    return bytes([number]) + unsigned(len(body)) + body


class Function:
    """One body. Labels are counted from the outside; targets that carry values are left alone by branches."""

    def __init__(self, module, index, params, result):
        self.m, self.r, self.index, self.params, self.result = module, module.r, index, params, result
        self.locals = [self.r.choice([I32, I32, I32, I64, F32, F64, F64]) for _ in range(self.r.randint(2, 8))]
        self.locals.append(I64)
        self.types = params + self.locals
        self.spare = len(self.types) - 1
        self.fixed = set()                  # counters of loops around: not to be set
        self.labels = []                    # value type of each label, or None
        self.out = bytearray()
        self.budget = self.r.randint(20, 260)

    def emit(self, *parts):
        for part in parts:
            self.out += bytes([part]) if isinstance(part, int) else part

    def local_of(self, kind, settable=False):
        fit = [i for i, t in enumerate(self.types) if t == kind and not (settable and i in self.fixed)]
        return self.r.choice(fit) if fit else None

    def constant(self, kind):
        r = self.r
        if kind == I32:
            n = r.choice([0, 1, 2, 3, 4, 8, 15, 31, 255, -1, -4, 65535, 0x7FFFFFFF, -0x80000000, r.randint(-100, 100), r.randint(-2**31, 2**31 - 1)])
            self.emit(0x41, signed(n))
        elif kind == I64:
            n = r.choice([0, 1, -1, 7, 63, 2**31, -2**31, 2**32, 2**63 - 1, -2**63, r.randint(-1000, 1000), r.randint(-2**63, 2**63 - 1)])
            self.emit(0x42, signed(n))
        else:
            x = r.choice([0.0, -0.0, 1.0, -1.5, 0.5, 2.0, 1e10, -1e-3, float("inf"), float("nan"), 3.25, r.uniform(-100, 100)])
            self.emit(0x43, struct.pack("<f", x)) if kind == F32 else self.emit(0x44, struct.pack("<d", x))

    def address(self, depth):
        """Mostly inside the memory; shapes that compilers emit."""
        r = self.r
        shape = r.randint(0, 6)
        base = self.local_of(I32)
        if shape <= 1 and base is not None:
            self.emit(0x20, unsigned(base), 0x41, signed(0x3FFF), 0x71)
        elif shape == 2:
            self.emit(0x41, signed(r.randint(0, 0x7000)))
        else:
            self.expression(I32, depth - 1)
            self.emit(0x41, signed(r.choice([0xFF, 0xFFF, 0x3FFC])), 0x71)
        if shape == 3:
            self.emit(0x41, signed(r.choice([2, 3])), 0x74)
            if base is not None:
                self.emit(0x20, unsigned(base), 0x41, signed(0x3F8), 0x71, 0x6A)
        if shape >= 4:
            self.emit(0x41, signed(r.choice([4, 8, 16, 1024, 1, 2048] * 5 + [-4, 65536 - 4])), 0x6A)
        target = self.local_of(I32, True)
        if r.random() < 0.35 and target is not None:
            self.emit(0x22, unsigned(target))

    def memory(self, op):
        self.emit(op, 0, unsigned(self.r.choice([0, 0, 4, 8, 1, 100, 4096, 0x7FF0])))

    def condition(self, depth):
        r = self.r
        how = r.randint(0, 5)
        if how <= 2:
            kind = r.choice([I32, I32, I32, I64, F64, F32])
            self.expression(kind, depth - 1)
            self.constant(kind) if r.random() < 0.4 else self.expression(kind, depth - 1)
            self.emit(r.choice(list(CMP[kind])))
            if r.random() < 0.2:
                self.emit(0x45)
        elif how == 3:
            self.expression(I32, depth - 1)
            self.constant(I32)
            self.emit(0x71)
        elif how == 4:
            self.expression(I32, depth - 1)
            self.emit(0x45)
        else:
            self.expression(I32, depth - 1)

    def expression(self, kind, depth):
        r = self.r
        self.budget -= 1
        if depth <= 0 or self.budget <= 0:
            i = self.local_of(kind)
            self.constant(kind) if i is None or r.random() < 0.25 else self.emit(0x20, unsigned(i))
            return
        how = r.randint(0, 21)
        if how <= 7:
            self.expression(kind, depth - 1)
            if r.random() < 0.3:
                self.constant(kind)
            else:
                self.expression(kind, depth - 1)
            op = r.choice(BIN[kind])
            if kind in (I32, I64) and r.random() < 0.6:
                op = BIN[kind][r.choice([0, 0, 1, 2, 7, 8, 9, 10, 11, 12, 13, 14])]
            if kind in (F32, F64) and r.random() < 0.8:
                op = BIN[kind][r.choice([0, 0, 1, 2, 2])]
            if op in (0x6D, 0x6E, 0x6F, 0x70, 0x7F, 0x80, 0x81, 0x82) and r.random() < 0.8:     # divisors that are not 0
                self.emit(0x41, signed(3), 0x72) if kind == I32 else self.emit(0x42, signed(3), 0x84)
            self.emit(op)
        elif how <= 11:
            self.address(depth)
            self.memory(r.choice(LOAD[kind]))
        elif how == 12:
            self.expression(kind, depth - 1)
            self.emit(r.choice(list(UN[kind])))
        elif how == 13:
            if kind in SATURATE and r.random() < 0.5:
                op, source = r.choice(SATURATE[kind])
                self.expression(source, depth - 1)
                self.emit(0xFC, unsigned(op))
            else:
                op, source = r.choice(CONVERT[kind])
                if 0xA8 <= op <= 0xB1 and op not in (0xAC, 0xAD) and r.random() < 0.9:
                    self.constant(kind)
                    return
                self.expression(source, depth - 1)
                self.emit(op)
        elif how == 14:
            self.expression(kind, depth - 1)
            self.expression(kind, depth - 1)
            self.condition(depth - 1)
            self.emit(0x1B)
        elif how == 15:
            i = self.local_of(kind, True)
            self.expression(kind, depth - 1)
            if i is not None:
                self.emit(0x22, unsigned(i))
        elif how == 16:
            if kind == I32:
                self.condition(depth)
            else:
                self.emit(0x23, unsigned(self.m.global_of(kind)))
        elif how == 17:
            self.emit(0x02, kind)
            self.labels.append(kind)
            self.statements(depth - 1, 2)
            self.expression(kind, depth - 1)
            if r.random() < 0.5:
                self.condition(depth - 1)
                self.emit(0x0D, 0)
            self.labels.pop()
            self.emit(0x0B)
        elif how == 18:
            self.condition(depth - 1)
            self.emit(0x04, kind)
            self.labels.append(kind)
            self.expression(kind, depth - 1)
            self.emit(0x05)
            self.expression(kind, depth - 1)
            self.labels.pop()
            self.emit(0x0B)
        elif how == 19:
            self.call(kind, depth)
        else:
            i = self.local_of(kind)
            self.constant(kind) if i is None else self.emit(0x20, unsigned(i))

    def call(self, kind, depth):
        later = [f for f in range(self.index + 1, len(self.m.signatures)) if self.m.signatures[f][1] == kind]
        if not later:
            self.emit(0x23, unsigned(self.m.global_of(kind)))
            return
        f = self.r.choice(later)
        for t in self.m.signatures[f][0]:
            self.expression(t, depth - 1)
        if self.r.random() < 0.3:
            self.emit(0x41, signed(f), 0x11, unsigned(f), 0)
        else:
            self.emit(0x10, unsigned(f))

    def statements(self, depth, most):
        for _ in range(self.r.randint(1, most)):
            if self.budget > 0:
                self.statement(depth)

    def statement(self, depth):
        r = self.r
        self.budget -= 1
        how = r.randint(-1, 15)
        if how < 0:
            self.floats(depth)
        elif how <= 4:
            kind = r.choice(TYPES[:1] * 3 + TYPES)
            i = self.local_of(kind, True)
            if i is None:
                return
            self.expression(kind, depth)
            self.emit(0x21, unsigned(i))
        elif how <= 7:
            kind = r.choice(TYPES + [I32, F64])
            self.address(depth)
            self.expression(kind, depth)
            self.memory(r.choice(STORE[kind]))
        elif how == 8:
            kind = r.choice(TYPES)
            self.expression(kind, depth)
            self.emit(0x24, unsigned(self.m.global_of(kind)))
        elif how <= 10 and depth > 0:
            self.loop(depth)
        elif how == 11 and depth > 0:
            self.emit(0x02, 0x40)
            self.labels.append(None)
            self.statements(depth - 1, 3)
            self.branch(depth)
            self.statements(depth - 1, 2)
            self.labels.pop()
            self.emit(0x0B)
        elif how == 12 and depth > 0:
            self.condition(depth)
            self.emit(0x04, 0x40)
            self.labels.append(None)
            self.statements(depth - 1, 3)
            if r.random() < 0.5:
                self.emit(0x05)
                self.statements(depth - 1, 3)
            self.labels.pop()
            self.emit(0x0B)
        elif how == 13:
            self.branch(depth)
        elif how == 14 and depth > 1:
            self.table(depth)
        else:
            kind = r.choice(TYPES)
            self.expression(kind, depth)
            self.emit(0x1A)

    def floats(self, depth):
        """Sums and products over locals and loads, with branches in between: what registers of floats may hold is at stake."""
        r = self.r
        kind = r.choice([F64, F64, F64, F32])
        fit = [i for i, t in enumerate(self.types) if t == kind]
        if not fit:
            return
        fit = [r.choice(fit) for _ in range(3)]
        self.emit(0x02, 0x40)
        self.labels.append(None)

        def operand():
            if r.random() < 0.5:
                self.emit(0x20, unsigned(r.choice(fit)))
                return
            if r.random() < 0.7:
                self.emit(0x41, signed(r.randrange(0, 0x3F0, 8) + (0x400 if kind == F32 else 0)))
            else:
                self.address(1)
            self.memory(r.choice(LOAD[kind]))
            if r.random() < 0.4:
                self.emit(0x22, unsigned(r.choice(fit)))

        for _ in range(r.randint(2, 5)):
            operands = r.randint(1, 4)
            for _ in range(operands):
                operand()
            for _ in range(operands - 1):
                self.emit(BIN[kind][r.choice([0, 0, 1, 2, 2])])
            self.emit(0x21, unsigned(r.choice(fit)))
            if r.random() < 0.5:
                self.branch(1)
        self.labels.pop()
        self.emit(0x0B)

    def branch(self, depth):
        """A conditional branch to a label without values (not of a loop: those are marked with 0)."""
        fit = [d for d, kind in enumerate(reversed(self.labels)) if kind is None]
        if fit:
            self.condition(depth)
            self.emit(0x0D, unsigned(self.r.choice(fit)))

    def table(self, depth):
        n = self.r.randint(1, 4)
        for _ in range(n):
            self.emit(0x02, 0x40)
            self.labels.append(None)
        self.expression(I32, depth - 1)
        self.emit(0x41, signed(7), 0x71, 0x0E, vector([unsigned(self.r.randrange(n)) for _ in range(n)]), unsigned(self.r.randrange(n)))
        for _ in range(n):
            self.labels.pop()
            self.emit(0x0B)
            self.statements(depth - 1, 1)

    def loop(self, depth):
        counter = self.local_of(I32, True)
        if counter is None or counter < len(self.params):
            return
        self.fixed.add(counter)
        self.emit(0x41, signed(self.r.randint(1, 6)), 0x21, unsigned(counter), 0x03, 0x40)
        self.labels.append(0)
        self.statements(depth - 1, 3)
        if self.r.random() < 0.5:
            self.emit(0x20, unsigned(counter), 0x41, signed(-1), 0x6A, 0x22, unsigned(counter))
        else:
            self.emit(0x20, unsigned(counter), 0x41, signed(1), 0x6B, 0x22, unsigned(counter), 0x41, signed(0), self.r.choice([0x4A, 0x47]))
        self.emit(0x0D, 0)
        self.labels.pop()
        self.emit(0x0B)
        self.fixed.discard(counter)

    def body(self):
        depth = self.r.randint(2, 4)
        self.labels.append(self.result)
        self.statements(depth, 7)
        self.expression(self.result, depth)
        for i, kind in enumerate(self.types):   # every local shows in the result
            if self.result == I32 and self.r.random() < 0.8:
                self.emit(0x41, signed(5), 0x77, 0x20, unsigned(i))
                if kind == F32:
                    self.emit(0xBC)
                elif kind != I32:
                    self.emit(b"\xBD" if kind == F64 else b"", 0x22, unsigned(self.spare), 0x20, unsigned(self.spare), 0x42, signed(32), 0x88, 0x85, 0xA7)
                self.emit(0x73)
        self.emit(0x0B)
        groups = [unsigned(1) + bytes([t]) for t in self.locals]
        code = vector(groups) + bytes(self.out)
        return unsigned(len(code)) + code


class Module:
    def __init__(self, seed):
        self.r = r = random.Random(seed)
        self.signatures = [([I32], I32)]
        for _ in range(r.randint(1, 5)):
            self.signatures.append(([r.choice(TYPES) for _ in range(r.randint(0, 4))], r.choice(TYPES)))

    @staticmethod
    def global_of(kind):
        return TYPES.index(kind)

    def binary(self):
        r = self.r
        types = [b"\x60" + vector([bytes([t]) for t in p]) + vector([bytes([k])]) for p, k in self.signatures]
        n = len(types)
        initial = [b"\x41" + signed(r.randint(-9, 9)), b"\x42" + signed(r.randint(-9, 9)), b"\x43" + struct.pack("<f", r.random()), b"\x44" + struct.pack("<d", r.random())]
        data = b"".join(struct.pack("<d", r.uniform(-10, 10)) if r.random() < 0.8 else r.randbytes(8) for _ in range(128))
        data += b"".join(struct.pack("<f", r.uniform(-10, 10)) if r.random() < 0.8 else r.randbytes(4) for _ in range(256))
        return (b"\0asm\1\0\0\0" + section(1, vector(types)) + section(3, vector([unsigned(i) for i in range(n)]))
                + section(4, b"\x01\x70\x00" + unsigned(n)) + section(5, b"\x01\x01\x01\x02")
                + section(6, vector([bytes([t, 1]) + e + b"\x0b" for t, e in zip(TYPES, initial)]))
                + section(7, vector([b"\x03run\x00\x00"])) + section(9, b"\x01\x00\x41\x00\x0b" + vector([unsigned(i) for i in range(n)]))
                + section(10, vector([Function(self, i, list(p), k).body() for i, (p, k) in enumerate(self.signatures)]))
                + section(11, b"\x01\x00\x41\x00\x0b" + unsigned(len(data)) + data))


def main():
    folder, count = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    first = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(first, first + count):
        (folder / f"{seed}.wasm").write_bytes(Module(seed).binary())


if __name__ == "__main__":
    main()
