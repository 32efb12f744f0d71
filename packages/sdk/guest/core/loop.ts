/** Job: timers, and calls to the host that are answered later: one turn at a time. Never: run promise reactions (the driver does, between turns). */
import { ask, askBytes, parse } from "./host.ts";

interface Timer {
  readonly id: number;
  readonly callback: () => void;
  readonly every: number | null;
  due: number;
  /** Order among equals. */
  order: number;
  /** Whether it keeps the program alive. */
  referenced: boolean;
}

const timers = new Map<number, Timer>();
const waiting = new Map<number, (reply: ArrayBuffer) => void>();
/** Callbacks of `process.nextTick`: before the promise reactions that are waiting when a callback ends. */
let ticks: (() => void)[] = [];
let lastId = 0;
let lastOrder = 0;

/** Milliseconds, with fractions, of a clock that only goes on. */
export const now = (): number => Number(ask("now")) / 1e6;

const longestDelay = 2 ** 31 - 1;

export function addTimer(callback: () => void, delay: number, repeat: boolean): number {
  const milliseconds = delay >= 1 && delay <= longestDelay ? Math.trunc(delay) : 1;
  const id = ++lastId;
  const every = repeat ? milliseconds : null;
  timers.set(id, { id, callback, every, due: now() + milliseconds, order: ++lastOrder, referenced: true });
  return id;
}

export function removeTimer(id: number): void {
  timers.delete(id);
}

export function setReferenced(id: number, referenced: boolean): void {
  const timer = timers.get(id);
  if (timer) timer.referenced = referenced;
}

export const isActive = (id: number): boolean => timers.has(id);

export function addTick(callback: () => void): void {
  ticks.push(callback);
}

/** Runs what waits for the end of the current callback; true when there was any. */
function runTicks(): boolean {
  if (ticks.length === 0) return false;
  while (ticks.length > 0) {
    const due = ticks;
    ticks = [];
    for (const [index, callback] of due.entries()) {
      try {
        callback();
      } catch (error) {
        ticks = [...due.slice(index + 1), ...ticks];
        throw error;
      }
    }
  }
  return true;
}

/** The host holds 64 calls of a run at once; the rest wait here, and some room is left for calls that block. */
const mostCalls = 48;
const queued: (() => void)[] = [];

/** Starts a call, now or when there is room; the promise gets its reply, a line of JSON and then bytes. */
export function startCall(request: string, body?: ArrayBuffer): Promise<ArrayBuffer> {
  return new Promise((resolve, reject) => {
    const start = () => {
      try {
        waiting.set(Number(ask("start", request, body)), resolve);
      } catch (error) {
        reject(error);
      }
    };
    if (waiting.size < mostCalls) start();
    else queued.push(start);
  });
}

/** Starts a call and waits for it; everything else stands still meanwhile. */
export function callNow(request: string, body?: ArrayBuffer): ArrayBuffer {
  return askBytes("take", ask("start", request, body));
}

function nextTimer(): Timer | null {
  let next: Timer | null = null;
  for (const timer of timers.values())
    if (next === null || timer.due < next.due || (timer.due === next.due && timer.order < next.order)) next = timer;
  return next;
}

function deliver(arrived: readonly number[]): void {
  for (const seq of arrived) {
    const resolve = waiting.get(seq);
    waiting.delete(seq);
    const reply = askBytes("take", `${seq}`);
    resolve?.(reply);
  }
  while (queued.length > 0 && waiting.size < mostCalls) queued.shift()!();
}

/** Runs one due timer, or takes the replies that are there, or waits for either; false when nothing can come any more. */
export function turn(): boolean {
  // Ticks that a promise reaction asked for; the reactions have all run when a turn begins.
  if (runTicks()) return true;
  const next = nextTimer();
  const left = next === null ? null : next.due - now();
  if (next !== null && left !== null && left <= 0) {
    if (next.every === null) timers.delete(next.id);
    else {
      next.due = now() + next.every;
      next.order = ++lastOrder;
    }
    next.callback();
    runTicks();
    return true;
  }
  const alive = waiting.size > 0 || [...timers.values()].some((timer) => timer.referenced);
  if (!alive) return false;
  deliver(parse(ask("poll", left === null ? "" : `${left}`)) as number[]);
  return true;
}
