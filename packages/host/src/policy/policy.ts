/** Job: the shapes of a policy: what one task may use, as plain frozen data. Never: parse or check (see the other files of this room). */
import type { AddressRange } from "./addresses.ts";

/** A directory that a task may use. */
export interface FileGrant {
  /** Absolute path on the host, symbolic links resolved. */
  readonly hostPath: string;
  /** Absolute path as the guest sees it, beginning with "/". */
  readonly guestPath: string;
  readonly mode: "ro" | "rw";
}

/** One entry of `allowed_hosts`: an exact name, `*.name` (any depth below, not the apex) or `*`; optionally one port. */
export interface HostRule {
  readonly pattern: string;
  readonly port: number | null;
}

/** What one task may use. Every number is bounded; `null` never means unlimited by accident: see each field. */
export interface Policy {
  /** Fuel budget, 1 … 2^63 − 1. */
  readonly fuel: bigint;
  /** Linear memory, in bytes, the engine's own included. */
  readonly memoryBytes: number;
  /** Wall clock in milliseconds from start to end, sub-tasks included, the queue not; null: none was asked for and no ceiling is set. */
  readonly timeoutMs: number | null;
  /** Attempts after the first. */
  readonly maxRetries: number;
  readonly files: readonly FileGrant[];
  readonly hosts: readonly HostRule[];
  /** Names and values, resolved on the host. */
  readonly env: readonly (readonly [name: string, value: string])[];
  /** Ranges of private and special addresses that `hosts` may lead to. Only the operator grants them, never a task. */
  readonly privateAddresses: readonly AddressRange[];
  /** What was asked for before a ceiling cut `hosts`; only so that a refusal can say who could allow it. */
  readonly askedHosts?: readonly HostRule[];
}
