/** Job: what is called of the worlds `values` and `shapes`, the same in every language and on every engine. Never: the answers. */
import type { Call } from "./trial.ts";

const values = (name: string, ...args: Call["args"]): Call => ({ name, args });
const many = Array.from({ length: 300 }, (_, i) => i);

export const valuesInterface = "fixture:values/functions@1.0.0";
export const valuesCalls: readonly Call[] = [
  values(
    "scalars",
    255,
    -128,
    65535,
    -32768,
    4294967295,
    -2147483648,
    "9007199254740991",
    "-9007199254740991",
    0.5,
    -1e300,
    "ß",
    true,
  ),
  values("scalars", 0, 0, 0, 0, 0, 0, "0", "0", 0, 0, "\u{10ffff}", false),
  values("paint", "blue", ["filled", "locked"]),
  values("paint", "red", []),
  values("reversed", ""),
  values("reversed", "añb🚩 \u0000 z"),
  values("reversed", "x".repeat(5000)),
  values("sum", []),
  values(
    "sum",
    many.map((n) => n % 256),
  ),
  values(
    "doubled",
    many.map((n) => String(n * 1e6 - 5)),
  ),
  values("maybe", null),
  values("maybe", { some: null }),
  values("maybe", { some: 7 }),
  values(
    "lookup",
    many.map((n) => [`word ${n}`, n]),
    "word 250",
  ),
  values("lookup", [], "word"),
  values("half", 8),
  values("half", 7),
  values("half", -3),
  values("half", 0),
  values("done", true),
  values("done", false),
  values("bounds", []),
  values("bounds", [
    { x: 1, y: 2.5 },
    { x: -1, y: 9 },
  ]),
  values("primes", 2000),
];

export const shapesInterface = "fixture:shapes/drawing@1.0.0";
const it = { handle: "it" };
const other = { handle: "other" };
const point = (x: number, y: number) => ({ x, y });
export const shapesCalls: readonly Call[] = [
  { name: "[constructor]canvas", args: ["first"], keep: "it" },
  { name: "[method]canvas.area", args: [it] },
  { name: "[method]canvas.add", args: [it, { tag: "empty" }, "red", []] },
  {
    name: "[method]canvas.add",
    args: [it, { tag: "circle", val: { center: point(1, 2), radius: 2 } }, "green", ["filled"]],
  },
  {
    name: "[method]canvas.add",
    args: [it, { tag: "polygon", val: [point(0, 0), point(4, 0), point(4, 3)] }, "blue", ["dashed", "filled"]],
  },
  { name: "[method]canvas.add", args: [it, { tag: "text", val: [point(9, 9), "naïve 🚩"] }, "red", ["dashed"]] },
  { name: "[method]canvas.add", args: [it, { tag: "empty" }, "red", ["locked"]] },
  { name: "[method]canvas.area", args: [it] },
  { name: "[method]canvas.shapes", args: [it] },
  { name: "[constructor]canvas", args: ["second"], keep: "other" },
  { name: "[method]canvas.add", args: [other, { tag: "polygon", val: [] }, "green", []] },
  { name: "[method]canvas.print", args: [it, "a page"] },
];
/** componentize-qjs 0.4.5 traps, on every engine, where one of its own resources is given to it as owned. */
export const ownedCalls: readonly Call[] = [
  { name: "[static]canvas.merge", args: [it, other], keep: "merged" },
  { name: "[method]canvas.shapes", args: [{ handle: "merged" }] },
  { name: "[method]canvas.print", args: [{ handle: "merged" }, "both"] },
  { name: "drop", args: [{ handle: "merged" }] },
  { name: "drop", args: [other] },
];
