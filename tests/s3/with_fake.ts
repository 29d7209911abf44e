/**
 * The server for the length of one test.
 *
 * @module
 */
import { type FakeS3, type FakeS3Options, startFakeS3 } from "./fake.ts";

/**
 * Starts a server, and stops it however the playing ends.
 *
 * @param play Uses it.
 * @param options What it is told.
 */
export async function withFake(
  play: (fake: FakeS3) => Promise<void>,
  options?: FakeS3Options,
): Promise<void> {
  const fake = await startFakeS3(options);
  try {
    await play(fake);
  } finally {
    await fake.stop();
  }
}
