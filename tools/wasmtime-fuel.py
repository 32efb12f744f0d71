#!/usr/bin/env python3
"""Job: run the fixtures on Wasmtime 50.0.1 and write down what fuel they cost there: fixtures/modules/wasmtime-fuel.json.

    python3 -m venv /tmp/wasmtime && /tmp/wasmtime/bin/pip install wasmtime==50.0.1
    /tmp/wasmtime/bin/python tools/wasmtime-fuel.py

Never: part of the tests; they read the file that it writes, so that they need no Wasmtime.
"""
import importlib.metadata
import json
import pathlib
import tempfile

import wasmtime

root = pathlib.Path(__file__).resolve().parent.parent
modules = root / "fixtures" / "modules"
python_wasm = root / "node_modules" / "@antonz" / "python-wasi" / "dist" / "python.wasm"
budget = 10**15

calls = [
    ("gcd.wat", "gcd", [1071, 462]),
    ("gcd.wat", "gcd", [2**62, 3**39]),
    ("gcd.wat", "gcd", [0, 0]),
    ("gcd.wat", "mean", [1.0, 2.5]),
    ("gcd.wat", "pair", []),
    ("begin.wat", "state", []),
    ("begin.wat", "fill", [100_000]),
    ("begin.wat", "grow", [10]),
    ("begin.wat", "pick", [0]),
    ("begin.wat", "pick", [1]),
    ("begin.wat", "pick", [7]),
]
commands = [
    ("hello.wat", [], ""),
    ("arguments.wat", ["one", "", "--three"], ""),
    ("cat.wat", [], ""),
    ("cat.wat", [], "line\n" * 1000),
]


def store_with_fuel(engine):
    store = wasmtime.Store(engine)
    store.set_fuel(budget)
    return store


def main():
    version = importlib.metadata.version("wasmtime")
    if version != "50.0.1":
        raise SystemExit(f"wasmtime is {version}; the fuel of this project is that of 50.0.1")
    config = wasmtime.Config()
    config.consume_fuel = True
    engine = wasmtime.Engine(config)
    cases = []
    for file, export, args in calls:
        store = store_with_fuel(engine)
        module = wasmtime.Module(engine, (modules / file).read_text())
        instance = wasmtime.Instance(store, module, [])
        results = instance.exports(store)[export](store, *args)
        results = [] if results is None else results if isinstance(results, list) else [results]
        fuel = budget - store.get_fuel()
        cases.append({"module": file, "export": export, "args": list(map(str, args)), "results": list(map(str, results)), "fuel": fuel})
    for file, args, stdin in commands:
        module = wasmtime.Module(engine, (modules / file).read_text())
        cases.append({"module": file, "argv": args, "stdin": stdin, **run_command(engine, module, [file, *args], stdin)})
    text = json.dumps({"wasmtime": version, "made by": "tools/wasmtime-fuel.py", "cases": cases}, indent=1)
    (modules / "wasmtime-fuel.json").write_text(text + "\n")
    for case in cases:
        print(case["module"], case.get("export", "_start"), case.get("args", case.get("argv")), case["fuel"])


def run_command(engine, module, argv, stdin):
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    with tempfile.TemporaryDirectory() as folder:
        given, printed = pathlib.Path(folder, "in"), pathlib.Path(folder, "out")
        given.write_text(stdin)
        wasi = wasmtime.WasiConfig()
        wasi.argv = argv
        wasi.stdin_file = str(given)
        wasi.stdout_file = str(printed)
        store = store_with_fuel(engine)
        store.set_wasi(wasi)
        instance = linker.instantiate(store, module)
        instance.exports(store)["_start"](store)
        return {"stdout": printed.read_text(), "fuel": budget - store.get_fuel()}


main()
