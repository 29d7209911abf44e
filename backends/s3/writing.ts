/**
 * A write: what is stored, and under which condition.
 *
 * @module
 */
import type { Beginning, PutMode } from "../../core/backend.ts";
import type { Sent } from "./claim.ts";
import { quotedEtag } from "./keys.ts";
import { objectHeaders } from "./objects.ts";
import type { S3Settings } from "./settings.ts";
import type { Condition, UploadOptions } from "./upload.ts";

/** What to store. */
export interface Writing extends Sent {
  /** How to treat what is there. */
  readonly mode: PutMode;
  /** What is there already of the body, where the caller knows. */
  readonly continues: Beginning | undefined;
  /** MIME type. */
  readonly contentType: string | undefined;
  /** SHA-256 of the body, where it is known. */
  readonly sha256: string | undefined;
  /** Told when an attempt was given up on and another made; the store may still do the first. */
  readonly onResend: (() => void) | undefined;
}

/**
 * What goes with the object, whichever way its bytes go.
 *
 * @param settings What the backend goes by.
 * @param writing The write.
 */
export function optionsOf(
  settings: S3Settings,
  { mode, metadata, contentType }: Writing,
): UploadOptions {
  return {
    headers: { ...objectHeaders(settings), Metadata: metadata, ContentType: contentType },
    condition: conditionOf(settings, mode),
  };
}

function conditionOf({ quirks }: S3Settings, mode: PutMode): Condition {
  if (typeof mode === "object") return { IfMatch: quotedEtag(mode.ifMatch) };
  return mode === "create" && quirks.createOnly ? { IfNoneMatch: "*" } : {};
}
