/**
 * Job: how values of a type are read and written, made once for each distinct type: closures, never generated code.
 * Source: CanonicalABI.md, "Loading", "Storing", "Flat Lifting", "Flat Lowering".
 * Never: how a function passes them (see signature.ts).
 */
import type { ComponentValue } from "../value.ts";
import type { Context } from "./context.ts";
import type { CoreValue } from "./core.ts";
import { handleCodec } from "./handles.ts";
import { enumCodec, flagsCodec } from "./labels.ts";
import { listCodec, repeatedCodec } from "./lists.ts";
import { primitiveCodec } from "./primitives.ts";
import { recordCodec, tupleCodec } from "./records.ts";
import { Signature } from "./signature.ts";
import { stringCodec } from "./strings.ts";
import type { FunctionType, Type } from "./types.ts";
import { optionCodec, resultCodec, variantCodec } from "./variants.ts";

/** Addresses are checked by the caller: `size` bytes at `address` are there, and aligned. */
export interface Codec {
  load(context: Context, address: number): ComponentValue;
  store(context: Context, value: ComponentValue, address: number): void;
  /** From the core values beginning at `at`; only of types whose layout is flat. */
  lift(context: Context, flat: readonly CoreValue[], at: number): ComponentValue;
  lower(context: Context, value: ComponentValue, flat: CoreValue[]): void;
}

/** The codecs of one store. */
export class Codecs {
  readonly #codecs = new Map<Type, Codec>();
  readonly #signatures = new Map<FunctionType, Signature>();

  of(type: Type): Codec {
    let codec = this.#codecs.get(type);
    if (!codec) {
      codec = this.#make(type);
      this.#codecs.set(type, codec);
    }
    return codec;
  }

  signature(type: FunctionType): Signature {
    let signature = this.#signatures.get(type);
    if (!signature) {
      signature = new Signature(type, this);
      this.#signatures.set(type, signature);
    }
    return signature;
  }

  #make(type: Type): Codec {
    switch (type.kind) {
      case "string":
        return stringCodec;
      case "list":
        return type.length === null
          ? listCodec(type.element, this.of(type.element))
          : repeatedCodec(type.element, this.of(type.element), type.length);
      case "record":
        return recordCodec(
          type.fields.map((field) => ({ name: field.name, layout: field.type.layout, codec: this.of(field.type) })),
        );
      case "tuple":
        return tupleCodec(type.elements.map((element) => ({ layout: element.layout, codec: this.of(element) })));
      case "variant":
        return variantCodec(
          type.layout,
          type.cases.map((each) => ({ name: each.name, payload: this.#payload(each.type) })),
        );
      case "option":
        return optionCodec(type.layout, this.#payload(type.element)!, type.element.kind === "option");
      case "result":
        return resultCodec(type.layout, this.#payload(type.ok), this.#payload(type.error));
      case "enum":
        return enumCodec(type.names);
      case "flags":
        return flagsCodec(type.names, type.layout.size);
      case "own":
      case "borrow":
        return handleCodec(type.kind, type.resource);
      default:
        return primitiveCodec(type.kind);
    }
  }

  #payload(type: Type | null) {
    return type && { layout: type.layout, codec: this.of(type) };
  }
}
