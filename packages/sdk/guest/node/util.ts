/** Job: Node's `util`: inspect and format are Node's own (package node-inspect-extracted), the rest is small. Never: deprecations. */
import { format, formatWithOptions, inspect } from "node-inspect-extracted";
import { isDeepStrictEqual } from "./equal.ts";

type AnyFunction = (...args: unknown[]) => unknown;
const custom = Symbol.for("nodejs.util.promisify.custom");

function promisify(original: AnyFunction): AnyFunction {
  const own = (original as unknown as Record<symbol, unknown>)[custom];
  if (typeof own === "function") return own as AnyFunction;
  return function (this: unknown, ...args: unknown[]) {
    return new Promise((resolve, reject) => {
      original.call(this, ...args, (error: unknown, value: unknown) => (error ? reject(error) : resolve(value)));
    });
  };
}
promisify.custom = custom;

const tag = (value: unknown) => Object.prototype.toString.call(value).slice(8, -1);
const is = (name: string) => (value: unknown) => tag(value) === name;
export const types = {
  isPromise: (value: unknown) => value instanceof Promise,
  isRegExp: is("RegExp"),
  isDate: is("Date"),
  isMap: is("Map"),
  isSet: is("Set"),
  isWeakMap: is("WeakMap"),
  isWeakSet: is("WeakSet"),
  isNativeError: (value: unknown) => value instanceof Error,
  isAsyncFunction: is("AsyncFunction"),
  isGeneratorFunction: is("GeneratorFunction"),
  isArrayBuffer: is("ArrayBuffer"),
  isAnyArrayBuffer: (value: unknown) => /ArrayBuffer$/.test(tag(value)),
  isArrayBufferView: ArrayBuffer.isView,
  isTypedArray: (value: unknown) => ArrayBuffer.isView(value) && !(value instanceof DataView),
  isUint8Array: (value: unknown) => value instanceof Uint8Array,
  isDataView: is("DataView"),
  isBoxedPrimitive: (value: unknown) =>
    typeof value === "object" && /^(Number|String|Boolean|BigInt|Symbol)$/.test(tag(value)),
  isProxy: () => false,
};

export const util = {
  inspect,
  format,
  formatWithOptions,
  promisify,
  callbackify:
    (original: (...args: unknown[]) => Promise<unknown>) =>
    (...args: unknown[]) => {
      const done = args.pop() as AnyFunction;
      original(...args).then(
        (value) => done(null, value),
        (error) => done(error),
      );
    },
  inherits: (child: AnyFunction, parent: AnyFunction) => {
    Object.setPrototypeOf(child.prototype, parent.prototype);
    Object.defineProperty(child, "super_", { value: parent, writable: true, configurable: true });
  },
  deprecate: (call: AnyFunction) => call,
  debuglog: () => Object.assign(() => undefined, { enabled: false }),
  debug: () => Object.assign(() => undefined, { enabled: false }),
  isDeepStrictEqual,
  stripVTControlCharacters: (text: string) => text.replace(/\u001b\[[0-9;]*[A-Za-z]/g, ""),
  toUSVString: (text: string) => text.toWellFormed(),
  styleText: (_: unknown, text: string) => text,
  types,
  isArray: Array.isArray,
  TextEncoder,
  TextDecoder,
};
