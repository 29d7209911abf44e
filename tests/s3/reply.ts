/**
 * What goes back to the client, before any fault has had its way with it.
 *
 * @module
 */
import type { S3Error } from "./errors.ts";
import { document, leaf, node, STS_NAMESPACE } from "./xml.ts";

/** A reply; its length is that of its body. */
export interface Reply {
  /** The HTTP status. */
  readonly status: number;
  /** Headers; date, length and request id are added when it is sent. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body; to `HEAD` only its length is sent. */
  readonly body: Uint8Array;
}

const NOTHING = new Uint8Array();
const ENCODER = new TextEncoder();

/**
 * A reply without a body.
 *
 * @param status The HTTP status.
 * @param headers Its headers.
 */
export function emptyReply(status: number, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers, body: NOTHING };
}

/**
 * A reply that is an XML document.
 *
 * @param text The document.
 * @param headers Further headers.
 * @param status The HTTP status; 200 by default.
 */
export function xmlReply(
  text: string,
  headers: Readonly<Record<string, string>> = {},
  status = 200,
): Reply {
  const type = { "content-type": "application/xml" };
  return { status, headers: { ...type, ...headers }, body: ENCODER.encode(text) };
}

/**
 * What an error of S3 answers.
 *
 * @param error What was refused.
 * @param requestId The id of the request.
 */
export function errorReply(error: S3Error, requestId: string): Reply {
  const details = Object.entries(error.details).map(([name, text]) => leaf(name, text));
  const parts = [leaf("Code", error.code), leaf("Message", error.message), ...details];
  return xmlReply(
    document("Error", [...parts, leaf("RequestId", requestId), leaf("HostId", "fake")], ""),
    error.headers,
    error.status,
  );
}

/** The token service has its own names for the same things. */
const STS_CODES: Readonly<Record<string, string>> = {
  AccessDenied: "MissingAuthenticationToken",
  InvalidAccessKeyId: "InvalidClientTokenId",
  InvalidToken: "InvalidClientTokenId",
};

/**
 * What an error of the token service answers.
 *
 * @param error What was refused.
 * @param requestId The id of the request.
 */
export function stsErrorReply(error: S3Error, requestId: string): Reply {
  const code = STS_CODES[error.code] ?? error.code;
  const parts = [leaf("Type", "Sender"), leaf("Code", code), leaf("Message", error.message)];
  return xmlReply(
    document(
      "ErrorResponse",
      [node("Error", ...parts), leaf("RequestId", requestId)],
      STS_NAMESPACE,
    ),
    error.headers,
    error.status,
  );
}
