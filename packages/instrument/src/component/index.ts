/** Job: the door to components: their model, their decoder, their rewriter. Never: code of its own. */
export { type CustomSection, type DecodedComponent, decodeComponent, isComponent } from "./decode.ts";
export { describeComponent, type World, type WorldEntry, type WorldItem } from "./describe.ts";
export type { ComponentReport, InstrumentedComponent } from "./meter/report.ts";
export { type ComponentOptions, instrumentComponent } from "./meter/rewrite.ts";
export type * from "./model.ts";
