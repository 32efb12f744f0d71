/** Job: every option of a task, in both directions: what is read, and what is refused with which words. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CapsuleError } from "../../packages/host/src/errors.ts";
import { parsePolicyOptions, parseTaskOptions, quote } from "../../packages/host/src/policy/index.ts";
import { refusal } from "./support.ts";

const read = (option: string, value: unknown) => Object.values(parsePolicyOptions({ [option]: value }, 'task "t"'))[0];
const refused = (option: string, value: unknown) => refusal(() => parsePolicyOptions({ [option]: value }, 'task "t"'));

describe("compute", () => {
  test.each([
    ["LOW", 100_000_000n],
    ["MEDIUM", 2_000_000_000n],
    ["HIGH", 50_000_000_000n],
    ["low", 100_000_000n],
    [1, 1n],
    [123_456, 123_456n],
    [9007199254740991, 9007199254740991n],
    [9007199254740993n, 9007199254740993n],
    ["9007199254740993", 9007199254740993n],
    ["9223372036854775807", 2n ** 63n - 1n],
    [2n ** 63n - 1n, 2n ** 63n - 1n],
  ])("%s is %s fuel", (value, fuel) => expect(read("compute", value)).toBe(fuel));

  test.each([
    0,
    -1,
    1.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** 53,
    "9223372036854775808",
    2n ** 63n,
    -1n,
    "",
    "LOWER",
    "1e9",
    "0x10",
    "1_000",
    true,
    [],
    {},
  ])("%s is refused", (value) =>
    expect(refused("compute", value)).toMatch(/^task "t": compute is .*; it takes LOW, MEDIUM, HIGH or/),
  );
});

describe("ram", () => {
  test.each([
    ["64MB", 64 * 1024 ** 2],
    ["512 MB", 512 * 1024 ** 2],
    ["2GB", 2 * 1024 ** 3],
    ["2gb", 2 * 1024 ** 3],
    ["1.5GB", 1.5 * 1024 ** 3],
    ["1GiB", 1024 ** 3],
    ["64KB", 65_536],
    ["65536", 65_536],
    ["65536B", 65_536],
    [67_108_864, 67_108_864],
    [67_108_864n, 67_108_864],
    ["16GB", 16 * 1024 ** 3],
  ])("%s is %s bytes", (value, bytes) => expect(read("ram", value)).toBe(bytes));

  test.each(
    [
      "64XB",
      "MB",
      "",
      "-1MB",
      "1,5GB",
      "64 M B",
      "17GB",
      "9999999999GB",
      65_535,
      0,
      1e300,
      65_536.5,
      "0.0001MB",
      null!,
      true,
    ].filter((value) => value !== null),
  )("%s is refused", (value) =>
    expect(refused("ram", value)).toMatch(/^task "t": ram is .*; it takes bytes or a size such as "64MB"/),
  );
});

describe("timeout", () => {
  test.each([
    ["500ms", 500],
    ["30s", 30_000],
    ["5m", 300_000],
    ["1h", 3_600_000],
    ["1m 30s", 90_000],
    ["1m30s", 90_000],
    ["1h 2m 3s 4ms", 3_723_004],
    ["1.5s", 1500],
    ["2 minutes", 120_000],
    ["1d", 86_400_000],
    [1500, 1500],
    [1500n, 1500],
    ["24d", 2_073_600_000],
  ])("%s is %s ms", (value, milliseconds) => expect(read("timeout", value)).toBe(milliseconds));

  test.each([
    "30",
    "s",
    "",
    "0s",
    0,
    -1,
    0.5,
    "1.0005s",
    "30 parsecs",
    "1s 2s",
    "25d",
    2 ** 31,
    "-5s",
    "infinity",
    false,
  ])("%s is refused", (value) => {
    const takes = typeof value === "string" ? "a duration with its unit" : "milliseconds or a duration";
    expect(refused("timeout", value)).toMatch(new RegExp(`^task "t": timeout is .*; it takes ${takes}, such as`));
  });
});

describe("max_retries", () => {
  test.each([
    [0, 0],
    [3, 3],
    ["3", 3],
    [100n, 100],
  ])("%s", (value, count) => expect(read("max_retries", value)).toBe(count));
  test.each([-1, 101, 1.5, "many", true])("%s is refused", (value) =>
    expect(refused("max_retries", value)).toContain("it takes a whole number from 0 to 100"),
  );
});

describe("allowed_files", () => {
  const path = (value: unknown) => {
    const [first] = read("allowed_files", [value]) as { path: string; guestPath: string; mode: string }[];
    return `${first!.path} ${first!.guestPath} ${first!.mode}`;
  };
  test.each([
    ["./out", "out /out rw"],
    ["out", "out /out rw"],
    ["out/", "out /out rw"],
    [".", ". / rw"],
    ["./", ". / rw"],
    ["a/../b", "b /b rw"],
    ["./data:ro", "data /data ro"],
    ["./data:rw", "data /data rw"],
    [{ path: "./data" }, "data /data rw"],
    [{ path: "./data", mode: "read-only" }, "data /data ro"],
    [{ path: "./data", mode: "ro" }, "data /data ro"],
    [{ path: "./data", mode: "read-write" }, "data /data rw"],
    [{ path: "./data", mode: "rw" }, "data /data rw"],
    [{ path: "odd:ro" }, "odd:ro /odd:ro rw"],
  ])("%j", (value, expected) => expect(path(value)).toBe(expected));

  test.each([
    ["../x", "[0] is"],
    ["a/../../x", "[0] is"],
    ["..", "[0] is"],
    ["/etc", "[0] is"],
    ["", "[0] is"],
    ["a\u0000b", "[0] is"],
    [3, "[0] is 3"],
    [null, "[0] is null"],
    [["a"], "[0] is"],
    [{ path: "a", mode: "w" }, '[0].mode is "w"; it takes "read-only", "ro", "read-write" or "rw"'],
    [{ path: "a", mode: null }, "[0].mode is null"],
    [{ path: "a", readonly: true }, '"readonly" is no key'],
    [{ mode: "ro" }, "[0].path is undefined"],
  ])("%j is refused", (value, words) => expect(refused("allowed_files", [value])).toContain(words));

  test("the entry that is wrong is named", () =>
    expect(refused("allowed_files", ["a", "b", "/c"])).toContain('allowed_files[2] is "/c"'));
  test.each(["./out", 3, {}, true])("%j is no list", (value) =>
    expect(refused("allowed_files", value)).toContain("it takes a list of directories"),
  );
  test("lists are bounded", () =>
    expect(refused("allowed_hosts", Array(1001).fill("a.example"))).toContain("at most 1000 hosts"));
});

describe("env_variables", () => {
  test("names", () => expect(read("env_variables", ["API_KEY", "a.b-c", "_"])).toEqual(["API_KEY", "a.b-c", "_"]));
  test.each(["A=B", "", "1A", "A B", "Ä", "A\n", 3])("%j is refused", (value) =>
    expect(refused("env_variables", [value])).toMatch(/env_variables\[0\] is .*the name of a variable/),
  );
});

describe("names of options", () => {
  test("snake case and camel case are one option", () => {
    const snake = parsePolicyOptions(
      { max_retries: 1, allowed_files: ["a"], allowed_hosts: ["b"], env_variables: ["C"] },
      "t",
    );
    const camel = parsePolicyOptions(
      { maxRetries: 1, allowedFiles: ["a"], allowedHosts: ["b"], envVariables: ["C"] },
      "t",
    );
    expect(JSON.stringify(camel).replaceAll("allowedFiles", "allowed_files")).toBe(JSON.stringify(snake));
  });
  test("both at once are refused", () =>
    expect(refusal(() => parsePolicyOptions({ max_retries: 1, maxRetries: 1 }, "t"))).toContain("give it once"));
  test.each([
    ["rma", 'did you mean "ram"?'],
    ["alowed_hosts", 'did you mean "allowed_hosts"?'],
    ["allowedhosts", 'did you mean "allowed_hosts"?'],
    ["maxRetrys", 'did you mean "maxRetries"?'],
    ["memory", "options: compute, ram,"],
    ["__proto__x", "is no option here; options:"],
    ["constructor", "is no option here"],
  ])("%s is unknown", (name, words) => expect(refused(name, 1)).toContain(words));
  test("null and undefined are not said, as None is in Python", () =>
    expect(parsePolicyOptions({ ram: null, timeout: undefined, max_retries: null }, "t")).toEqual({}));
  test.each([null, 3, "x", []])("%j is no record of options", (raw) =>
    expect(refusal(() => parsePolicyOptions(raw, "t"))).toContain("record of option"),
  );
  test("a task's name comes along", () =>
    expect(parseTaskOptions({ name: "main", ram: "64MB" }, "t")).toEqual({
      name: "main",
      options: { memoryBytes: 64 * 1024 ** 2 },
    }));
  test.each(["", "a\nb", 3, "x".repeat(201)])("%j is no name", (name) =>
    expect(refusal(() => parseTaskOptions({ name }, "t"))).toContain("t: name is"),
  );
});

test("what is read is frozen", () => {
  const options = parsePolicyOptions({ allowed_files: ["a"], allowed_hosts: ["b"] }, "t");
  expect(Object.isFrozen(options) && Object.isFrozen(options.files) && Object.isFrozen(options.files![0])).toBe(true);
  expect(Object.isFrozen(options.hosts) && Object.isFrozen(options.hosts![0])).toBe(true);
});

test("a quoted value cannot steer a terminal, and is short", () => {
  expect(quote("\u001b[2J\u009b\u202e\u2028x\n")).toBe('"\\u001b[2J\\u009b\\u202e\\u2028x\\n"');
  expect(quote("x".repeat(10_000)).length).toBeLessThan(100);
  const cycle: unknown[] = [];
  cycle.push(cycle);
  expect(quote(cycle)).toBe("object");
  expect(quote({ a: 1n })).toBe('{"a":"1"}');
});

test("whatever is given, the answer is options or invalid_config, in one line", () => {
  const option = fc.constantFrom(
    "compute",
    "ram",
    "timeout",
    "max_retries",
    "allowed_files",
    "allowed_hosts",
    "env_variables",
    "x",
  );
  const value = fc.oneof(
    fc.anything({ withBigInt: true }),
    fc.array(fc.string({ unit: "binary" })),
    fc.string({ unit: "binary" }),
  );
  fc.assert(
    fc.property(option, value, (name, content) => {
      try {
        parsePolicyOptions({ [name]: content }, "t");
      } catch (error) {
        if (!(error instanceof CapsuleError)) throw error;
        expect(error.message).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
      }
    }),
    { numRuns: 3000 },
  );
});
