/**
 * Job: compute pure operators (numbers and vectors) by letting V8 run one operator in a module of its own: the oracle is
 * about control and fuel, and numbers are the engine's business. Never: touch the memories of the module under test.
 */
import { code, module as encode, functionType, name, section, u, vector } from "../support/encode.ts";

/** `i` i32, `I` i64, `f` f32, `F` f64, `v` v128; parameters, colon, result. */
type Signature = string;

/** First opcode of a run of operators, how many, and their common signature. */
const scalars: readonly (readonly [first: number, count: number, Signature])[] = [
  [0x45, 1, "i:i"],
  [0x46, 10, "ii:i"],
  [0x50, 1, "I:i"],
  [0x51, 10, "II:i"],
  [0x5b, 6, "ff:i"],
  [0x61, 6, "FF:i"],
  [0x67, 3, "i:i"],
  [0x6a, 15, "ii:i"],
  [0x79, 3, "I:I"],
  [0x7c, 15, "II:I"],
  [0x8b, 7, "f:f"],
  [0x92, 7, "ff:f"],
  [0x99, 7, "F:F"],
  [0xa0, 7, "FF:F"],
  [0xa7, 1, "I:i"],
  [0xa8, 2, "f:i"],
  [0xaa, 2, "F:i"],
  [0xac, 2, "i:I"],
  [0xae, 2, "f:I"],
  [0xb0, 2, "F:I"],
  [0xb2, 2, "i:f"],
  [0xb4, 2, "I:f"],
  [0xb6, 1, "F:f"],
  [0xb7, 2, "i:F"],
  [0xb9, 2, "I:F"],
  [0xbb, 1, "f:F"],
  [0xbc, 1, "f:i"],
  [0xbd, 1, "F:I"],
  [0xbe, 1, "i:f"],
  [0xbf, 1, "I:F"],
  [0xc0, 2, "i:i"],
  [0xc2, 3, "I:I"],
  [0xfc000, 2, "f:i"],
  [0xfc002, 2, "F:i"],
  [0xfc004, 2, "f:I"],
  [0xfc006, 2, "F:I"],
];

const encodeOperator = (op: number): number[] => (op > 0xff ? [op >> 12, ...u(op & 0xfff)] : [op]);
/** Floats travel as bits: into the operator through a reinterpretation, and out of it through the inverse. */
const carrier: Record<string, number> = { i: 0x7f, I: 0x7e, f: 0x7f, F: 0x7e };
const enter: Record<string, number[]> = { i: [], I: [], f: [0xbe], F: [0xbf] };
const leave: Record<string, number[]> = { i: [], I: [], f: [0xbc], F: [0xbd] };

export interface Scalar {
  readonly parameters: number;
  readonly compute: (...bits: (number | bigint)[]) => number | bigint;
}

/** All scalar operators by opcode, with floats as bits (i32 or i64). */
export const scalar: ReadonlyMap<number, Scalar> = (() => {
  const all = scalars.flatMap(([first, count, signature]) =>
    Array.from({ length: count }, (_, i) => {
      const [parameters, result] = signature.split(":") as [string, string];
      return { op: first + i, parameters: [...parameters], result };
    }),
  );
  const bytes = encode([
    section(
      1,
      vector(
        all.map(({ parameters, result }) =>
          functionType(
            parameters.map((p) => carrier[p]!),
            [carrier[result]!],
          ),
        ),
      ),
    ),
    section(3, vector(all.map((_, i) => u(i)))),
    section(7, vector(all.map(({ op }, i) => [...name(String(op)), 0, ...u(i)]))),
    section(
      10,
      vector(
        all.map(({ op, parameters, result }) =>
          code(
            [],
            [...parameters.flatMap((p, i) => [0x20, i, ...enter[p]!]), ...encodeOperator(op), ...leave[result]!],
          ),
        ),
      ),
    ),
  ]);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  return new Map(
    all.map(({ op, parameters }) => [
      op,
      { parameters: parameters.length, compute: exports[String(op)] as Scalar["compute"] },
    ]),
  );
})();

const vectors: readonly (readonly [first: number, last: number, Signature])[] = [
  [0x00, 0x0a, "m:v"],
  [0x0b, 0x0b, "mv:"],
  [0x0d, 0x0e, "vv:v"],
  [0x0f, 0x11, "i:v"],
  [0x12, 0x12, "I:v"],
  [0x13, 0x13, "f:v"],
  [0x14, 0x14, "F:v"],
  [0x15, 0x16, "v:i"],
  [0x17, 0x17, "vi:v"],
  [0x18, 0x19, "v:i"],
  [0x1a, 0x1a, "vi:v"],
  [0x1b, 0x1b, "v:i"],
  [0x1c, 0x1c, "vi:v"],
  [0x1d, 0x1d, "v:I"],
  [0x1e, 0x1e, "vI:v"],
  [0x1f, 0x1f, "v:f"],
  [0x20, 0x20, "vf:v"],
  [0x21, 0x21, "v:F"],
  [0x22, 0x22, "vF:v"],
  [0x23, 0x4c, "vv:v"],
  [0x4d, 0x4d, "v:v"],
  [0x4e, 0x51, "vv:v"],
  [0x52, 0x52, "vvv:v"],
  [0x53, 0x53, "v:i"],
  [0x54, 0x57, "mv:v"],
  [0x58, 0x5b, "mv:"],
  [0x5c, 0x5d, "m:v"],
  [0x5e, 0x62, "v:v"],
  [0x63, 0x64, "v:i"],
  [0x65, 0x66, "vv:v"],
  [0x67, 0x6a, "v:v"],
  [0x6b, 0x6d, "vi:v"],
  [0x6e, 0x73, "vv:v"],
  [0x74, 0x75, "v:v"],
  [0x76, 0x79, "vv:v"],
  [0x7a, 0x7a, "v:v"],
  [0x7b, 0x7b, "vv:v"],
  [0x7c, 0x81, "v:v"],
  [0x82, 0x82, "vv:v"],
  [0x83, 0x84, "v:i"],
  [0x85, 0x86, "vv:v"],
  [0x87, 0x8a, "v:v"],
  [0x8b, 0x8d, "vi:v"],
  [0x8e, 0x93, "vv:v"],
  [0x94, 0x94, "v:v"],
  [0x95, 0x9f, "vv:v"],
  [0xa0, 0xa2, "v:v"],
  [0xa3, 0xa4, "v:i"],
  [0xa7, 0xaa, "v:v"],
  [0xab, 0xad, "vi:v"],
  [0xae, 0xbf, "vv:v"],
  [0xc0, 0xc1, "v:v"],
  [0xc3, 0xc4, "v:i"],
  [0xc7, 0xca, "v:v"],
  [0xcb, 0xcd, "vi:v"],
  [0xce, 0xdf, "vv:v"],
  [0xe0, 0xe3, "v:v"],
  [0xe4, 0xeb, "vv:v"],
  [0xec, 0xef, "v:v"],
  [0xf0, 0xf7, "vv:v"],
  [0xf8, 0xff, "v:v"],
  [0x100, 0x100, "vv:v"],
  [0x101, 0x104, "v:v"],
  [0x105, 0x10c, "vvv:v"],
  [0x10d, 0x112, "vv:v"],
  [0x113, 0x113, "vvv:v"],
];

/** Bytes that a vector memory operator touches, by subopcode. */
const widths: Record<number, number> = {
  0: 16,
  1: 8,
  2: 8,
  3: 8,
  4: 8,
  5: 8,
  6: 8,
  7: 1,
  8: 2,
  9: 4,
  10: 8,
  11: 16,
  84: 1,
  85: 2,
  86: 4,
  87: 8,
  88: 1,
  89: 2,
  90: 4,
  91: 8,
  92: 4,
  93: 8,
};

export interface VectorOperator {
  /** Without the memory operand. */
  readonly parameters: string;
  readonly result: string;
  /** Bytes of memory that it reads or writes; 0 if none. */
  readonly width: number;
  readonly stores: boolean;
  /** Operands at 0, 16, 32; memory at 64; result at 128. */
  readonly run: () => void;
  readonly scratch: Uint8Array<ArrayBuffer>;
}
const made = new Map<string, VectorOperator>();
const numberType: Record<string, { load: number[]; store: number[] }> = {
  i: { load: [0x28], store: [0x36] },
  I: { load: [0x29], store: [0x37] },
  f: { load: [0x2a], store: [0x38] },
  F: { load: [0x2b], store: [0x39] },
  v: { load: [0xfd, 0], store: [0xfd, 0x0b] },
};

/** The vector operator `0xfd sub`, with its lane or 16 immediate bytes. */
export function vectorOperator(sub: number, lane: number, bytes: Uint8Array | null): VectorOperator {
  const key = `${sub} ${lane} ${bytes}`;
  const known = made.get(key);
  if (known !== undefined) return known;
  const signature = vectors.find(([first, last]) => sub >= first && sub <= last)?.[2];
  if (signature === undefined) throw new Error(`unknown vector operator ${sub}`);
  const [from, result] = signature.split(":") as [string, string];
  const parameters = from.replace("m", "");
  const width = from.startsWith("m") ? widths[sub]! : 0;
  const hasLane = (sub >= 0x15 && sub <= 0x22) || (sub >= 0x54 && sub <= 0x5b);
  const body: number[] = result === "" ? [] : [0x41, 0];
  if (width > 0) body.push(0x41, 0);
  for (const [i, p] of [...parameters].entries()) body.push(0x41, 0, ...numberType[p]!.load, 0, ...u(16 * i));
  body.push(0xfd, ...u(sub), ...(width > 0 ? [0, ...u(64)] : []), ...(hasLane ? [lane] : []), ...(bytes ?? []));
  if (result !== "") body.push(...numberType[result]!.store, 0, ...u(128));
  const module = new WebAssembly.Module(
    encode([
      section(1, vector([functionType([], [])])),
      section(3, vector([[0]])),
      section(5, vector([[0, 1]])),
      section(
        7,
        vector([
          [...name("run"), 0, 0],
          [...name("memory"), 2, 0],
        ]),
      ),
      section(10, vector([code([], body)])),
    ]),
  );
  const { exports } = new WebAssembly.Instance(module);
  const scratch = new Uint8Array((exports["memory"] as WebAssembly.Memory).buffer as ArrayBuffer);
  const operator = {
    parameters,
    result,
    width,
    stores: width > 0 && result === "",
    run: exports["run"] as () => void,
    scratch,
  };
  made.set(key, operator);
  return operator;
}
