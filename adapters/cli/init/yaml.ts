/**
 * A first configuration as YAML with comments, made to be read and changed by hand.
 *
 * @module
 */
import type { AdvisedQuirks } from "../../../backends/s3/quirk_advice.ts";
import { s3ProviderOf } from "../../../backends/s3_providers.ts";
import type { Answers, BucketAnswer, FolderAnswer, Keys } from "./answers.ts";

/**
 * The text of the file.
 *
 * @param answers What it shall say.
 * @param doctor What to type to try the file.
 */
export function configYaml({ name, storage, never }: Answers, doctor: string): string {
  return [
    "# Where copies of your coding sessions go. Change it as you like, then run:",
    `#   ${doctor}`,
    "# ${NAME} stands for the environment variable NAME.",
    "",
    "backends:",
    `  ${scalar(name)}:`,
    ...storageLines(storage).map((line) => `    ${line}`),
    "",
    ...ruleLines(never),
    "",
    "# archive:",
    "#   compress: gzip      # smaller documents; none by default",
    "",
  ].join("\n");
}

function storageLines(storage: FolderAnswer | BucketAnswer): string[] {
  if (storage.type === "file") {
    return [
      "type: file",
      `path: ${scalar(storage.path)}`,
      "# A copy on the disk that the sessions are on does not outlive it.",
    ];
  }
  const { bucket, endpoint, region, prefix, keys, quirks } = storage;
  return [
    "type: s3",
    `bucket: ${scalar(bucket)}`,
    ...optional("endpoint", endpoint),
    ...optional("provider", providerLine(storage)),
    ...optional("region", region),
    ...prefixLines(prefix),
    ...keyLines(keys),
    ...quirkLines(quirks),
  ];
}

/** Only where the address does not tell it. */
function providerLine({ provider, endpoint }: BucketAnswer): string | undefined {
  if (provider === "other") return undefined;
  const host = endpoint && URL.canParse(endpoint) ? new URL(endpoint).hostname : undefined;
  return s3ProviderOf(host).name === provider ? undefined : provider;
}

function prefixLines(prefix: string | undefined): string[] {
  if (prefix) return optional("prefix", prefix);
  return ["# prefix: ${HOSTNAME}     # before all keys, where several machines share a bucket"];
}

function keyLines(keys: Keys): string[] {
  switch (keys.from) {
    case "chain":
      return [
        "# Keys are found as all AWS tools find them: environment, default profile, role.",
        "# profile: name",
      ];
    case "profile":
      return [`profile: ${scalar(keys.profile)}`];
    case "variables":
      return credentialLines(keys.accessKeyId, keys.secretAccessKey);
    case "file":
      return [
        "# The secret stands here in plain text; ${NAME} would take it from the environment.",
        ...credentialLines(literal(keys.accessKeyId), literal(keys.secret)),
      ];
  }
}

function credentialLines(accessKeyId: string, secretAccessKey: string): string[] {
  return [
    "credentials:",
    `  accessKeyId: ${scalar(accessKeyId)}`,
    `  secretAccessKey: ${scalar(secretAccessKey)}`,
  ];
}

/** What is true of a store that has a quirk, and of one that has it not. */
const QUIRKS: Readonly<Record<keyof AdvisedQuirks, { readonly [is in `${boolean}`]: string }>> = {
  createOnly: {
    true: "it creates only what is not there yet: machines that share it cannot collide",
    false: "it overwrites what is there when it is asked to create: the archive looks first",
  },
  ifMatch: {
    true: "it replaces only what nobody changed meanwhile: machines that share it cannot collide",
    false: "it replaces what somebody changed meanwhile: the archive compares first",
  },
};

function quirkLines(quirks: AdvisedQuirks = {}): string[] {
  const found = Object.entries(quirks) as [keyof AdvisedQuirks, boolean][];
  if (found.length === 0) return [];
  return [
    "# What trying showed of this store. Leave it out when the store changes, and try again.",
    "quirks:",
    ...found.flatMap(([quirk, is]) => [`  # ${QUIRKS[quirk][`${is}`]}`, `  ${quirk}: ${is}`]),
  ];
}

function ruleLines(never: readonly string[]): string[] {
  const head = "# The first rule that matches a project's folder wins.";
  if (never.length === 0) {
    return [
      head,
      "# rules:",
      "#   - match: ~/private/**",
      "#     archive: false    # never leaves this machine",
    ];
  }
  return [
    head,
    "rules:",
    `  - match: [${never.map((glob) => JSON.stringify(glob)).join(", ")}]`,
    "    archive: false      # never leaves this machine",
  ];
}

function optional(key: string, value: string | undefined): string[] {
  return value ? [`${key}: ${scalar(value)}`] : [];
}

/** Words that YAML takes for something else than a text. */
const NO_TEXT = /^(true|false|yes|no|on|off|null|~|[-+.\d].*)$/i;

/** A text as YAML: plain where nobody can take it for anything else. JSON's quotes are YAML's. */
function scalar(text: string): string {
  const plain = /^(~\/|\/|\$\{)?[A-Za-z0-9][\w./-]*\}?[\w./-]*$/.test(text) && !NO_TEXT.test(text);
  const address = /^https?:\/\/[\w.:/-]+[\w/-]$/.test(text);
  return plain || address ? text : JSON.stringify(text);
}

/** A text in which nothing is a variable. */
function literal(text: string): string {
  // As a text, the replacement would itself be read: "$$" stands for "$" in it.
  return text.replaceAll("${", () => "$${");
}
