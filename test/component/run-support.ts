/** Job: small components made from text, and a host that runs them, for the tests of running. Never: assertions. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { componentEmbed, componentNew, parse } from "@bytecodealliance/jco-transpile/wasm-tools";
import type { CapsuleOptions, Envelope, RunOptions } from "@capsule-run/host";
import { testHost } from "../host/support.ts";
import { cacheFolder } from "../support/shared.ts";

/** A component's bytes; made once, since loading the tools takes longer than the test. */
async function made(key: string, make: () => Promise<Uint8Array>): Promise<Uint8Array> {
  const folder = join(cacheFolder(), "components-from-text");
  const path = join(folder, `${createHash("sha256").update(key).digest("hex")}.wasm`);
  if (existsSync(path)) return readFileSync(path);
  const bytes = await make();
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${path}.${process.pid}`, bytes);
  renameSync(`${path}.${process.pid}`, path);
  return bytes;
}

/** A component as WAT writes it: `(component …)`. */
export const fromText = (wat: string): Promise<Uint8Array> => made(wat, () => parse(wat));

/** A core module for a world, as a compiler's linker makes it a component. */
export const fromModule = (wat: string, wit: string): Promise<Uint8Array> =>
  made(`${wat}\n${wit}`, async () => {
    const binary = await parse(wat);
    return componentNew(await componentEmbed({ binary, witSource: wit, stringEncoding: "utf8" }));
  });

const small = { compute: 10_000_000, ram: "4MB", timeout: "20s" };

export async function componentHost(options: CapsuleOptions = {}) {
  const host = await testHost(options);
  let count = 0;
  return {
    ...host,
    /** Runs a component's bytes; the policy has small numbers unless the test names others. */
    async runBytes(bytes: Uint8Array, { policy, ...rest }: RunOptions = {}): Promise<Envelope> {
      const path = host.write(`component-${count++}.wasm`, bytes);
      return host.capsule.run(path, { cwd: host.folder, ...rest, policy: { ...small, ...policy } });
    },
  };
}
