/**
 * Job: requirements.txt and the files of the project that it names, line by line: names of packages, versions, markers, hashes,
 * written anew for pip and uv.
 * Never: let a line through that makes them build, read files, or ask another index. Whoever wrote the program wrote this file,
 * and with "./folder" or "--no-binary" pip runs what it finds, on the host.
 */
import { readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { CapsuleError } from "../../errors.ts";
import { quote } from "../../policy/problem.ts";

export const requirementsFile = "requirements.txt";

const mostTextBytes = 1024 * 1024;
const mostFiles = 100;
const mostLineLength = 4096;

export interface RequirementLines {
  /** For `-r`. */
  readonly requirements: readonly string[];
  /** For `-c`. */
  readonly constraints: readonly string[];
}

/** A name, extras and versions in pip's own words (PEP 508), without URLs. */
const name = "[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?";
const version = String.raw`(?:===|==|~=|!=|<=|>=|<|>)\s*[A-Za-z0-9][A-Za-z0-9_.*+!-]*`;
const versions = String.raw`${version}(?:\s*,\s*${version})*`;
/** Of a line with single spaces: several `\s*` in a row would try every way to share a long one. */
const requirement = new RegExp(
  String.raw`^((${name})\s*(?:\[\s*(?:${name}(?:\s*,\s*${name})*)?\s*\])?\s*(?:${versions}|\(\s*${versions}\s*\))?)\s*(?:;\s*([^;#$]*?))?((?:\s+--hash[= ]\s*\w+:[0-9a-fA-F]+)*)$`,
);
/** What pip and uv take for a file, extras behind it or not. */
const archive = /\.(?:whl|zip|tar|tgz|tbz|txz|tlz|gz|bz2|xz|lz|lzma|zst|Z)$/i;
const marker = /^[\w\s.,'"<>=!~()+*-]*$/;
/** Says nothing about where packages come from, or how. */
const harmless = /^--(?:pre|prefer-binary|require-hashes)$/;
const other = /^(?:-r|--requirement)(?:\s+|=)?(.+)$/;
const otherConstraints = /^(?:-c|--constraint)(?:\s+|=)?(.+)$/;

/** The texts of requirements.txt and of all that it names, in order: what the installation is made from. */
export function requirementTexts(root: string): string[] {
  const texts: string[] = [];
  visit(root, requirementsFile, "requirements", new Set(), { text: (text) => texts.push(text), line: () => undefined });
  return texts;
}

/** @throws CapsuleError `build_error` for a line that is more than a package's name, versions, marker and hashes */
export function requirementLines(root: string): RequirementLines {
  const found = { requirements: [] as string[], constraints: [] as string[] };
  visit(root, requirementsFile, "requirements", new Set(), {
    text: () => undefined,
    line: (line, kind, where) => found[kind].push(checked(line, where)),
    absent: (where, path) => {
      throw new CapsuleError(
        "build_error",
        `${where}: ${quote(path)} is no file of the project; name one inside the project's folder, of at most 1 MB, and ${mostFiles} at most`,
      );
    },
  });
  return found;
}

function checked(line: string, where: string): string {
  if (harmless.test(line)) return line;
  const isShort = line.length <= mostLineLength;
  const [, what, named, when = "", hashes = ""] = (isShort && requirement.exec(line.replaceAll(/\s+/g, " "))) || [];
  const isPlain = named !== undefined && !archive.test(named) && marker.test(when) && !/(?:^|\s)-/.test(when);
  if (what === undefined || !isPlain)
    throw new CapsuleError(
      "build_error",
      `${where}: ${quote(line)} is not installed for a sandbox: a line is a package's name with versions, a marker and hashes, such as "rich >= 13; python_version >= '3.12'". An index, proxies and folders of wheels belong to this machine's own configuration (pip.conf, PIP_INDEX_URL, PIP_FIND_LINKS); code beside the program is imported as it is`,
    );
  const conditions = when.trim() === "" ? "" : `; ${when.trim()}`;
  return `${what.trim()}${conditions}${hashes.replaceAll(/\s+--hash[= ]\s*/g, " --hash=")}`;
}

type Kind = keyof RequirementLines;

interface Visitor {
  readonly text: (text: string) => void;
  readonly line: (line: string, kind: Kind, where: string) => void;
  readonly absent?: (where: string, path: string) => void;
}

function visit(root: string, file: string, kind: Kind, seen: Set<string>, visitor: Visitor): void {
  const known = `${kind} ${file}`;
  if (seen.has(known)) return;
  seen.add(known);
  const text = textOf(root, file);
  if (text === null) return;
  visitor.text(text);
  for (const { line, number } of logicalLines(text)) {
    const where = `${file}:${number}`;
    const [named, next] = other.test(line)
      ? ([other.exec(line)![1]!, kind] as const)
      : otherConstraints.test(line)
        ? ([otherConstraints.exec(line)![1]!, "constraints"] as const)
        : [null, kind];
    if (named === null) {
      visitor.line(line, kind, where);
      continue;
    }
    const path = relative(root, resolve(root, dirname(file), named.trim()));
    if (textOf(root, path) === null || seen.size >= mostFiles) visitor.absent?.(where, named);
    else visit(root, path, next, seen, visitor);
  }
}

/** Null where it is no file of the project's: no link leads out, no device is read. */
function textOf(root: string, file: string): string | null {
  try {
    const real = realpathSync(join(root, file));
    if (!real.startsWith(`${realpathSync(root)}${sep}`)) return null;
    const { size } = statSync(real);
    if (!statSync(real).isFile() || size > mostTextBytes) return null;
    return readFileSync(real, "utf8").replace(/^\uFEFF/, "");
  } catch {
    return null;
  }
}

/** Without comments, with lines that end in a backslash joined to the next. */
function* logicalLines(text: string): Generator<{ readonly line: string; readonly number: number }> {
  let begun = "";
  let first = 0;
  const lines = text.split(/\r\n|[\n\r\v\f\u2028\u2029\x1c-\x1e\x85]/);
  for (const [index, raw] of lines.entries()) {
    if (begun === "") first = index + 1;
    const isContinued = raw.endsWith("\\") && index + 1 < lines.length;
    begun += isContinued ? raw.slice(0, -1) : raw;
    if (isContinued) continue;
    const line = withoutComment(begun).trim();
    begun = "";
    if (line !== "") yield { line, number: first };
  }
}

/** A "#" at the beginning or behind a space begins a comment. */
function withoutComment(line: string): string {
  for (let at = line.indexOf("#"); at !== -1; at = line.indexOf("#", at + 1))
    if (at === 0 || /\s/.test(line[at - 1]!)) return line.slice(0, at);
  return line;
}
