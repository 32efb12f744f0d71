/**
 * Job: read canonical definitions: functions lifted from core to component, lowered the other way, and resource built-ins.
 * Source: Component Model, design/mvp/Binary.md, "Canonical Definitions".
 * Never: whether options suit the function's type: that takes types.
 */
import type { Canon, CanonOptions } from "../model.ts";
import { type ComponentReader, hex } from "./reader.ts";
import type { Scope } from "./scope.ts";

const resourceBuiltins: ReadonlyMap<number, "resource-new" | "resource-drop" | "resource-rep"> = new Map([
  [0x02, "resource-new"],
  [0x03, "resource-drop"],
  [0x04, "resource-rep"],
]);

/** Built-ins of asynchrony, threads and error contexts: known, and not supported. */
function refusedName(form: number): string | null {
  if (form >= 0x0e && form <= 0x14) return "stream";
  if (form >= 0x15 && form <= 0x1b) return "future";
  if (form >= 0x1c && form <= 0x1e) return "error-context";
  if (form >= 0x1f && form <= 0x23) return "waitable";
  if ((form >= 0x26 && form <= 0x2d) || form === 0x0c || (form >= 0x40 && form <= 0x42)) return "thread";
  if ((form >= 0x05 && form <= 0x0d) || form === 0x24 || form === 0x25) return "task";
  return null;
}

function options(reader: ComponentReader, scope: Scope): CanonOptions {
  const given: { -readonly [Option in keyof CanonOptions]: CanonOptions[Option] | null } = {
    encoding: null,
    memory: null,
    realloc: null,
    postReturn: null,
  };
  reader.vector("canonical options", 1, () => {
    const at = reader.position;
    const once = (was: unknown) => {
      if (was !== null) reader.invalid("a canonical option is given twice", at);
    };
    const form = reader.byte();
    switch (form) {
      case 0x00:
      case 0x01:
      case 0x02:
        once(given.encoding);
        given.encoding = (["utf8", "utf16", "latin1+utf16"] as const)[form];
        return;
      case 0x03:
        once(given.memory);
        given.memory = scope.index("core memory", reader);
        return;
      case 0x04:
        once(given.realloc);
        given.realloc = scope.index("core func", reader);
        return;
      case 0x05:
        once(given.postReturn);
        given.postReturn = scope.index("core func", reader);
        return;
      case 0x06:
      case 0x07:
        return reader.unsupported(`the canonical option ${form === 6 ? "async" : "callback"} is not supported`, at);
      case 0x08:
      case 0x09:
        return reader.unsupported(`the canonical option ${form === 8 ? "core-type" : "gc"} is not supported`, at);
      default:
        return reader.fail(`${hex(form)} is no canonical option`, at);
    }
  });
  return { ...given, encoding: given.encoding ?? "utf8" };
}

export function readCanon(reader: ComponentReader, scope: Scope): Canon {
  const at = reader.position;
  const form = reader.byte();
  if (form === 0x00 || form === 0x01) {
    const sortAt = reader.position;
    const sort = reader.byte();
    if (sort !== 0) reader.fail(`${hex(sort)} where a function's sort has 0x00`, sortAt);
    if (form === 0x00) {
      const coreFunction = scope.index("core func", reader);
      const given = options(reader, scope);
      const type = scope.index("type", reader);
      scope.define("func", reader, at);
      return { kind: "canon", canon: { kind: "lift", coreFunction, options: given, type } };
    }
    const lowered = scope.index("func", reader);
    const given = options(reader, scope);
    if (given.postReturn !== null)
      reader.invalid("a lowered function has post-return, which only lifted ones have", at);
    scope.define("core func", reader, at);
    return { kind: "canon", canon: { kind: "lower", function: lowered, options: given } };
  }
  const builtin = resourceBuiltins.get(form);
  if (builtin !== undefined) {
    const resource = scope.index("type", reader);
    scope.define("core func", reader, at);
    return { kind: "canon", canon: { kind: builtin, resource } };
  }
  const refused = refusedName(form);
  if (refused !== null)
    reader.unsupported(`the canonical built-in ${hex(form)} (${refused}) is not supported: build without async`, at);
  return reader.fail(`${hex(form)} is no canonical definition`, at);
}
