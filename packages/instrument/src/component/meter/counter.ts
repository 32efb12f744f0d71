/**
 * Job: the definitions of ours in a metered component, in the component model's binary format: the counter in front of the
 * guest's definitions, and at the end the interface through which the operator reads and sets it.
 * Never: the guest's definitions.
 */
import { Writer } from "../../binary/writer.ts";
import { ComponentSection as Id } from "../decode.ts";
import type { Space } from "../read/scope.ts";
import {
  bankModule,
  type Crossing,
  counterModule,
  crossingModule,
  crossingName,
  postReturnName,
  settlingModule,
  sharingModule,
} from "./core.ts";
import { section, single } from "./encode.ts";

/** What guests' core modules import the counter from. */
export const counterArgument = "capsule";
/** The interface that a metered component exports: `remaining: func() -> s64`, `set-remaining: func(fuel: s64)`. */
export const counterInterface = "capsule:fuel/counter";
/** The instance through which components inside share their fuel. */
export const bankName = "capsule:fuel/bank";

/** Definitions in front of the guest's: how far the guest's indices move, by index space. */
export interface Front {
  readonly sections: readonly Uint8Array[];
  readonly moved: { readonly [Of in Space]?: number };
  /** The core instance that has the counter. */
  readonly counter: number;
}

export const nothingInFront: Front = { sections: [], moved: {}, counter: 0 };

/** The one component with code: its counter is core instance 0. */
export const counterInFront = (fuel: bigint): Front => ({
  sections: [
    section(Id.coreModule, (out) => out.bytes(counterModule(fuel))),
    single(Id.coreInstance, (out) => out.bytes([0x00, 0, 0])),
  ],
  moved: { "core module": 1, "core instance": 1 },
  counter: 0,
});

/** The bank as instance 0: in the outermost component it is made, in those inside it is imported. */
export function bankInFront(outermost: boolean, fuel: bigint): Front {
  const name = (out: Writer, text: string) => {
    out.byte(0x00);
    out.name(text);
  };
  if (outermost)
    return {
      sections: [
        section(Id.component, (out) => out.bytes(bankComponent(fuel))),
        single(Id.instance, (out) => out.bytes([0x00, 0, 0])),
      ],
      moved: { component: 1, instance: 1 },
      counter: 0,
    };
  return {
    sections: [
      // instance type: type 0 = func(spent: s64) -> s64, export "exchange"
      single(Id.type, (out) => {
        out.bytes([0x42, 2, 0x01]);
        out.bytes(exchangeType);
        out.byte(0x04);
        name(out, "exchange");
        out.bytes([0x01, 0]);
      }),
      single(Id.import, (out) => {
        name(out, bankName);
        out.bytes([0x05, 0]);
      }),
    ],
    moved: { type: 1, instance: 1 },
    counter: 0,
  };
}

const encoded = (write: (out: Writer) => void): Uint8Array => {
  const out = new Writer(32);
  write(out);
  return out.take();
};
const s64 = 0x78;
const func = (parameter: string | null, result: boolean): Uint8Array =>
  encoded((out) => {
    out.bytes([0x40, parameter === null ? 0 : 1]);
    if (parameter !== null) {
      out.name(parameter);
      out.byte(s64);
    }
    out.bytes(result ? [0x00, s64] : [0x01, 0x00]);
  });
const remainingType = func(null, true);
const setRemainingType = func("fuel", false);
const exchangeType = func("spent", true);

/** Functions of core instance `from` lifted: they become the functions from `functions` on. */
function lifted(
  names: readonly (readonly [name: string, type: Uint8Array])[],
  from: number,
  at: { readonly coreFunctions: number; readonly types: number },
): Uint8Array[] {
  return [
    section(Id.alias, (out) => {
      out.unsigned(names.length);
      for (const [name] of names) {
        out.bytes([0x00, 0x00, 0x01]);
        out.unsigned(from);
        out.name(name);
      }
    }),
    section(Id.type, (out) => {
      out.unsigned(names.length);
      for (const [, type] of names) out.bytes(type);
    }),
    section(Id.canon, (out) => {
      out.unsigned(names.length);
      for (const index of names.keys()) {
        out.bytes([0x00, 0x00]);
        out.unsigned(at.coreFunctions + index);
        out.unsigned(0);
        out.unsigned(at.types + index);
      }
    }),
  ];
}

function bankComponent(fuel: bigint): Uint8Array {
  const names = [
    ["remaining", remainingType],
    ["set-remaining", setRemainingType],
    ["exchange", exchangeType],
  ] as const;
  return encoded((out) => {
    out.bytes([0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00]);
    out.bytes(section(Id.coreModule, (content) => content.bytes(bankModule(fuel))));
    out.bytes(single(Id.coreInstance, (content) => content.bytes([0x00, 0, 0])));
    for (const part of lifted(names, 0, { coreFunctions: 0, types: 0 })) out.bytes(part);
    out.bytes(
      section(Id.export, (content) => {
        content.unsigned(names.length);
        for (const [index, [name]] of names.entries()) {
          content.byte(0x00);
          content.name(name);
          content.bytes([0x01, index, 0x00]);
        }
      }),
    );
  });
}

/** Core modules of a component that shares, by index. */
const sharing = 0;
const settling = 1;
const crossing = 2;

/**
 * Behind the bank: a counter that is exchanged through it. `crossings`: the kinds of functions that cross the component's
 * border, each gets a core module. `lenders`: how many instances of components have a `post-return`.
 */
export function sharedInFront(bank: Front, fuel: bigint, crossings: readonly Crossing[], lenders: number): Front {
  const lends = crossings.some(({ postReturn }) => postReturn);
  const module = (bytes: Uint8Array) => section(Id.coreModule, (out) => out.bytes(bytes));
  return {
    sections: [
      ...bank.sections,
      single(Id.alias, (out) => {
        out.bytes([0x01, 0x00, 0]);
        out.name("exchange");
      }),
      single(Id.canon, (out) => out.bytes([0x01, 0x00, 0, 0])),
      module(sharingModule(fuel, lends ? lenders : null)),
      module(settlingModule()),
      ...crossings.map((each) => module(crossingModule(each))),
      section(Id.coreInstance, (out) => {
        out.bytes([2, 0x01, 1]);
        out.name("exchange");
        out.bytes([0x00, 0]);
        out.bytes([0x00, sharing, 1]);
        out.name("");
        out.bytes([0x12, 0]);
      }),
    ],
    moved: {
      ...bank.moved,
      func: 1,
      "core func": 1,
      "core module": crossing + crossings.length,
      "core instance": 2,
    },
    counter: 1,
  };
}

/**
 * The two core instances and the core function that stand between `coreFunction` and the other component, and behind that
 * the one that stands for its `post-return`.
 */
export function crossingSections(
  kind: number,
  of: { readonly coreFunction: number; readonly postReturn: number | null },
  counter: number,
  instance: number,
): Uint8Array[] {
  const names = [crossingName, ...(of.postReturn === null ? [] : [postReturnName])];
  return [
    section(Id.coreInstance, (out) => {
      out.bytes([2, 0x01, names.length]);
      out.name("");
      out.byte(0x00);
      out.unsigned(of.coreFunction);
      if (of.postReturn !== null) {
        out.name(postReturnName);
        out.byte(0x00);
        out.unsigned(of.postReturn);
      }
      out.byte(0x00);
      out.unsigned(crossing + kind);
      out.byte(2);
      out.name("function");
      out.byte(0x12);
      out.unsigned(instance);
      out.name("capsule");
      out.byte(0x12);
      out.unsigned(counter);
    }),
    section(Id.alias, (out) => {
      out.unsigned(names.length);
      for (const name of names) {
        out.bytes([0x00, 0x00, 0x01]);
        out.unsigned(instance + 1);
        out.name(name);
      }
    }),
  ];
}

/** Stands behind instantiations of the guest's with start functions, in a component that shares. */
export const settlingSection = (counter: number): Uint8Array =>
  single(Id.coreInstance, (out) => {
    out.bytes([0x00, settling, 1]);
    out.name("");
    out.byte(0x12);
    out.unsigned(counter);
  });

/** An argument of a core instantiation: the counter. */
export function writeCounterArgument(out: Writer, counter: number): void {
  out.name(counterArgument);
  out.byte(0x12);
  out.unsigned(counter);
}

/** An argument of an instantiation: the bank. */
export function writeBankArgument(out: Writer): void {
  out.name(bankName);
  out.bytes([0x05, 0]);
}

/** A declaration of a core module's type: every metered module imports the counter. */
export function writeCounterDeclaration(out: Writer): void {
  out.byte(0x00);
  out.name(counterArgument);
  out.name("fuel");
  out.bytes([0x03, 0x7e, 0x01]);
}

/** Stands at the end of the outermost component; `count` says how many there are of each before. */
export function counterExport(shared: boolean, count: (space: Space) => number): readonly Uint8Array[] {
  const names = [
    ["remaining", remainingType],
    ["set-remaining", setRemainingType],
  ] as const;
  const fromBank = section(Id.alias, (out) => {
    out.unsigned(names.length);
    for (const [name] of names) {
      out.bytes([0x01, 0x00, 0]);
      out.name(name);
    }
  });
  return [
    ...(shared ? [fromBank] : lifted(names, 0, { coreFunctions: count("core func"), types: count("type") })),
    single(Id.instance, (out) => {
      out.bytes([0x01, names.length]);
      for (const [index, [name]] of names.entries()) {
        out.byte(0x00);
        out.name(name);
        out.byte(0x01);
        out.unsigned(count("func") + index);
      }
    }),
    single(Id.export, (out) => {
      out.byte(0x00);
      out.name(counterInterface);
      out.byte(0x05);
      out.unsigned(count("instance"));
      out.byte(0x00);
    }),
  ];
}
