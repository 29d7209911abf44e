/**
 * Makes the SDK's clients without the SDK's word about the age of Node, which is not the user's
 * business: this library says itself which versions it runs on.
 *
 * @module
 */

const SWITCH = "AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED";

/**
 * Runs something at whose time the SDK prints no warning about the version of Node.
 *
 * @param make Makes a client; synchronously, since the environment is changed meanwhile.
 */
export function quietly<T>(make: () => T): T {
  const before = process.env[SWITCH];
  process.env[SWITCH] = "true";
  try {
    return make();
  } finally {
    if (before === undefined) delete process.env[SWITCH];
    else process.env[SWITCH] = before;
  }
}
