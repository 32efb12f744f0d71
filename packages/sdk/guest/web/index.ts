/** Job: the web platform's globals, in the order in which they need each other. Never: what QuickJS and its extensions have already. */
import "./random.ts";
import "./text.ts";
import "./url.ts";
import "./platform.ts";
import "./events.ts";
import "./timers.ts";
import "./streams.ts";
import "./blob.ts";
import "./fetch.ts";
import "./console.ts";
