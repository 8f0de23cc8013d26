"""Runs one export of a module under wasm3 (PyPI pywasm3): wasm3_run.py FILE FUNCTION [INTEGER]..."""
import sys

import wasm3

environment = wasm3.Environment()
runtime = environment.new_runtime(1 << 20)
with open(sys.argv[1], "rb") as file:
    runtime.load(environment.parse_module(file.read()))
print(runtime.find_function(sys.argv[2])(*[int(a) for a in sys.argv[3:]]))
