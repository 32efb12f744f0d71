/** Job: small repairs of what QuickJS and its extensions have: clocks, cloning with transfer, digests, numbers for people. Never: Intl. */
import { now } from "../core/loop.ts";
import { onFresh } from "../core/run.ts";
import { define } from "./define.ts";

let started = 0;
let origin = 0;
onFresh(() => {
  started = now();
  origin = Date.now();
});

interface Mark {
  readonly name: string;
  readonly entryType: string;
  readonly startTime: number;
  readonly duration: number;
}
let marks: Mark[] = [];
const relative = () => now() - started;

/** Its zero is the start of the run: QuickJS keeps the image's. */
const performance = {
  now: relative,
  get timeOrigin() {
    return origin;
  },
  mark(name: string): Mark {
    const mark = { name: `${name}`, entryType: "mark", startTime: relative(), duration: 0 };
    marks.push(mark);
    return mark;
  },
  measure(name: string, from?: string, to?: string): Mark {
    const timeOf = (wanted: string | undefined, otherwise: number) =>
      wanted === undefined ? otherwise : (marks.findLast((mark) => mark.name === wanted)?.startTime ?? otherwise);
    const startTime = timeOf(from, 0);
    const measure = { name: `${name}`, entryType: "measure", startTime, duration: timeOf(to, relative()) - startTime };
    marks.push(measure);
    return measure;
  },
  getEntries: () => [...marks],
  getEntriesByName: (name: string) => marks.filter((mark) => mark.name === name),
  getEntriesByType: (type: string) => marks.filter((mark) => mark.entryType === type),
  clearMarks: () => {
    marks = marks.filter(({ entryType }) => entryType !== "mark");
  },
  clearMeasures: () => {
    marks = marks.filter(({ entryType }) => entryType !== "measure");
  },
  toJSON: () => ({ timeOrigin: origin }),
};

const clone = structuredClone as (value: unknown) => unknown;
function cloneAndTransfer(value: unknown, options?: { transfer?: Iterable<ArrayBuffer> }): unknown {
  const transfer = [...(options?.transfer ?? [])];
  const made = clone(value);
  for (const buffer of transfer) (buffer as ArrayBuffer & { transfer(): unknown }).transfer();
  return made;
}
Object.defineProperty(cloneAndTransfer, "name", { value: "structuredClone" });

const { subtle } = crypto;
const digest = subtle.digest.bind(subtle);
define(subtle, {
  digest: async (algorithm: string | { name: string }, data: ArrayBuffer | ArrayBufferView) => {
    const name = typeof algorithm === "string" ? algorithm : algorithm.name;
    if (!/^sha-(1|256|384|512)$/i.test(name))
      throw new DOMException("Unrecognized algorithm name", "NotSupportedError");
    return digest(name.toUpperCase(), data);
  },
});

interface NumberOptions {
  readonly minimumFractionDigits?: number;
  readonly maximumFractionDigits?: number;
  readonly style?: string;
  readonly currency?: string;
  readonly useGrouping?: boolean;
}
const signs: Readonly<Record<string, string>> = { USD: "$", EUR: "€", GBP: "£", JPY: "¥" };

/** English as Node writes it by default; other languages need Intl, which QuickJS has not. */
function numberText(this: number | bigint, _locale?: unknown, options: NumberOptions = {}): string {
  const { style = "decimal", currency = "USD", useGrouping = true } = options;
  const fraction = style === "currency" ? (currency === "JPY" ? 0 : 2) : 0;
  const minimum = options.minimumFractionDigits ?? fraction;
  const maximum = options.maximumFractionDigits ?? Math.max(minimum, style === "decimal" ? 3 : fraction);
  const value = Number(this);
  if (Number.isNaN(value)) return "NaN";
  const size = Math.abs(style === "percent" ? value * 100 : value);
  const digits =
    typeof this === "bigint" ? `${this < 0n ? -this : this}` : size >= 1e21 ? `${BigInt(size)}` : size.toFixed(maximum);
  let [whole = "", part = ""] = digits.split(".");
  while (part.length > minimum && part.endsWith("0")) part = part.slice(0, -1);
  if (size === Number.POSITIVE_INFINITY) whole = "∞";
  else if (useGrouping) whole = whole.replace(/\B(?=(?:\d{3})+$)/g, ",");
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const money = style === "currency" ? (signs[currency] ?? `${currency}\u00a0`) : "";
  return `${sign}${money}${whole}${part === "" ? "" : `.${part}`}${style === "percent" ? "%" : ""}`;
}

define(Number.prototype, { toLocaleString: numberText });
define(BigInt.prototype, { toLocaleString: numberText });
define(globalThis, { performance, structuredClone: cloneAndTransfer });
