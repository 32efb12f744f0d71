/** Job: NumPy's source and the tools that its build runs, pinned, fetched once, verified by SHA-256. Never: build. */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "../../engine-python/build/sources.ts";
import { BuildError, run, type Workspace } from "../../engine-python/build/steps.ts";
import { editNumpy } from "./edits.ts";

export const numpy = {
  version: "2.3.5",
  sha256: "784db1dcdab56bf0517743e746dfb0f885fc68d948aba86eeec2cba234bdf1c0",
  url: "https://files.pythonhosted.org/packages/76/65/21b3bc86aac7b8f2862db1e808f1ea22b028e30a225a34a5ede9bf8678f2/numpy-2.3.5.tar.gz",
} as const;

/** pip would run the build to look into it, so the archive is fetched by its address. */
export async function numpyArchive(workspace: Workspace): Promise<string> {
  const archive = join(workspace.folder, `numpy-${numpy.version}.tar.gz`);
  if (existsSync(archive) && sha256(archive) === numpy.sha256) return archive;
  const instead = `Put that file at ${archive} and start again.`;
  const response = await fetch(numpy.url, { signal: AbortSignal.timeout(120_000) }).catch((error: Error) => {
    const why = error.cause instanceof Error ? error.cause.message : error.message;
    throw new BuildError(`${numpy.url} was not reached (${why}). ${instead}`);
  });
  if (!response.ok) throw new BuildError(`${numpy.url} answered ${response.status}. ${instead}`);
  const download = `${archive}.download`;
  writeFileSync(download, new Uint8Array(await response.arrayBuffer()));
  const found = sha256(download);
  if (found !== numpy.sha256)
    throw new BuildError(`${numpy.url} has SHA-256 ${found}, not ${numpy.sha256}. ${instead}`);
  renameSync(download, archive);
  return archive;
}

/** Unpacks and edits NumPy's source; returns its folder. */
export async function unpackNumpy(workspace: Workspace, archive: string): Promise<string> {
  const folder = join(workspace.folder, "numpy-source");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await run(workspace, "numpy-unpack", "tar", ["xf", archive, "--strip-components=1", "-C", folder]);
  editNumpy(folder);
  return folder;
}

/** Cython and Ninja for CPython 3.13, whatever Python runs pip; the folder goes on Python's path. */
export async function buildTools(workspace: Workspace): Promise<string> {
  const folder = join(workspace.folder, "numpy-tools");
  rmSync(folder, { recursive: true, force: true });
  await run(workspace, "numpy-tools", join(workspace.folder, "zig/bin/pip"), [
    "install",
    "--no-compile",
    "--no-deps",
    "--only-binary",
    ":all:",
    "--python-version",
    "3.13",
    "--require-hashes",
    "--target",
    folder,
    "-r",
    join(import.meta.dirname, "tools-requirements.txt"),
  ]);
  return folder;
}
