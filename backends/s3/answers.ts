/**
 * What a store's answers mean, code by code.
 *
 * @module
 */
import type { S3Failure } from "./failure.ts";
import type { Meaning, Told } from "./meaning.ts";
import { permissionFor, writes } from "./operations.ts";
import type { S3Settings } from "./settings.ts";

type Reader = (told: Told) => Meaning;

/** The meaning of S3's own code in an answer, where there is one that is known. */
export function answerMeaning(told: Told): Meaning | undefined {
  const { code } = told.failure;
  return familyMeaning(told) ?? (Object.hasOwn(ANSWERS, code) ? ANSWERS[code](told) : undefined);
}

/** The meaning of an answer that has only its status to go by. */
export function statusMeaning(told: Told): Meaning | undefined {
  const { status = 0 } = told.failure.facts;
  return Object.hasOwn(STATUSES, status) ? STATUSES[status](told) : undefined;
}

/** The bucket is not there. */
export function missingBucket({ bucket, where }: S3Settings): Meaning {
  const what = `the bucket ${JSON.stringify(bucket)} does not exist at ${where}; create it, or ` +
    'correct "bucket" or "endpoint"';
  return ["Invalid", what];
}

const wrongKeys: Reader = ({ settings: { where, backend } }) => [
  "Unauthorized",
  `${where} does not know the access key; correct the credentials or the profile of the backend ${
    JSON.stringify(backend)
  }, or check that the endpoint is the one they are for`,
];

const wrongSecret: Reader = ({ settings: { where } }) => [
  "Unauthorized",
  `${where} finds the signature wrong: the secret key does not fit the access key, or a proxy ` +
  "changes requests on their way; enter the secret again",
];

const expired: Reader = ({ settings: { where } }) => [
  "Unauthorized",
  `${where} says that the credentials have expired; sign in again (aws sso login), or put new ones ` +
  "in place",
];

const denied: Reader = ({ failure, operation, settings }) => [
  "Unauthorized",
  `${settings.where} denies it${said(failure)}; ${permissionFor(operation, settings)}`,
];

const skewed: Reader = ({ failure, settings: { where } }) => [
  "Unauthorized",
  `this machine's clock and that of ${where} are ${apart(failure)} apart; set the clock right`,
];

const wrongRegion: Reader = ({ failure, settings }) => {
  const { bucket, region, from, where } = settings;
  const right = failure.facts.region ?? regionIn(failure.message);
  const is = right === undefined || right === region
    ? `is not to be reached under the region ${JSON.stringify(region)} at ${where}${said(failure)}`
    : `is in the region ${JSON.stringify(right)}, not ${
      JSON.stringify(region)
    } (from ${from.region})`;
  const set = right === undefined || right === region
    ? 'correct "region" or "endpoint"'
    : `set "region" to ${JSON.stringify(right)}`;
  return ["Invalid", `the bucket ${JSON.stringify(bucket)} ${is}; ${set}`];
};

const account: Reader = ({ failure, settings: { where } }) => [
  "Unauthorized",
  `${where} has locked the account or its buckets${said(failure)}; see to it there`,
];

const slowDown: Reader = ({ settings: { where } }) => [
  "Throttled",
  `${where} asks to slow down; try again later`,
];

const failing: Reader = ({ failure, settings: { where } }) => [
  "Transient",
  `${where} failed (${failure.facts.status} ${
    failure.code || "without a reason"
  }); try again later`,
];

const notThere: Reader = ({ failure, operation, settings: { where, provider } }) => {
  const { refused } = failure.facts;
  return [
    "NotSupported",
    `${where} cannot do ${operation}${refused ? ` with ${refused}` : ""}${
      said(failure)
    }; name the ` +
    `store as "provider" (now ${JSON.stringify(provider)}), or leave out what it does not know`,
  ];
};

const tooLarge: Reader = ({ settings: { where } }) => [
  "Invalid",
  `${where} does not take an object or part that large; raise the limit of the store, or of the ` +
  "proxy before it",
];

const full: Reader = ({ failure, settings: { where } }) => [
  "Transient",
  `${where} has no room left${said(failure)}; free some, or raise the quota`,
];

const keyTrouble: Reader = ({ failure, settings }) => [
  "Unauthorized",
  `${settings.where} cannot use the KMS key${
    settings.kmsKeyId === undefined ? "" : ` ${JSON.stringify(settings.kmsKeyId)}`
  }${
    said(failure)
  }; check that it exists, is enabled, and allows kms:GenerateDataKey and kms:Decrypt`,
];

const archived: Reader = ({ settings: { where } }) => [
  "NotSupported",
  `the object lies in an archived storage class at ${where} and cannot be read at once; restore it ` +
  "first (aws s3api restore-object)",
];

const locked: Reader = ({ settings: { where } }) => [
  "Unauthorized",
  `${where} keeps the object from being changed or deleted (Object Lock, retention or versioning)`,
];

const busy: Reader = ({ settings: { where } }) => [
  "Transient",
  `${where} says that another write of this object is under way; try again later`,
];

const late: Reader = ({ settings: { where } }) => [
  "Timeout",
  `${where} waited too long for the request's bytes; try again later`,
];

const gone: Reader = ({ settings: { where } }) => [
  "Transient",
  `${where} no longer knows the upload: it, or a lifecycle rule, ended it; try again`,
];

const tooLongKey: Reader = ({ settings: { where } }) => [
  "Invalid",
  `${where} does not take so long a key; use a shorter "prefix"`,
];

const damaged: Reader = ({ settings: { where } }) => [
  "Transient",
  `the bytes that came to ${where} were not those that were sent; try again`,
];

/** The store finds the request itself wrong, without a code that says why. */
const refused: Reader = ({ failure, operation, settings }) => {
  const { storageClass, serverSideEncryption, kmsKeyId, tags } = settings;
  const options = Object.entries({ storageClass, serverSideEncryption, kmsKeyId, tags })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  const advice = options.length > 0 && writes(operation)
    ? `check what the backend asks for: ${options.join(", ")}`
    : `check "provider" (now ${JSON.stringify(settings.provider)}) and "endpoint"`;
  return ["Invalid", `${settings.where} refuses ${operation}${said(failure)}; ${advice}`];
};

/** The value of one of the user's options is not what the store takes. */
function wrongOption(option: "storageClass" | "serverSideEncryption" | "tags"): Reader {
  return ({ failure, settings }) => [
    "Invalid",
    `${settings.where} does not take ${JSON.stringify(option)} as it is${
      typeof settings[option] === "string" ? ` (${JSON.stringify(settings[option])})` : ""
    }${said(failure)}; correct it or leave it out`,
  ];
}

const ANSWERS: Readonly<Record<string, Reader>> = {
  NoSuchBucket: ({ settings }) => missingBucket(settings),
  InvalidBucketName: ({ settings }) => missingBucket(settings),
  InvalidAccessKeyId: wrongKeys,
  InvalidAccessKey: wrongKeys,
  InvalidClientTokenId: wrongKeys,
  UnrecognizedClientException: wrongKeys,
  SignatureDoesNotMatch: wrongSecret,
  ExpiredToken: expired,
  ExpiredTokenException: expired,
  TokenRefreshRequired: expired,
  InvalidToken: expired,
  RequestExpired: expired,
  AccessDenied: denied,
  AccessForbidden: denied,
  Forbidden: denied,
  Unauthorized: denied,
  AuthorizationHeaderMalformed: wrongRegion,
  PermanentRedirect: wrongRegion,
  TemporaryRedirect: wrongRegion,
  Redirect: wrongRegion,
  IllegalLocationConstraintException: wrongRegion,
  IncorrectEndpoint: wrongRegion,
  InvalidRegion: wrongRegion,
  RequestTimeTooSkewed: skewed,
  RequestInTheFuture: skewed,
  AccountProblem: account,
  AllAccessDisabled: account,
  NotSignedUp: account,
  InvalidPayer: account,
  SlowDown: slowDown,
  SlowDownRead: slowDown,
  SlowDownWrite: slowDown,
  ServiceUnavailable: slowDown,
  TooManyRequests: slowDown,
  Throttling: slowDown,
  ThrottlingException: slowDown,
  RequestLimitExceeded: slowDown,
  BandwidthLimitExceeded: slowDown,
  Busy: slowDown,
  InternalError: failing,
  InternalFailure: failing,
  NotImplemented: notThere,
  MethodNotAllowed: notThere,
  UnsupportedOperation: notThere,
  EntityTooLarge: tooLarge,
  MaxMessageLengthExceeded: tooLarge,
  QuotaExceeded: full,
  InsufficientStorage: full,
  XMinioStorageFull: full,
  XMinioAdminBucketQuotaExceeded: full,
  ServiceLimitExceeded: full,
  InvalidStorageClass: wrongOption("storageClass"),
  InvalidEncryptionAlgorithmError: wrongOption("serverSideEncryption"),
  InvalidTag: wrongOption("tags"),
  InvalidObjectState: archived,
  ObjectLocked: locked,
  ObjectUnderRetention: locked,
  InvalidRetentionPeriod: locked,
  ConditionalRequestConflict: busy,
  OperationAborted: busy,
  RequestTimeout: late,
  NoSuchUpload: gone,
  KeyTooLongError: tooLongKey,
  KeyTooLong: tooLongKey,
  BadDigest: damaged,
  XAmzContentSHA256Mismatch: damaged,
  XAmzContentChecksumMismatch: damaged,
  IncompleteBody: damaged,
};

/** Codes that come in families, and those that mean several things and say which in words. */
function familyMeaning(told: Told): Meaning | undefined {
  const { code, message } = told.failure;
  if (/^KMS[.A-Z]|^XMinioKMS/.test(code)) return keyTrouble(told);
  if (/^(Invalid(Argument|Request)|AccessDenied)$/.test(code) && /\bKMS\b/i.test(message)) {
    return keyTrouble(told);
  }
  if (/region/i.test(message) && /^Invalid(Argument|Request|Location.*)$/.test(code)) {
    return wrongRegion(told);
  }
  if (code === "AccessDenied" && /retention|object lock|WORM/i.test(message)) return locked(told);
}

const STATUSES: Readonly<Record<number, Reader>> = {
  400: refused,
  301: wrongRegion,
  302: wrongRegion,
  307: wrongRegion,
  308: wrongRegion,
  401: denied,
  403: denied,
  404: ({ settings }) => missingBucket(settings),
  405: notThere,
  408: late,
  409: busy,
  411: notThere,
  412: ({ settings: { where } }) => ["Precondition", `the object at ${where} is another one now`],
  413: tooLarge,
  429: slowDown,
  500: failing,
  501: notThere,
  502: failing,
  503: slowDown,
  504: failing,
  507: full,
};

/** What the store itself said, where it said anything. */
function said({ code, message }: S3Failure): string {
  const plain = message === "UnknownError" || message === code ? "" : message.replace(/\.$/, "");
  if (code === "" && plain === "") return "";
  return ` (${[code, plain].filter(Boolean).join(": ")})`;
}

function regionIn(message: string): string | undefined {
  return /expecting '([a-z0-9-]+)'/i.exec(message)?.[1];
}

function apart({ facts: { storeTime } }: S3Failure): string {
  const minutes = Math.round(Math.abs(Date.parse(storeTime ?? "") - Date.now()) / 60_000);
  return minutes > 0 ? `${minutes} minutes` : "too far";
}
