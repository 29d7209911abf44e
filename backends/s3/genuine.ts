/**
 * Whether it was S3 that answered: a web console, a sign-in page or a proxy also says 200, even with
 * an etag, and the SDK does not look at the body of an answer that needs none.
 *
 * Only successes of requests that change something are looked at here; `objects.ts` looks at those
 * that read, since what is stored may be a page.
 *
 * @module
 */
import type { S3 } from "@aws-sdk/client-s3";

/** Commands that S3 answers by a status and headers. */
const WORDLESS = new Set(["PutObjectCommand", "UploadPartCommand", "DeleteObjectCommand"]);

/** Commands that S3 answers by a document, and what stands in it. */
const TOLD: ReadonlyMap<string, (output: Output) => unknown> = new Map([
  ["CreateMultipartUploadCommand", ({ UploadId }) => UploadId],
  ["CompleteMultipartUploadCommand", ({ ETag }) => ETag],
  ["CopyObjectCommand", ({ CopyObjectResult }) => CopyObjectResult?.ETag],
  ["UploadPartCopyCommand", ({ CopyPartResult }) => CopyPartResult?.ETag],
]);

/** Headers that stores send, by their own names for themselves, and pages do not. */
const SIGN = /^x-(amz|goog|guploader|oss|cos|obs)-/i;

const doubtful = new WeakSet<object>();

/**
 * Lets a client refuse pages, and note which answers may not be a store's.
 *
 * @param client The client.
 */
export function refusePages(client: S3): void {
  client.middlewareStack.add((next, { commandName = "" }) => async (args) => {
    const { output, response } = await next(args);
    if (output !== undefined && hasHeaders(response)) {
      if (isPage(String(commandName), response, output)) throw pageError(response);
      if (WORDLESS.has(String(commandName)) && !isSigned(response)) doubtful.add(output);
    }
    return { output, response };
  }, { step: "deserialize", priority: "high", name: "refusePages" });
}

/**
 * Whether an answer looks like success and has no sign of S3: it is not believed before the store
 * was looked at. It is not refused either, since some stores give their answers no names.
 *
 * @param answer An output of the SDK to a request that S3 answers without a document.
 */
export function isDoubtful(answer: object): boolean {
  return doubtful.has(answer);
}

/** What of the SDK's outputs comes from documents. */
interface Output {
  readonly UploadId?: string;
  readonly ETag?: string;
  readonly CopyObjectResult?: { readonly ETag?: string };
  readonly CopyPartResult?: { readonly ETag?: string };
}

interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
}

function hasHeaders(response: unknown): response is Answer {
  return typeof response === "object" && response !== null && "headers" in response &&
    typeof response.headers === "object" && response.headers !== null;
}

function isPage(command: string, { headers }: Answer, output: object): boolean {
  if (!isHtml(headers)) return false;
  // Google and Swift call the nothing that they send HTML.
  if (WORDLESS.has(command)) return Number(headers["content-length"]) > 0;
  const told = TOLD.get(command);
  return told !== undefined && told(output) === undefined;
}

function isSigned({ headers }: Answer): boolean {
  // A server of pages makes weak etags, and does not know how long what it makes up will be.
  if (/^W\//.test(headers.etag ?? "")) return false;
  if (isHtml(headers) && headers["transfer-encoding"] !== undefined) return false;
  return Object.keys(headers).some((name) => SIGN.test(name));
}

function isHtml(headers: Answer["headers"]): boolean {
  return /^(text\/html|application\/xhtml)/i.test(headers["content-type"] ?? "");
}

/** Made like the SDK's own errors, to be explained like them. */
function pageError({ statusCode, headers }: Answer): Error {
  return Object.assign(new Error("an HTML page"), {
    $response: { statusCode, headers },
    $metadata: { httpStatusCode: statusCode },
  });
}
