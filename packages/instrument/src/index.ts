/** Job: the public door of @capsule-run/instrument. Never: code of its own. */
export { InstrumentError, type InstrumentErrorCode } from "./errors.ts";
export type { InstrumentOptions } from "./options.ts";
export type { Instrumented, InstrumentReport } from "./report.ts";
export { instrument } from "./rewrite.ts";
