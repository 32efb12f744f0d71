/** Job: what the tests of policies share. Never: expectations. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { CapsuleError } from "../../packages/host/src/errors.ts";
import {
  type FileGrant,
  type HostRule,
  type Policy,
  parsePolicyOptions,
} from "../../packages/host/src/policy/index.ts";

/** The message of the `invalid_config` that `act` throws; fails the test when it throws nothing or something else. */
export function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof CapsuleError && error.code === "invalid_config") return error.message;
    throw error;
  }
  throw new Error("nothing was refused");
}

/** A folder that is gone after the test. `null`: a directory; `{ to }`: a symbolic link. */
export function folder(files: Readonly<Record<string, string | null | { readonly to: string }>> = {}): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "capsule-policy-")));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    const path = join(root, name);
    mkdirSync(content === null ? path : dirname(path), { recursive: true });
    if (typeof content === "string") writeFileSync(path, content);
    else if (content !== null) symlinkSync(content.to, path);
  }
  return root;
}

export const rules = (...texts: string[]): readonly HostRule[] =>
  parsePolicyOptions({ allowed_hosts: texts }, "test").hosts!;

export const grant = (path: string, mode: "ro" | "rw" = "rw"): FileGrant => ({ hostPath: path, guestPath: path, mode });

export function policy(part: Partial<Policy> = {}): Policy {
  return {
    fuel: 1000n,
    memoryBytes: 1024 ** 2,
    timeoutMs: null,
    maxRetries: 0,
    files: [],
    hosts: [],
    env: [],
    privateAddresses: [],
    ...part,
  };
}
