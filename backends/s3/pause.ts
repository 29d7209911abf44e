/**
 * Waiting between two tries.
 *
 * @module
 */
import { type Call, unlessStopped } from "../support/call.ts";

/**
 * Waits, unless the call is stopped.
 *
 * @param call Who waits.
 * @param ms How long, in milliseconds.
 */
export async function pause(call: Call, ms: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    await unlessStopped(call, () =>
      new Promise<void>((resolve) => {
        timer = setTimeout(resolve, ms);
      }));
  } finally {
    clearTimeout(timer);
  }
}
