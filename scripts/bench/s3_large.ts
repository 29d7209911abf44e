/**
 * The memory that one document of 500 MB takes on its way into a bucket and back, above that of an
 * empty process.
 *
 * @module
 */
import { type Finding, inProcess } from "./measure.ts";
import { S3Server } from "./s3_server.ts";

const BYTES = 500_000_000;

/** Measures it. */
export async function benchS3Large(): Promise<Finding[]> {
  const server = await S3Server.start();
  try {
    const peak = async (way: "nothing" | "up" | "down") =>
      (await inProcess<{ peak: number }>("s3_large_child.ts", [
        JSON.stringify({ way, bytes: BYTES, place: server.place }),
      ])).peak;
    const emptyMiB = await peak("nothing");
    const upMiB = await peak("up");
    const downMiB = await peak("down");
    return [{
      promise:
        "a document of 500 MB goes to S3 and comes back with ≤ 150 MB above an empty process",
      measure: "MiB",
      value: Math.max(upMiB, downMiB) - emptyMiB,
      bound: { atMost: 150_000_000 / 2 ** 20 },
      figures: { emptyMiB, upMiB, downMiB },
    }];
  } finally {
    await server.stop();
  }
}
