#!/usr/bin/env python3
"""Job: compile the modules of test/fuel/cases and store what instantiating each costs on Wasmtime, in test/fuel/cases.json.
Never: run in the test suite; the suite reads what this stored.

    python3 -m venv /tmp/wasmtime && /tmp/wasmtime/bin/pip install wasmtime==50.0.1 && /tmp/wasmtime/bin/python tools/wasmtime-cases.py

With --check nothing is written: exit 1 if a stored answer is not Wasmtime's (any more).
"""

import base64
import importlib.metadata
import json
import pathlib
import sys

import wasmtime

WANTED = "50.0.1"
FUEL = pathlib.Path(__file__).resolve().parent.parent / "test" / "fuel"
BUDGET = 10**15


def engine() -> wasmtime.Engine:
    config = wasmtime.Config()
    config.consume_fuel = True
    for proposal in ("memory64", "multi_memory", "gc", "function_references", "exceptions", "tail_call", "simd"):
        setattr(config, f"wasm_{proposal}", True)
    return wasmtime.Engine(config)


def answers() -> dict:
    shared = engine()
    found = {}
    for path in sorted((FUEL / "cases").glob("*.wat")):
        code = wasmtime.wat2wasm(path.read_text())
        store = wasmtime.Store(shared)
        store.set_fuel(BUDGET)
        trap = None
        try:
            wasmtime.Instance(store, wasmtime.Module(shared, code), [])
        except wasmtime.Trap as error:
            trap = error.trap_code.name.lower() if error.trap_code else "exception"
        found[path.stem] = {"fuel": BUDGET - store.get_fuel(), "trap": trap, "wasm": base64.b64encode(code).decode()}
    return found


def main() -> None:
    version = importlib.metadata.version("wasmtime")
    if version != WANTED:
        sys.exit(f"this is wasmtime {version}; the stored numbers are those of {WANTED}")
    path = FUEL / "cases.json"
    found = {"wasmtime": WANTED, "cases": answers()}
    if "--check" in sys.argv[1:]:
        stored = json.loads(path.read_text())
        wrong = sorted(name for name in found["cases"].keys() | stored["cases"].keys() if found["cases"].get(name) != stored["cases"].get(name))
        sys.exit(f"not as stored: {', '.join(wrong)}" if wrong else 0)
    path.write_text(json.dumps(found, indent=1) + "\n")
    print(f"{len(found['cases'])} cases")


if __name__ == "__main__":
    main()
