"""Job: call one function of a component on Wasmtime, once for each order on stdin: component-guest.ts, for the other engine.
Never: pass more than a number, since Python's own conversion of values would be what is measured."""
import json, sys, time
from wasmtime import Config, Engine, Store, WasiConfig
from wasmtime.component import Component, Linker

BUDGET = 1 << 60
start = json.loads(sys.stdin.readline())
config = Config()
config.consume_fuel = start["fuel"]
config.cache = True
engine = Engine(config)
store = Store(engine)
store.set_wasi(WasiConfig())
if start["fuel"]:
    store.set_fuel(BUDGET)
linker = Linker(engine)
linker.add_wasip2()
instance = linker.instantiate(store, Component.from_file(engine, start["module"]))
interface = instance.get_export_index(store, start["interface"])
function = instance.get_func(store, instance.get_export_index(store, start["function"], interface))


def once():
    if start["fuel"]:
        store.set_fuel(BUDGET)
    begin = time.thread_time()
    for _ in range(start["repeat"]):
        result = function(store, start["n"])
    ms = (time.thread_time() - begin) * 1e3
    return {"ms": ms, "result": str(result), "fuel": str(BUDGET - store.get_fuel()) if start["fuel"] else None}


for line in sys.stdin:
    order, _, argument = line.strip().partition(" ")
    if order == "end":
        break
    answer = once()
    if order == "warm":
        until = time.perf_counter() + float(argument) / 1e3
        while time.perf_counter() < until:
            answer = once()
    print(json.dumps(answer), flush=True)
