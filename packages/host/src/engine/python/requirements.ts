/**
 * Job: what a project's requirements.txt asks for, the folder of the project that holds it once it is installed, and what lies
 * there as a bounded library in memory.
 * Never: install (install.ts); take what another requirements.txt, or another Python, has asked for.
 */
import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { CapsuleError } from "../../errors.ts";
import { importedNames } from "./imports.ts";
import { requirementsFile, requirementTexts } from "./requirement-lines.ts";

/** Below the sources of a program: where a guest finds what is installed. */
export const sitePrefix = ".capsule/site/";

const mostFiles = 8_000;
const mostBytes = 128 * 1024 * 1024;

export interface Requirements {
  /** Where its packages are, or will be: `.capsule/python/<key>` of the project. */
  readonly folder: string;
}

/** What was installed. */
export interface Site {
  /** Path in the program, below `sitePrefix`, → bytes, all in one block of shared memory. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** What a program can import of it. */
  readonly names: ReadonlySet<string>;
  /** What its own files import. */
  readonly imports: ReadonlySet<string>;
  readonly hash: string;
}

/**
 * @param python version of the interpreter: "3.13.5"
 * @returns null where the project asks for nothing
 */
export function readRequirements(root: string, python: string): Requirements | null {
  // When one of those that it names changes, all are installed anew.
  const texts = requirementTexts(root);
  if (texts.every((text) => text.replaceAll(/#.*/g, "").trim() === "")) return null;
  const series = /^\d+\.\d+/.exec(python)?.[0] ?? python;
  const key = createHash("sha256")
    .update(JSON.stringify(["requirements 1", series, ...texts]))
    .digest("hex");
  return { folder: join(root, ".capsule", "python", key.slice(0, 32)) };
}

/** What is in a folder does not change: it is read once in a process. */
const sites = new Map<string, Site>();

/**
 * What is in a project may have been put there by a guest that may write to it: no link is followed, so that nothing is read
 * from outside.
 * @returns null where it is not installed
 */
export function siteIn({ folder }: Requirements): Site | null {
  if (!isWhole(folder)) {
    sites.delete(folder);
    return null;
  }
  const known = sites.get(folder) ?? readSite(join(folder, "site"));
  sites.set(folder, known);
  return known;
}

function isWhole(folder: string): boolean {
  try {
    const project = dirname(dirname(dirname(folder)));
    const real = join(realpathSync(project), relative(project, folder), "site");
    return realpathSync(join(folder, "site")) === real && lstatSync(join(folder, "installed.json")).isFile();
  } catch {
    return false;
  }
}

function readSite(folder: string): Site {
  const paths: { readonly path: string; readonly size: number }[] = [];
  let bytes = 0;
  const walk = (below: string) => {
    const entries = readdirSync(join(folder, below), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) walk(path);
      if (!entry.isFile()) continue;
      const { size } = lstatSync(join(folder, path));
      paths.push({ path, size });
      bytes += size;
      if (paths.length > mostFiles || bytes > mostBytes)
        throw new CapsuleError(
          "build_error",
          `${requirementsFile} brings more than ${mostFiles} files or ${mostBytes / 1024 / 1024} MB; a sandbox takes no more`,
        );
    }
  };
  walk("");
  const block = new Uint8Array(new SharedArrayBuffer(bytes));
  const files = new Map<string, Uint8Array>();
  const real = realpathSync(folder);
  let at = 0;
  for (const { path, size } of paths) {
    // It was no link when the folder was listed.
    if (realpathSync(join(folder, path)) !== join(real, path)) continue;
    const content = readFileSync(join(folder, path)).subarray(0, size);
    block.set(content, at);
    files.set(`${sitePrefix}${path}`, block.subarray(at, at + content.length));
    at += content.length;
  }
  return siteOf(files);
}

/** The same from the files of an artifact. */
export function siteOf(files: ReadonlyMap<string, Uint8Array>): Site {
  const names = new Set<string>();
  const imports = new Set<string>();
  const hash = createHash("sha256");
  for (const [path, bytes] of files) {
    hash.update(`${path}\0${bytes.length}\0`).update(bytes);
    if (!path.endsWith(".py")) continue;
    names.add(path.slice(sitePrefix.length).split("/")[0]!.replace(/\.py$/, ""));
    for (const name of importedNames(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1")))
      imports.add(name);
  }
  return { files, names, imports, hash: hash.digest("hex") };
}
