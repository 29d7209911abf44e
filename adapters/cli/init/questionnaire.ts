/**
 * The questions of `archive init`, in order.
 *
 * @module
 */
import { S3_PROVIDERS, s3ProviderOf } from "../../../backends/s3_providers.ts";
import { bucketFault, endpointFault, prefixFault } from "../../../backends/s3/values.ts";
import { hasVariable } from "../../config/variables.ts";
import type { Question } from "../question.ts";
import type { Answers, BucketAnswer, FolderAnswer, Keys } from "./answers.ts";
import { addressOf, isProvider, storeChoices, unfilled } from "./stores.ts";

/** Nobody answered. */
export class Declined extends Error {
  /** Always `"Declined"`. */
  override readonly name = "Declined";
}

/** Asks, and takes no silence for an answer. */
export type MustAsk = (question: Question) => Promise<string>;

/** What the questions depend on. */
export interface Known {
  /** What the backend will be called. */
  readonly name: string;
  /** The profiles of the shared AWS configuration. */
  readonly profiles: readonly string[];
  /** What was answered the last time, to be corrected. */
  readonly before?: Answers;
}

/**
 * Asks for everything.
 *
 * @param ask Asks one question; throws {@linkcode Declined} when there is no answer.
 * @param known What the questions depend on.
 */
export async function askAnswers(ask: MustAsk, known: Known): Promise<Answers> {
  const { name, before } = known;
  const kind = await ask({
    kind: "choice",
    message: "Where shall copies of your sessions go?",
    choices: [
      { value: "aws", label: "Amazon S3" },
      { value: "s3", label: "another S3 store", hint: "MinIO, R2, B2, Ceph, Hetzner, …" },
      { value: "file", label: "a folder", hint: "another disk, a share, a stick" },
    ],
    initial: kindOf(before),
  });
  const storage = kind === "file"
    ? await askFolder(ask, before)
    : await askBucket(ask, kind === "aws", known);
  return { name, storage, never: await askNever(ask, before) };
}

function kindOf(before: Answers | undefined): string | undefined {
  if (before === undefined || before.storage.type === "file") return before?.storage.type;
  return before.storage.provider === "aws" ? "aws" : "s3";
}

async function askFolder(ask: MustAsk, before: Answers | undefined): Promise<FolderAnswer> {
  const path = await ask({
    kind: "text",
    message: "Which folder? It is made when it is not there.",
    initial: before?.storage.type === "file" ? before.storage.path : undefined,
    example: "/mnt/backup/sessions",
    fault: (text) => text === "" ? "give the path of a folder" : undefined,
  });
  return { type: "file", path };
}

async function askBucket(ask: MustAsk, isAws: boolean, known: Known): Promise<BucketAnswer> {
  const { before } = known;
  const last = before?.storage.type === "s3" ? before.storage : undefined;
  const provider = isAws ? "aws" : await askProvider(ask, last);
  const same = last?.provider === provider ? last : undefined;
  const endpoint = isAws
    ? undefined
    : await askEndpoint(ask, same?.endpoint ?? addressOf(provider));
  const bucket = await ask({
    kind: "text",
    message: "Which bucket? It must exist.",
    initial: last?.bucket,
    example: "my-sessions",
    fault: unlessVariable(bucketFault),
  });
  const keys = await askKeys(ask, isAws, known, last?.keys);
  const region = await askRegion(ask, { provider, endpoint, keys }, same?.region);
  const prefix = await ask({
    kind: "text",
    message: "A prefix before all keys? Empty for none.",
    initial: last?.prefix,
    example: "laptop",
    fault: unlessVariable((text) => text === "" ? undefined : prefixFault(text)),
  });
  return {
    type: "s3",
    provider,
    bucket,
    keys,
    ...(endpoint && { endpoint }),
    ...(region && { region }),
    ...(prefix && { prefix }),
  };
}

async function askProvider(ask: MustAsk, last: BucketAnswer | undefined) {
  const initial = last?.provider === "aws" ? undefined : last?.provider;
  const choices = storeChoices();
  const answer = await ask({ kind: "choice", message: "Which store?", choices, initial });
  return isProvider(answer) ? answer : "other";
}

async function askEndpoint(ask: MustAsk, initial: string): Promise<string> {
  return await ask({
    kind: "text",
    message: "Its address?",
    initial,
    example: "https://s3.example.com",
    fault: unlessVariable((text) => unfilled(text) ?? endpointFault(text)),
  });
}

/** Asked where nobody else says it: the address of some stores does, and a profile may. */
async function askRegion(
  ask: MustAsk,
  { provider, endpoint, keys }: Pick<BucketAnswer, "provider" | "endpoint" | "keys">,
  last: string | undefined,
): Promise<string> {
  const host = endpoint && URL.canParse(endpoint) ? new URL(endpoint).hostname : undefined;
  if (host !== undefined && s3ProviderOf(host).region !== undefined) return "";
  const usual = S3_PROVIDERS[provider].defaultRegion;
  const mayBeElsewhere = provider === "aws" && keys.from !== "file" && keys.from !== "variables";
  return await ask({
    kind: "text",
    message: mayBeElsewhere
      ? "The bucket's region? Empty for that of the profile or environment."
      : "The bucket's region?",
    initial: last ?? (mayBeElsewhere ? undefined : usual),
    example: "eu-central-1",
    fault: unlessVariable((text) =>
      /^[\w-]*$/.test(text) ? undefined : "give a region's name, such as eu-central-1"
    ),
  });
}

const CHAIN = "chain";
const VARIABLES = "variables";
const FILE = "file";
const PROFILE = "profile:";

async function askKeys(
  ask: MustAsk,
  isAws: boolean,
  { profiles }: Known,
  last: Keys | undefined,
): Promise<Keys> {
  const ofProfiles = profiles.map((name) => ({ value: PROFILE + name, label: `profile ${name}` }));
  const chain = {
    value: CHAIN,
    label: "as all AWS tools",
    hint: "environment, default profile, role",
  };
  const typed = [
    { value: VARIABLES, label: "keys in environment variables", hint: "the file names them only" },
    { value: FILE, label: "keys that I type now", hint: "they will stand in the file" },
  ];
  const source = await ask({
    kind: "choice",
    message: "How to sign in?",
    choices: isAws ? [...ofProfiles, chain, ...typed] : [...typed, ...ofProfiles, chain],
    initial: last?.from === "profile" ? PROFILE + last.profile : last?.from,
  });
  if (source === VARIABLES) return await askVariables(ask);
  if (source === FILE) return await askTyped(ask, last);
  return source.startsWith(PROFILE)
    ? { from: "profile", profile: source.slice(PROFILE.length) }
    : { from: "chain" };
}

async function askVariables(ask: MustAsk): Promise<Keys> {
  const variable = async (message: string, initial: string) => {
    const name = await ask({
      kind: "text",
      message,
      initial,
      fault: (text) =>
        /^[A-Za-z_]\w*$/.test(text) ? undefined : "give a variable's name: letters, digits and _",
    });
    return `\${${name}}`;
  };
  return {
    from: "variables",
    accessKeyId: await variable("Which variable holds the access key id?", "S3_ACCESS_KEY_ID"),
    secretAccessKey: await variable("And which the secret?", "S3_SECRET_ACCESS_KEY"),
  };
}

async function askTyped(ask: MustAsk, last: Keys | undefined): Promise<Keys> {
  const before = last?.from === FILE ? last : undefined;
  const needed = (text: string) => text === "" ? "give the key" : undefined;
  const accessKeyId = await ask({
    kind: "text",
    message: "The access key id?",
    initial: before?.accessKeyId,
    fault: needed,
  });
  const secret = await ask({
    kind: "secret",
    message: before ? "The secret? Empty for the one before." : "The secret?",
    fault: before ? undefined : needed,
  });
  return { from: FILE, accessKeyId, secret: secret || (before?.secret ?? "") };
}

async function askNever(ask: MustAsk, before: Answers | undefined): Promise<string[]> {
  const answer = await ask({
    kind: "text",
    message: "Projects that must never leave this machine? Folders, with commas; empty for none.",
    initial: before?.never.join(", "),
    example: "~/private, /srv/clients/**",
    fault: (text) => globsOf(text).map(globFault).find(Boolean),
  });
  return globsOf(answer);
}

/** A folder stands for itself and everything below, since that is what a promise must mean. */
export function globsOf(text: string): string[] {
  return text.split(",").map((one) => one.trim()).filter(Boolean)
    .map((one) => /[*?[\]{}]/.test(one) ? one : `${one.replace(/[/\\]+$/, "")}/**`);
}

function globFault(glob: string): string | undefined {
  return /^(\/|~\/|\*\*\/|[A-Za-z]:[/\\])/.test(glob)
    ? undefined
    : `begin ${JSON.stringify(glob)} with /, ~/ or **/`;
}

function unlessVariable(fault: (text: string) => string | undefined) {
  return (text: string) => hasVariable(text) ? undefined : fault(text);
}
