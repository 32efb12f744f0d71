/**
 * Job: the door of this room. Never: code of its own.
 *
 * Reading (pure): `parsePolicyOptions(raw, where)`, `parseTaskOptions(raw, where)` (with `name`), `parseLimits(raw, where)`,
 * `parseMountFlag(text)`, `parseProject(text, file)`.
 * Reading the disk: `loadProject(cwd)`, `resolvePolicy({ declared, project, ceilings, mounts, hostEnv })`.
 * Cutting down (pure): `ceil(policy, ceiling)`, `narrow(policy, caller)` for a task that was not declared, `runLimits(ceilings)`.
 * Showing: `describePolicy(policy)`, `policyToJson(policy)`, `formatSize`, `formatDuration`, `formatFuel`, `quote` (foreign text, safe to print).
 * Asking: `hostAllowed(rules, host, port)`.
 */
export { type Address, type AddressRange, parseAddress, parseAddressRange, rangeHolds } from "./addresses.ts";
export { describePolicy, type PolicyJson, policyToJson } from "./describe.ts";
export type { Variables } from "./environment.ts";
export { type FileRequest, parseMountFlag } from "./files.ts";
export { canonicalHost, formatHostRule, hostAllowed, hostRuleCovers } from "./hosts.ts";
export { defaultRunLimits, type Limits, noLimits, parseLimits, type RunLimits, runLimits } from "./limits.ts";
export { ceil, narrow, type ResolvedCeiling } from "./narrow.ts";
export { type PolicyOptions, parsePolicyOptions, parseTaskOptions, type TaskDeclaration } from "./options.ts";
export type { FileGrant, HostRule, Policy } from "./policy.ts";
export { quote } from "./problem.ts";
export { loadProject, type Project, parseProject, type Workflow } from "./project.ts";
export { formatDuration, formatFuel, formatSize } from "./quantities.ts";
export { builtInOptions, type PolicyRequest, resolvePolicy } from "./resolve.ts";
