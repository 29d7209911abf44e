/**
 * Who the credentials belong to, by the word of the store: one signed question to its token service.
 *
 * @module
 */
import { isAwsHost, isAwsRegion, partitionOfRegion } from "../aws_partitions.ts";
import type { Call } from "../support/call.ts";
import type { S3Connection } from "./connection.ts";
import type { S3Settings } from "./settings.ts";

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
 * @param connection To the store.
 * @param call The call that wants to know, and what ends it.
 * @returns Nothing when nobody answers that.
 */
export async function callerIdentity(
  connection: S3Connection,
  call: Call,
): Promise<CallerIdentity | undefined> {
  const address = serviceAddress(connection.settings);
  if (address === undefined) return undefined;
  try {
    const { headers, body } = await connection.signed(call, questionTo(address), "sts");
    // Runtimes set this one themselves.
    const { host: _, ...sent } = headers;
    const signal = AbortSignal.any([...call.signals]);
    const options = { method: "POST", headers: sent, body, signal } as const;
    const answer = await fetch(address, { ...options, redirect: "error" });
    return answer.ok ? readAnswer(await answer.text()) : await discard(answer);
  } catch {
    // Nobody answers there, or not in time. Who one is only helps; nothing depends on it.
    return undefined;
  }
}

function questionTo({ protocol, hostname, port, host }: URL) {
  return {
    method: "POST",
    protocol,
    hostname,
    ...(port !== "" && { port: Number(port) }),
    path: "/",
    query: {},
    headers: { host, "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
    body: QUESTION,
  };
}

/** The token service of AWS, or the store itself where it has an address of its own. */
function serviceAddress({ endpoint, region }: S3Settings): URL | undefined {
  if (endpoint !== undefined) {
    const url = new URL(endpoint);
    return url.pathname === "/" && !isAwsHost(url.hostname) ? url : undefined;
  }
  if (!isAwsRegion(region)) return undefined;
  return new URL(`https://sts.${region}.${partitionOfRegion(region).domain}/`);
}

async function discard(answer: Response): Promise<undefined> {
  await answer.body?.cancel();
}

function readAnswer(text: string): CallerIdentity | undefined {
  const arn = /<Arn>([^<]{1,300})<\/Arn>/.exec(text)?.[1];
  const account = /<Account>([^<]{1,100})<\/Account>/.exec(text)?.[1];
  return arn && account ? { arn, account } : undefined;
}
