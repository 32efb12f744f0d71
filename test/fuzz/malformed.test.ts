/** Job: hold the refusals: whatever is broken, absurd or forbidden ends as one typed error that says where. Never: time anything. */
import { InstrumentError, type InstrumentOptions, instrument } from "@capsule-run/instrument";
import { parseText } from "@capsule-run/instrument/text";
import { describe, expect, test } from "vitest";
import { code, functionType, module, name, section, u, vector } from "../support/encode.ts";
import { generate } from "./generate.ts";

/** The code and offset of the refusal; "accepted" if there is none; throws whatever is no InstrumentError. */
function refusal(bytes: Uint8Array, options: InstrumentOptions = {}): { code: string; offset: number | null } {
  try {
    instrument(bytes, options);
    return { code: "accepted", offset: null };
  } catch (error) {
    if (!(error instanceof InstrumentError)) throw error;
    expect(error.message.length).toBeGreaterThan(10);
    return { code: error.code, offset: error.offset };
  }
}

const nothing = functionType([], []);
const withBody = (body: readonly number[], locals: readonly (readonly [number, number])[] = []) =>
  module([section(1, vector([nothing])), section(3, vector([[0]])), section(10, vector([code(locals, body)]))]);
/** A module with most sections: a generated one with tags, a table, data, globals. */
const rich = (() => {
  for (let seed = 0; ; seed++) {
    const bytes = generate(seed);
    const ids = new Set(sections(bytes).map(({ id }) => id));
    if ([1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13].every((id) => ids.has(id)) && bytes.length < 1500) return bytes;
  }
})();

function sections(bytes: Uint8Array): { id: number; from: number; to: number }[] {
  const out: { id: number; from: number; to: number }[] = [];
  for (let at = 8; at < bytes.length; ) {
    const from = at;
    const id = bytes[at++]!;
    let size = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++]!;
      size += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
    }
    at += size;
    out.push({ id, from, to: at });
  }
  return out;
}

const agrees = (bytes: Uint8Array<ArrayBuffer>, what: string) => {
  const { code, offset } = refusal(bytes);
  const valid = WebAssembly.validate(bytes);
  expect(code === "accepted", `${what}: V8 says ${valid ? "valid" : "invalid"}, and we: ${code}`).toBe(valid);
  if (code === "malformed") expect(offset, what).not.toBeNull();
  if (offset !== null) expect(offset >= 0 && offset <= bytes.length, `${what}: offset ${offset}`).toBe(true);
};

test("cut off after every byte", () => {
  for (let length = 0; length < rich.length; length++) agrees(rich.slice(0, length), `${length} bytes`);
});

test("sections in the wrong order, twice, or left out", () => {
  const parts = sections(rich);
  const build = (order: readonly { from: number; to: number }[]) =>
    Uint8Array.from([...rich.slice(0, 8), ...order.flatMap(({ from, to }) => [...rich.slice(from, to)])]);
  for (const [i, one] of parts.entries()) {
    agrees(build([...parts.slice(0, i), ...parts.slice(i + 1)]), `without section ${one.id}`);
    agrees(build([...parts.slice(0, i + 1), ...parts.slice(i)]), `section ${one.id} twice`);
    for (const [j, other] of parts.entries()) {
      if (j <= i) continue;
      const swapped = [...parts];
      swapped[i] = other;
      swapped[j] = one;
      agrees(build(swapped), `sections ${one.id} and ${other.id} swapped`);
    }
  }
});

test("every byte replaced by the longest and by an endless number", () => {
  for (const absurd of [
    [0xff, 0xff, 0xff, 0xff, 0x0f],
    [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00],
  ])
    for (let at = 8; at < rich.length; at += 3)
      agrees(
        Uint8Array.from([...rich.slice(0, at), ...absurd, ...rich.slice(at + 1)]),
        `${absurd.length} bytes at ${at}`,
      );
});

describe("sizes near 4 GiB", () => {
  const huge = u(0xffffffff);
  test.each<readonly [string, Uint8Array<ArrayBuffer>]>([
    ["a section", Uint8Array.from([...module([]), 1, ...huge, 0])],
    ["a custom section", Uint8Array.from([...module([]), 0, ...huge, 1, 0x61])],
    ["a vector of types", module([section(1, [...huge, ...nothing])])],
    ["a name", module([section(2, [1, ...huge, 0x61])])],
    [
      "a function's body",
      module([section(1, vector([nothing])), section(3, vector([[0]])), section(10, [1, ...huge, 0, 0x0b])]),
    ],
    ["a function's locals", withBody([], [[0xffffffff, 0x7f]])],
    [
      "two groups of locals",
      withBody(
        [],
        [
          [0x80000000, 0x7f],
          [0x80000000, 0x7f],
        ],
      ),
    ],
    ["a br_table", withBody([0x41, 0, 0x0e, ...huge, 0])],
    ["a memory above its limit", module([section(5, vector([[0, ...u(65537)]]))])],
    ["a table", module([section(4, vector([[0x70, 0, ...huge]]))])],
    ["a data segment", module([section(5, vector([[0, 1]])), section(11, [1, 1, ...huge, 0])])],
    ["a parameter list", module([section(1, [1, 0x60, ...huge, 0])])],
    ["a recursion group", module([section(1, [1, 0x4e, ...huge, ...nothing])])],
  ])("%s", (_, bytes) => {
    const { code } = refusal(bytes);
    expect(code).toMatch(/^(malformed|invalid|limit)$/);
  });

  test("a memory of 4 GiB is allowed to be declared, and refused where a maximum is set", () => {
    const bytes = module([section(5, vector([[0, ...u(65536)]]))]);
    expect(refusal(bytes).code).toBe("accepted");
    expect(refusal(bytes, { maxMemory: 2 ** 30 }).code).toBe("limit");
  });
});

describe("names that imitate the counter", () => {
  const i64Global = [0x7e, 1];
  const imports = (from: string, field: string, kind: readonly number[]) =>
    module([section(1, vector([nothing])), section(2, vector([[...name(from), ...name(field), ...kind]]))]);
  const exporting = (as: string) =>
    module([section(6, vector([[...i64Global, 0x42, 0, 0x0b]])), section(7, vector([[...name(as), 3, 0]]))]);
  test.each<readonly [string, Uint8Array<ArrayBuffer>, RegExp]>([
    ["the imported counter", imports("capsule", "fuel", [3, ...i64Global]), /^already_metered$/],
    ["another import from capsule", imports("capsule", "other", [0, 0]), /^(reserved_name|already_metered)$/],
    ["an import of the empty name from capsule", imports("capsule", "", [0, 0]), /^(reserved_name|already_metered)$/],
    ["the exported counter", exporting("capsule:fuel"), /^already_metered$/],
    ["another export under capsule:", exporting("capsule:x"), /^(reserved_name|already_metered)$/],
    ["an export named capsule:", exporting("capsule:"), /^(reserved_name|already_metered)$/],
  ])("%s", (_, bytes, wanted) => {
    expect(refusal(bytes).code).toMatch(wanted);
    expect(refusal(bytes, { global: "export", fuel: 1n }).code).toMatch(wanted);
  });
  test("names that only look alike are left alone", () => {
    expect(refusal(imports("capsule2", "fuel", [3, ...i64Global])).code).toBe("accepted");
    expect(refusal(imports("Capsule", "fuel", [3, ...i64Global])).code).toBe("accepted");
    expect(refusal(exporting("capsule")).code).toBe("accepted");
    expect(refusal(exporting("capsule_fuel")).code).toBe("accepted");
  });
  test("a metered module is not metered again", async () => {
    const bytes = await parseText(`(module (func (export "f")))`);
    for (const options of [{}, { global: "export", fuel: 5n }] as const)
      for (const again of [{}, { global: "export", fuel: 5n }] as const)
        expect(refusal(instrument(bytes, options).bytes, again).code).toBe("already_metered");
  });
});

describe("what is known and refused", () => {
  const array = [0x5e, 0x7f, 1];
  const withArray = (body: readonly number[]) =>
    module([section(1, vector([nothing, array])), section(3, vector([[0]])), section(10, vector([code([], body)]))]);
  test.each<readonly [string, Uint8Array<ArrayBuffer>]>([
    ["array.new", withArray([0x41, 0, 0x41, 9, 0xfb, 6, 1, 0x1a])],
    ["array.new_default", withArray([0x41, 9, 0xfb, 7, 1, 0x1a])],
    ["array.new_fixed", withArray([0x41, 9, 0xfb, 8, 1, 1, 0x1a])],
    [
      "struct.new_default",
      module([
        section(1, vector([nothing, [0x5f, 1, 0x7f, 1]])),
        section(3, vector([[0]])),
        section(10, vector([code([], [0xfb, 1, 1, 0x1a])])),
      ]),
    ],
  ])("%s allocates on the host's heap", (_, bytes) => {
    expect(WebAssembly.validate(bytes)).toBe(true);
    const { code, offset } = refusal(bytes);
    expect(code).toBe("unsupported");
    expect(bytes[offset ?? 0]).toBe(0xfb);
    expect(refusal(bytes, { features: { gc: true } }).code).toBe("accepted");
  });
  test("shared memories and atomic operators", () => {
    expect(refusal(module([section(5, vector([[3, 1, 1]]))])).code).toBe("unsupported");
    const atomic = module([
      section(1, vector([nothing])),
      section(3, vector([[0]])),
      section(5, vector([[0, 1]])),
      section(10, vector([code([], [0x41, 0, 0xfe, 0x10, 2, 0, 0x1a])])),
    ]);
    expect(WebAssembly.validate(atomic)).toBe(true);
    expect(refusal(atomic)).toEqual({ code: "unsupported", offset: Buffer.from(atomic).indexOf(0xfe) });
  });
  test("unknown sections, opcodes and subopcodes", () => {
    expect(refusal(module([section(14, [0])])).code).toMatch(/^(unsupported|malformed|invalid)$/);
    for (const body of [[0x27], [0xff], [0xfc, 99], [0xfb, 99], [0xfd, 0xff, 0x7f], [0xfa], [0xe0, 0]])
      expect(refusal(withBody(body)).code, String(body)).toMatch(/^(unsupported|malformed|invalid)$/);
  });
  test("components", () => {
    expect(refusal(Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0)).code).toBe("component");
  });
});

test("misuse is a TypeError or RangeError, not a refusal", () => {
  const bytes = withBody([]);
  const attempt = (options: object) => () => instrument(bytes, options);
  expect(() => instrument("module" as unknown as Uint8Array)).toThrow(TypeError);
  expect(attempt({ global: "export" })).toThrow(/fuel/);
  expect(attempt({ global: "export", fuel: 0n })).toThrow(RangeError);
  expect(attempt({ global: "export", fuel: 2n ** 63n })).toThrow(RangeError);
  expect(attempt({ global: "export", fuel: 5 })).toThrow(TypeError);
  expect(attempt({ global: "sideways" })).toThrow();
  expect(attempt({ unheardOf: 1 })).toThrow();
});
