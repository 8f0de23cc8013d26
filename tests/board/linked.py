#!/usr/bin/env python3
"""Bytes that objects of the core have in a linked image: linked.py MAP FOLDER-OF-OBJECTS (a map file of GNU ld)."""
import collections
import re
import sys

text = open(sys.argv[1]).read()
text = text[text.index("Linker script and memory map"):]
rooms = collections.Counter()
for name, size, path in re.findall(r"^ (\.(?:text|rodata)\S*)\s+0x[0-9a-f]+\s+0x([0-9a-f]+) (\S+)", text, re.M):
    room = path[len(sys.argv[2]):].split("_")[0] if path.startswith(sys.argv[2]) else "library and program"
    rooms[room] += int(size, 16)
for room, size in rooms.most_common():
    print(f"size linked {room} {size}")
print(f"size linked core {sum(size for room, size in rooms.items() if room != 'library and program')}")
