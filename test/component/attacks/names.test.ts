/**
 * Job: names are data. Each attack wins on a transpiler that writes names into the code that it generates; here no name
 * becomes code, a property of something else, or another name.
 * Never: run a crafted component on such a transpiler in this process.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { decodeComponent } from "@capsule-run/instrument/component";
import { describe, expect, test } from "vitest";
import { instantiate } from "../../../packages/host/src/component/index.ts";
import { componentHost, fromText } from "../run-support.ts";
import { names, quoted } from "./support.ts";

const host = await componentHost({ pool: { threads: 1 } });

/** A name in every place where a core module's name stands; the answer goes through all of them. */
const everywhere = (text: string) => linked({ out: text, module: text, field: text });

const linked = (named: { out?: string; module?: string; field?: string }) => {
  const [out, module, field] = [named.out ?? "f", named.module ?? "m", named.field ?? "f"].map(quoted);
  return `(component
    (core module $a (func (export ${out}) (result i32) i32.const 40))
    (core module $b (import ${module} ${field} (func $f (result i32)))
      (global (export "g") i32 (i32.const 2))
      (func (export ${out}) (result i32) (i32.add (call $f) (global.get 0))))
    (core instance $a (instantiate $a))
    (core instance $b (instantiate $b (with ${module} (instance (export ${field} (func $a ${out}))))))
    (func (export "answer") (result u32) (canon lift (core func $b ${out}))))`;
};

describe.each(names)("a core name with %s", (what, text) => {
  test("links what it names, and runs nothing", async () => {
    const envelope = await host.runBytes(await fromText(everywhere(text)), { invoke: "answer()" });
    expect((globalThis as { PWNED?: unknown }).PWNED).toBeUndefined();
    if (what === "the counter's module") {
      expect(envelope.error).toMatchObject({ error_type: "build_error" });
      return;
    }
    expect(envelope.error).toBeNull();
    expect(envelope.result).toBe(42);
  });
});

/** Each closes what a generator opens around its place. */
const aimed = {
  "an imported field": linked({ field: `q':(globalThis.PWNED='ran'),'z` }),
  "an imported module": linked({ module: `m':(globalThis.PWNED='ran'),'z` }),
  "an exported name": linked({ out: `f'],globalThis.PWNED='ran',exports0['f` }),
};

describe.each(Object.entries(aimed))("code in %s", (_, wat) => {
  test("is a name here", async () => {
    const { result, error } = await host.runBytes(await fromText(wat), { invoke: "answer()" });
    expect(error).toBeNull();
    expect(result).toBe(42);
    expect((globalThis as { PWNED?: unknown }).PWNED).toBeUndefined();
  });

  test("runs where names are written into code", () => {
    const script = join(import.meta.dirname, "transpiled.ts");
    const { stdout, stderr } = spawnSync(process.execPath, ["--no-warnings", script], {
      input: wat,
      encoding: "utf8",
      env: {},
    });
    expect(stdout, stderr).toBe("ran\n");
  });
});

/** A core module that imports what it is not given, by names that every object of JavaScript answers to. */
const inherited = (type: string, body: string, [module, field]: readonly [string, string]) => `(component
  (core module $m (import "${module}" "${field}" (func $f ${type})) (func (export "f") (result i32) ${body}))
  (core instance $m (instantiate $m))
  (func (export "f") (result u32) (canon lift (core func $m "f"))))`;
const asksFor = {
  "Object.keys": inherited("(param externref) (result externref)", "i32.const 1", ["constructor", "keys"]),
  "the constructor of functions, from text": inherited(
    "(param i32) (result externref)",
    "(ref.is_null (call $f (i32.const 5)))",
    ["constructor", "constructor"],
  ),
  "what is common to all objects": inherited("(result externref)", "(ref.is_null (call $f))", [
    "__proto__",
    "toString",
  ]),
};

describe.each(Object.entries(asksFor))("%s, asked for by an import that nobody gives", (_, wat) => {
  test("is not given", async () => {
    const { error } = await host.runBytes(await fromText(wat), { invoke: "f()" });
    expect(error).toMatchObject({ error_type: "build_error", message: expect.stringContaining("imports do not fit") });
  });

  test("is had from imports that have a prototype", async () => {
    const { component, modules } = decodeComponent(await fromText(wat));
    const { exports } = instantiate(component, {
      instantiateCore: (n, imports) =>
        new WebAssembly.Instance(new WebAssembly.Module(modules[n] as Uint8Array<ArrayBuffer>), { ...imports }),
      resolve: () => undefined,
    });
    const f = exports.get("f");
    expect(f?.kind === "func" && f.call()).toBeTypeOf("number");
  });
});

const labels = [
  "constructor",
  "then",
  "proto",
  "to-string",
  "value-of",
  "has-own-property",
  "to-JSON",
  "length",
  "tag",
  "val",
];

describe.each(labels)("a label %s", (label) => {
  test("is a field, a flag, a case and an export like any other", async () => {
    const bytes = await fromText(`(component
      (core module $m
        (memory (export "mem") 1)
        (func (export "pass") (param i32 i32 i32) (result i32)
          (i32.store (i32.const 0) (local.get 0)) (i32.store8 (i32.const 4) (local.get 1)) (i32.store8 (i32.const 5) (local.get 2))
          (i32.const 0)))
      (core instance $i (instantiate $m))
      (type $f (flags "x" "${label}")) (export $f' "f" (type $f))
      (type $v (variant (case "x") (case "${label}"))) (export $v' "v" (type $v))
      (type $r (record (field "${label}" u32) (field "f" $f') (field "v" $v'))) (export $r' "r" (type $r))
      (func (export "${label}") (param "${label}" $r') (result $r') (canon lift (core func $i "pass") (memory (core memory $i "mem")))))`);
    const value = { [label]: 7, f: { x: false, [label]: true }, v: { tag: label } };
    const envelope = await host.runBytes(bytes, {
      invoke: `${label}({${label}: 7, f: {${label}}, v: ${label}})`,
    });
    expect(envelope.error).toBeNull();
    expect(envelope.result).toEqual(value);
    expect(Object.keys(envelope.result as object)).toEqual([label, "f", "v"]);
  });
});

test.each(["__proto__", "a'b", "a b", "A", "1a", "", "é", "a--b", "-a", "a\n"])(
  "%j is no name of an export",
  async (text) => {
    const { error } = await host.runBytes(
      await fromText(`(component (core module $m (func (export "f"))) (core instance $i (instantiate $m))
        (func (export ${quoted(text)}) (canon lift (core func $i "f"))))`),
      { invoke: "f()" },
    );
    expect(error?.error_type).toBe(text === "A" ? "invalid_config" : "build_error");
  },
);

test("two exports that only differ in their case are one too many", async () => {
  const lift = '(canon lift (core func $i "f"))';
  const { error } = await host.runBytes(
    await fromText(`(component (core module $m (func (export "f"))) (core instance $i (instantiate $m))
      (func (export "a-b") ${lift}) (func (export "a-B") ${lift}))`),
    { invoke: "a-b()" },
  );
  expect(error?.error_type).toBe("build_error");
});

test("an import that looks like one of the host's is not given", async () => {
  const imports = [
    "wasi:cli/environment@0.2.0'",
    "wasi:cli/environment@0.2.0\n",
    "wasi:cli/__proto__@0.2.0",
    "capsule:host/constructor",
    "then",
  ];
  for (const text of imports) {
    const { error } = await host.runBytes(
      await fromText(`(component (import ${quoted(text)} (instance (export "get" (func)))) (core module $m (func (export "f")))
        (core instance $i (instantiate $m)) (func (export "f") (canon lift (core func $i "f"))))`),
      { invoke: "f()" },
    );
    expect(error?.error_type, text).toBe("build_error");
  }
});

test("errors that quote a guest's names carry no control characters", async () => {
  const text = "wasi:cli/x\u001b]0;title\u0007@0.2.0";
  const { error } = await host.runBytes(await fromText(`(component (import ${quoted(text)} (func)))`), {
    invoke: "f()",
  });
  expect(error?.error_type).toBe("build_error");
  expect(error?.message).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f\u202e]/);
});
