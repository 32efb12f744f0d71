/**
 * Job: which names a component may give what it imports, exports and labels, and which of them are too alike.
 * Source: Component Model, design/mvp/Explainer.md, "Import and Export Definitions" and "Name Uniqueness".
 * Never: where they stand in the binary.
 */

const fragment = /^([0-9a-z]+|[0-9A-Z]+)$/;
const word = /^[0-9a-z]+$/;
const canonicalVersion = /^([1-9][0-9]*|0\.[1-9][0-9]*|0\.0\.[1-9][0-9]*|0\.0\.0)$/;
const number = /^(0|[1-9][0-9]*)$/;
const identifier = /^[0-9A-Za-z-]+$/;

/** `kebab-case`, with acronyms in capitals: "get-JSON". */
export const isLabel = (text: string): boolean =>
  /^[a-zA-Z]/.test(text) && text.split("-").every((part) => fragment.test(part));

const isWords = (text: string): boolean => /^[a-z]/.test(text) && text.split("-").every((part) => word.test(part));

function isVersion(text: string): boolean {
  if (canonicalVersion.test(text)) return true;
  const plus = text.indexOf("+");
  const [rest, build] = plus < 0 ? [text, null] : [text.slice(0, plus), text.slice(plus + 1)];
  const dash = rest.indexOf("-");
  const [core, pre] = dash < 0 ? [rest, null] : [rest.slice(0, dash), rest.slice(dash + 1)];
  const numbers = core.split(".");
  if (numbers.length !== 3 || !numbers.every((part) => number.test(part))) return false;
  const isPre = (part: string) => identifier.test(part) && (number.test(part) || !/^[0-9]+$/.test(part));
  if (pre !== null && !pre.split(".").every(isPre)) return false;
  return build === null || build.split(".").every((part) => identifier.test(part));
}

/** `namespace:package/interface@version`. */
export function isInterfaceName(text: string): boolean {
  const at = text.indexOf("@");
  if (at >= 0 && !isVersion(text.slice(at + 1))) return false;
  const path = at < 0 ? text : text.slice(0, at);
  const colon = path.indexOf(":");
  const slash = path.indexOf("/");
  if (colon < 0 || slash < colon) return false;
  return isWords(path.slice(0, colon)) && isWords(path.slice(colon + 1, slash)) && isLabel(path.slice(slash + 1));
}

/** A plain name taken apart: "[method]file.read" → annotation "method", resource "file", member "read". */
export interface PlainName {
  readonly annotation: "constructor" | "method" | "static" | null;
  /** Null without annotation. */
  readonly resource: string | null;
  /** The label, or the member of the resource; null for a constructor. */
  readonly label: string | null;
}

const annotated = /^\[(constructor|method|static)\]([0-9A-Za-z-]+)(?:\.([0-9A-Za-z-]+))?$/;

/** Null where the name is no plain name. */
export function plainName(text: string): PlainName | null {
  if (!text.startsWith("[")) return isLabel(text) ? { annotation: null, resource: null, label: text } : null;
  const found = annotated.exec(text);
  if (found === null) return null;
  const [, annotation, resource, member] = found as unknown as [
    string,
    "constructor" | "method" | "static",
    string,
    string | undefined,
  ];
  if (!isLabel(resource)) return null;
  if (annotation === "constructor") return member === undefined ? { annotation, resource, label: null } : null;
  return member !== undefined && isLabel(member) ? { annotation, resource, label: member } : null;
}

export const isExternName = (text: string): boolean => plainName(text) !== null || isInterfaceName(text);

/** Equal for two names of one scope that bindings in some language could not tell apart. */
export function uniqueForm(name: string): string {
  const lower = name.toLowerCase();
  if (!lower.startsWith("[") || lower.startsWith("[constructor]")) return lower;
  const plain = lower.slice(lower.indexOf("]") + 1);
  const [resource, member] = plain.split(".");
  return resource === member ? resource! : plain;
}
