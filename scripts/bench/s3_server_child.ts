/**
 * The loopback S3 server in a process of its own, so that what it costs is not counted as ours.
 * Tells its address, then answers each line on its standard input with the requests it has had
 * since the last one; ends with its standard input.
 *
 * @module
 */
import process from "node:process";
import { createInterface } from "node:readline";
import { startFakeS3 } from "../../tests/s3/fake.ts";
import { documentOf } from "./small_document.ts";

const { latencyMs, projects, days, aDay } = JSON.parse(process.argv[2]);
const server = await startFakeS3({ latencyMs });
for (let project = 0; project < projects; project++) {
  for (let day = 0; day < days; day++) {
    for (let number = 0; number < aDay; number++) {
      const { key, bytes, metadata } = documentOf({ project, day, number });
      server.put("archives", key, bytes, metadata);
    }
  }
}
const say = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`);
const { endpoint, region, credentials } = server;
say({ endpoint, region, credentials });
for await (const _ of createInterface({ input: process.stdin })) {
  const counts: Record<string, number> = {};
  for (const { operation } of server.requests.splice(0)) {
    counts[operation] = (counts[operation] ?? 0) + 1;
  }
  say(counts);
}
await server.stop();
