/**
 * A process that uses a store and ends; `lifetime_test.ts` starts it and waits for its end.
 *
 * `lifetime_process.ts ENDPOINT TASK`, with the credentials in the environment.
 *
 * @module
 */
import { S3Backend } from "../../../backends/s3.ts";

const [endpoint, task] = process.argv.slice(2);
const backend = await S3Backend.open({
  bucket: "archives",
  endpoint,
  region: "us-east-1",
  quirks: { createOnly: true },
});

const TASKS: Readonly<Record<string, () => Promise<unknown>>> = {
  "nothing": () => Promise.resolve(),
  "a write": () => backend.put("a", new Uint8Array(10)),
  "a large write": () => backend.put("a", new Uint8Array(20 << 20)),
  "a write that fails": () => backend.put("large", new Uint8Array(1), { mode: "create" }),
  "a read that is left": async () => {
    await (await backend.get("large")).body.getReader().read();
  },
  "a listing that is left": async () => {
    for await (const _ of backend.list()) break;
  },
  "a call that is stopped": async () => {
    const call = backend.head("hangs", { signal: AbortSignal.timeout(50) });
    await call.catch(() => undefined);
  },
  "a call that is under way": async () => {
    backend.head("hangs").catch(() => undefined);
    await backend.head("large");
  },
};

const before = performance.now();
await TASKS[task]().catch((error) => process.stdout.write(`failed ${error.code}\n`));
await backend.close();
process.stdout.write(`closed ${Math.round(performance.now() - before)}\n`);
