/** Job: the door to components: their model, their decoder, their rewriter. Never: code of its own. */
export type * from "./model.ts";
