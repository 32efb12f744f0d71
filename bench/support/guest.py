"""Job: run one module on Wasmtime as its recipe says, once for each order on stdin: guest.ts, for the other engine.
Never: know what is compared with what."""
import hashlib, json, os, sys, tempfile, time
from wasmtime import Config, Engine, Func, Linker, Module, Store, WasiConfig

BUDGET = 1 << 60
start = json.loads(sys.stdin.readline())
recipe = start["recipe"]
config = Config()
config.consume_fuel = start["fuel"]
config.cache = True
engine = Engine(config)
module = Module.from_file(engine, start["module"])


def digest(data):
    return hashlib.sha256(data).hexdigest()


def fresh_store():
    store = Store(engine)
    if start["fuel"]:
        store.set_fuel(BUDGET)
    return store


def with_zeros(store):
    """An instance whose function imports answer zero."""
    linker = Linker(engine)
    linker.allow_shadowing = True
    for entry in module.imports:
        results = list(entry.type.results)
        answer = 0 if len(results) == 1 else None
        linker.define(store, entry.module, entry.name, Func(store, entry.type, lambda *_, answer=answer: answer))
    return linker.instantiate(store, module).exports(store)


def run_work():
    store = fresh_store()
    exports = with_zeros(store)
    run = exports["run"]
    if "_initialize" in exports:
        exports["_initialize"](store)

    def work():
        begin = time.thread_time()
        result = run(store, recipe["n"])
        return store, (time.thread_time() - begin) * 1e3, str(result & 0xFFFFFFFF)

    return store, work


def wasi_work():
    folder = tempfile.mkdtemp(prefix="capsule-bench-")
    stdin, stdout = os.path.join(folder, "in"), os.path.join(folder, "out")
    with open(stdin, "w") as file:
        file.write(recipe["stdin"])
    linker = Linker(engine)
    linker.define_wasi()

    def work():
        store = fresh_store()
        wasi = WasiConfig()
        wasi.argv = recipe["args"]
        wasi.env = list(recipe["env"].items())
        wasi.stdin_file = stdin
        wasi.stdout_file = stdout
        store.set_wasi(wasi)
        main = linker.instantiate(store, module).exports(store)["_start"]
        if start["fuel"]:
            store.set_fuel(BUDGET)
        begin = time.thread_time()
        try:
            main(store)
        except Exception as error:  # proc_exit arrives as one
            if getattr(error, "code", None) != 0:
                raise
        ms = (time.thread_time() - begin) * 1e3
        with open(stdout, "rb") as file:
            return store, ms, digest(file.read())

    return None, work


def writer(store, exports, allocate):
    memory = exports["memory"]

    def write(text):
        data = text.encode()
        address = exports[allocate](store, len(data) + 1)
        memory.write(store, data + b"\0", address)
        return address, len(data)

    return write


def quickjs_work():
    store = fresh_store()
    exports = with_zeros(store)
    memory = exports["memory"]
    exports["_initialize"](store)
    exports["qjs_init"](store)
    write = writer(store, exports, "wasm_malloc")
    source, length = write(recipe["source"])
    name, _ = write("bench.js")
    evaluate, get_string = exports["qjs_eval"], exports["qjs_get_string"]
    free_string, free_value = exports["qjs_free_cstring"], exports["qjs_free_value"]

    def work():
        begin = time.thread_time()
        value = evaluate(store, source, length, name, 0)
        text = get_string(store, value)
        end = text
        while memory.read(store, end, end + 1) != b"\0":
            end += 1
        result = bytes(memory.read(store, text, end))
        free_string(store, text)
        free_value(store, value)
        return store, (time.thread_time() - begin) * 1e3, digest(result)

    return store, work


def dprint_work():
    store = fresh_store()
    exports = with_zeros(store)
    memory = exports["memory"]

    def share(text):
        data = text.encode()
        address = exports["clear_shared_bytes"](store, len(data))
        memory.write(store, data, address)

    share(recipe["config"])
    exports["register_config"](store, 1)

    def work():
        begin = time.thread_time()
        share(recipe["path"])
        exports["set_file_path"](store)
        share(recipe["text"])
        answer = exports["format"](store, 1)
        length = exports["get_formatted_text"](store) if answer == 1 else exports["get_error_text"](store) if answer == 2 else 0
        address = exports["get_shared_bytes_ptr"](store)
        result = bytes(memory.read(store, address, address + length))
        return store, (time.thread_time() - begin) * 1e3, digest(result)

    return store, work


store, work = {"run": run_work, "wasi": wasi_work, "quickjs": quickjs_work, "dprint": dprint_work}[recipe["kind"]]()


def once():
    if start["fuel"] and store is not None:
        store.set_fuel(BUDGET)
    used, ms, result = work()
    return {"ms": ms, "result": result, "fuel": str(BUDGET - used.get_fuel()) if start["fuel"] else None}


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
