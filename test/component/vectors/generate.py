"""Writes abi.json beside this file: random types and values of the component model as the specification's own reference
implementation lays them out. Needs design/mvp/canonical-abi/definitions.py of https://github.com/WebAssembly/component-model:

    python3 test/component/vectors/generate.py PATH/TO/definitions.py

Only its answers are stored; the seed is fixed, so that a run with the same definitions.py writes the same file.
"""
import importlib.util, json, os, random, struct, sys

spec = importlib.util.spec_from_file_location("definitions", sys.argv[1])
d = importlib.util.module_from_spec(spec)
sys.modules["definitions"] = d
spec.loader.exec_module(d)
d.DETERMINISTIC_PROFILE = True
rnd = random.Random(20260821)

PRIMITIVES = ["bool", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "f32", "f64", "char", "string"]
CLASSES = {k: getattr(d, k.capitalize() + "Type") for k in PRIMITIVES}
TEXTS = ["", "a", "hello", "h\u00f6", "\u2603", "\U0001f370", "\u00ff\u0100", "x" * 40, "\u65e5\u672c\u8a9e" * 9, "\ufeffbom", "a\0b"]


def some_type(depth):
    kinds = PRIMITIVES if depth == 0 else PRIMITIVES + ["list", "fixed", "record", "tuple", "variant", "enum", "flags", "option", "result"] * 2
    kind = rnd.choice(kinds)
    inner = lambda: some_type(depth - 1)
    names = lambda n: [f"n{i}" for i in range(n)]
    if kind in PRIMITIVES: return {"kind": kind}
    if kind == "list": return {"kind": "list", "element": inner(), "length": None}
    if kind == "fixed": return {"kind": "list", "element": inner(), "length": rnd.randint(1, 5)}
    if kind == "record": return {"kind": "record", "fields": [{"name": n, "type": inner()} for n in names(rnd.randint(1, 5))]}
    if kind == "tuple": return {"kind": "tuple", "elements": [inner() for _ in range(rnd.randint(1, 5))]}
    if kind == "variant":
        return {"kind": "variant", "cases": [{"name": n, "type": rnd.choice([None, inner()])} for n in names(rnd.randint(1, 5))]}
    if kind == "enum": return {"kind": "enum", "names": names(rnd.choice([1, 2, 7, 256, 257]))}
    if kind == "flags": return {"kind": "flags", "names": names(rnd.choice([1, 7, 8, 9, 16, 17, 31, 32]))}
    if kind == "option": return {"kind": "option", "element": inner()}
    return {"kind": "result", "ok": rnd.choice([None, inner()]), "error": rnd.choice([None, inner()])}


def theirs(t):
    k = t["kind"]
    opt = lambda u: None if u is None else theirs(u)
    if k in PRIMITIVES: return CLASSES[k]()
    if k == "list": return d.ListType(theirs(t["element"]), t["length"])
    if k == "record": return d.RecordType([d.FieldType(f["name"], theirs(f["type"])) for f in t["fields"]])
    if k == "tuple": return d.TupleType([theirs(e) for e in t["elements"]])
    if k == "variant": return d.VariantType([d.CaseType(c["name"], opt(c["type"])) for c in t["cases"]])
    if k == "enum": return d.EnumType(t["names"])
    if k == "flags": return d.FlagsType(t["names"])
    if k == "option": return d.OptionType(theirs(t["element"]))
    return d.ResultType(opt(t["ok"]), opt(t["error"]))


def edge(bits, signed):
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    return rnd.choice([low, high, 0, 1, rnd.randint(low, high)])


def some_value(t, encoding):
    """A value twice: as JSON (64-bit integers as text, floats as the text of their bits), and as definitions.py takes it."""
    k = t["kind"]
    sub = lambda u: some_value(u, encoding)
    if k == "bool": v = rnd.random() < 0.5; return v, v
    if k[0] in "su" and k[1:].isdigit():
        v = edge(int(k[1:]), k[0] == "s")
        return (str(v) if k[1:] == "64" else v), v
    if k == "f32":
        v = struct.unpack("<f", struct.pack("<f", rnd.choice([0.0, -0.0, 1.5, float("nan"), float("inf"), rnd.uniform(-1e9, 1e9)])))[0]
        return format(struct.unpack("<I", struct.pack("<f", v))[0], "08x"), v
    if k == "f64":
        v = rnd.choice([0.0, -0.0, 1.5, float("nan"), float("-inf"), rnd.uniform(-1e300, 1e300)])
        return format(struct.unpack("<Q", struct.pack("<d", v))[0], "016x"), v
    if k == "char": v = rnd.choice("a\0\u00ff\ud7ff\ue000\U0010ffff\U0001f370"); return v, v
    if k == "string":
        v = rnd.choice(TEXTS)
        if encoding == "utf8": units = len(v.encode())
        elif encoding == "utf16": units = len(v.encode("utf-16-le")) // 2
        else: units = len(v) if all(ord(c) < 256 for c in v) else len(v.encode("utf-16-le")) // 2 | 1 << 31
        return v, (v, encoding, units)
    if k == "list":
        both = [sub(t["element"]) for _ in range(t["length"] if t["length"] is not None else rnd.randint(0, 4))]
        return [a for a, _ in both], [b for _, b in both]
    if k == "record":
        both = [(f["name"], *sub(f["type"])) for f in t["fields"]]
        return {n: a for n, a, _ in both}, {n: b for n, _, b in both}
    if k == "tuple":
        both = [sub(e) for e in t["elements"]]
        return [a for a, _ in both], {str(i): b for i, (_, b) in enumerate(both)}
    if k == "flags":
        chosen = {n: rnd.random() < 0.5 for n in t["names"]}
        return chosen, chosen
    if k == "enum":
        v = rnd.choice(t["names"]); return v, {v: None}
    if k == "option":
        if rnd.random() < 0.3: return None, {"none": None}
        a, b = sub(t["element"]); return {"some": a}, {"some": b}
    cases = t["cases"] if k == "variant" else [{"name": "ok", "type": t["ok"]}, {"name": "err", "type": t["error"]}]
    case = rnd.choice(cases)
    name = "error" if k == "result" and case["name"] == "err" else case["name"]
    if case["type"] is None: return {"tag": case["name"]}, {name: None}
    a, b = sub(case["type"])
    return {"tag": case["name"], "val": a}, {name: b}


class Instance:
    may_leave = True


def context(encoding):
    memory = d.MemInst(bytearray(1 << 16), "i32")
    cx = d.LiftLowerContext(d.LiftLowerOptions(encoding, memory, None), Instance())
    cx.next = 8192
    def reallocate(old, old_size, alignment, size):
        assert old == 0, "every store is one allocation of the right size"
        at = d.align_to(cx.next, alignment)
        cx.next = at + size
        return at
    cx.reallocate = reallocate
    return cx


def flat_json(values, types):
    out = []
    for v, t in zip(values, types):
        if t == "f32": out.append(format(struct.unpack("<I", struct.pack("<f", v))[0], "08x"))
        elif t == "f64": out.append(format(struct.unpack("<Q", struct.pack("<d", v))[0], "016x"))
        else: out.append(str(v))
    return out


cases = []
while len(cases) < 400:
    written = some_type(rnd.choice([0, 1, 1, 2, 2, 3]))
    t = theirs(written)
    size = d.elem_size(t, "i32")
    if size > 4096 or len(json.dumps(written)) > 6000: continue
    encoding = rnd.choice(["utf8", "utf16", "latin1+utf16"])
    value, given = some_value(written, encoding)
    cx = context(encoding)
    opts = d.CanonicalOptions(encoding, cx.opts.memory)
    flat = d.flatten_type(t, opts)
    d.store(cx, given, t, 4096)
    case = {"type": written, "encoding": encoding, "value": value, "size": size, "alignment": d.alignment(t, "i32"),
            "stored": bytes(cx.opts.memory.bytes[4096:4096 + size]).hex(),
            "allocated": bytes(cx.opts.memory.bytes[8192:cx.next]).hex(), "flat": None}
    if len(flat) <= 16:
        other = context(encoding)
        case["flat"] = flat
        case["lowered"] = flat_json(d.lower_flat(other, given, t), flat)
    cases.append(case)

with open(os.path.join(os.path.dirname(__file__), "abi.json"), "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n]\n")
