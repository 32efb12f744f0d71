#!/usr/bin/env python3
"""Job: store what Wasmtime charges: for the modules of test/fuel/cases (instantiation) and for whole programs.
Never: run in the test suite; the suite reads what this stored.

    python3 -m venv ~/.cache/capsule-test/wasmtime && ~/.cache/capsule-test/wasmtime/bin/pip install wasmtime==50.0.1
    ~/.cache/capsule-test/wasmtime/bin/python tools/wasmtime-fuel.py cases
    ~/.cache/capsule-test/wasmtime/bin/python tools/wasmtime-fuel.py program FILE.wasm NAME [--invoke EXPORT [ARG…]] [--dir HOST GUEST] [--args A…]

`cases` rewrites test/fuel/cases.json (text compiled to bytes, and fuel); `program` adds an entry to test/fuel/programs.json.
"""

import argparse
import base64
import hashlib
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


def cases() -> None:
    shared = engine()
    answers = {}
    for path in sorted((FUEL / "cases").glob("*.wat")):
        code = wasmtime.wat2wasm(path.read_text())
        store = wasmtime.Store(shared)
        store.set_fuel(BUDGET)
        trap = None
        try:
            wasmtime.Instance(store, wasmtime.Module(shared, code), [])
        except wasmtime.Trap as error:
            trap = error.trap_code.name.lower() if error.trap_code else "exception"
        answers[path.stem] = {"fuel": BUDGET - store.get_fuel(), "trap": trap, "wasm": base64.b64encode(code).decode()}
    (FUEL / "cases.json").write_text(json.dumps({"wasmtime": WANTED, "cases": answers}, indent=1) + "\n")
    print(f"{len(answers)} cases")


def program(options: argparse.Namespace) -> None:
    code = pathlib.Path(options.file).read_bytes()
    shared = engine()
    module = wasmtime.Module(shared, code)
    store = wasmtime.Store(shared)
    store.set_fuel(BUDGET)
    linker = wasmtime.Linker(shared)
    linker.define_wasi()
    wasi = wasmtime.WasiConfig()
    wasi.argv = [options.name, *options.args]
    wasi.stdout_file = "/dev/null" if not options.stdout else options.stdout
    for host, guest in options.dir:
        wasi.preopen_dir(host, guest)
    store.set_wasi(wasi)
    instance = linker.instantiate(store, module)
    start = BUDGET - store.get_fuel()
    outcome: object = None
    try:
        function = instance.exports(store)[options.invoke[0] if options.invoke else "_start"]
        outcome = function(store, *[int(value) for value in options.invoke[1:]])
    except wasmtime.ExitTrap as error:
        outcome = f"exit {error.code}"
    path = FUEL / "programs.json"
    stored = json.loads(path.read_text()) if path.exists() else {"wasmtime": WANTED, "programs": {}}
    stored["programs"][options.name] = {
        "sha256": hashlib.sha256(code).hexdigest(),
        "invoke": options.invoke or ["_start"],
        "args": options.args,
        "start": start,
        "fuel": BUDGET - store.get_fuel(),
        "result": outcome,
    }
    path.write_text(json.dumps(stored, indent=1, default=str) + "\n")
    print(options.name, stored["programs"][options.name])


def main() -> None:
    found = importlib.metadata.version("wasmtime")
    if found != WANTED:
        sys.exit(f"this is wasmtime {found}; the stored numbers are those of {WANTED}")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)
    commands.add_parser("cases").set_defaults(run=lambda _: cases())
    one = commands.add_parser("program")
    one.add_argument("file")
    one.add_argument("name")
    one.add_argument("--invoke", nargs="+", default=[])
    one.add_argument("--args", nargs="*", default=[])
    one.add_argument("--stdout")
    one.add_argument("--dir", nargs=2, action="append", default=[])
    one.set_defaults(run=program)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
