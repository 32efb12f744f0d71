/** Job: read the generated modules and Wasmtime's stored answers. Never: judge them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { unpacked } from "../support/shared.ts";

export interface StoredCall {
  readonly export: string;
  readonly args: readonly string[];
  readonly results?: readonly (readonly [type: string, value: number | string | null])[];
  readonly trap?: string;
  readonly fuel: number;
  readonly host: readonly (readonly [name: string, fuel: number])[];
}
export interface StoredModule {
  readonly start: { readonly fuel?: number; readonly trap?: string; readonly error?: string };
  readonly calls: readonly StoredCall[];
}
export interface CorpusModule extends StoredModule {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export const profiles = ["mvp", "full", "large"] as const;
/** The budget under which Wasmtime ran instantiation, and again each call. */
export const corpusBudget = 10_000_000n;

/** The modules of one profile; null, said aloud, where the data is missing. */
export function corpus(profile: (typeof profiles)[number]): CorpusModule[] | null {
  const folder = unpacked("corpus/generated.tar.gz");
  if (folder === null) return null;
  const answers = JSON.parse(readFileSync(join(folder, `${profile}.json`), "utf8")) as Record<string, StoredModule>;
  return Object.entries(answers).map(([file, stored]) => {
    const bytes = new Uint8Array(readFileSync(join(folder, profile, file)));
    return { name: `${profile}/${file}`, bytes, ...stored };
  });
}
