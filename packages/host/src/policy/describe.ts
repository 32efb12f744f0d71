/** Job: show a policy, to people and as JSON. Never: show the value of a variable. */

import type { AddressRange } from "./addresses.ts";
import { ipv4Text } from "./addresses.ts";
import { formatHostRule } from "./hosts.ts";
import type { Policy } from "./policy.ts";
import { quote } from "./problem.ts";
import { formatDuration, formatFuel, formatSize } from "./quantities.ts";

/** A policy as plain JSON, in the words of the options. */
export interface PolicyJson {
  /** Fuel, as text because it may exceed 2^53. */
  readonly compute: string;
  readonly ram: number;
  readonly timeout: number | null;
  readonly max_retries: number;
  readonly allowed_files: readonly { readonly path: string; readonly host_path: string; readonly mode: "ro" | "rw" }[];
  readonly allowed_hosts: readonly string[];
  /** Names only. */
  readonly env_variables: readonly string[];
  readonly private_addresses: readonly string[];
}

export function policyToJson(policy: Policy): PolicyJson {
  return {
    compute: policy.fuel.toString(),
    ram: policy.memoryBytes,
    timeout: policy.timeoutMs,
    max_retries: policy.maxRetries,
    allowed_files: policy.files.map(({ guestPath, hostPath, mode }) => ({
      path: guestPath,
      host_path: hostPath,
      mode,
    })),
    allowed_hosts: policy.hosts.map(formatHostRule),
    env_variables: policy.env.map(([name]) => name),
    private_addresses: policy.privateAddresses.map(formatRange),
  };
}

/**
 * A policy for people, one line an option; safe to print.
 * @example
 * ```
 * compute  MEDIUM (2,000,000,000 fuel)
 * ram      512MB
 * timeout  none
 * retries  0
 * files    /data ← "/home/me/project/data" (read-only)
 * hosts    *.example.org
 * env      API_KEY
 * ```
 */
export function describePolicy(policy: Policy): string {
  const lines: [string, readonly string[]][] = [
    ["compute", [formatFuel(policy.fuel)]],
    ["ram", [formatSize(policy.memoryBytes)]],
    ["timeout", [policy.timeoutMs === null ? "none" : formatDuration(policy.timeoutMs)]],
    ["retries", [String(policy.maxRetries)]],
    [
      "files",
      policy.files.map(
        ({ guestPath, hostPath, mode }) =>
          `${plain(guestPath)} ← ${quotePath(hostPath)} (${mode === "ro" ? "read-only" : "read-write"})`,
      ),
    ],
    ["hosts", policy.hosts.map(formatHostRule)],
    ["env", policy.env.map(([name]) => name)],
  ];
  if (policy.privateAddresses.length > 0) lines.push(["private", policy.privateAddresses.map(formatRange)]);
  return lines
    .map(([name, values]) => `${name.padEnd(9)}${values.length === 0 ? "none" : values.join(`\n${" ".repeat(9)}`)}`)
    .join("\n");
}

/** Quoted only when it must be. */
const plain = (path: string) => (/^[\w./-]+$/.test(path) ? path : quote(path));
const quotePath = (path: string) => quote(path);

/** `{ bits: 32, value: 0x0a000000n, prefix: 8 }` → "10.0.0.0/8". */
function formatRange(range: AddressRange): string {
  const address =
    range.bits === 32
      ? ipv4Text(range.value)
      : URL.parse(
          `http://[${[112, 96, 80, 64, 48, 32, 16, 0].map((shift) => ((range.value >> BigInt(shift)) & 0xffffn).toString(16)).join(":")}]/`,
        )!.hostname.slice(1, -1);
  return range.prefix === range.bits ? address : `${address}/${range.prefix}`;
}
