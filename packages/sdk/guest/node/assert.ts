/** Job: Node's `assert`: its functions, error class and codes; messages name both values, without Node's line-by-line difference. Never: another definition of equality. */
import { inspect } from "node-inspect-extracted";
import { isDeepEqual, isDeepStrictEqual } from "./equal.ts";

type Message = string | Error | undefined;
type Expected = RegExp | ((error: unknown) => unknown) | object | string | undefined;
interface Details {
  readonly message?: string | undefined;
  readonly actual?: unknown;
  readonly expected?: unknown;
  readonly operator: string;
}

export class AssertionError extends Error {
  readonly code = "ERR_ASSERTION";
  readonly actual: unknown;
  readonly expected: unknown;
  readonly operator: string;
  readonly generatedMessage: boolean;
  constructor({ message, actual, expected, operator }: Details) {
    super(message ?? `${inspect(actual)} ${operator} ${inspect(expected)}`);
    this.name = "AssertionError";
    this.actual = actual;
    this.expected = expected;
    this.operator = operator;
    this.generatedMessage = message === undefined;
  }
}

function fail(message: Message, otherwise: string, details: Details): never {
  if (message instanceof Error) throw message;
  const error = new AssertionError({ ...details, message: message ?? otherwise });
  throw Object.assign(error, { generatedMessage: message === undefined });
}

type Compare = (actual: unknown, expected: unknown) => boolean;
const comparison =
  (operator: string, says: string, compare: Compare) =>
  (actual: unknown, expected: unknown, message?: Message): void => {
    if (compare(actual, expected)) return;
    fail(message, `${says}\n\n${inspect(actual)}\n\nshould ${operator}\n\n${inspect(expected)}\n`, {
      actual,
      expected,
      operator,
    });
  };

function ok(...[value, message]: [value?: unknown, message?: Message]): void {
  if (!value)
    fail(message, "The expression evaluated to a falsy value", { actual: value, expected: true, operator: "==" });
}

/** Whether `error` is what was expected; throws where that is itself wrong. */
function check(error: unknown, expected: Expected, message: Message, operator: string): void {
  if (expected === undefined || typeof expected === "string") return;
  const refuse = (says: string) => fail(message, says, { actual: error, expected, operator });
  if (expected instanceof RegExp) {
    if (!expected.test(`${error}`))
      refuse(`The input did not match the regular expression ${expected}. Input:\n\n${inspect(`${error}`)}\n`);
  } else if (typeof expected === "function") {
    const made = expected as (new () => unknown) & ((error: unknown) => unknown);
    if (made.prototype !== undefined && error instanceof made) return;
    // An error class that it is not an instance of: the error itself comes out.
    if (Object.prototype.isPrototypeOf.call(Error, made)) throw error;
    if (made(error) !== true) refuse('The validation function is expected to return "true".');
  } else {
    const wanted = expected as Readonly<Record<string, unknown>>;
    const keys = expected instanceof Error ? [...Object.keys(wanted), "name", "message"] : Object.keys(wanted);
    for (const key of keys) {
      const [value, want] = [(error as Record<string, unknown>)[key], wanted[key]];
      const fits =
        want instanceof RegExp && typeof value === "string" ? want.test(value) : isDeepStrictEqual(value, want);
      if (!fits) refuse(`Expected ${key} to be ${inspect(want)}, but it is ${inspect(value)}`);
    }
  }
}

const split = (expected: Expected, message: Message): [Expected, Message] =>
  typeof expected === "string" ? [undefined, expected] : [expected, message];
const missing = (operator: string, expected: Expected, message: Message): never =>
  fail(
    message,
    `Missing expected ${operator === "rejects" ? "rejection" : "exception"}${typeof expected === "function" && expected.name ? ` (${expected.name}).` : "."}`,
    { actual: undefined, expected, operator },
  );
const unwanted = (operator: string, error: unknown, message: Message): never =>
  fail(
    message,
    `Got unwanted ${operator === "doesNotReject" ? "rejection" : "exception"}.\nActual message: "${(error as Error)?.message}"`,
    { actual: error, expected: undefined, operator },
  );

async function settled(given: unknown): Promise<{ readonly error?: unknown }> {
  try {
    await (typeof given === "function" ? given() : given);
    return {};
  } catch (error) {
    return { error };
  }
}

// biome-ignore lint/suspicious/noDoubleEquals: the loose comparison is defined by it
const loose: Compare = (a, b) => a == b || (Number.isNaN(a) && Number.isNaN(b));

const functions = {
  ok,
  equal: comparison("==", "Expected values to be loosely equal:", loose),
  notEqual: comparison("!=", "Expected values not to be loosely equal:", (a, b) => !loose(a, b)),
  strictEqual: comparison("strictEqual", "Expected values to be strictly equal:", Object.is),
  notStrictEqual: comparison("notStrictEqual", "Expected values not to be strictly equal:", (a, b) => !Object.is(a, b)),
  deepEqual: comparison("deepEqual", "Expected values to be loosely deep-equal:", isDeepEqual),
  notDeepEqual: comparison(
    "notDeepEqual",
    "Expected values not to be loosely deep-equal:",
    (a, b) => !isDeepEqual(a, b),
  ),
  deepStrictEqual: comparison("deepStrictEqual", "Expected values to be strictly deep-equal:", isDeepStrictEqual),
  notDeepStrictEqual: comparison(
    "notDeepStrictEqual",
    "Expected values not to be strictly deep-equal:",
    (a, b) => !isDeepStrictEqual(a, b),
  ),
  match: comparison(
    "match",
    "The input did not match the regular expression:",
    (text, pattern) => typeof text === "string" && (pattern as RegExp).test(text),
  ),
  doesNotMatch: comparison(
    "doesNotMatch",
    "The input was expected to not match the regular expression:",
    (text, pattern) => typeof text !== "string" || !(pattern as RegExp).test(text),
  ),
  fail: (message?: Message): never =>
    fail(message, "Failed", { actual: undefined, expected: undefined, operator: "fail" }),
  ifError: (value: unknown): void => {
    if (value === null || value === undefined) return;
    const text = value instanceof Error ? value.message : inspect(value);
    fail(`ifError got unwanted exception: ${text}`, "", { actual: value, expected: null, operator: "ifError" });
  },
  throws: (call: () => unknown, expected?: Expected, message?: Message): void => {
    const [want, says] = split(expected, message);
    try {
      call();
    } catch (error) {
      check(error, want, says, "throws");
      return;
    }
    missing("throws", want, says);
  },
  doesNotThrow: (call: () => unknown, expected?: Expected, message?: Message): void => {
    const [, says] = split(expected, message);
    try {
      call();
    } catch (error) {
      unwanted("doesNotThrow", error, says);
    }
  },
  rejects: async (given: unknown, expected?: Expected, message?: Message): Promise<void> => {
    const [want, says] = split(expected, message);
    const ended = await settled(given);
    if (!("error" in ended)) missing("rejects", want, says);
    check(ended.error, want, says, "rejects");
  },
  doesNotReject: async (given: unknown, expected?: Expected, message?: Message): Promise<void> => {
    const ended = await settled(given);
    if ("error" in ended) unwanted("doesNotReject", ended.error, split(expected, message)[1]);
  },
  AssertionError,
};

const strictNames = {
  equal: functions.strictEqual,
  notEqual: functions.notStrictEqual,
  deepEqual: functions.deepStrictEqual,
  notDeepEqual: functions.notDeepStrictEqual,
};
const strict: object = Object.assign((...args: [unknown?, Message?]) => ok(...args), functions, strictNames);
Object.assign(strict, { strict });
export const assert = Object.assign((...args: [unknown?, Message?]) => ok(...args), functions, { strict });
