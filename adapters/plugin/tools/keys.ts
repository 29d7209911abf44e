/**
 * The argument `key`, which most tools have.
 *
 * @module
 */
import { type Argument, requiredText } from "./arguments.ts";

/** Which archive. */
export const KEY: Argument<string> = requiredText(
  "The archive's key as list_archives shows it, such as " +
    "home_me_project/2026-01-31/ses_1.json, or the session's id",
  "an archive's key as list_archives shows it, or a session's id",
);
