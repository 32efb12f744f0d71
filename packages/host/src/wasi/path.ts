/**
 * Job: walk a guest path from an open directory, one segment at a time, resolving symbolic links itself, never above the
 * directory that it began in.
 * Never: touch the host; the volumes do.
 */
import { Fault } from "./fault.ts";
import { type Directory, SymbolicLink } from "./node.ts";

/** As Linux: links followed in one resolution. */
const maxLinks = 40;
/** Directories held open during one walk; without a bound, one deep path could take every descriptor of the process. */
const maxDepth = 128;
/** Segments of one walk, those that links add included: 40 links of 2,000 segments each would be 80,000 system calls. */
const maxSegments = 4096;
/** As on every file system that we meet. */
const maxNameBytes = 255;

/** What to do with the last segment; `.` stands for `directory` itself. A link as the answer means: go on through it. */
export type AtLast<T> = (directory: Directory, name: string, mustBeDirectory: boolean) => T | SymbolicLink;

/** UTF-8 length of `text`, without making the bytes. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    // A surrogate pair is 4 bytes for 2 units, every other unit above U+07FF 3.
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}

const plainName = (path: string) => path !== "" && path !== "." && path !== ".." && !path.includes("/");

function checkName(name: string): void {
  if (name.length > maxNameBytes / 3 && utf8Length(name) > maxNameBytes) throw new Fault("ENAMETOOLONG");
}

/** The segments of `path` in reverse, for a stack. */
const reversed = (path: string) =>
  path
    .split("/")
    .filter((segment) => segment !== "")
    .reverse();

function checkPath(path: string): void {
  if (path === "") throw new Fault("ENOENT");
  if (path.includes("\0")) throw new Fault("EINVAL");
  // Half a surrogate pair has no UTF-8: the host would get U+FFFD, so that two names would be one file.
  if (!path.isWellFormed()) throw new Fault("EILSEQ");
  if (path.startsWith("/")) throw new Fault("EPERM", "escape");
}

export function walk<T>(start: Directory, path: string, atLast: AtLast<T>): T {
  checkPath(path);
  let pending: string[];
  let trailing = false;
  let links = 0;
  if (plainName(path)) {
    // The common case: no directory to enter, nothing to close.
    checkName(path);
    const answer = atLast(start, path, false);
    if (!(answer instanceof SymbolicLink)) return answer;
    links = 1;
    checkPath(answer.target);
    pending = reversed(answer.target);
    trailing = answer.target.endsWith("/");
  } else {
    pending = reversed(path);
    trailing = path.endsWith("/");
  }

  /** The way down from `start`, which is not ours to close. */
  const way: Directory[] = [];
  let segments = 0;
  const follow = (link: SymbolicLink, last: boolean) => {
    links += 1;
    if (links > maxLinks) throw new Fault("ELOOP");
    checkPath(link.target);
    pending.push(...reversed(link.target));
    if (last && link.target.endsWith("/")) trailing = true;
  };
  try {
    for (;;) {
      const here = way.at(-1) ?? start;
      const name = pending.pop();
      if (name === undefined) {
        const answer = atLast(here, ".", true);
        if (answer instanceof SymbolicLink) throw new Fault("ELOOP");
        return answer;
      }
      segments += 1;
      if (segments > maxSegments) throw new Fault("ENAMETOOLONG");
      if (name === ".") continue;
      if (name === "..") {
        const left = way.pop();
        if (left === undefined) throw new Fault("EPERM", "escape");
        left.close();
        continue;
      }
      checkName(name);
      if (pending.length === 0) {
        const answer = atLast(here, name, trailing);
        if (!(answer instanceof SymbolicLink)) return answer;
        follow(answer, true);
        continue;
      }
      const next = here.enter(name);
      if (next instanceof SymbolicLink) {
        follow(next, false);
      } else {
        way.push(next);
        if (way.length > maxDepth) throw new Fault("ENAMETOOLONG");
      }
    }
  } finally {
    for (const directory of way) directory.close();
  }
}
