/** Job: precedence, ceilings, narrowing, variables and what is shown: the way from options to one policy. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ceil,
  defaultRunLimits,
  describePolicy,
  formatHostRule,
  hostAllowed,
  loadProject,
  narrow,
  type Policy,
  parseLimits,
  parsePolicyOptions,
  policyToJson,
  resolvePolicy,
  runLimits,
} from "../../packages/host/src/policy/index.ts";
import { folder, grant, policy, rules } from "./support.ts";

function resolve(
  root: string,
  options: object,
  ceilings: readonly object[] = [],
  hostEnv: Record<string, string> = {},
): Policy {
  return resolvePolicy({
    declared: parsePolicyOptions(options, "t"),
    project: loadProject(root),
    ceilings: ceilings.map((raw) => parseLimits(raw, "flags")),
    hostEnv,
  });
}

describe("precedence", () => {
  const toml = `[tasks]\ndefault_ram = "128MB"\ndefault_timeout = "10s"\n[limits]\ncompute = 5000\ntimeout = "5s"`;
  test("built in: no rights, MEDIUM, 512 MB, no deadline", () =>
    expect(policyToJson(resolve(folder(), {}))).toEqual({
      compute: "2000000000",
      ram: 512 * 1024 ** 2,
      timeout: null,
      max_retries: 0,
      allowed_files: [],
      allowed_hosts: [],
      env_variables: [],
      private_addresses: [],
    }));
  test("capsule.toml over built in, the task over capsule.toml, [limits] over all", () => {
    const root = folder({ "capsule.toml": toml });
    expect(resolve(root, {})).toMatchObject({ fuel: 5000n, memoryBytes: 128 * 1024 ** 2, timeoutMs: 5000 });
    expect(resolve(root, { ram: "64MB", compute: 10, timeout: "1s" })).toMatchObject({
      fuel: 10n,
      memoryBytes: 64 * 1024 ** 2,
      timeoutMs: 1000,
    });
    expect(resolve(root, { compute: "HIGH", timeout: "1h" })).toMatchObject({ fuel: 5000n, timeoutMs: 5000 });
  });
  test("an empty list of a task is a word, not silence", () => {
    const root = folder({ "capsule.toml": '[tasks]\ndefault_allowed_hosts = ["*"]' });
    expect(resolve(root, {}).hosts).toHaveLength(1);
    expect(resolve(root, { allowed_hosts: [] }).hosts).toHaveLength(0);
  });
});

describe("ceilings", () => {
  test("each one cuts: project, flags, API", () => {
    const root = folder({ "capsule.toml": '[limits]\nallowed_hosts = ["*.example.com"]\nmax_retries = 5' });
    const made = resolve(root, { allowed_hosts: ["*"], max_retries: 9 }, [
      { allowed_hosts: ["a.example.com", "other.example"] },
      { maxRetries: 1 },
    ]);
    expect(policyToJson(made)).toMatchObject({ allowed_hosts: ["a.example.com"], max_retries: 1 });
  });
  test("a timeout of the ceiling holds for a task that named none", () =>
    expect(resolve(folder(), {}, [{ timeout: "2s" }]).timeoutMs).toBe(2000));
  test("files: the part that the ceiling covers, read-only where it says so", () => {
    const root = folder({ "data/in": null, "data/out": null });
    const made = resolve(root, { allowed_files: ["data"] }, [{ allowed_files: [{ path: "data/in", mode: "ro" }] }]);
    expect(made.files).toEqual([{ hostPath: `${root}/data/in`, guestPath: "/data/in", mode: "ro" }]);
  });
  test("variables outside the ceiling are not given", () =>
    expect(
      resolve(folder(), { env_variables: ["A", "B"] }, [{ env_variables: ["B"] }], { A: "1", B: "2" }).env,
    ).toEqual([["B", "2"]]));
  test("private addresses are the operator's word alone; the last one that says anything holds", () => {
    const root = folder({ "capsule.toml": '[limits]\nprivate_addresses = ["10.0.0.0/8"]' });
    expect(policyToJson(resolve(root, {})).private_addresses).toEqual(["10.0.0.0/8"]);
    expect(policyToJson(resolve(root, {}, [{ compute: 1 }])).private_addresses).toEqual(["10.0.0.0/8"]);
    expect(policyToJson(resolve(root, {}, [{ private_addresses: false }])).private_addresses).toEqual([]);
    expect(policyToJson(resolve(root, {}, [{ private_addresses: true }])).private_addresses).toEqual([
      "0.0.0.0/0",
      "::/0",
    ]);
    expect(() => resolve(root, { private_addresses: true })).toThrow(/is no option here/);
  });
  test("limits of a run: the strictest word, else the standard", () => {
    const flags = [
      parseLimits({ max_tasks: 5000, max_depth: 4 }, "a"),
      parseLimits({ max_tasks: 2000, total_compute: 7 }, "b"),
    ];
    expect(runLimits(flags)).toEqual({ ...defaultRunLimits, tasks: 2000, depth: 4, totalFuel: 7n });
    expect(runLimits([])).toEqual(defaultRunLimits);
  });
});

describe("variables", () => {
  test("the host's environment, then .env; only what is named; unset ones are absent", () => {
    const root = folder({ ".env": "A=file\nB=file\nSECRET=s" });
    expect(resolve(root, { env_variables: ["A", "B", "C", "A"] }, [], { A: "host", OTHER: "x" }).env).toEqual([
      ["A", "host"],
      ["B", "file"],
    ]);
  });
  test("names of Object.prototype are no variables", () =>
    expect(resolve(folder(), { env_variables: ["constructor", "__proto__", "toString"] }).env).toEqual([]));
});

describe("showing", () => {
  const shown = policy({
    fuel: 2_000_000_000n,
    memoryBytes: 512 * 1024 ** 2,
    timeoutMs: 90_500,
    files: [{ ...grant("/home/me/\u001b[2Jx", "ro"), guestPath: "/data" }],
    hosts: rules("*.example.org", "a.example:81"),
    env: [["API_KEY", "s3cret"]],
  });
  test("for people: no values of variables, nothing that steers a terminal", () =>
    expect(describePolicy(shown)).toBe(
      [
        "compute  MEDIUM (2,000,000,000 fuel)",
        "ram      512MB",
        "timeout  1m 30s 500ms",
        "retries  0",
        'files    /data ← "/home/me/\\u001b[2Jx" (read-only)',
        "hosts    *.example.org",
        "         a.example:81",
        "env      API_KEY",
      ].join("\n"),
    ));
  test("as JSON: names, not values", () => expect(JSON.stringify(policyToJson(shown))).not.toContain("s3cret"));
  test("ranges", () => {
    const made = policy({
      privateAddresses: parseLimits({ private_addresses: ["fd00::/8", "127.0.0.1"] }, "t").privateAddresses!,
    });
    expect(policyToJson(made).private_addresses).toEqual(["fd00::/8", "127.0.0.1"]);
    expect(describePolicy(made)).toContain("private  fd00::/8");
  });
});

const anyPolicy: fc.Arbitrary<Policy> = fc.record({
  fuel: fc.bigInt(1n, 50n),
  memoryBytes: fc.integer({ min: 1, max: 50 }),
  timeoutMs: fc.option(fc.integer({ min: 1, max: 50 })),
  maxRetries: fc.integer({ min: 0, max: 5 }),
  files: fc.array(
    fc
      .tuple(fc.constantFrom("/", "/a", "/a/b", "/c"), fc.constantFrom("ro" as const, "rw" as const))
      .map(([path, mode]) => grant(path, mode)),
    { maxLength: 3 },
  ),
  hosts: fc.array(fc.constantFrom(...rules("*", "*.x.example", "a.x.example", "a.x.example:81", "b.example")), {
    maxLength: 3,
  }),
  env: fc.array(fc.tuple(fc.constantFrom("A", "B"), fc.constantFrom("1", "2")), { maxLength: 2 }),
  privateAddresses: fc.constantFrom(parseLimits({ private_addresses: true }, "t").privateAddresses!, []),
});

/** The order of grants says nothing. */
const sorted = (made: Policy): Policy => ({
  ...made,
  files: made.files.toSorted((a, b) => (a.guestPath < b.guestPath ? -1 : 1)),
  hosts: made.hosts.toSorted((a, b) => (formatHostRule(a) < formatHostRule(b) ? -1 : 1)),
});

test("narrowing to a caller never widens any field, and is done after once", () => {
  fc.assert(
    fc.property(anyPolicy, anyPolicy, (asked, caller) => {
      const child = narrow(asked, caller);
      expect(child.fuel <= asked.fuel && child.fuel <= caller.fuel).toBe(true);
      expect(child.memoryBytes <= Math.min(asked.memoryBytes, caller.memoryBytes)).toBe(true);
      expect((child.timeoutMs ?? Infinity) <= Math.min(asked.timeoutMs ?? Infinity, caller.timeoutMs ?? Infinity)).toBe(
        true,
      );
      expect(child.maxRetries <= Math.min(asked.maxRetries, caller.maxRetries)).toBe(true);
      for (const host of ["x.example", "a.x.example", "b.example", "q.example"])
        for (const port of [80, 81])
          if (hostAllowed(child.hosts, host, port))
            expect(hostAllowed(asked.hosts, host, port) && hostAllowed(caller.hosts, host, port)).toBe(true);
      for (const [name, value] of child.env) {
        expect(caller.env).toContainEqual([name, value]);
        expect(asked.env).toContainEqual([name, value]);
      }
      expect(child.privateAddresses).toBe(caller.privateAddresses);
      expect(sorted(narrow(child, caller))).toEqual(sorted(child));
    }),
    { numRuns: 5000 },
  );
});

test("a ceiling that names nothing changes nothing", () => {
  fc.assert(
    fc.property(anyPolicy, (asked) => {
      expect(ceil(asked, {})).toEqual(asked);
    }),
  );
});
