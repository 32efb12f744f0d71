/** Job: a script of the component model's tests as commands. Never: run them, nor parse what a component holds. */
import { type Expression, headOf, type List, readExpressions, textOf } from "./expression.ts";

/** A component as its script gives it. */
export type Source =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "binary"; readonly bytes: Uint8Array };

export interface Invoke {
  /** The instance's name; null: the last one. */
  readonly instance: string | null;
  readonly name: string;
  readonly args: readonly List[];
}

export type Command = { readonly line: number } & (
  | { readonly kind: "component"; readonly name: string | null; readonly source: Source; readonly instantiate: boolean }
  | { readonly kind: "instance"; readonly name: string | null; readonly of: string | null }
  | { readonly kind: "invoke"; readonly invoke: Invoke }
  | { readonly kind: "return"; readonly invoke: Invoke; readonly expected: readonly List[] }
  | { readonly kind: "trap"; readonly what: Invoke | Source; readonly message: string }
  | { readonly kind: "refused"; readonly when: "decode" | "link"; readonly source: Source; readonly message: string }
  /** Core modules, threads and whatever else is not about components. */
  | { readonly kind: "other"; readonly what: string }
);

export function readScript(text: string): Command[] {
  return readExpressions(text).map((list) => ({ line: list.line, ...command(list, text) }));
}

type Body = Command extends infer C ? (C extends Command ? Omit<C, "line"> : never) : never;

function command(list: List, text: string): Body {
  const [, second, third] = list.items;
  switch (headOf(list)) {
    case "component": {
      const words = list.items.slice(1);
      if (atom(words[0]) === "instance") {
        const [name, of] = words.slice(1).map(atom);
        return of === undefined
          ? { kind: "instance", name: null, of: name ?? null }
          : { kind: "instance", name: name ?? null, of };
      }
      const definition = atom(words[0]) === "definition";
      const name = identifier(words[definition ? 1 : 0]);
      return { kind: "component", name, source: sourceOf(list, text), instantiate: !definition };
    }
    case "invoke":
      return { kind: "invoke", invoke: invokeOf(list) };
    case "assert_return":
      return { kind: "return", invoke: invokeOf(asList(second)), expected: list.items.slice(2).map(asList) };
    case "assert_trap": {
      const what = asList(second);
      const of = headOf(what) === "component" ? sourceOf(what, text) : invokeOf(what);
      return { kind: "trap", what: of, message: textOf(third) };
    }
    case "assert_invalid":
    case "assert_malformed":
    case "assert_unlinkable": {
      const when = headOf(list) === "assert_unlinkable" ? "link" : "decode";
      if (headOf(asList(second)) !== "component") return { kind: "other", what: "a core module" };
      return { kind: "refused", when, source: sourceOf(asList(second), text), message: textOf(third) };
    }
    default:
      return { kind: "other", what: headOf(list) };
  }
}

function sourceOf(list: List, text: string): Source {
  let at = 1;
  if (atom(list.items[at]) === "definition") at++;
  if (identifier(list.items[at]) !== null) at++;
  const form = atom(list.items[at]);
  if (form === "binary" || form === "quote") {
    const bytes = Buffer.concat(
      list.items.slice(at + 1).map((item) => (item.kind === "string" ? item.bytes : Buffer.of())),
    );
    return form === "binary"
      ? { kind: "binary", bytes: Uint8Array.from(bytes) }
      : { kind: "text", text: `(component ${bytes.toString("utf8")})` };
  }
  return { kind: "text", text: text.slice(list.start, list.end).replace(/^\(component\s+definition\b/, "(component") };
}

function invokeOf(list: List): Invoke {
  if (headOf(list) !== "invoke") throw new Error(`line ${list.line}: (invoke …) was expected`);
  const name = identifier(list.items[1]);
  const from = name === null ? 1 : 2;
  return { instance: name, name: textOf(list.items[from]), args: list.items.slice(from + 1).map(asList) };
}

const atom = (expression: Expression | undefined): string | undefined =>
  expression?.kind === "atom" ? expression.text : undefined;

const identifier = (expression: Expression | undefined): string | null => {
  const text = atom(expression);
  return text?.startsWith("$") ? text : null;
};

function asList(expression: Expression | undefined): List {
  if (expression?.kind !== "list") throw new Error("a list was expected");
  return expression;
}
