/**
 * Which keys can be file names, and which names in a folder are keys.
 *
 * @module
 */
import {
  checkObjectKey,
  MAX_KEY_BYTES,
  objectKeyFault,
  quoteKey,
  utf8Length,
} from "../../core/keys/object_key.ts";
import { type Call, callError } from "../support/call.ts";

/** The longest name of a file or folder on all common file systems, in bytes. */
const MAX_NAME_BYTES = 255;

/** How the names of temporary files begin. They lie in the root, where no key may use the name. */
export const TEMPORARY = ".tmp-";

const WINDOWS_CHARACTERS = /[<>:"|?*]/;
const WINDOWS_DEVICES = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\.|$)/i;

/**
 * Refuses a key that cannot be a file.
 *
 * @param key The key.
 * @param call The call that brought it.
 * @param platform The system, as in `process.platform`.
 * @throws ArchiveError `Invalid`.
 */
export function checkFileKey(key: string, call: Call, platform: string): void {
  checkObjectKey(key, { maxBytes: MAX_KEY_BYTES, backend: call.backend });
  const fault = fileKeyFault(key, platform);
  if (fault === undefined) return;
  throw callError(call, "Invalid", `the key ${quoteKey(key)} ${fault}; use another name`);
}

/** Whether a file at this place is an object; temporary files and odd names are not. */
export function isFileKey(key: string, platform: string): boolean {
  return objectKeyFault(key) === undefined && fileKeyFault(key, platform) === undefined;
}

function fileKeyFault(key: string, platform: string): string | undefined {
  // Case does not matter here, since it does not to some file systems.
  if (key.slice(0, TEMPORARY.length).toLowerCase() === TEMPORARY) {
    return `begins with "${TEMPORARY}", which is kept for unfinished files`;
  }
  for (const name of key.split("/")) {
    const fault = nameFault(name, platform);
    if (fault !== undefined) return fault;
  }
}

function nameFault(name: string, platform: string): string | undefined {
  const bytes = utf8Length(name);
  if (bytes > MAX_NAME_BYTES) {
    return `has a segment of ${bytes} bytes, and a file's name may have ${MAX_NAME_BYTES}`;
  }
  if (platform !== "win32") return undefined;
  const quoted = JSON.stringify(name);
  const bad = WINDOWS_CHARACTERS.exec(name)?.[0];
  if (bad !== undefined) return `holds ${JSON.stringify(bad)}, which Windows does not allow`;
  if (/[ .]$/.test(name)) return `has the segment ${quoted}, whose end Windows would drop`;
  if (WINDOWS_DEVICES.test(name)) return `has the segment ${quoted}, a device name on Windows`;
}
