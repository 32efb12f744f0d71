/** Job: the shape of an answer to a Python guest. Never: what is in it. */

/** One line of JSON, then the body. */
export interface Page {
  readonly head: Readonly<Record<string, unknown>>;
  readonly body: Uint8Array;
}

export const refused = (code: string, message: string): Page => ({ head: { code, message }, body: new Uint8Array(0) });
