/** Job: cut policies down: to a ceiling, to a caller. Never: widen anything. */
import { meetFiles } from "./files.ts";
import { meetHosts } from "./hosts.ts";
import type { PolicyOptions } from "./options.ts";
import type { FileGrant, Policy } from "./policy.ts";

/** A ceiling whose directories have been looked up. */
export interface ResolvedCeiling extends Omit<PolicyOptions, "files"> {
  readonly files?: readonly FileGrant[];
}

/** `policy` cut down to `ceiling`; what the ceiling does not name stays. */
export function ceil(policy: Policy, ceiling: ResolvedCeiling): Policy {
  const names = ceiling.env === undefined ? null : new Set(ceiling.env);
  return Object.freeze({
    fuel: least(policy.fuel, ceiling.fuel),
    memoryBytes: least(policy.memoryBytes, ceiling.memoryBytes),
    timeoutMs: policy.timeoutMs === null ? (ceiling.timeoutMs ?? null) : least(policy.timeoutMs, ceiling.timeoutMs),
    maxRetries: least(policy.maxRetries, ceiling.maxRetries),
    files: ceiling.files === undefined ? policy.files : meetFiles(policy.files, ceiling.files),
    hosts: ceiling.hosts === undefined ? policy.hosts : meetHosts(policy.hosts, ceiling.hosts),
    env: names === null ? policy.env : Object.freeze(policy.env.filter(([name]) => names.has(name))),
    privateAddresses: policy.privateAddresses,
    ...(policy.askedHosts === undefined ? {} : { askedHosts: policy.askedHosts }),
  });
}

/**
 * `policy` cut down to the rights of `caller`, which is what a task gets that the program did not declare. The retries
 * and every other number are bounded too; private addresses are the caller's.
 */
export function narrow(policy: Policy, caller: Policy): Policy {
  const env = new Map(caller.env);
  return Object.freeze({
    ...ceil(policy, {
      fuel: caller.fuel,
      memoryBytes: caller.memoryBytes,
      ...(caller.timeoutMs === null ? {} : { timeoutMs: caller.timeoutMs }),
      maxRetries: caller.maxRetries,
      files: caller.files,
      hosts: caller.hosts,
    }),
    env: Object.freeze(policy.env.filter(([name, value]) => env.get(name) === value)),
    privateAddresses: caller.privateAddresses,
  });
}

/** The smaller one; `value` when there is no bound. */
export function least<T extends number | bigint>(value: T, bound: T | undefined): T {
  return bound !== undefined && bound < value ? bound : value;
}
