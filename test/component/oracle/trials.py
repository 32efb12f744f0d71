"""Job: run trials on Wasmtime's own component model, one JSON line in, one out. Never: know what is expected.

Values are JSON as trial.ts writes them: integers of 64 bits as strings, flags as the names that are set."""
import json
import os
import sys
import tempfile

from wasmtime import Config, Engine, Store, WasiConfig
from wasmtime.component import Component, Linker, ResourceHost, ResourceType
from wasmtime.component import _types as types

BUDGET = 1 << 60


def engine_of(fuel):
    config = Config()
    config.consume_fuel = fuel
    config.cache = True
    return Engine(config)


def to_python(ty, value):
    if isinstance(ty, (types.S64, types.U64)):
        return int(value)
    if isinstance(ty, (types.F32, types.F64)):
        return float(value)
    if isinstance(ty, types.ListType):
        return bytes(value) if isinstance(ty.element, types.U8) else [to_python(ty.element, each) for each in value]
    if isinstance(ty, types.TupleType):
        return tuple(to_python(each, value[i]) for i, each in enumerate(ty.elements))
    if isinstance(ty, types.RecordType):
        record = types.Record()
        for name, of in ty.fields:
            setattr(record, name, to_python(of, value[name]))
        return record
    if isinstance(ty, types.FlagsType):
        return set(value)
    if isinstance(ty, types.OptionType):
        nested = isinstance(ty.payload, types.OptionType)
        case = ("none", None) if value is None else ("some", value["some"] if nested else value)
        return tagged(ty, *case)
    if isinstance(ty, (types.VariantType, types.ResultType)):
        return tagged(ty, value["tag"], value.get("val"))
    return value


def tagged(ty, tag, value):
    of = dict(ty._cases())[tag]
    payload = None if of is None else to_python(of, value)
    return types.Variant(tag, payload) if ty._tagged() else payload


def to_json(ty, value):
    if isinstance(ty, (types.S64, types.U64)):
        return str(value)
    if isinstance(ty, types.ListType):
        return [to_json(ty.element, each) for each in value]
    if isinstance(ty, types.TupleType):
        return [to_json(each, value[i]) for i, each in enumerate(ty.elements)]
    if isinstance(ty, types.RecordType):
        return {name: to_json(of, getattr(value, name)) for name, of in ty.fields}
    if isinstance(ty, types.FlagsType):
        return sorted(value)
    if isinstance(ty, (types.OptionType, types.VariantType, types.ResultType)):
        return untagged(ty, value)
    return value


def untagged(ty, value):
    if ty._tagged():
        tag, payload = value.tag, value.payload
    else:
        # Which case it is, by whether there is a value and what it is.
        def fits(of):
            if of is None:
                return value is None
            classes = set()
            of.add_classes(classes)
            return value is not None and isinstance(value, tuple(classes))

        tag, payload = next((name, value) for name, of in ty._cases() if fits(of))
    of = dict(ty._cases())[tag]
    inner = None if of is None else to_json(of, payload)
    if isinstance(ty, types.OptionType):
        if tag == "none":
            return None
        return {"some": inner} if isinstance(ty.payload, types.OptionType) else inner
    return {"tag": tag} if of is None else {"tag": tag, "val": inner}


class Desk:
    """The host of the world `shapes`: pages by number."""

    def __init__(self):
        self.pages = {}
        self.log = []

    def define(self, root):
        with root.add_instance("fixture:shapes/desk@1.0.0") as desk:
            page = ResourceType.host(1)
            desk.add_resource("page", page, lambda store, number: self.log.append(f"drop {self.pages[number]['title']}"))
            def make(store, title):
                self.pages[len(self.pages)] = {"title": title, "lines": []}
                return ResourceHost.own(len(self.pages) - 1, 1).to_any(store)

            def of(store, handle):
                return self.pages[handle.to_host(store).rep]

            def put(store, handle, line, color):
                page = of(store, handle)
                page["lines"].append(f"{color} {line}")
                return len(page["lines"])

            def file(store, handle):
                # This takes the handle; a host's own object has no destructor to run.
                page = of(store, handle)
                self.log.append(f"file {page['title']}: {', '.join(page['lines'])}")
                self.log.append(f"drop {page['title']}")
                return len(page["lines"])

            def log(store, level, message):
                self.log.append(f"log {level} {message}")
                return len(self.log)

            desk.add_func("[constructor]page", make)
            desk.add_func("[method]page.put", put)
            desk.add_func("[method]page.title", lambda store, handle: of(store, handle)["title"])
            desk.add_func("[static]page.file", file)
            desk.add_func("log", log)


def run_command(trial):
    with tempfile.TemporaryDirectory(prefix="capsule-oracle-") as folder:
        return run_command_in(folder, trial)


def run_command_in(folder, trial):
    engine = engine_of(trial["fuel"])
    store = Store(engine)
    if trial["fuel"]:
        store.set_fuel(BUDGET)
    stdin, out, err = (os.path.join(folder, name) for name in ("in", "out", "err"))
    with open(stdin, "w") as file:
        file.write(trial["stdin"])
    wasi = WasiConfig()
    wasi.argv = trial["args"]
    wasi.env = list(trial["env"].items())
    wasi.stdin_file, wasi.stdout_file, wasi.stderr_file = stdin, out, err
    if trial["folder"] is not None:
        wasi.preopen_dir(trial["folder"], trial["guestFolder"])
    store.set_wasi(wasi)
    linker = Linker(engine)
    linker.add_wasip2()
    instance = linker.instantiate(store, Component.from_file(engine, trial["component"]))
    run = next(
        index
        for name in ("wasi:cli/run@0.2.0", "wasi:cli/run@0.2.3", "wasi:cli/run@0.2.6")
        if (interface := instance.get_export_index(store, name)) and (index := instance.get_export_index(store, "run", interface))
    )
    try:
        code = 0 if untagged_ok(instance.get_func(store, run)(store)) else 1
        ending = None
    except Exception as error:
        code = getattr(error, "code", None)
        ending = None if code is not None else str(error)
    answer = {"code": code, "trap": ending, "fuel": str(BUDGET - store.get_fuel()) if trial["fuel"] else None}
    if trial["counter"]:
        answer["remaining"] = None if ending else remaining(instance, store)
    for name, path in (("stdout", out), ("stderr", err)):
        with open(path, "rb") as file:
            answer[name] = file.read().decode()
    return answer


def untagged_ok(value):
    return not (isinstance(value, types.Variant) and value.tag == "err")


def remaining(instance, store):
    interface = instance.get_export_index(store, "capsule:fuel/counter")
    return str(instance.get_func(store, instance.get_export_index(store, "remaining", interface))(store))


def run_calls(trial):
    engine = engine_of(trial["fuel"])
    store = Store(engine)
    if trial["fuel"]:
        store.set_fuel(BUDGET)
    store.set_wasi(WasiConfig())
    linker = Linker(engine)
    linker.add_wasip2()
    desk = Desk()
    with linker.root() as root:
        desk.define(root)
    instance = linker.instantiate(store, Component.from_file(engine, trial["component"]))
    interface = instance.get_export_index(store, trial["interface"])
    results, fuel, kept = [], [], {}
    for call in trial["calls"]:
        before = store.get_fuel() if trial["fuel"] else 0
        if call["name"] == "drop":
            kept.pop(call["args"][0]["handle"]).drop(store)
            results.append(None)
        else:
            function = instance.get_func(store, instance.get_export_index(store, call["name"], interface))
            ty = function.type(store)
            args = [
                kept[value["handle"]] if isinstance(value, dict) and "handle" in value else to_python(of, value)
                for (_, of), value in zip(ty.params, call["args"])
            ]
            value = function(store, *args)
            if call.get("keep"):
                kept[call["keep"]] = value
                results.append("handle")
            else:
                results.append(None if ty.result is None else to_json(ty.result, value))
        fuel.append(str(before - store.get_fuel()) if trial["fuel"] else None)
    answer = {"results": results, "fuel": fuel, "log": desk.log}
    if trial["counter"]:
        answer["remaining"] = remaining(instance, store)
    return answer


for line in sys.stdin:
    trial = json.loads(line)
    try:
        answer = run_command(trial) if trial["kind"] == "command" else run_calls(trial)
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
