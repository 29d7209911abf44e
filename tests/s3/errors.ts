/**
 * What an S3 store answers when it refuses: code, status and message, as AWS documents them.
 *
 * @module
 */

const KNOWN = {
  AccessDenied: [403, "Access Denied"],
  AuthorizationHeaderMalformed: [400, "The authorization header is malformed."],
  BadDigest: [
    400,
    "The Content-MD5 or checksum value that you specified did not match what the server received.",
  ],
  BucketAlreadyOwnedByYou: [
    409,
    "The bucket that you tried to create already exists, and you own it.",
  ],
  BucketNotEmpty: [409, "The bucket that you tried to delete is not empty."],
  EntityTooSmall: [400, "Your proposed upload is smaller than the minimum allowed object size."],
  IncompleteBody: [
    400,
    "You did not provide the number of bytes specified by the Content-Length HTTP header.",
  ],
  InternalError: [500, "An internal error occurred. Try again."],
  InvalidAccessKeyId: [
    403,
    "The AWS access key ID that you provided does not exist in our records.",
  ],
  InvalidArgument: [400, "Invalid Argument"],
  InvalidBucketName: [400, "The specified bucket is not valid."],
  InvalidDigest: [400, "The Content-MD5 or checksum value that you specified is not valid."],
  InvalidPart: [
    400,
    "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
  ],
  InvalidPartOrder: [
    400,
    "The list of parts was not in ascending order. The parts list must be specified in order by part number.",
  ],
  InvalidRange: [416, "The requested range is not satisfiable"],
  InvalidRequest: [400, "The request is not valid."],
  InvalidToken: [400, "The provided token is malformed or otherwise not valid."],
  InvalidURI: [400, "The specified URI couldn't be parsed."],
  KeyTooLongError: [400, "Your key is too long."],
  MalformedXML: [
    400,
    "The XML that you provided was not well formed or did not validate against our published schema.",
  ],
  MetadataTooLarge: [400, "Your metadata headers exceed the maximum allowed metadata size."],
  MethodNotAllowed: [405, "The specified method is not allowed against this resource."],
  MissingContentLength: [411, "You must provide the Content-Length HTTP header."],
  NoSuchBucket: [404, "The specified bucket does not exist"],
  NoSuchKey: [404, "The specified key does not exist."],
  NoSuchUpload: [
    404,
    "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
  ],
  NotImplemented: [501, "A header you provided implies functionality that is not implemented"],
  PermanentRedirect: [
    301,
    "The bucket that you are attempting to access must be addressed using the specified endpoint.",
  ],
  PreconditionFailed: [412, "At least one of the pre-conditions you specified did not hold"],
  RequestTimeTooSkewed: [
    403,
    "The difference between the request time and the current time is too large.",
  ],
  SignatureDoesNotMatch: [
    403,
    "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
  ],
  XAmzContentSHA256Mismatch: [
    400,
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
  ],
} as const satisfies Record<string, readonly [status: number, message: string]>;

/** The codes that a well-behaved store answers with. */
export type S3ErrorCode = keyof typeof KNOWN;

/** What goes into an error's reply beside the code. */
export interface S3ErrorParts {
  /** Instead of the usual message. */
  readonly message?: string;
  /** Further elements of the error document, such as `Key` or `Region`. */
  readonly details?: Readonly<Record<string, string>>;
  /** Further headers. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown by whatever refuses a request; the server makes a reply of it. */
export class S3Error extends Error {
  /** As in `NoSuchKey`. */
  readonly code: string;
  /** The HTTP status. */
  readonly status: number;
  /** Further elements of the error document. */
  readonly details: Readonly<Record<string, string>>;
  /** Further headers. */
  readonly headers: Readonly<Record<string, string>>;

  /**
   * Makes one of any code; see {@linkcode refusal} for those that AWS documents.
   *
   * @param status The HTTP status.
   * @param code As in `NoSuchKey`.
   * @param message For people.
   * @param parts What else goes into the reply.
   */
  constructor(status: number, code: string, message: string, parts: S3ErrorParts = {}) {
    super(message);
    this.name = "S3Error";
    this.status = status;
    this.code = code;
    this.details = parts.details ?? {};
    this.headers = parts.headers ?? {};
  }
}

/**
 * Makes an error that AWS documents.
 *
 * @param code Which.
 * @param parts What else goes into the reply.
 */
export function refusal(code: S3ErrorCode, parts: S3ErrorParts = {}): S3Error {
  const [status, message] = KNOWN[code];
  return new S3Error(status, code, parts.message ?? message, parts);
}
