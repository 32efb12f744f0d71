/** Job: what the public doors say to arguments of a wrong type: a typed error in words of ours, before anything begins. */
import { Capsule } from "@capsule-run/host";
import { instrument } from "@capsule-run/instrument";
import {
  decodeComponent,
  describeComponent,
  instrumentComponent,
  isComponent,
} from "@capsule-run/instrument/component";
import { describe, expect, test } from "vitest";
import { testHost } from "./support.ts";

const { capsule } = await testHost();
const wrong: readonly unknown[] = [undefined, null, 5, {}, ["a.py"], Symbol("a.py"), new URL("file:///a.py")];
const any = (value: unknown) => value as never;

describe("a file", () => {
  test.each(["run", "exec", "inspect", "export"] as const)("of %s that is no string", async (door) => {
    for (const file of wrong)
      await expect(capsule[door](any(file))).rejects.toMatchObject({
        code: "usage",
        message: expect.stringMatching(/^the file is .*; it takes a path, a string$/),
      });
  });
});

describe("options", () => {
  test.each(["run", "exec", "inspect", "export"] as const)("of %s that are no object", async (door) => {
    for (const options of [null, 5, "x", []])
      await expect(capsule[door]("a.py", any(options))).rejects.toMatchObject({ code: "usage" });
  });

  test.each<[string, unknown]>([
    ["cwd", 5],
    ["mounts", "data"],
    ["stdin", 5],
    ["stdin", {}],
    ["stdout", "x"],
    ["stderr", {}],
    ["signal", {}],
    ["onEvent", 5],
    ["task", 5],
    ["invoke", 5],
    ["invoke", { name: "f" }],
    ["invoke", { name: "f", args: "1" }],
  ])("%s is %j", async (name, value) => {
    await expect(capsule.run("a.py", { [name]: value })).rejects.toMatchObject({
      code: "usage",
      message: expect.stringContaining(`${name} is `),
    });
  });

  test.each<[string, unknown]>([
    ["pool", 5],
    ["cache", "folder"],
    ["onEvent", 5],
    ["trace", "yes"],
  ])("of Capsule.open: %s is %j", async (name, value) => {
    await expect(Capsule.open({ [name]: value })).rejects.toMatchObject({ code: "usage" });
  });

  test("of Capsule.open that are no object", async () => {
    for (const options of [null, 5, "x"])
      await expect(Capsule.open(any(options))).rejects.toMatchObject({ code: "usage" });
  });
});

describe("the instrumenter", () => {
  test("bytes that are none", () => {
    for (const [bytes, is] of [
      [undefined, "undefined"],
      [null, "null"],
      [5, "a number"],
      [{}, "an object"],
      [[0], "an array"],
    ] as const) {
      expect(() => instrument(any(bytes))).toThrow(`the module is ${is}; give its bytes as a Uint8Array`);
      const message = `the component is ${is}; give its bytes as a Uint8Array`;
      expect(() => decodeComponent(any(bytes))).toThrow(message);
      expect(() => instrumentComponent(any(bytes), { fuel: 1n })).toThrow(message);
      expect(isComponent(any(bytes))).toBe(false);
    }
  });

  test("options that are none", () => {
    const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0);
    for (const options of [undefined, null, 5, "fuel"])
      expect(() => instrumentComponent(empty, any(options))).toThrow(/options are .*; give an object/);
  });

  test("a component that is none", () => {
    for (const component of [undefined, null, 5, {}])
      expect(() => describeComponent(any(component))).toThrow(/give what decodeComponent calls component/);
  });
});
