/** Job: the public door of this entry. Never: code of its own. */
export {};
