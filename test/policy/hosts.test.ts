/** Job: host rules, in both directions: how they are read, what they match, and that their meet is exact. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ceil,
  formatHostRule,
  hostAllowed,
  hostRuleCovers,
  parsePolicyOptions,
} from "../../packages/host/src/policy/index.ts";
import { policy, refusal, rules } from "./support.ts";

describe("reading", () => {
  test.each([
    ["api.example.com", "api.example.com"],
    ["API.Example.COM", "api.example.com"],
    ["api.example.com.", "api.example.com"],
    ["api.example.com:8443", "api.example.com:8443"],
    ["*", "*"],
    ["*:8080", "*:8080"],
    ["*.example.org", "*.example.org"],
    ["*.Example.org:443", "*.example.org:443"],
    ["bücher.example", "xn--bcher-kva.example"],
    ["*.bücher.example", "*.xn--bcher-kva.example"],
    ["ｅｘａｍｐｌｅ.com", "example.com"],
    ["example。com", "example.com"],
    ["192.0.2.7", "192.0.2.7"],
    ["0x7f.1", "127.0.0.1"],
    ["2130706433", "127.0.0.1"],
    ["0177.0.0.1", "127.0.0.1"],
    ["2001:DB8::7", "[2001:db8::7]"],
    ["[2001:db8:0:0::7]:8080", "[2001:db8::7]:8080"],
    ["::ffff:127.0.0.1", "[::ffff:7f00:1]"],
    ["localhost", "localhost"],
    ["my_host.internal", "my_host.internal"],
  ])("%s → %s", (text, canonical) => expect(formatHostRule(rules(text)[0]!)).toBe(canonical));

  test.each([
    "",
    ".",
    "..",
    "*.",
    "**",
    "*example.com",
    "*.*.example.com",
    "a.*.example.com",
    "example.*",
    "*.127.0.0.1",
    "*.[::1]",
    "https://api.example.com",
    "api.example.com/",
    "api.example.com/path",
    "user@api.example.com",
    "api.example.com:",
    "api.example.com:0",
    "api.example.com:65536",
    "api.example.com:http",
    "api.example.com:80:80",
    "api .example.com",
    "api\t.example.com",
    "api\n.example.com",
    "ex%61mple.com",
    "example.com?x",
    "example.com#x",
    "example.com\\x",
    "a..b",
    ".example.com",
    "[::1",
    "::1]",
    "[::1%eth0]",
    "fe80::1%eth0",
    "1.2.3.4.5",
    "256.1.1.1",
    "example.0x",
    "a,b",
    "(x)",
  ])("%j is refused", (text) =>
    expect(refusal(() => parsePolicyOptions({ allowed_hosts: [text] }, "t"))).toMatch(
      /allowed_hosts\[0\] is .* it takes a host such as/,
    ),
  );
});

describe("matching", () => {
  test.each([
    ["example.com", "example.com", 443, true],
    ["example.com", "www.example.com", 443, false],
    ["example.com", "example.com.evil.example", 443, false],
    ["example.com", "notexample.com", 443, false],
    ["*.example.com", "www.example.com", 443, true],
    ["*.example.com", "a.b.c.example.com", 443, true],
    ["*.example.com", "example.com", 443, false],
    ["*.example.com", "badexample.com", 443, false],
    ["*.example.com", ".example.com", 443, false],
    ["*", "anything.example", 1234, true],
    ["*", "127.0.0.1", 80, true],
    ["*:443", "anything.example", 80, false],
    ["example.com:8443", "example.com", 8443, true],
    ["example.com:8443", "example.com", 443, false],
    ["*.com:80", "example.com", 80, true],
    ["[::1]", "[::1]", 80, true],
  ] as const)("%s and %s port %s: %s", (rule, host, port, matches) =>
    expect(hostAllowed(rules(rule), host, port)).toBe(matches),
  );

  test("no rule allows nothing", () => expect(hostAllowed([], "example.com", 443)).toBe(false));
});

test.each([
  ["*", "*.example.com", true],
  ["*.example.com", "*", false],
  ["*.example.com", "*.a.example.com", true],
  ["*.a.example.com", "*.example.com", false],
  ["*.example.com", "*.example.com", true],
  ["*.example.com", "example.com", false],
  ["*", "*:80", true],
  ["*:80", "*", false],
  ["*.example.com:80", "x.example.com:80", true],
  ["*.example.com:80", "x.example.com:81", false],
] as const)("%s covers %s: %s", (outer, inner, covers) =>
  expect(hostRuleCovers(rules(outer)[0]!, rules(inner)[0]!)).toBe(covers),
);

const label = fc.constantFrom("a", "b", "example", "com");
const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join("."));
const port = fc.constantFrom(null, 80, 443);
const rule = fc.record({
  pattern: fc.oneof(
    name,
    name.map((base) => `*.${base}`),
    fc.constant("*"),
  ),
  port,
});

test("the meet of two sets allows exactly what both allow", () => {
  fc.assert(
    fc.property(
      fc.array(rule, { maxLength: 6 }),
      fc.array(rule, { maxLength: 6 }),
      name,
      fc.constantFrom(80, 443, 9),
      (a, b, host, at) => {
        const met = ceil(policy({ hosts: a }), { hosts: b }).hosts;
        expect(hostAllowed(met, host, at)).toBe(hostAllowed(a, host, at) && hostAllowed(b, host, at));
      },
    ),
    { numRuns: 5000 },
  );
});

test("covering is what it says: whatever the inner rule allows, the outer one does", () => {
  fc.assert(
    fc.property(rule, rule, name, fc.constantFrom(80, 443), (outer, inner, host, at) => {
      fc.pre(hostRuleCovers(outer, inner) && hostAllowed([inner], host, at));
      expect(hostAllowed([outer], host, at)).toBe(true);
    }),
    { numRuns: 3000 },
  );
});
