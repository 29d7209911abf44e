/**
 * That a part could not be copied, which is no reason not to send it.
 *
 * @module
 */
import { isArchiveError } from "../../core/errors.ts";
import { failureBehind } from "./failure.ts";

/** Ends an upload whose bytes are to go up whole instead. Callers never see it. */
export class CopyFailed extends Error {
  /** Always `"CopyFailed"`. */
  override readonly name = "CopyFailed";
  /** It would be so with any object of this store. */
  readonly isForGood: boolean;

  /**
   * @param cause Why.
   * @param isForGood See above.
   */
  constructor(cause: unknown, isForGood: boolean) {
    super("a part was not copied", { cause });
    this.isForGood = isForGood;
  }

  /**
   * The error for what a copy failed with; that itself, where sending would be no better.
   *
   * @param error What was thrown.
   */
  static because(error: unknown): unknown {
    if (isArchiveError(error, "Aborted") || isArchiveError(error, "Throttled")) return error;
    return new CopyFailed(error, !isAboutObject(error));
  }
}

/** The object is gone, another, shorter than was said, or not to be read in its storage class. */
function isAboutObject(error: unknown): boolean {
  const { code = "", facts: { status = 0 } = {} } = failureBehind(error) ?? {};
  return [404, 412, 416].includes(status) ||
    ["InvalidRange", "InvalidObjectState"].includes(code);
}
