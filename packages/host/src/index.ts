/** Job: the public door of @capsule-run/host. Never: code of its own. */

export type { CacheOptions } from "./cache.ts";
export type { ComponentFacts, ModuleFacts, Progress } from "./engine/interface.ts";
export type { Installation } from "./engine/python/install.ts";
export { CapsuleError, type CapsuleErrorCode, reasonOf } from "./errors.ts";
export { type JsonValue, parseJson, stringifyJson } from "./json.ts";
export { examineMachine, type MachineCheck } from "./machine.ts";
export { describePolicy, type PolicyJson } from "./policy/describe.ts";
export type { PlainOptions } from "./policy/plain.ts";
export type { FileGrant, HostRule, Policy } from "./policy/policy.ts";
export { failer, nearest, quote } from "./policy/problem.ts";
export { loadProject, type Project } from "./policy/project.ts";
export { formatDuration, formatFuel, formatSize, parseCompute, parseDuration, parseSize } from "./policy/quantities.ts";
export { Capsule, type CapsuleOptions, type InspectOptions, type RunOptions } from "./task/capsule.ts";
export {
  type Envelope,
  type ErrorType,
  type Execution,
  envelopeText,
  type HostRequest,
  type TaskError,
} from "./task/envelope.ts";
export type { CapsuleEvent, EventBody, EventHead, PreparingEvent } from "./task/events.ts";
export type { Inspection } from "./task/inspect.ts";
export type { Stdin } from "./task/stdin.ts";
export { recentRuns, type TracedRun, type TraceTree, traceOf } from "./trace/read.ts";
export type { TraceOptions } from "./trace/traces.ts";
export type { Denial } from "./wasi/config.ts";
export type { PoolOptions, PoolState } from "./worker/pool.ts";
