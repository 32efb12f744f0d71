"""Job: run modules on the installed Wasmtime, as test/fuel/live.test.ts asks on stdin (JSON), and answer on stdout. Never: store anything."""

import base64
import importlib.metadata
import json
import struct
import sys

import wasmtime

BUDGET = 10**12


def bits(kind: str, value: float) -> object:
    if value != value:
        return "nan"
    if kind == "f64":
        return str(struct.unpack("<Q", struct.pack("<d", value))[0])
    return str(value % 2**64) if kind == "i64" else value % 2**32


def main() -> None:
    if importlib.metadata.version("wasmtime") != "50.0.1":
        sys.exit("not version 50.0.1")
    config = wasmtime.Config()
    config.consume_fuel = True
    for proposal in ("memory64", "multi_memory", "gc", "function_references", "exceptions", "tail_call"):
        setattr(config, f"wasm_{proposal}", True)
    engine = wasmtime.Engine(config)
    answers = []
    for asked in json.load(sys.stdin):
        module = wasmtime.Module(engine, base64.b64decode(asked["wasm"]))
        outcomes = []
        for name, values in asked["calls"]:
            store = wasmtime.Store(engine)
            store.set_fuel(BUDGET)
            host: list = []
            imports = []
            for entry in module.imports:

                def called(*_: object, entry: wasmtime.ImportType = entry) -> object:
                    host.append([f"{entry.module}.{entry.name}", BUDGET - store.get_fuel()])
                    zeros = [0.0 if str(kind)[0] == "f" else 0 for kind in entry.type.results]
                    return None if not zeros else zeros[0] if len(zeros) == 1 else zeros

                imports.append(wasmtime.Func(store, entry.type, called))
            outcome: dict = {"start": None, "fuel": None, "values": None}
            try:
                instance = wasmtime.Instance(store, module, imports)
                outcome["start"] = BUDGET - store.get_fuel()
                host.clear()
                store.set_fuel(BUDGET)
                function = instance.exports(store)[name]
                parameters = [str(kind) for kind in function.type(store).params]
                result = function(store, *(float(v) if k == "f64" else v for k, v in zip(parameters, values)))
                results = [] if result is None else result if isinstance(result, list) else [result]
                kinds = [str(kind) for kind in function.type(store).results]
                outcome["values"] = [bits(kind, value) for kind, value in zip(kinds, results)]
                outcome["fuel"] = BUDGET - store.get_fuel()
            except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
                outcome["trap"] = str(error).strip().splitlines()[-1]
            outcome["host"] = host
            outcomes.append(outcome)
        answers.append(outcomes)
    json.dump(answers, sys.stdout)


main()
