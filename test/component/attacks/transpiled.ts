/**
 * Job: the weakened host: components whose core names become JavaScript, as jco's transpiler writes them; in a process of its own.
 * Reads the text of a component, prints what its names did.
 * Never: be part of a host.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import { transpileBytes } from "@bytecodealliance/jco-transpile";
import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";

const folder = mkdtempSync(join(tmpdir(), "capsule-transpiled-"));
try {
  const options = { name: "c", instantiation: "sync", base64Cutoff: 0, emitTypescriptDeclarations: false } as const;
  const { files } = await transpileBytes(await parse(await text(process.stdin)), options);
  const path = join(folder, "c.mjs");
  writeFileSync(path, files["c.js"] as Uint8Array);
  const module = (await import(pathToFileURL(path).href)) as { instantiate: (...args: unknown[]) => void };
  module.instantiate((name: string) => new WebAssembly.Module(files[name] as Uint8Array<ArrayBuffer>), {});
} catch (error) {
  console.error(String(error).slice(0, 200));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log((globalThis as { PWNED?: string }).PWNED ?? "nothing");
