"""Job: a command as a component on Wasmtime: once compiled, then started ROUNDS times, each in a store of its own; milliseconds as JSON.
Never: reach Wasmtime's cache: compiling is what is timed.

python3 component-start.py COMPONENT ROUNDS ARGUMENTS…"""
import json
import os
import sys
import tempfile
import time

from wasmtime import Config, Engine, Store, WasiConfig
from wasmtime.component import Component, Linker

path, rounds, *arguments = sys.argv[1:]
config = Config()
config.consume_fuel = True
engine = Engine(config)
with open(path, "rb") as file:
    code = file.read()

began = time.perf_counter()
component = Component(engine, code)
compiled = (time.perf_counter() - began) * 1000


def start(out):
    began = time.perf_counter()
    store = Store(engine)
    store.set_fuel(1 << 40)
    wasi = WasiConfig()
    wasi.argv = arguments
    wasi.stdout_file = out
    store.set_wasi(wasi)
    linker = Linker(engine)
    linker.add_wasip2()
    instance = linker.instantiate(store, component)
    for version in ("0.2.0", "0.2.3", "0.2.6"):
        interface = instance.get_export_index(store, f"wasi:cli/run@{version}")
        if interface is not None:
            break
    instance.get_func(store, instance.get_export_index(store, "run", interface))(store)
    return (time.perf_counter() - began) * 1000


with tempfile.TemporaryDirectory(prefix="capsule-bench-") as folder:
    out = os.path.join(folder, "out")
    starts = [start(out) for _ in range(int(rounds))]
    with open(out) as file:
        if "hello" not in file.read():
            sys.exit("it did not print its argument")
print(json.dumps({"compiled": compiled, "starts": starts}))
