/**
 * The copies of one archive, compared with each other.
 *
 * @module
 */
import { type Content, isEarlier, type Look } from "./look.ts";
import type { VerifyOutcome } from "./verify_outcome.ts";

/** What a look at one copy has shown. */
export interface LookedAt {
  /** The backend's name. */
  readonly backend: string;
  /** What was seen there. */
  readonly look: Look;
}

/**
 * What is to be told of each copy. Whole ones should be the same; those that are not differ from the
 * newest, which was changed last or, of the same time, has the most messages.
 *
 * @param key The archive's key.
 * @param copies What was seen of each; absent ones are missing.
 * @returns One outcome a copy, but for those that were not looked at.
 */
export function mirrorOutcomes(key: string, copies: readonly LookedAt[]): VerifyOutcome[] {
  const newest = newestOf(copies);
  return copies.flatMap(({ backend, look }): VerifyOutcome[] => {
    const where = { key, backend };
    if (look.found === "unseen") return [];
    if (look.found === "absent") {
      return [{ ...where, size: 0, status: "missing", problem: look.problem }];
    }
    const { size } = look;
    if (look.found !== "whole") {
      return [{ ...where, size, status: look.found, problem: look.problem }];
    }
    const { content } = look;
    if (!newest || !content || content.sha256 === newest.content.sha256) {
      return [{ ...where, size, status: "ok" }];
    }
    const isOlderOne = isOlder(content, newest.content);
    const problem = `${key} on ${backend} ${difference(content, newest)}`;
    return [
      { ...where, size, status: "differs", newest: newest.backend, isOlder: isOlderOne, problem },
    ];
  });
}

/** A whole copy. */
interface Whole {
  readonly backend: string;
  readonly content: Content;
}

function newestOf(copies: readonly LookedAt[]): Whole | undefined {
  let newest: Whole | undefined;
  for (const { backend, look } of copies) {
    if (look.found !== "whole" || !look.content) continue;
    if (!newest || isOlder(newest.content, look.content)) {
      newest = { backend, content: look.content };
    }
  }
  return newest;
}

function isOlder({ facts: one }: Content, { facts: other }: Content): boolean {
  if (isEarlier(one, other)) return true;
  return !isEarlier(other, one) && one.messages < other.messages;
}

function difference(content: Content, { backend, content: newest }: Whole): string {
  if (!isOlder(content, newest)) {
    return `is not the same as on ${backend}, and none of the two is newer`;
  }
  const { facts: own } = content;
  const { facts: theirs } = newest;
  return `is older than on ${backend}: last changed ${own.updatedAt} with ${own.messages} ` +
    `messages, there ${theirs.updatedAt} with ${theirs.messages}`;
}
