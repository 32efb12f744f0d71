/** Job: the public door of @capsule-run/host. Never: code of its own. */
export { CapsuleError, type CapsuleErrorCode } from "./errors.ts";
export type { FileGrant, HostRule, Policy } from "./policy/policy.ts";
export { failer, nearest, quote } from "./policy/problem.ts";
export { formatDuration, formatFuel, formatSize, parseCompute, parseSize } from "./policy/quantities.ts";
export type { Envelope, ErrorType, Execution, HostRequest } from "./task/envelope.ts";
export type { Denial } from "./wasi/config.ts";
