/** Job: what crafted components are made of: names that mean something to somebody, and binaries by hand. Never: assertions. */
import { type Bytes, name, section, u, vector } from "../../support/encode.ts";

/** Names that end a string, a comment or a template, run as code, look like something of JavaScript's, or look like others. */
export const names: readonly (readonly [what: string, name: string])[] = [
  ["single quote", `a'+(globalThis.PWNED='ran')+'`],
  ["double quote", `a"+(globalThis.PWNED='ran')+"`],
  ["backslash", `a\\'+(globalThis.PWNED='ran')//`],
  ["comment end", `*/globalThis.PWNED='ran'/*`],
  ["template", "`$" + "{globalThis.PWNED='ran'}`"],
  ["newline", `a\n;globalThis.PWNED='ran'\n//`],
  ["line separator", `a\u2028globalThis.PWNED='ran'\u2028//`],
  ["bracket", `f'],globalThis.PWNED='ran',x['f`],
  ["getter", `a':(globalThis.PWNED='ran',undefined),'z`],
  ["nul", "a\u0000b"],
  ["empty", ""],
  ["__proto__", "__proto__"],
  ["constructor", "constructor"],
  ["prototype", "prototype"],
  ["then", "then"],
  ["toString", "toString"],
  ["valueOf", "valueOf"],
  ["hasOwnProperty", "hasOwnProperty"],
  ["toJSON", "toJSON"],
  ["the counter's module", "capsule"],
  ["look-alike", "сapsule"],
  ["right to left", "\u202efuel\u202c"],
  ["long", "n".repeat(5000)],
];

/** As a string of the text format. */
export const quoted = (text: string): string =>
  `"${[...new TextEncoder().encode(text)].map((byte) => `\\${byte.toString(16).padStart(2, "0")}`).join("")}"`;

const header = [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0];

/** A component of these sections. */
export function binary(sections: readonly (Bytes | Uint8Array)[]): Uint8Array {
  const parts = [Uint8Array.from(header), ...sections.map((part) => Uint8Array.from(part))];
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** A section around content that is too large for lists of numbers. */
export function bulk(id: number, content: Uint8Array): Uint8Array {
  const front = [id, ...u(content.length)];
  const out = new Uint8Array(front.length + content.length);
  out.set(front);
  out.set(content, front.length);
  return out;
}

export const types = (definitions: readonly Bytes[]): number[] => section(7, vector(definitions));
export const primitive = { bool: 0x7f, u8: 0x7d, u32: 0x79, u64: 0x77, string: 0x73 };
export const valueType = (index: number | keyof typeof primitive): number[] =>
  typeof index === "string" ? [primitive[index]] : u(index); // as s33: only small indices here
export const tupleOf = (...of: readonly (number | keyof typeof primitive)[]): number[] => [
  0x6f,
  ...vector(of.map(valueType)),
];
export const listOf = (of: number | keyof typeof primitive): number[] => [0x70, ...valueType(of)];
export const component = (inner: Uint8Array): Uint8Array => bulk(4, inner);
/** Instances of component 0, one after the other. */
export const instancesOf = (count: number, of = 0): number[] =>
  section(5, vector(Array.from({ length: count }, () => [0, ...u(of), 0])));
export const customSection = (title: string, bytes: number): Uint8Array => {
  const front = name(title);
  const content = new Uint8Array(front.length + bytes).fill(0x27);
  content.set(front);
  return bulk(0, content);
};
