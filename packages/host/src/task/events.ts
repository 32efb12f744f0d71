/** Job: what a run tells while it goes on: the shapes of its events. Never: who listens. */
import type { Progress } from "../engine/interface.ts";
import type { Policy } from "../policy/policy.ts";
import type { Denial } from "../wasi/config.ts";
import type { Envelope, HostRequest, TaskError } from "./envelope.ts";

/** Which task of which run; an execution has one id over all its attempts. */
export interface EventHead {
  readonly id: string;
  /** The execution whose guest called this one; null for the first. */
  readonly parent: string | null;
  readonly task: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export type EventBody =
  /** Its policy is decided and it waits for a thread. */
  | { readonly kind: "queued"; readonly policy: Policy }
  /** `attempt`: 0 for the first. */
  | { readonly kind: "started"; readonly attempt: number }
  | { readonly kind: "output"; readonly stream: 1 | 2; readonly bytes: Uint8Array }
  /** Refused by policy; at most 100 of one execution are told. */
  | { readonly kind: "denied"; readonly denial: Denial }
  | { readonly kind: "request"; readonly request: HostRequest }
  /** The attempt failed with `error`; the next one starts after `delayMs`. */
  | { readonly kind: "retry"; readonly attempt: number; readonly error: TaskError; readonly delayMs: number }
  /** How it ended: exactly one of these four, and last. */
  | { readonly kind: "completed" | "failed" | "timed_out" | "cancelled"; readonly envelope: Envelope };

export type CapsuleEvent = (EventHead & EventBody) | PreparingEvent;

/** Before there is a task: an engine or a program is being made ready. */
export interface PreparingEvent extends Progress {
  readonly kind: "preparing";
  readonly at: number;
}

/** The last event of an envelope. */
export function lastEvent(envelope: Envelope): "completed" | "failed" | "timed_out" | "cancelled" {
  switch (envelope.error?.error_type) {
    case undefined:
      return "completed";
    case "timeout":
      return "timed_out";
    case "cancelled":
      return "cancelled";
    default:
      return "failed";
  }
}
