/** Job: make the policy of one task from what was declared, the project, the operator and the machine. Never: read options' text. */
import { CapsuleError } from "../errors.ts";
import { resolveVariables, type Variables } from "./environment.ts";
import { type FileRequest, joinGrants, resolveFiles } from "./files.ts";
import type { Limits } from "./limits.ts";
import { ceil, type ResolvedCeiling } from "./narrow.ts";
import type { PolicyOptions } from "./options.ts";
import type { FileGrant, Policy } from "./policy.ts";
import { quote } from "./problem.ts";
import type { Project } from "./project.ts";
import { computeLevels } from "./quantities.ts";

/** What a task has that says nothing, in a project that says nothing: no rights, MEDIUM compute, 512 MB, no deadline. */
export const builtInOptions = Object.freeze({
  fuel: computeLevels.get("MEDIUM")!,
  memoryBytes: 512 * 1024 ** 2,
  timeoutMs: null,
  maxRetries: 0,
  files: Object.freeze<FileRequest[]>([]),
  hosts: Object.freeze([]),
  env: Object.freeze<string[]>([]),
});

export interface PolicyRequest {
  /** The task's own options (`parsePolicyOptions`); `{}` for none. */
  readonly declared: PolicyOptions;
  readonly project: Project;
  /** Ceilings besides the project's `[limits]`, which always applies: flags, then the API. */
  readonly ceilings?: readonly Limits[];
  /** The operator's own grants (`parseMount`): every task of a run has them, no ceiling cuts them. */
  readonly mounts?: readonly FileRequest[];
  /** Where values of environment variables come from; `process.env` fits. */
  readonly hostEnv: Variables;
}

/**
 * The policy of a task. Precedence for each option: the task, capsule.toml `[tasks]`, built in; then every ceiling.
 * Reads the file system: directories must exist and lie in the project.
 * @throws CapsuleError `invalid_config` for a directory that cannot be granted
 * @example
 * ```ts
 * const project = loadProject(process.cwd());
 * const declared = parsePolicyOptions({ ram: "64MB", allowed_files: ["./out"] }, 'task "main"');
 * const policy = resolvePolicy({ declared, project, hostEnv: process.env });
 * ```
 */
export function resolvePolicy(request: PolicyRequest): Policy {
  const { declared, project, mounts = [], hostEnv } = request;
  const ceilings = [project.limits, ...(request.ceilings ?? [])];
  const options = { ...builtInOptions, ...project.defaults, ...declared };
  let policy: Policy = {
    fuel: options.fuel,
    memoryBytes: options.memoryBytes,
    timeoutMs: options.timeoutMs,
    maxRetries: options.maxRetries,
    files: resolveFiles(options.files, project.root),
    hosts: options.hosts,
    env: resolveVariables(options.env, hostEnv, project.env),
    privateAddresses: ceilings.reduce<Policy["privateAddresses"]>(
      (granted, limits) => limits.privateAddresses ?? granted,
      Object.freeze([]),
    ),
  };
  for (const { task } of ceilings) policy = ceil(policy, resolveCeiling(task, project.root));
  return Object.freeze({
    ...policy,
    files: addMounts(policy.files, mounts, project.root),
    ...(policy.hosts === options.hosts ? {} : { askedHosts: options.hosts }),
  });
}

/** The ceiling with its directories looked up. */
export function resolveCeiling(task: PolicyOptions, root: string): ResolvedCeiling {
  const { files, ...rest } = task;
  return files === undefined ? rest : { ...rest, files: resolveFiles(files, root) };
}

function addMounts(files: readonly FileGrant[], mounts: readonly FileRequest[], root: string): readonly FileGrant[] {
  if (mounts.length === 0) return files;
  return joinGrants([...resolveFiles(mounts, root), ...files], (mount, grant) => {
    throw new CapsuleError(
      "invalid_config",
      `the mount of ${quote(mount.hostPath)} is ${quote(mount.guestPath)} in the guest, where the task has ${quote(grant.hostPath)}; give the mount another guest path (HOST::GUEST)`,
    );
  });
}
