/**
 * What stands at a place of the configuration, told without giving away what may be a secret.
 *
 * @module
 */
import { type KeyPath, shortened } from "./key_path.ts";

/**
 * Describes what was found, for the beginning of a complaint: `is the text "yes"`.
 *
 * @param value As it stands in the file, so that variables are told by name and not by value.
 * @param path Where it stands.
 */
export function foundText(value: unknown, path: KeyPath): string {
  const kind = kindText(value);
  if (!isPlain(value) || !mayBeShown(value, path)) return kind;
  if (typeof value === "boolean") return `is ${value}`;
  const shown = typeof value === "string" ? shortened(value) : String(value);
  return `${kind.replace(/^is an? /, "is the ")} ${shown}`;
}

/**
 * Describes the kind of what was found, and nothing of what it says: `is a text`.
 *
 * @param value As it stands in the file.
 */
export function kindText(value: unknown): string {
  if (value === undefined) return "is missing";
  if (value === null) return "is empty";
  if (Array.isArray(value)) return "is a list";
  if (typeof value === "string") return "is a text";
  return `is a ${isPlain(value) ? typeof value : "map"}`;
}

function isPlain(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

/**
 * Whether a value may stand in a message.
 *
 * @param value As it stands in the file.
 * @param path Where it stands.
 */
export function mayBeShown(value: unknown, path: KeyPath): boolean {
  if (isSecretPlace(path)) return false;
  // A name and password in an address, a signature behind it, a key that lost its line break.
  return path.includes("match") || !/[@?#=\s]|:\/\/.*\/|secret|token|passw/i.test(String(value));
}

/**
 * Whether everything at a place is to be kept secret, the names of unknown keys too.
 *
 * @param path The place.
 */
export function isSecretPlace(path: KeyPath): boolean {
  return path.some((key) => key === "credentials");
}
