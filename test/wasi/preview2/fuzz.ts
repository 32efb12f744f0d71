/**
 * Job: random calls of every function of WASI 0.2 with values of its types, and what must hold whatever is called: answers are
 * of their types, the run ends only by a trap or an exit, nothing of outside is seen or touched, nothing stays open.
 * Never: know what a function should answer (pair.ts compares that).
 */
import { readdirSync } from "node:fs";
import { ComponentTrap } from "../../../packages/host/src/component/errors.ts";
import type { ComponentValue } from "../../../packages/host/src/component/value.ts";
import { GuestExit } from "../../../packages/host/src/wasi/kernel.ts";
import type { HttpBodyRequest, HttpHead, HttpRequest } from "../../../packages/host/src/wasi/preview2.ts";
import type { Weakness } from "../attacks/weak.ts";
import { createWorld, secret } from "../attacks/world.ts";
import { Choices } from "../fuzz/random.ts";
import { Host } from "./host.ts";
import { FakeHttp } from "./services.ts";
import { type Shape, type WasiFunction, wasiFunctions } from "./types.ts";

const words = [
  ...[
    "public.txt",
    "dir",
    "dir/inner.txt",
    "dir/sub",
    "new",
    "new/deeper",
    "ro/data.txt",
    "ro",
    ".",
    "..",
    "../outside",
  ],
  ...[
    "relative/secret.txt",
    "absolute",
    "chain/dir/secret.txt",
    "file-link",
    "/etc/passwd",
    "",
    "a\0b",
    "é",
    "\uFEFFx",
  ],
  ...["example.com", "/path?x=1", "content-length", "x-header", "host", "GET", "5", "n".repeat(300), "[1]", "{}"],
];

/** Live objects of a resource type, by its name. */
type Pools = Map<string, object[]>;

function makeValue(shape: Shape, choices: Choices, pools: Pools): ComponentValue {
  const make = (inner: Shape) => makeValue(inner, choices, pools);
  switch (shape.kind) {
    case "primitive":
      return makePrimitive(shape.primitive, choices);
    case "list":
      if (shape.element.kind === "primitive" && shape.element.primitive === "u8")
        return new Uint8Array(choices.chance(95) ? choices.below(100) : choices.below(2_000_000)).fill(
          choices.below(128),
        );
      return Array.from({ length: choices.chance(95) ? choices.below(4) : choices.below(300) }, () =>
        make(shape.element),
      );
    case "option":
      return choices.chance(50) ? null : make(shape.element);
    case "tuple":
      return shape.elements.map(make);
    case "record":
      return Object.fromEntries(shape.fields.map(({ name, type }) => [name, make(type)]));
    case "variant": {
      const { name, type } = choices.one(shape.cases);
      return type === null ? { tag: name } : { tag: name, val: make(type) };
    }
    case "enum":
      return choices.one(shape.names);
    case "flags":
      return Object.fromEntries(shape.names.map((name) => [name, choices.chance(40)]));
    case "own":
    case "borrow": {
      const pool = pools.get(shape.resource) ?? [];
      if (pool.length === 0) throw new NothingToGive();
      const at = choices.below(pool.length);
      const object = pool[at]!;
      if (shape.kind === "own") pool.splice(at, 1);
      return object;
    }
  }
}

/** There is no object of the resource that is wanted. */
class NothingToGive {}

function makePrimitive(primitive: string, choices: Choices): ComponentValue {
  switch (primitive) {
    case "bool":
      return choices.chance(50);
    case "string":
      return choices.chance(90)
        ? choices.one(words)
        : String.fromCodePoint(choices.below(0xd800)).repeat(choices.below(50));
    case "char":
      return String.fromCodePoint(choices.below(0xd800));
    case "u64":
      return choices.chance(70)
        ? BigInt(choices.below(5000))
        : choices.one([0n, 1n << 20n, 1n << 40n, (1n << 64n) - 1n, choices.u64()]);
    default: {
      const bits = Number(/\d+/.exec(primitive)?.[0]);
      return choices.chance(60)
        ? choices.below(10)
        : choices.u32() % 2 ** (primitive.startsWith("s") ? bits - 1 : bits);
    }
  }
}

/** Why `value` is not of `shape`; null: it is. Objects that are handed out go into the pools. */
function misfit(shape: Shape, value: ComponentValue | undefined, pools: Pools, where = "result"): string | null {
  const no = () => `${where} is no ${JSON.stringify(shape).slice(0, 80)}: ${String(value).slice(0, 80)}`;
  const first = (found: Iterable<string | null>) => [...found].find((one) => one !== null) ?? null;
  switch (shape.kind) {
    case "primitive": {
      const { primitive } = shape;
      if (primitive === "bool" || primitive === "string") {
        const wanted = primitive === "bool" ? "boolean" : "string";
        return typeof value === wanted && (wanted === "boolean" || (value as string).isWellFormed()) ? null : no();
      }
      const bits = BigInt(/\d+/.exec(primitive)?.[0] ?? 0);
      if (bits === 64n) return typeof value === "bigint" && value >= 0n && value >> bits === 0n ? null : no();
      const fits = typeof value === "number" && Number.isInteger(value) && (primitive.startsWith("s") || value >= 0);
      return fits && Math.abs(value as number) < 2 ** Number(bits) ? null : no();
    }
    case "list":
      if (shape.element.kind === "primitive" && shape.element.primitive === "u8")
        return value instanceof Uint8Array ? null : no();
      if (!Array.isArray(value)) return no();
      return first(value.map((item, i) => misfit(shape.element, item, pools, `${where}[${i}]`)));
    case "option":
      return value === null ? null : misfit(shape.element, value, pools, where);
    case "tuple":
      if (!Array.isArray(value) || value.length !== shape.elements.length) return no();
      return first(shape.elements.map((element, i) => misfit(element, value[i], pools, `${where}.${i}`)));
    case "record": {
      if (typeof value !== "object" || value === null) return no();
      const given = value as Record<string, ComponentValue>;
      if (Object.keys(given).length !== shape.fields.length) return no();
      return first(shape.fields.map(({ name, type }) => misfit(type, given[name], pools, `${where}.${name}`)));
    }
    case "variant": {
      if (typeof value !== "object" || value === null || !("tag" in value)) return no();
      const found = shape.cases.find(({ name }) => name === value.tag);
      if (found === undefined) return no();
      const { val } = value as { val?: ComponentValue };
      if (found.type === null) return val === undefined ? null : no();
      return misfit(found.type, val, pools, `${where}.${found.name}`);
    }
    case "enum":
      return typeof value === "string" && shape.names.includes(value) ? null : no();
    case "flags": {
      if (typeof value !== "object" || value === null) return no();
      const given = value as Record<string, unknown>;
      return shape.names.every((name) => typeof given[name] === "boolean") ? null : no();
    }
    case "own": {
      if (typeof value !== "object" || value === null) return no();
      const pool = pools.get(shape.resource) ?? [];
      pool.push(value);
      pools.set(shape.resource, pool);
      return null;
    }
    case "borrow":
      return no();
  }
}

/** Text and bytes of an answer, resources left out. */
function said(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("latin1");
  if (Array.isArray(value)) return value.map(said).join("\n");
  if (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype)
    return Object.values(value).map(said).join("\n");
  return "";
}

const answerOf = (choices: Choices) => (call: HttpRequest | HttpBodyRequest) => {
  if (choices.chance(15)) return { ok: false, code: "network", message: "no", systemCode: "ECONNRESET" } as const;
  if (call.kind === "body")
    return { ok: true, bytes: new Uint8Array(choices.chance(60) ? choices.below(100) : 0).fill(65) } as const;
  const head: HttpHead = { ok: true, status: 200, headers: [["a", "b"]], body: new Uint8Array(choices.below(9)) };
  return choices.chance(70) ? { ...head, stream: choices.below(99) } : head;
};

/** Short, whatever it is. */
function show(value: ComponentValue): string {
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (Array.isArray(value)) return `[${value.slice(0, 3).map(show).join(", ")}${value.length > 3 ? ", …" : ""}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).slice(0, 6);
    return `{${entries.map(([name, inner]) => `${name}: ${show(inner as ComponentValue)}`).join(", ")}}`;
  }
  return typeof value === "string" ? JSON.stringify(value.slice(0, 60)) : String(value);
}

const descriptors = () => readdirSync("/proc/self/fd").length;
const functions = wasiFunctions();
const byName = new Map(functions.map((one) => [one.name, one]));
const descriptorMethods = functions.filter(({ name }) => name.includes("[method]descriptor."));
const httpFunctions = functions.filter(({ name }) => name.startsWith("wasi:http/"));
/** Where objects come from. */
const sources = functions.filter(
  ({ parameters, result }) => result !== null && parameters.every(({ kind }) => kind !== "borrow"),
);

function pick(choices: Choices, pools: Pools): WasiFunction {
  if (!pools.get("wasi:filesystem/types#descriptor")?.length)
    return byName.get("wasi:filesystem/preopens#get-directories")!;
  if (choices.chance(40)) return choices.one(descriptorMethods);
  if (choices.chance(50)) {
    const possible = httpFunctions.filter(({ parameters }) =>
      parameters.every((shape) => !("resource" in shape) || (pools.get(shape.resource)?.length ?? 0) > 0),
    );
    return choices.one(possible);
  }
  return choices.chance(30) ? choices.one(sources) : choices.one(functions);
}

/** A request under way: chance alone rarely makes one that may leave. */
function sendRequest(host: Host, pools: Pools): void {
  const request = host.call(
    "wasi:http/types#[constructor]outgoing-request",
    host.call("wasi:http/types#[constructor]fields"),
  );
  host.call("wasi:http/types#[method]outgoing-request.set-authority", request, "example.com");
  const { val } = host.call("wasi:http/outgoing-handler#handle", request, null);
  const name = "wasi:http/types#future-incoming-response";
  pools.set(name, [...(pools.get(name) ?? []), val]);
}

export interface FuzzResult {
  /** What went wrong; null: nothing. */
  readonly problem: string | null;
  /** Names of the functions that have answered. */
  readonly answered: ReadonlySet<string>;
}

/** Runs `steps` calls of `seed`, on a new host after each end of a run. */
export function fuzzTypes(seed: number, steps: number, weakness: Weakness | null = null): FuzzResult {
  const choices = new Choices(seed);
  const answered = new Set<string>();
  const before = descriptors();
  using world = createWorld();
  const untouched = world.canaries();
  const log: string[] = [];
  const wrong = (what: string) => ({
    problem: `seed ${seed}, step ${log.length}: ${what}\n  ${log.slice(-8).join("\n  ")}`,
    answered,
  });
  const begin = () =>
    new Host(
      {
        ...weakness,
        mounts: [...world.mounts, { kind: "temporary", guestPath: "/tmp", maxBytes: 100_000 }],
        args: ["fuzz"],
        env: [["A", "1"]],
        stdin: "some input",
        clock: { kind: "virtual", startNs: 1_000_000_000_000_000_000n },
        random: { kind: "seeded", seed: 1n },
        quotas: {
          openHandles: 40,
          outputBytes: 20_000,
          fileBytesWritten: 400_000,
          directoryEntries: 300,
          pollSubscriptions: 8,
        },
      },
      {
        http: Object.assign(new FakeHttp(answerOf(choices)), { eager: choices.chance(70) }),
        runTask: () => ({ ok: true, envelope: "{}" }),
      },
    );
  let host = begin();
  let pools: Pools = new Map();
  const end = () => {
    host.guest.kernel.dispose();
    if (host.guest.denials.some((denial) => JSON.stringify(denial).includes(world.base)))
      throw new Error("a denial holds a path of the host");
  };
  try {
    for (let step = 0; step < steps; step += 1) {
      if (choices.chance(2)) sendRequest(host, pools);
      const { name, parameters, result } = pick(choices, pools);
      if (name.includes("exit#") && choices.chance(95)) continue;
      let args: ComponentValue[];
      try {
        args = parameters.map((shape) => makeValue(shape, choices, pools));
      } catch (error) {
        if (error instanceof NothingToGive) continue;
        throw error;
      }
      log.push(`${name}(${args.map(show).join(", ")})`);
      let value: ComponentValue | undefined;
      try {
        value = host.call(name, ...args);
      } catch (error) {
        if (!(error instanceof ComponentTrap || error instanceof GuestExit)) throw error;
        if (!host.guest.kernel.closed) return wrong("a trap has not ended the run");
        end();
        host = begin();
        pools = new Map();
        continue;
      }
      answered.add(name);
      const problem =
        result === null ? (value === undefined ? null : "a result where there is none") : misfit(result, value, pools);
      if (problem !== null) return wrong(problem);
      const text = said(value);
      if (text.includes(secret)) return wrong("the host's secret is in an answer");
      if (text.includes(world.base)) return wrong("a path of the host is in an answer");
      // Handles end as they do: in any order.
      if (choices.chance(20)) {
        const [resource, pool] = choices.one([...pools]);
        const object = pool.splice(choices.below(pool.length), 1)[0];
        const [interfaceName, type] = resource.split("#") as [string, string];
        if (object !== undefined) host.drop(interfaceName, type, object);
      }
    }
    end();
    if (world.canaries() !== untouched) return wrong("something outside was changed");
    if (descriptors() !== before) return wrong(`${descriptors() - before} descriptors of the host are left open`);
    return { problem: null, answered };
  } catch (error) {
    return wrong(`threw ${error instanceof Error ? error.stack : JSON.stringify(error)}`);
  } finally {
    host.guest.kernel.dispose();
  }
}
