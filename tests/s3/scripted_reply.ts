/**
 * The replies of faults that speak for the store: errors, and pages that are no S3 at all.
 *
 * @module
 */
import { S3Error } from "./errors.ts";
import type { Answer } from "./faults.ts";
import { emptyReply, errorReply, type Reply } from "./reply.ts";

/** What is said with a status when the script names no code. */
const USUAL: Readonly<Record<number, readonly [code: string, message: string]>> = {
  403: ["AccessDenied", "Access Denied"],
  429: ["TooManyRequests", "Too many requests."],
  500: ["InternalError", "We encountered an internal error. Please try again."],
  503: ["SlowDown", "Please reduce your request rate."],
};

/**
 * What a fault says instead of the store.
 *
 * @param answer What goes wrong.
 * @param requestId The id of the request.
 * @returns Nothing when it is the store that answers.
 */
export function scriptedReply(answer: Answer | undefined, requestId: string): Reply | undefined {
  if (answer === "html") return htmlReply(200);
  if (typeof answer !== "object") return undefined;
  if ("html" in answer) return htmlReply(answer.html);
  if (!("status" in answer)) return undefined;
  const [code, message] = USUAL[answer.status] ?? ["InvalidRequest", "Something went wrong."];
  const parts = { headers: answer.headers };
  return errorReply(
    new S3Error(answer.status, answer.code ?? code, answer.message ?? message, parts),
    requestId,
  );
}

function htmlReply(status: number): Reply {
  const page = `<!DOCTYPE html>\n<html><head><title>${status}</title></head>` +
    `<body><h1>${status}</h1><p>This is no S3 store.</p></body></html>\n`;
  return {
    ...emptyReply(status, { "content-type": "text/html; charset=utf-8" }),
    body: new TextEncoder().encode(page),
  };
}
