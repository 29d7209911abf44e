/**
 * What zod finds wrong, told in this project's words.
 *
 * @module
 */
import type { z } from "zod";
import { closest } from "../../../core/closest.ts";
import { LONGEST, milliseconds } from "../durations.ts";
import { knownKeys } from "../schema.ts";
import { hasVariable } from "../variables.ts";
import type { Fault } from "./fault.ts";
import { foundText, isSecretPlace, kindText, mayBeShown } from "./found.ts";
import { HIDDEN_KEY, type KeyPath, valueAt } from "./key_path.ts";

type Issue = z.core.$ZodIssue;

/**
 * Tells issues as faults.
 *
 * @param issues What zod found.
 * @param tree What stands in the file, with its variables by name.
 */
export function faultsOf(issues: readonly Issue[], tree: unknown): Fault[] {
  return issues.flatMap((issue) => faultsOfOne(issue, [], tree));
}

function faultsOfOne(issue: Issue, above: KeyPath, tree: unknown): Fault[] {
  const path = [...above, ...issue.path];
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey(key, path, tree));
    case "invalid_key":
      return [{ path, message: issue.issues.map(({ message }) => message).join("; ") }];
    case "invalid_union":
      return ofUnion(issue, path, tree);
    default:
      return [{ path, message: wrongValue(issue, path, tree) }];
  }
}

/** Of the alternatives, the one that goes into what was written says most. */
function ofUnion(
  issue: z.core.$ZodIssueInvalidUnion,
  path: KeyPath,
  tree: unknown,
): Fault[] {
  if (issue.discriminator !== undefined) {
    const found = valueAt(tree, path);
    const meant = didYouMean(found, BACKEND_TYPES, path);
    return [{ path, message: `${foundText(found, path)}; give file or s3${meant}` }];
  }
  const found = valueAt(tree, path);
  const inside = Array.isArray(found)
    ? issue.errors.find((some) => some.some((one) => one.path.length > 0 || isTooSmall(one)))
    : undefined;
  if (inside) return inside.flatMap((one) => faultsOfOne(one, path, tree));
  return [{ path, message: wrongValue(issue, path, tree) }];
}

const BACKEND_TYPES = ["file", "s3"];

function isTooSmall({ code }: Issue): boolean {
  return code === "too_small";
}

function wrongValue(issue: Issue, path: KeyPath, tree: unknown): string {
  const found = valueAt(tree, path);
  if (/^(is|has|holds) /.test(issue.message)) return issue.message;
  const inner = issue.code === "invalid_type" && CONTAINERS.has(issue.expected);
  const text = inner ? kindText(found) : foundText(found, path);
  return `${text}; ${issue.message}${hint(issue, found, path)}`;
}

/** Where one of these belongs, nobody meant what stands there to be seen. */
const CONTAINERS: ReadonlySet<string> = new Set(["object", "record", "array"]);

function hint(issue: Issue, found: unknown, path: KeyPath): string {
  if (issue.code === "invalid_value") return didYouMean(found, issue.values.map(String), path);
  if (issue.code !== "invalid_type") return "";
  if (issue.expected === "boolean" && typeof found === "string") return meantDecision(found);
  if (issue.expected !== "string") return "";
  const [part, name] = path;
  const isDuration = part === "archive" && (name === "minInterval" || name === "waitOnExit");
  if (isDuration) return typeof found === "number" ? meantSeconds(found, LONGEST[name]) : "";
  const plain = typeof found === "number" || typeof found === "boolean";
  return plain ? "; put it in quotes if it is meant to be a text" : "";
}

function meantSeconds(found: number, most: string): string {
  const seconds = `${found}s`;
  const isAllowed = (milliseconds(seconds) ?? Infinity) <= (milliseconds(most) ?? 0);
  return isAllowed ? `; did you mean ${seconds}?` : "";
}

const DECISIONS: Readonly<Record<string, string>> = {
  yes: "true",
  on: "true",
  true: "true",
  no: "false",
  off: "false",
  false: "false",
};

function meantDecision(found: string): string {
  if (hasVariable(found)) return "; a variable is always a text";
  const word = found.toLowerCase();
  return Object.hasOwn(DECISIONS, word) ? `; did you mean ${DECISIONS[word]}?` : "";
}

function didYouMean(found: unknown, words: readonly string[], path: KeyPath): string {
  if (typeof found !== "string" || hasVariable(found) || !mayBeShown(found, path)) return "";
  const word = closest(found, words);
  return word === undefined ? "" : `; did you mean ${word}?`;
}

function unknownKey(key: string, path: KeyPath, tree: unknown): Fault {
  const known = knownKeys(path, tree);
  const meant = closest(key, known);
  const allowed = `known are ${known.join(", ")}`;
  // What stands where a key belongs can be a secret whose key was forgotten.
  if (meant === undefined && (isSecretPlace(path) || !/^[A-Za-z][\w-]{0,31}$/.test(key))) {
    return { path: [...path, HIDDEN_KEY], message: `is not known; ${allowed}` };
  }
  const advice = rightPlace(key, path) ?? (meant === undefined ? "" : `did you mean ${meant}? `);
  return { path: [...path, key], message: `is not known; ${advice}${allowed}` };
}

/** Where a key belongs that is right but for its place. */
function rightPlace(key: string, path: KeyPath): string | undefined {
  const inside = path.length === 0 ? "archive" : path[0] === "backends" ? "credentials" : "";
  const belongs = inside !== "" && knownKeys([...path, inside], undefined).includes(key);
  return belongs ? `put it under ${inside}; ` : undefined;
}
