/**
 * What the values of an S3 backend's options must be like, each by itself and with each other: for
 * options that a script gives and for those that stand in a configuration.
 *
 * What a store can do is another matter; that is in `s3_providers.ts`. No sentence in here repeats
 * what was written, for a value may hold a secret.
 *
 * @module
 */
import type { S3Incremental } from "./options.ts";
import { MAX_KEY_BYTES, objectKeyFault } from "../../core/keys/object_key.ts";
import { s3ProviderOf } from "../s3_providers.ts";

/** What a text must be like. */
export interface TextRule {
  /** What it matches; editors are told so too. */
  readonly pattern: RegExp;
  /** What is allowed, as an imperative. */
  readonly allowed: string;
  /** What is wrong with a text, told better than by the pattern. */
  readonly fault?: (text: string) => string | undefined;
}

/**
 * What is wrong with a text.
 *
 * @param rule What it must be like.
 * @param text The text.
 * @returns What to give instead, as an imperative; nothing when it is right.
 */
export function textFault({ pattern, allowed, fault }: TextRule, text: string): string | undefined {
  if (fault !== undefined) return fault(text);
  return pattern.test(text) ? undefined : allowed;
}

/**
 * A bucket's name, as lenient as the most lenient store, or an access point of AWS by its ARN. Stores
 * other than AWS allow more than AWS does.
 */
export const BUCKET: TextRule = {
  pattern:
    /^([A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]|arn:aws[a-z-]*:s3[a-z-]*:[a-z0-9-]*:\d{12}:.+)$/,
  allowed: "give the bucket's name",
  fault: bucketFault,
};

/** A region's name, as it is signed for. */
export const REGION: TextRule = {
  pattern: /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/,
  allowed: "give the bucket's region, such as eu-central-1",
};

/** A profile's name. */
export const PROFILE: TextRule = {
  pattern: /^[^\p{Cc}[\]]{1,200}$/u,
  allowed: "give the name of a profile of the AWS configuration, without [ and ]",
};

/** A store's address. A path is fine: some stores live below one. */
export const ENDPOINT: TextRule = {
  pattern: /^[Hh][Tt][Tt][Pp][Ss]?:\/\/[^@?#\s]+$/,
  allowed: "give the store's address, such as https://s3.example.com",
  fault: endpointFault,
};

/** What stands before every key. */
export const PREFIX: TextRule = {
  pattern: /^[^\p{Cc}]*$/u,
  allowed: "give what all keys shall begin with, such as laptop/sessions",
  fault: prefixFault,
};

/** What headers carry, and no space. */
const PLAIN = /^[!-~]{1,4096}$/;

/** The keys to a store, each by itself. */
export const KEYS: Readonly<Record<"accessKeyId" | "secretAccessKey" | "sessionToken", TextRule>> =
  {
    accessKeyId: {
      pattern: PLAIN,
      allowed: "give the id of the access key, without spaces",
    },
    secretAccessKey: {
      pattern: /^[ -~]{0,4095}[!-~]$/,
      allowed: "give the secret key, as ${MY_SECRET} from the environment",
    },
    sessionToken: {
      pattern: PLAIN,
      allowed: "give the session token, as ${MY_TOKEN} from the environment",
    },
  };

/** A storage class; each store has its own. */
export const STORAGE_CLASS: TextRule = {
  pattern: /^[A-Z][A-Z0-9_-]{0,63}$/,
  allowed: "give a storage class, such as STANDARD_IA",
};

/** The ways in which stores encrypt when they are asked to. */
export const ENCRYPTIONS = ["AES256", "aws:kms", "aws:kms:dsse"] as const;

/** When only what changed of a large session is sent. */
export const INCREMENTAL = ["auto", "always", "never"] as const satisfies readonly S3Incremental[];

/** A KMS key. */
export const KMS_KEY: TextRule = {
  pattern: /^[\w:/-]{1,2048}$/,
  allowed: "give the id, alias or ARN of a KMS key",
};

const TAG_SIGNS = "letters, digits, spaces and + - = . _ : / @";

/** A tag's name. */
export const TAG_NAME: TextRule = {
  pattern: /^(?!aws:)[\p{L}\p{N} +\-=._:/@]{1,128}$/u,
  allowed: `a tag's name has 1 to 128 ${TAG_SIGNS}, and does not begin with aws:`,
};

/** A tag's value. */
export const TAG_VALUE: TextRule = {
  pattern: /^[\p{L}\p{N} +\-=._:/@]{0,256}$/u,
  allowed: `give a text of up to 256 ${TAG_SIGNS}`,
};

/** How many tags S3 keeps of an object. */
export const MOST_TAGS = 10;

/** From where to where the quirks go that are counts. */
export const COUNTS = { partsAtOnce: [1, 16], mostParts: [2, 10_000] } as const;

/** What a prefix must leave of a key's bytes, its slash included: more than an archive's key takes. */
const ROOM_BYTES = 513;

/**
 * What is wrong with the name of a bucket.
 *
 * @param text The name.
 */
export function bucketFault(text: string): string | undefined {
  if (text.endsWith("--x-s3")) {
    return "use a general purpose bucket; an S3 Express directory bucket lists its keys in no order";
  }
  if (BUCKET.pattern.test(text)) return undefined;
  if (/^s3:\/\//i.test(text)) {
    return "give the bucket's name alone, and what follows it as prefix, not an s3:// address";
  }
  if (/^arn:/i.test(text)) return "give the bucket's name, which is the end of its ARN";
  if (/^https?:\/\//i.test(text)) {
    return "give the bucket's name alone, and the store's address as endpoint";
  }
  if (/[/\\]/.test(text)) {
    return "give the bucket's name without a slash, and what follows it as prefix";
  }
  return "give the bucket's name: 3 to 63 letters, digits, . - or _, " +
    "with a letter or digit at both ends";
}

/**
 * What is wrong with an endpoint.
 *
 * @param text Its address.
 */
export function endpointFault(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text)) {
    return "begin the store's address with https://, or with http:// on a network of your own";
  }
  if (text.includes("@")) {
    return "the store's address holds a name or password; give those as credentials instead";
  }
  if (/[?#]/.test(text)) return "give the store's address without ? and what follows";
  return URL.canParse(text) && !/\s/.test(text)
    ? undefined
    : "give an address, such as https://s3.example.com";
}

/**
 * An endpoint as it is compared: lower case where that means nothing, no slash at its end.
 *
 * @param text An address; one that is none stays as it is.
 */
export function plainEndpoint(text: string): string {
  if (!URL.canParse(text)) return text;
  const { origin, pathname } = new URL(text);
  return origin + pathname.replace(/\/+$/, "");
}

/**
 * What is wrong with a prefix, in words that follow it.
 *
 * @param text The prefix.
 */
export function prefixFault(text: string): string | undefined {
  const plain = plainPrefix(text);
  const fault = plain === undefined ? undefined : objectKeyFault(plain, MAX_KEY_BYTES - ROOM_BYTES);
  return fault && `${fault}; give names separated by slashes, such as team/laptop`;
}

/**
 * A prefix without slashes at its ends and without doubled ones; none is the same as an empty one.
 *
 * @param text The prefix.
 */
export function plainPrefix(text: string): string | undefined {
  return text.split("/").filter((segment) => segment !== "").join("/") || undefined;
}

/** Options that do not go together. */
export interface Disagreement {
  /** The option that is to be changed, from the outside in. */
  readonly path: readonly string[];
  /** What is wrong with it, in words that follow its name. */
  readonly fault: string;
}

/** Options, right or wrong. */
type Written = Readonly<Record<string, unknown>>;

/**
 * What of an S3 backend's options does not go together.
 *
 * @param options The options; each may be wrong by itself.
 */
export function disagreementsIn(options: Written): Disagreement[] {
  const { profile, credentials, kmsKeyId, serverSideEncryption, forcePathStyle, quirks } = options;
  const found: Disagreement[] = [];
  if (profile !== undefined && credentials !== undefined) {
    const fault = "excludes profile, which has keys of its own; leave one of them out";
    found.push({ path: ["credentials"], fault });
  }
  const isKms = typeof serverSideEncryption === "string" && /^aws:kms/.test(serverSideEncryption);
  if (kmsKeyId !== undefined && !isKms) {
    const fault = "is used only with serverSideEncryption: aws:kms; add that, or leave it out";
    found.push({ path: ["kmsKeyId"], fault });
  }
  if (typeof forcePathStyle === "boolean" && hasPathStyle(quirks)) {
    const fault = "says the same as forcePathStyle; leave one of them out";
    found.push({ path: ["quirks", "pathStyle"], fault });
  }
  if (isBucketInEndpoint(options)) {
    const fault = "holds the bucket's name; give the store's address without it";
    found.push({ path: ["endpoint"], fault });
  }
  return found;
}

function hasPathStyle(quirks: unknown): boolean {
  return typeof quirks === "object" && quirks !== null && "pathStyle" in quirks &&
    typeof quirks.pathStyle === "boolean";
}

/** Whoever copies a bucket's own address has the bucket in it too. */
function isBucketInEndpoint({ bucket, endpoint }: Written): boolean {
  if (typeof bucket !== "string" || typeof endpoint !== "string") return false;
  if (bucket === "" || !URL.canParse(endpoint)) return false;
  const { hostname, pathname } = new URL(endpoint);
  if (pathname.split("/").includes(bucket)) return true;
  // A store of one's own may well be called s3.example.com and have a bucket s3.
  return hostname.startsWith(`${bucket}.`) && s3ProviderOf(hostname).name !== "other";
}
