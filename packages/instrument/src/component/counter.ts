/**
 * Job: the bytes that a metered component gets of ours: the provider, a core module that holds the counter, its instance,
 * and at the end the interface through which the operator reads and sets it.
 * Never: the guest's definitions.
 */
import { Op } from "../binary/opcodes.ts";
import { Writer } from "../binary/writer.ts";
import { ComponentSection } from "./decode.ts";
import type { Scope } from "./scope.ts";

/** What guests' core modules import the counter from. */
export const counterModule = "capsule";
/** The interface that a metered component exports: `remaining: func() -> s64`, `set-remaining: func(fuel: s64)`. */
export const counterInterface = "capsule:fuel/counter";

function section(id: number, write: (out: Writer) => void): Uint8Array {
  const content = new Writer(256);
  write(content);
  const out = new Writer(content.length + 6);
  out.byte(id);
  out.unsigned(content.length);
  out.bytes(content.written);
  return out.take();
}

/** A core module with the counter: a global, and two functions for the interface. */
function provider(remaining: bigint, withFunctions: boolean): Uint8Array {
  const out = new Writer(256);
  out.bytes([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
  if (withFunctions) {
    out.bytes(section(1, (types) => types.bytes([2, 0x60, 0, 1, 0x7e, 0x60, 1, 0x7e, 0])));
    out.bytes(section(3, (functions) => functions.bytes([2, 0, 1])));
  }
  out.bytes(
    section(6, (globals) => {
      globals.bytes([1, 0x7e, 1, Op.i64Const]);
      globals.signedBig(remaining);
      globals.byte(Op.end);
    }),
  );
  out.bytes(
    section(7, (exports) => {
      exports.unsigned(withFunctions ? 3 : 1);
      exports.name("fuel");
      exports.bytes([3, 0]);
      if (!withFunctions) return;
      exports.name("remaining");
      exports.bytes([0, 0]);
      exports.name("set-remaining");
      exports.bytes([0, 1]);
    }),
  );
  if (withFunctions)
    out.bytes(
      section(10, (bodies) => {
        bodies.bytes([2, 4, 0, Op.globalGet, 0, Op.end, 6, 0, Op.localGet, 0, Op.globalSet, 0, Op.end]);
      }),
    );
  return out.take();
}

/** Stands before everything of the guest's: core module 0 and core instance 0, which no index of the guest's means. */
export function counterSections(remaining: bigint, withFunctions: boolean): readonly Uint8Array[] {
  return [
    section(ComponentSection.coreModule, (out) => out.bytes(provider(remaining, withFunctions))),
    section(ComponentSection.coreInstance, (out) => out.bytes([1, 0x00, 0, 0])),
  ];
}

/** An argument of an instantiation: the counter's instance. */
export function writeCounterArgument(out: Writer): void {
  out.name(counterModule);
  out.bytes([0x12, 0]);
}

/** A declaration of a core module's type: every metered module imports the counter. */
export function writeCounterDeclaration(out: Writer): void {
  out.byte(0x00);
  out.name(counterModule);
  out.name("fuel");
  out.bytes([0x03, 0x7e, 0x01]);
}

/** Stands behind everything of the guest's; `scope` counts what the guest defined. */
export function counterExport(scope: Scope): readonly Uint8Array[] {
  const coreFunctions = scope.count("core func");
  const types = scope.count("type");
  const functions = scope.count("func");
  return [
    section(ComponentSection.alias, (out) => {
      out.unsigned(2);
      for (const name of ["remaining", "set-remaining"]) {
        out.bytes([0x00, 0x00, 0x01, 0]);
        out.name(name);
      }
    }),
    section(ComponentSection.type, (out) => {
      out.unsigned(2);
      out.bytes([0x40, 0, 0x00, 0x78]);
      out.bytes([0x40, 1]);
      out.name("fuel");
      out.bytes([0x78, 0x01, 0x00]);
    }),
    section(ComponentSection.canon, (out) => {
      out.unsigned(2);
      for (let i = 0; i < 2; i++) {
        out.bytes([0x00, 0x00]);
        out.unsigned(coreFunctions + i);
        out.unsigned(0);
        out.unsigned(types + i);
      }
    }),
    section(ComponentSection.instance, (out) => {
      out.bytes([1, 0x01, 2]);
      for (const [i, name] of ["remaining", "set-remaining"].entries()) {
        out.byte(0x00);
        out.name(name);
        out.byte(0x01);
        out.unsigned(functions + i);
      }
    }),
    section(ComponentSection.export, (out) => {
      out.bytes([1, 0x00]);
      out.name(counterInterface);
      out.byte(0x05);
      out.unsigned(scope.count("instance"));
      out.byte(0x00);
    }),
  ];
}
