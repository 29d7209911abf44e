/**
 * Keys to a store that are not shown when the object that holds them is.
 *
 * @module
 */
import type { S3Keys } from "../../backends/s3/options.ts";

/**
 * The same credentials, which `JSON.stringify`, `console.log` and `util.inspect` write as a sign.
 * A copy of the properties (`{...credentials}`) is plain again.
 *
 * @param credentials Plain ones.
 */
export function hiddenCredentials(credentials: S3Keys): S3Keys {
  const shown = { value: () => "[hidden]" };
  return Object.defineProperties({ ...credentials }, {
    toJSON: shown,
    [Symbol.for("nodejs.util.inspect.custom")]: shown,
    [Symbol.for("Deno.customInspect")]: shown,
  });
}
