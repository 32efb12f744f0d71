/** Job: a component cannot import the host's functions with types of its own choosing. Never: what the functions do. */

import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";
import { type Declaration, decodeComponent } from "@capsule-run/instrument/component";
import { describe, expect, test } from "vitest";
import { compatibleRange, type HostResource, type World } from "../../packages/host/src/component/index.ts";
import { wasiWorld } from "../../packages/host/src/wasi/preview2/world.ts";
import { host, link } from "./linker-support.ts";

const file: HostResource = { drop: () => {} };
const socket: HostResource = { drop: () => {} };
const given = host({ open: () => ({}), "[method]file.read": () => 0, write: () => undefined }, { file, socket });

/** What the interface promises, as a component that imports it says it. */
const promised = `(import "host" (instance
    (export "file" (type $F (sub resource)))
    (export "socket" (type (sub resource)))
    (export "open" (func (param "name" string) (result (own $F))))
    (export "[method]file.read" (func (param "self" (borrow $F)) (result u32)))))`;

async function world(): Promise<World> {
  const { component } = decodeComponent(await parse(`(component ${promised})`));
  const declarations = component.definitions as readonly Declaration[];
  return { declarations, nameOf: (name) => name, find: () => given };
}
const imports = async (instance: string, options = {}) =>
  link(`(component (import "host" (instance ${instance})))`, { host: given }, { world: await world(), ...options });

describe("functions of the host are imported with the types that they have", () => {
  test("the same", async () => {
    await imports(`(export "file" (type $F (sub resource)))
      (export "open" (func (param "name" string) (result (own $F))))
      (export "[method]file.read" (func (param "self" (borrow $F)) (result u32)))`);
  });
  test.each([
    [
      "a parameter of another type",
      `(export "file" (type $F (sub resource))) (export "open" (func (param "name" u32) (result (own $F))))`,
    ],
    ["no parameter", `(export "file" (type $F (sub resource))) (export "open" (func (result (own $F))))`],
    [
      "another resource",
      `(export "socket" (type $S (sub resource))) (export "[method]file.read" (func (param "self" (borrow $S)) (result u32)))`,
    ],
    [
      "another result",
      `(export "file" (type $F (sub resource))) (export "[method]file.read" (func (param "self" (borrow $F)) (result s32)))`,
    ],
    ["a function that the interface does not have", `(export "write" (func))`],
  ])("%s is refused", async (_, instance) => {
    await expect(imports(instance)).rejects.toMatchObject({ code: "type_mismatch" });
    // Without the promise it would have been linked.
    await imports(instance, { world: undefined });
  });
  test("an interface that the host gives and does not promise is refused", async () => {
    const options = { world: { ...(await world()), nameOf: () => "another" } };
    await expect(imports(`(export "socket" (type (sub resource)))`, options)).rejects.toMatchObject({
      code: "type_mismatch",
    });
  });
});

test("the world of WASI 0.2 is whole: every interface, without versions", () => {
  const declarations = wasiWorld();
  const names = declarations.flatMap((each) => (each.kind === "import" ? [each.name] : []));
  expect(names).toContain("wasi:filesystem/types");
  expect(names).toContain("wasi:http/outgoing-handler");
  expect(names).toContain("capsule:host/api");
  expect(names.every((name) => compatibleRange(name) === null && !name.includes("@"))).toBe(true);
});
