/**
 * Who the credentials belong to, by the word of the store: one signed question to its token service.
 *
 * @module
 */
import type { S3Settings } from "./settings.ts";

/** Keys that sign. */
export interface SigningKeys {
  /** The public half. */
  readonly accessKeyId: string;
  /** The secret half; only ever used to sign. */
  readonly secretAccessKey: string;
  /** What goes with keys that expire. */
  readonly sessionToken?: string;
}

/** How a store names whoever calls it. */
export interface CallerIdentity {
  /** As in `arn:aws:iam::123456789012:user/me`. */
  readonly arn: string;
  /** The account's number. */
  readonly account: string;
}

const QUESTION = "Action=GetCallerIdentity&Version=2011-06-15";

/**
 * Asks. Only AWS, and stores at the endpoint that have such a service, answer.
 *
 * @param keys Whose.
 * @param settings Where the store is.
 * @param signal Ends it.
 * @returns Nothing when nobody answers that.
 */
export async function callerIdentity(
  keys: SigningKeys,
  settings: S3Settings,
  signal: AbortSignal,
): Promise<CallerIdentity | undefined> {
  const address = serviceAddress(settings);
  if (address === undefined) return undefined;
  try {
    const headers = await signedHeaders(address, settings.region, keys, new Date());
    const answer = await fetch(address, {
      method: "POST",
      headers,
      body: QUESTION,
      redirect: "error",
      signal,
    });
    return answer.ok ? readAnswer(await answer.text()) : await discard(answer);
  } catch {
    // Nobody answers there, or not in time. Who one is only helps; nothing depends on it.
    return undefined;
  }
}

/** The token service of AWS, or the store itself where it has an address of its own. */
function serviceAddress({ endpoint, region }: S3Settings): URL | undefined {
  if (endpoint !== undefined) {
    const url = new URL(endpoint);
    const isOwn = url.pathname === "/" && !/(^|\.)amazonaws\.(com(\.cn)?|eu)$/.test(url.hostname);
    return isOwn ? url : undefined;
  }
  const domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  return /^[a-z]{2}(-[a-z]+)+-\d$/.test(region)
    ? new URL(`https://sts.${region}.${domain}/`)
    : undefined;
}

async function discard(answer: Response): Promise<undefined> {
  await answer.body?.cancel();
}

function readAnswer(text: string): CallerIdentity | undefined {
  const arn = /<Arn>([^<]{1,300})<\/Arn>/.exec(text)?.[1];
  const account = /<Account>([^<]{1,100})<\/Account>/.exec(text)?.[1];
  return arn && account ? { arn, account } : undefined;
}

/** Signature version 4, for this one question. */
async function signedHeaders(
  { host }: URL,
  region: string,
  { accessKeyId, secretAccessKey, sessionToken }: SigningKeys,
  now: Date,
): Promise<Record<string, string>> {
  const { createHash, createHmac } = await import("node:crypto");
  const hash = (text: string) => createHash("sha256").update(text).digest("hex");
  const hmac = (key: string | Uint8Array, text: string) =>
    createHmac("sha256", key).update(text).digest();
  const time = now.toISOString().replace(/[:-]|\.\d{3}/g, "");
  const day = time.slice(0, 8);
  const scope = `${day}/${region}/sts/aws4_request`;
  const signed: Record<string, string> = {
    "content-type": "application/x-www-form-urlencoded; charset=utf-8",
    host,
    "x-amz-date": time,
    ...(sessionToken && { "x-amz-security-token": sessionToken }),
  };
  const names = Object.keys(signed).sort();
  const request = [
    "POST",
    "/",
    "",
    ...names.map((name) => `${name}:${signed[name]}`),
    "",
    names.join(";"),
    hash(QUESTION),
  ].join("\n");
  const toSign = ["AWS4-HMAC-SHA256", time, scope, hash(request)].join("\n");
  const key = [day, region, "sts", "aws4_request"]
    .reduce<string | Uint8Array>((key, part) => hmac(key, part), `AWS4${secretAccessKey}`);
  const signature = createHmac("sha256", key).update(toSign).digest("hex");
  const { host: _, ...headers } = signed;
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, ` +
      `SignedHeaders=${names.join(";")}, Signature=${signature}`,
  };
}
