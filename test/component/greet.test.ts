/** Job: the component that the README calls is what its text says. Never: more than that one. */
import { readFile } from "node:fs/promises";
import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";
import { Capsule } from "@capsule-run/host";
import { expect, test } from "vitest";

const folder = new URL("../../fixtures/components/", import.meta.url);

test("greet.wasm is greet.wat", async () => {
  const text = await readFile(new URL("greet.wat", folder), "utf8");
  expect(Buffer.from(await parse(text))).toEqual(await readFile(new URL("greet.wasm", folder)));
});

test("records go in and come out", async () => {
  await using capsule = await Capsule.open();
  const person = { name: "Ada", langs: ["en", "fr"] };
  const envelope = await capsule.run(new URL("greet.wasm", folder).pathname, {
    invoke: { name: "greet", args: [person] },
  });
  expect(envelope.result).toEqual({ text: "Hello, Ada!", languages: 2 });
});
