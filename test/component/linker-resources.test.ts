/** Job: resources of guests and of the host: who owns, who borrows, when they end. Never: other values. */
import { describe, expect, test } from "vitest";
import {
  type ComponentInstance,
  ComponentTrap,
  ComponentValueError,
  GuestResource,
  type HostResource,
} from "../../packages/host/src/component/index.ts";
import { call, failure, host, link } from "./linker-support.ts";

/** A resource type of the guest's with a destructor that adds to a sum. */
const counter = `(component
  (core module $Dtor
    (global $sum (mut i32) (i32.const 0))
    (func (export "dtor") (param i32) (global.set $sum (i32.add (global.get $sum) (local.get 0))))
    (func (export "sum") (result i32) (global.get $sum)))
  (core instance $dtor (instantiate $Dtor))
  (type $r (resource (rep i32) (dtor (core func $dtor "dtor"))))
  (export $R "r" (type $r))
  (core func $new (canon resource.new $r))
  (core func $drop (canon resource.drop $r))
  (core func $rep (canon resource.rep $r))
  (core module $M
    (import "" "new" (func $new (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (import "" "rep" (func $rep (param i32) (result i32)))
    (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
    (func (export "see") (param i32) (result i32) (local.get 0))
    (func (export "take") (param i32) (result i32) (local $rep i32)
      (local.set $rep (call $rep (local.get 0))) (call $drop (local.get 0)) (local.get $rep))
    (func (export "keep") (param i32) (result i32) (local.get 0))
    (func (export "drop") (param i32) (call $drop (local.get 0)))
    (func (export "both") (param i32 i32) (result i32) (call $drop (local.get 1)) (local.get 0)))
  (core instance $m (instantiate $M (with "" (instance
    (export "new" (func $new)) (export "drop" (func $drop)) (export "rep" (func $rep))))))
  (func (export "make") (param "rep" u32) (result (own $R)) (canon lift (core func $m "make")))
  (func (export "see") (param "r" (borrow $R)) (result u32) (canon lift (core func $m "see")))
  (func (export "take") (param "r" (own $R)) (result u32) (canon lift (core func $m "take")))
  (func (export "keep") (param "r" (own $R)) (result u32) (canon lift (core func $m "keep")))
  (func (export "drop") (param "handle" u32) (canon lift (core func $m "drop")))
  (func (export "both") (param "b" (borrow $R)) (param "o" (own $R)) (result u32) (canon lift (core func $m "both")))
  (func (export "sum") (result u32) (canon lift (core func $dtor "sum"))))`;

const make = (instance: ComponentInstance, rep: number) => call(instance, "make", rep) as GuestResource;

describe("a guest's resource in the host's hands", () => {
  test("is lent, and dropped once", async () => {
    const instance = await link(counter);
    const resource = make(instance, 7);
    expect(resource).toBeInstanceOf(GuestResource);
    expect(call(instance, "see", resource)).toBe(7);
    expect(call(instance, "see", resource)).toBe(7);
    expect(resource.owned).toBe(true);
    resource.drop();
    resource.drop();
    expect(resource.owned).toBe(false);
    expect(call(instance, "sum")).toBe(7);
    expect(failure(() => call(instance, "see", resource))).toBeInstanceOf(ComponentValueError);
  });

  test("is given away", async () => {
    const instance = await link(counter);
    const resource = make(instance, 5);
    expect(call(instance, "take", resource)).toBe(5);
    expect(call(instance, "sum")).toBe(5);
    expect(failure(() => call(instance, "take", resource))).toBeInstanceOf(ComponentValueError);
    resource.drop();
    expect(call(instance, "sum")).toBe(5);
  });

  test("is not given away while it is lent for the same call", async () => {
    const instance = await link(counter);
    const resource = make(instance, 5);
    expect(failure(() => call(instance, "both", resource, resource)).message).toMatch(/borrowed/);
  });

  test("belongs to the instance that made it, not to another of the same component", async () => {
    const [one, other] = [await link(counter), await link(counter)];
    expect(failure(() => call(other, "see", make(one, 1)))).toBeInstanceOf(ComponentValueError);
  });

  test("an ordinary object does not stand for it", async () => {
    const instance = await link(counter);
    expect(failure(() => call(instance, "see", {}))).toBeInstanceOf(ComponentValueError);
    expect(failure(() => call(instance, "take", null))).toBeInstanceOf(ComponentValueError);
  });
});

describe("handles", () => {
  test("begin at 1; the one freed last is used first", async () => {
    const instance = await link(counter);
    const keep = (rep: number) => call(instance, "keep", make(instance, rep));
    expect([keep(10), keep(20), keep(30)]).toEqual([1, 2, 3]);
    call(instance, "drop", 1);
    call(instance, "drop", 2);
    expect([keep(1), keep(1), keep(1)]).toEqual([2, 1, 4]);
    expect(call(instance, "sum")).toBe(30);
  });

  test.each([0, 2, 0xffffffff])("handle %i, which is not in use, is a trap", async (handle) => {
    const instance = await link(counter);
    call(instance, "keep", make(instance, 1));
    const error = failure(() => call(instance, "drop", handle));
    expect(error).toBeInstanceOf(ComponentTrap);
    expect(error.message).toMatch(/not in use/);
  });

  test("twice dropped is a trap", async () => {
    const instance = await link(counter);
    call(instance, "keep", make(instance, 1));
    call(instance, "drop", 1);
    expect(failure(() => call(instance, "drop", 1)).message).toMatch(/not in use/);
  });

  test("of more than there may be", async () => {
    const instance = await link(counter, {}, { limits: { handles: 3 } });
    for (let i = 0; i < 3; i++) call(instance, "keep", make(instance, 1));
    expect(failure(() => make(instance, 1)).message).toMatch(/as many handles/);
  });
});

/** A guest that imports a resource of the host's. */
const importer = (body: string, lifted: string) => `(component
  (import "host" (instance $h
    (export "file" (type $File (sub resource)))
    (export "socket" (type $Socket (sub resource)))
    (export "open" (func (param "name" u32) (result (own $File))))
    (export "connect" (func (result (own $Socket))))
    (export "read" (func (param "f" (borrow $File)) (result u32)))
    (export "close" (func (param "f" (own $File))))
    (export "pair" (func (param "a" (borrow $File)) (param "b" (own $File))))))
  (alias export $h "file" (type $File))
  (alias export $h "socket" (type $Socket))
  (core func $open (canon lower (func $h "open")))
  (core func $connect (canon lower (func $h "connect")))
  (core func $read (canon lower (func $h "read")))
  (core func $close (canon lower (func $h "close")))
  (core func $pair (canon lower (func $h "pair")))
  (core func $drop (canon resource.drop $File))
  (core func $drop-socket (canon resource.drop $Socket))
  (core module $M
    (import "" "open" (func $open (param i32) (result i32)))
    (import "" "connect" (func $connect (result i32)))
    (import "" "read" (func $read (param i32) (result i32)))
    (import "" "close" (func $close (param i32)))
    (import "" "pair" (func $pair (param i32 i32)))
    (import "" "drop" (func $drop (param i32)))
    (import "" "drop-socket" (func $drop-socket (param i32)))
    ${body})
  (core instance $m (instantiate $M (with "" (instance
    (export "open" (func $open)) (export "connect" (func $connect)) (export "read" (func $read))
    (export "close" (func $close)) (export "pair" (func $pair)) (export "drop" (func $drop))
    (export "drop-socket" (func $drop-socket))))))
  ${lifted})`;

class File {
  readonly name: number;
  constructor(name: number) {
    this.name = name;
  }
}

function files() {
  const log: string[] = [];
  const file: HostResource = { drop: (each) => log.push(`drop ${(each as File).name}`) };
  const socket: HostResource = { drop: () => log.push("drop socket") };
  const functions = {
    open: (name: unknown) => new File(name as number),
    connect: () => ({ socket: true }),
    read: (each: unknown) => (each as File).name + 1,
    close: (each: unknown) => {
      log.push(`close ${(each as File).name}`);
      return undefined;
    },
    pair: () => undefined,
  };
  return { log, host: host(functions, { file, socket }) };
}

describe("a host's resource in a guest's hands", () => {
  const run = async (code: string) => {
    const { log, host } = files();
    const instance = await link(
      importer(
        `(func (export "f") (result i32) (local $a i32) (local $b i32) ${code})`,
        `(func (export "f") (result u32) (canon lift (core func $m "f")))`,
      ),
      { host },
    );
    return { log, f: () => call(instance, "f") };
  };

  test("the host sees its own object, and hears of the end", async () => {
    const { log, f } = await run(
      `(local.set $a (call $open (i32.const 41))) (call $read (local.get $a)) (call $drop (local.get $a))`,
    );
    expect(f()).toBe(42);
    expect(log).toEqual(["drop 41"]);
  });
  test("given back, it is the host's to end", async () => {
    const { log, f } = await run(`(call $close (call $open (i32.const 1))) (i32.const 0)`);
    f();
    expect(log).toEqual(["close 1"]);
  });
  test.each([
    [
      "used after it was given back",
      `(call $close (local.tee $a (call $open (i32.const 1)))) (call $read (local.get $a))`,
      /not in use/,
    ],
    [
      "used after it was dropped",
      `(call $drop (local.tee $a (call $open (i32.const 1)))) (call $read (local.get $a))`,
      /not in use/,
    ],
    ["of another type", `(call $read (call $connect))`, /another resource type/],
    [
      "dropped as another type",
      `(call $drop-socket (call $open (i32.const 1))) (i32.const 0)`,
      /another resource type/,
    ],
    [
      "given away while lent in the same call",
      `(call $pair (local.tee $a (call $open (i32.const 1))) (local.get $a)) (i32.const 0)`,
      /borrowed/,
    ],
  ])("%s: a trap", async (_, code, says) => {
    const { f } = await run(code);
    const error = failure(f);
    expect(error).toBeInstanceOf(ComponentTrap);
    expect(error.message).toMatch(says);
  });
});

describe("borrows", () => {
  /** Exports a function that gets a borrow of the host's resource. */
  const borrower = async (code: string) => {
    const { log, host } = files();
    const instance = await link(
      importer(
        `(func (export "g") (param i32) (result i32) ${code})`,
        `
        (func (export "g") (param "f" (borrow $File)) (result u32) (canon lift (core func $m "g")))`,
      ),
      { host },
    );
    return { log, g: (file: object) => call(instance, "g", file) };
  };
  test("dropped before the return: all is well, and nothing has ended", async () => {
    const { log, g } = await borrower(`(call $read (local.get 0)) (call $drop (local.get 0))`);
    expect(g(new File(8))).toBe(9);
    expect(g(new File(1))).toBe(2);
    expect(log).toEqual([]);
  });
  test("kept beyond the return: a trap", async () => {
    const { g } = await borrower(`(i32.const 0)`);
    expect(failure(() => g(new File(8))).message).toMatch(/1 borrowed handles/);
  });
  test("given away as owned: a trap", async () => {
    const { g } = await borrower(`(call $close (local.get 0)) (i32.const 0)`);
    expect(failure(() => g(new File(8))).message).toMatch(/only an owned one/);
  });
});

test("resources between components: made in one, lent and given in another, ended by its own destructor", async () => {
  const instance = await link(`(component
    ${counter.replace("(component", "(component $C")}
    (component $D
      (import "c" (instance $c
        (export "r" (type $R (sub resource)))
        (export "make" (func (param "rep" u32) (result (own $R))))
        (export "see" (func (param "r" (borrow $R)) (result u32)))))
      (alias export $c "r" (type $R))
      (core func $make (canon lower (func $c "make")))
      (core func $see (canon lower (func $c "see")))
      (core func $drop (canon resource.drop $R))
      (core module $M
        (import "" "make" (func $make (param i32) (result i32)))
        (import "" "see" (func $see (param i32) (result i32)))
        (import "" "drop" (func $drop (param i32)))
        (func (export "f") (result i32) (local $r i32) (local $seen i32)
          (local.set $r (call $make (i32.const 11)))
          (local.set $seen (i32.add (call $see (local.get $r)) (call $see (local.get $r))))
          (call $drop (local.get $r))
          (local.get $seen)))
      (core instance $m (instantiate $M (with "" (instance
        (export "make" (func $make)) (export "see" (func $see)) (export "drop" (func $drop))))))
      (func (export "f") (result u32) (canon lift (core func $m "f"))))
    (instance $c (instantiate $C))
    (instance $d (instantiate $D (with "c" (instance $c))))
    (export "f" (func $d "f"))
    (export "sum" (func $c "sum")))`);
  expect(call(instance, "f")).toBe(22);
  expect(call(instance, "sum")).toBe(11);
});
