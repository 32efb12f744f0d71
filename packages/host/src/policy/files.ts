/** Job: directory grants: read the requests, resolve them inside the project, and meet two sets of grants. Never: open a file for a guest. */
import { realpathSync, statSync } from "node:fs";
import { isAbsolute, join, posix, relative, sep } from "node:path";
import { CapsuleError } from "../errors.ts";
import type { FileGrant } from "./policy.ts";
import { type Fail, failer, quote } from "./problem.ts";

/** A directory as it was asked for; nothing of the disk has been looked at. */
export interface FileRequest {
  /** Relative to the project, normalised ("." is the project itself). */
  readonly path: string;
  /** Absolute path in the guest. */
  readonly guestPath: string;
  readonly mode: "ro" | "rw";
  /** Who asked, for the errors of resolving. */
  readonly origin: string;
}

const modes: ReadonlyMap<string, "ro" | "rw"> = new Map([
  ["read-only", "ro"],
  ["ro", "ro"],
  ["read-write", "rw"],
  ["rw", "rw"],
]);
const maxPathLength = 4096;

/** One entry of `allowed_files`: `"./out"`, `"./data:ro"` or `{ path: "./data", mode: "read-only" }`. */
export function parseFileRequest(value: unknown, origin: string, fail: Fail): FileRequest {
  const allowed = 'a directory of the project such as "./out" or {path: "./data", mode: "read-only"}';
  if (typeof value === "string") {
    const { rest, mode } = splitMode(value);
    return request(rest, null, mode, origin, allowed, fail);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return fail(allowed);
  const entry = value as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(entry))
    if (key !== "path" && key !== "mode") return fail(`${allowed}; ${quote(key)} is no key of an entry`);
  const { path, mode = "rw" } = entry;
  const known = typeof mode === "string" ? modes.get(mode) : undefined;
  if (typeof path !== "string") return fail(allowed, ".path", path);
  if (known === undefined) return fail('"read-only", "ro", "read-write" or "rw"', ".mode", mode);
  return request(path, null, known, origin, allowed, fail);
}

/**
 * Reads a mount, `HOST[::GUEST][:ro|:rw]`; read-write unless it says otherwise.
 * @param where how errors name the place; "--mount" when absent
 * @throws CapsuleError `invalid_config`
 * @example
 * ```ts
 * parseMountFlag("./data::/input:ro"); // { path: "data", guestPath: "/input", mode: "ro", … }
 * ```
 */
export function parseMountFlag(text: string, where = "--mount"): FileRequest {
  const fail = failer(where, "mount", text);
  const allowed = 'HOST[::GUEST][:ro|:rw], such as "./data" or "./data::/input:ro"; HOST is a directory of the project';
  if (typeof text !== "string") return fail(allowed);
  const { rest, mode } = splitMode(text);
  const at = rest.indexOf("::");
  return at < 0
    ? request(rest, null, mode, where, allowed, fail)
    : request(rest.slice(0, at), rest.slice(at + 2), mode, where, allowed, fail);
}

function splitMode(text: string): { rest: string; mode: "ro" | "rw" } {
  if (text.endsWith(":ro")) return { rest: text.slice(0, -3), mode: "ro" };
  if (text.endsWith(":rw")) return { rest: text.slice(0, -3), mode: "rw" };
  return { rest: text, mode: "rw" };
}

function request(
  path: string,
  guest: string | null,
  mode: "ro" | "rw",
  origin: string,
  allowed: string,
  fail: Fail,
): FileRequest {
  const host = relativePath(path);
  if (host === null) return fail(`${allowed}; the path is relative and stays inside the project`);
  const guestPath = guest === null ? absoluteGuestPath(host) : guest === "" ? null : absoluteGuestPath(guest);
  if (guestPath === null) return fail(`${allowed}; the guest's path does not leave its root`);
  return Object.freeze({ path: host, guestPath, mode, origin });
}

/** Normalised, or null when it is empty, absolute or leaves its start. */
function relativePath(path: string): string | null {
  if (path === "" || path.length > maxPathLength || /[\u0000-\u001f\u007f]/.test(path)) return null;
  if (isAbsolute(path) || posix.isAbsolute(path)) return null;
  const normal = posix.normalize(path).replace(/(.)\/+$/, "$1");
  return normal === ".." || normal.startsWith("../") ? null : normal;
}

/** "./data" and "/data" → "/data". A ".." at the root leaves it and is refused rather than swallowed. */
function absoluteGuestPath(path: string): string | null {
  const inner = relativePath(path.replace(/^\/+/, "") || ".");
  return inner === null ? null : inner === "." ? "/" : `/${inner}`;
}

/**
 * Looks the requests up on the disk: each must be a directory that, with every symbolic link followed, lies inside the
 * project. Reads the file system.
 * @param root the project's folder
 */
export function resolveFiles(requests: readonly FileRequest[], root: string): readonly FileGrant[] {
  if (requests.length === 0) return Object.freeze([]);
  const projectPath = realpathSync(root);
  const resolved: { readonly grant: FileGrant; readonly refuse: (what: string) => never }[] = [];
  for (const { path, guestPath, mode, origin } of requests) {
    const refuse = (what: string): never => {
      throw new CapsuleError("invalid_config", `${origin}: the directory ${quote(path)} ${what}`);
    };
    const hostPath = realDirectory(join(projectPath, path), projectPath, refuse);
    resolved.push({ grant: { hostPath, guestPath, mode }, refuse });
  }
  for (const { grant, refuse } of resolved)
    for (const { grant: other } of resolved)
      if (grant.mode === "ro" && other.mode === "rw" && inside(other.hostPath, grant.hostPath))
        return refuse(
          `is read-only but lies in ${quote(other.guestPath)}, which is read-write with all that is in it; make that read-only, or grant its parts one by one`,
        );
  return joinGrants(
    resolved.map(({ grant }) => grant),
    (first, second) => {
      const { refuse } = resolved.find(({ grant }) => sameDirectory(grant, second))!;
      return refuse(`would be ${quote(second.guestPath)} in the guest, where ${quote(first.hostPath)} is already`);
    },
  );
}

/** The directory behind every symbolic link, if it is one and lies in the project. */
function realDirectory(path: string, projectPath: string, refuse: (what: string) => never): string {
  let real: string;
  let isDirectory: boolean;
  try {
    real = realpathSync(path);
    isDirectory = statSync(real).isDirectory();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR")
      return refuse(`does not exist in the project ${quote(projectPath)}; create it first`);
    return refuse(`cannot be used (${code ?? "unknown error"})`);
  }
  if (!inside(projectPath, real))
    return refuse(`leads out of the project ${quote(projectPath)} through a symbolic link; grants stay inside it`);
  if (!isDirectory) return refuse("is a file; name the directory that holds it");
  return real;
}

/** Whether `path` is `folder` or lies below it; both absolute, without symbolic links. */
export function inside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/** The right to one place: what any grant around it gives ("rw" before "ro"); "none" when no grant reaches it. */
export function rightAt(grants: readonly FileGrant[], hostPath: string): "none" | "ro" | "rw" {
  let right: "none" | "ro" = "none";
  for (const grant of grants) {
    if (!inside(grant.hostPath, hostPath)) continue;
    if (grant.mode === "rw") return "rw";
    right = "ro";
  }
  return right;
}

/**
 * The grants of `asked` cut down to what `limit` allows. Rights are unions of grants, so the meet of two sets is the
 * union of the meets of their pairs: the deeper directory, read-write only where both say so, at the asker's guest path.
 */
export function meetFiles(asked: readonly FileGrant[], limit: readonly FileGrant[]): readonly FileGrant[] {
  const pairs: FileGrant[] = [];
  for (const grant of asked)
    for (const bound of limit) {
      const mode = grant.mode === "rw" && bound.mode === "rw" ? "rw" : "ro";
      if (inside(bound.hostPath, grant.hostPath)) pairs.push({ ...grant, mode });
      else if (inside(grant.hostPath, bound.hostPath))
        pairs.push({ hostPath: bound.hostPath, guestPath: seenThrough(grant, bound.hostPath), mode });
    }
  // An asked directory keeps its guest path against a part of another one that would be seen there.
  const isAsked = (pair: FileGrant) => asked.some((grant) => sameDirectory(grant, pair));
  pairs.sort((a, b) => Number(isAsked(b)) - Number(isAsked(a)));
  return joinGrants(pairs, () => null);
}

/** Where the directory `hostPath`, which lies in `grant`, is in the guest. */
const seenThrough = (grant: FileGrant, hostPath: string) =>
  posix.join(grant.guestPath, relative(grant.hostPath, hostPath).split(sep).join("/"));

const sameDirectory = (a: FileGrant, b: FileGrant) => a.guestPath === b.guestPath && a.hostPath === b.hostPath;

/**
 * One set from several grants: the same directory at the same guest path once, with the wider mode; a part whose whole
 * is there with the same or a wider mode left out. Two directories at one guest path: `conflict` (the first one stays).
 */
export function joinGrants(
  grants: readonly FileGrant[],
  conflict: (first: FileGrant, second: FileGrant) => null,
): readonly FileGrant[] {
  const byGuest = new Map<string, FileGrant>();
  for (const grant of grants) {
    const earlier = byGuest.get(grant.guestPath);
    if (earlier !== undefined && earlier.hostPath !== grant.hostPath) conflict(earlier, grant);
    else if (earlier === undefined || grant.mode === "rw") byGuest.set(grant.guestPath, Object.freeze({ ...grant }));
  }
  const joined = [...byGuest.values()];
  return Object.freeze(
    joined.filter(
      (part) =>
        !joined.some(
          (whole) =>
            whole !== part &&
            inside(whole.hostPath, part.hostPath) &&
            seenThrough(whole, part.hostPath) === part.guestPath &&
            (whole.mode === "rw" || part.mode === "ro"),
        ),
    ),
  );
}
