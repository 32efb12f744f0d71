/**
 * Job: the entry of a worker thread: takes runs one after the other and answers each.
 * Never: keep anything from one run for the next; what is on the shelf holds an image and nothing else.
 */
import { parentPort, workerData } from "node:worker_threads";
import type { RunMessage, ThreadData, WorkerMessage } from "../protocol.ts";
import { Channel } from "./channel.ts";
import { driverFor } from "./driver.ts";
import { ImageShelf } from "./image-shelf.ts";
import { Sandbox } from "./sandbox.ts";
import { leavesThreadClean, type Outcome, verdict } from "./verdict.ts";

const port = parentPort;
if (port === null) throw new Error("worker/inside/thread is the entry of a worker thread");
const channel = new Channel(port, workerData as ThreadData);
const shelf = new ImageShelf();
const post = (message: WorkerMessage) => port.postMessage(message);

async function run(message: RunMessage): Promise<void> {
  channel.begin(message.id);
  const half = await driverFor(message.input);
  let sandbox: Sandbox | null = null;
  let outcome: Outcome;
  try {
    sandbox = new Sandbox(message, channel, shelf.take(message, half.link));
    outcome = { kind: "value", value: await half.run(sandbox) };
  } catch (error) {
    outcome = { kind: "error", error };
  }
  sandbox?.dispose();
  const ending = verdict(sandbox, outcome);
  const clean = leavesThreadClean(sandbox, outcome, ending);
  post({
    kind: "done",
    id: message.id,
    ending,
    usage: sandbox?.usage ?? { fuelConsumed: 0n, memoryPeak: 0 },
    clean,
  });
  if (clean && sandbox?.standby) shelf.put(message, sandbox.standby, half.link);
}

port.on("message", (message: RunMessage) => void run(message));
post({ kind: "ready" });
