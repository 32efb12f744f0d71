/**
 * Job: a program and the modules beside it that it imports, as a bounded library in memory: what a run may read of the folder
 * that the program lies in.
 * Never: take a file that is not Python source, or that lies outside the project by way of a link.
 *
 * Imports are looked for in the text, so that a program in a large folder does not cost the reading of the folder. A package is
 * taken whole, because what it loads by name at run time cannot be seen.
 */
import { readdirSync, readFileSync, realpathSync, type Stats, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, sep } from "node:path";
import { CapsuleError } from "../../errors.ts";
import { quote } from "../../policy/problem.ts";
import type { Parts, SourceFile } from "../interface.ts";
import { type LibraryMount, shared } from "./guest-package.ts";
import { importedNames, isModuleName } from "./imports.ts";
import { type Site, siteOf, sitePrefix } from "./requirements.ts";

export const sourcesPath = "/.capsule/program";

const mostFiles = 5_000;
const mostBytes = 64 * 1024 * 1024;

export interface Sources {
  readonly mount: LibraryMount;
  /** The program's file, relative to the project where it lies in it. */
  readonly file: string;
  /** The folder of `file` in the same terms; "" for the project's own. */
  readonly folder: string;
  /** Names of the modules and packages beside the program that it may import. */
  readonly modules: readonly string[];
  readonly mayDeclare: boolean;
  readonly mayHaveMain: boolean;
  /** Top-level names that the program's texts import and that do not lie beside it. */
  readonly imports: ReadonlySet<string>;
  /** What of requirements.txt is among the files; null: nothing. */
  readonly site: Site | null;
}

/** @throws CapsuleError `build_error` where the modules are too many */
export function gatherSources(source: SourceFile, root: string): Sources {
  const folderOnHost = dirname(source.path);
  const inside = relativeInside(root, source.path);
  const file = inside ?? basename(source.path);
  const folder = folderOf(file);
  const files = new Map<string, Uint8Array>();
  const modules = new Set<string>();
  let bytesTaken = 0;
  const texts: string[] = [];

  const take = (guestFile: string, bytes: Uint8Array): string => {
    bytesTaken += bytes.byteLength;
    if (files.size >= mostFiles || bytesTaken > mostBytes)
      throw new CapsuleError(
        "build_error",
        `${file} imports more than ${mostFiles} files or ${mostBytes / 1024 / 1024} MB of modules beside it; move it to a folder of its own`,
      );
    files.set(guestFile, shared(bytes));
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
    texts.push(text);
    return text;
  };

  /** A link may lead out of the project: what is read lies where its real path says. */
  const mayRead = (path: string): boolean => {
    try {
      return relativeInside(inside === null ? folderOnHost : root, realpathSync(path)) !== null;
    } catch {
      return false;
    }
  };

  const pending = importedNames(take(file, source.bytes));
  const takeFile = (path: string, guestFile: string) => {
    if (files.has(guestFile) || !mayRead(path)) return;
    for (const name of importedNames(
      take(
        guestFile,
        readable(path, () => readFileSync(path)),
      ),
    ))
      pending.add(name);
  };
  const takePackage = (path: string, guestFolder: string) => {
    if (!mayRead(path)) return;
    for (const entry of readable(path, () => readdirSync(path, { withFileTypes: true }))) {
      const below = join(path, entry.name);
      if (entry.name.endsWith(".py")) {
        if (isFile(below)) takeFile(below, `${guestFolder}/${entry.name}`);
      } else if (entry.isDirectory() && isModuleName(entry.name)) takePackage(below, `${guestFolder}/${entry.name}`);
    }
  };

  // A set may grow while it is walked; what is added is visited too.
  for (const name of pending) {
    const guest = folder === "" ? name : `${folder}/${name}`;
    const path = join(folderOnHost, name);
    if (isFile(`${path}.py`)) {
      modules.add(name);
      takeFile(`${path}.py`, `${guest}.py`);
    }
    if (isFolder(path)) {
      takePackage(path, guest);
      if ([...files.keys()].some((taken) => taken.startsWith(`${guest}/`))) modules.add(name);
    }
  }
  return describe(file, files, modules, texts, pending);
}

/** The same from what was gathered before. */
export function sourcesOf({ entry: file, files: all }: Parts): Sources {
  const folder = folderOf(file);
  const modules = new Set<string>();
  const files = new Map([...all].filter(([path]) => !path.startsWith(sitePrefix)));
  const site = new Map([...all].filter(([path]) => path.startsWith(sitePrefix)));
  // The program's own text first.
  const order = [file, ...[...files.keys()].filter((path) => path !== file)];
  const texts = order.map((path) => Buffer.from(files.get(path)!).toString("latin1"));
  const wanted = new Set(texts.flatMap((text) => [...importedNames(text)]));
  for (const path of order) {
    if (folder !== "" && !path.startsWith(`${folder}/`)) continue;
    const name = path
      .slice(folder === "" ? 0 : folder.length + 1)
      .split("/")[0]!
      .replace(/\.py$/, "");
    if (wanted.has(name)) modules.add(name);
  }
  const own = new Map(order.map((path) => [path, shared(files.get(path)!)]));
  const sources = describe(file, own, modules, texts, wanted);
  if (site.size === 0) return sources;
  return withSite(sources, siteOf(new Map([...site].map(([path, bytes]) => [path, shared(bytes)]))));
}

/** With what is installed, if the program imports any of it: that may import the rest. */
export function withSite(sources: Sources, site: Site): Sources {
  if (![...sources.imports].some((name) => site.names.has(name))) return sources;
  const files = new Map([...sources.mount.files, ...site.files]);
  return {
    ...sources,
    mount: { ...sources.mount, files },
    imports: new Set([...sources.imports, ...site.imports].filter((name) => !site.names.has(name))),
    site,
  };
}

function describe(
  file: string,
  files: ReadonlyMap<string, Uint8Array>,
  modules: ReadonlySet<string>,
  texts: readonly string[],
  imports: ReadonlySet<string>,
): Sources {
  return {
    mount: { kind: "library", guestPath: sourcesPath, files },
    file,
    folder: folderOf(file),
    modules: [...modules].sort(),
    mayDeclare: texts.some((text) => /\bcapsule\b/.test(text)),
    mayHaveMain: /\bmain\b/.test(texts[0]!),
    imports: new Set([...imports].filter((name) => !modules.has(name))),
    site: null,
  };
}

const folderOf = (file: string) => (dirname(file) === "." ? "" : dirname(file));

const isFile = (path: string) => look(path)?.isFile() ?? false;
const isFolder = (path: string) => look(path)?.isDirectory() ?? false;

/** What cannot be looked at (a link to itself, a folder of somebody else) is not there. */
function look(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}

/** @throws CapsuleError `build_error`: a module that is there and cannot be read is not passed over in silence */
function readable<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new CapsuleError("build_error", `the program imports ${quote(path)}, which cannot be read: ${code}`);
  }
}

/** `path` relative to `folder` with "/" between, or null when it does not lie in it. */
function relativeInside(folder: string, path: string): string | null {
  const way = relative(folder, path);
  if (way === "" || way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way)) return null;
  return way.split(sep).join("/");
}
