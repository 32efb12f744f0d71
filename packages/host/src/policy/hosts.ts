/** Job: host rules: read them, match a host against them, and meet two sets of them. Never: resolve names (see net/). */
import { isIPv6 } from "node:net";
import type { HostRule } from "./policy.ts";
import type { Fail } from "./problem.ts";

const allowed =
  'a host such as "api.example.com", "*.example.org" (every name below example.org, not itself), "192.0.2.7", "[2001:db8::7]" or "*", with an optional port ("api.example.com:8443") and without scheme or path';

/**
 * `"API.example.com:8443"` → `{ pattern: "api.example.com", port: 8443 }`. Names are written as a URL would carry them:
 * lower case, international names in punycode, addresses in their one normal form, no trailing dot.
 */
export function parseHostRule(value: unknown, fail: Fail): HostRule {
  if (typeof value !== "string" || value.length > 300) return fail(allowed);
  // Only letters, digits and what a host may hold: the URL parser would drop tabs, decode %41 and split at @ / \ ? #.
  if (!/^[^\u0000-\u0020!-)+,/;-@\\^`{-\u009f]+$/.test(value)) return fail(allowed);
  if (isIPv6(value)) return Object.freeze({ pattern: canonicalHost(`[${value}]`) ?? fail(allowed), port: null });
  const match = /^(\[[^[\]]*\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(value);
  if (match === null) return fail(allowed);
  const port = match[2] === undefined ? null : Number(match[2]);
  if (port !== null && (port < 1 || port > 65_535)) return fail(`${allowed}; a port is 1 to 65535`);
  const name = match[1]!;
  if (name === "*") return Object.freeze({ pattern: "*", port });
  const wildcard = name.startsWith("*.");
  const base = canonicalHost(wildcard ? name.slice(2) : name);
  if (base === null || base.includes("*") || (wildcard && isAddress(base))) return fail(allowed);
  return Object.freeze({ pattern: wildcard ? `*.${base}` : base, port });
}

/** A host as `URL.hostname` gives it, without the trailing dot of an absolute name; null if it is none. */
export function canonicalHost(host: string): string | null {
  const url = URL.parse(`http://${host}/`);
  if (url === null || url.username !== "" || url.port !== "") return null;
  const name = withoutTrailingDot(url.hostname);
  return name === "" || name.startsWith(".") || name.endsWith(".") || name.includes("..") ? null : name;
}

/** "example.com." and "example.com" are one name of the DNS. */
export const withoutTrailingDot = (name: string) => (name.endsWith(".") ? name.slice(0, -1) : name);

const isAddress = (host: string) => host.startsWith("[") || /^[\d.]+$/.test(host);

/** Whether one of `rules` allows this host (in canonical form) and port. */
export function hostAllowed(rules: readonly HostRule[], host: string, port: number): boolean {
  return rules.some((rule) => (rule.port === null || rule.port === port) && patternCovers(rule.pattern, host));
}

/** Whether everything that matches `inner` (a name or a pattern) matches `outer`. */
function patternCovers(outer: string, inner: string): boolean {
  if (outer === "*" || outer === inner) return true;
  // "*.example.org" covers "a.example.org" and "*.a.example.org"; the dot stays, so "badexample.org" is not covered.
  return outer.startsWith("*.") && inner.length > outer.length - 1 && inner.endsWith(outer.slice(1));
}

/** Whether everything that `inner` allows is allowed by `outer`. */
export function hostRuleCovers(outer: HostRule, inner: HostRule): boolean {
  return (outer.port === null || outer.port === inner.port) && patternCovers(outer.pattern, inner.pattern);
}

/**
 * What both sets allow. Two patterns either do not overlap or one contains the other, so the meet of two rules is the
 * narrower pattern with the narrower port, exactly.
 */
export function meetHosts(a: readonly HostRule[], b: readonly HostRule[]): readonly HostRule[] {
  const met: HostRule[] = [];
  for (const left of a)
    for (const right of b) {
      const pattern = patternCovers(left.pattern, right.pattern)
        ? right.pattern
        : patternCovers(right.pattern, left.pattern)
          ? left.pattern
          : null;
      if (pattern === null || (left.port !== null && right.port !== null && left.port !== right.port)) continue;
      met.push(Object.freeze({ pattern, port: left.port ?? right.port }));
    }
  return Object.freeze(withoutCovered(met));
}

/** The same set without the rules that another one contains. */
function withoutCovered(rules: readonly HostRule[]): HostRule[] {
  return rules.filter(
    (rule, index) =>
      !rules.some(
        (other, at) => at !== index && hostRuleCovers(other, rule) && (!hostRuleCovers(rule, other) || at < index),
      ),
  );
}

/** `{ pattern: "a.example", port: 81 }` → "a.example:81". */
export const formatHostRule = (rule: HostRule) => (rule.port === null ? rule.pattern : `${rule.pattern}:${rule.port}`);
