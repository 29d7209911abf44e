/**
 * What a configuration may hold, key by key: the one schema that files are checked by and that the
 * JSON Schema for editors is made of. How the keys must agree with each other is in `agreement.ts`.
 *
 * Loads zod, so it is itself loaded only when there is a file.
 *
 * @module
 */
import { z } from "zod";
import { type AgentName, AGENTS } from "./agent_names.ts";
import { type KeyPath, valueAt } from "./complaints/key_path.ts";
import { ARCHIVE_DEFAULTS } from "./defaults.ts";
import { durationText, LONGEST } from "./durations.ts";
import { LAYOUT_NEEDS, layoutKeys } from "./layout_schema.ts";
import { credentials, quirks, s3Schema } from "./s3_schema.ts";
import { checkedText, choice, decision, duration } from "./schema_parts.ts";

/** What a backend may be called. Keys of digits alone would lose their place in the file's order. */
const NAME = /^(?![0-9]+$)[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

const backendName = checkedText({
  pattern: NAME,
  allowed:
    "name a backend with 1 to 64 letters, digits, . - or _, of which the first is a letter or " +
    "digit and not all are digits",
});

const fileSchema = z.strictObject({
  type: z.literal("file"),
  path: z.string({ error: "give the folder of the archives" }).meta({
    description: "The folder; ~ is your home, a relative path counts from this file's folder.",
    minLength: 1,
  }),
  ...layoutKeys,
}).meta({ dependentRequired: LAYOUT_NEEDS });

const backend = z.discriminatedUnion("type", [fileSchema, s3Schema], {
  error: "give a backend with its type, file or s3",
});

const glob = z.string({ error: "give a glob of project folders" }).meta({
  pattern: String.raw`^(\*\*($|[/\\])|~($|[/\\])|[/\\]|[A-Za-z]:[/\\])`,
});

/** Whether there are such backends is asked later, so that the answer can name all. */
function backendNames(whenFalse: string) {
  const name = z.string({ error: "give the name of a backend" });
  const several = z.array(name).min(1, { error: "is empty; name at least one backend" });
  return z.union([name, several], {
    error: ({ input }) =>
      input === false ? whenFalse : "give the name of a backend, or a list of names",
  });
}

const rule = z.strictObject({
  match: z.union([
    glob,
    z.array(glob).min(1, { error: "is empty; give at least one glob of project folders" }),
  ], { error: "give a glob of project folders, or a list of globs" }).meta({
    description: "Which projects: absolute globs, or ones that begin with ~/ or **/.",
  }),
  backend: backendNames("to archive nothing, leave it out and say archive: false").optional().meta({
    description: "Where their sessions go.",
  }),
  archive: decision("false: their sessions are not archived.").optional(),
}, { error: "give a rule: match, and backend or archive: false" }).meta({
  oneOf: [
    { required: ["backend"], properties: { archive: { const: true } } },
    {
      required: ["archive"],
      properties: { archive: { const: false } },
      not: { required: ["backend"] },
    },
  ],
});

const archive = z.strictObject({
  auto: decision("Whether sessions are archived without being asked to.")
    .default(ARCHIVE_DEFAULTS.auto),
  history: decision("Whether catching up takes what is older than the installation too.")
    .default(ARCHIVE_DEFAULTS.history),
  minInterval: duration(LONGEST.minInterval, "How long a session waits after its last archive.")
    .prefault(durationText(ARCHIVE_DEFAULTS.minIntervalMs)),
  waitOnExit: duration(
    LONGEST.waitOnExit,
    "How long an agent's end is held up for what is under way.",
  )
    .prefault(durationText(ARCHIVE_DEFAULTS.waitOnExitMs)),
  compress: choice(["none", "gzip"], "How documents are compressed.")
    .default(ARCHIVE_DEFAULTS.compress),
}, { error: "give a map with auto, history, minInterval, waitOnExit or compress" })
  .meta({ description: "When and how sessions are archived." });

const names = Object.keys(AGENTS) as AgentName[];
const agents = z.strictObject(
  Object.fromEntries(
    names.map((name) => [
      name,
      decision(`Whether sessions of ${AGENTS[name]} are archived.`).default(true),
    ]),
  ),
  { error: `give a map of agents, such as {codex: false}; there are ${names.join(", ")}` },
).meta({ description: "Which agents' sessions are archived; all by default." });

/** A whole configuration. */
export const configSchema = z.strictObject({
  backends: z.record(backendName, backend, {
    error: "give a map of backends, such as {default: {type: file, path: ~/archives}}",
  }).refine((map) => Object.keys(map).length > 0, { error: "is empty; give at least one backend" })
    .meta({ description: "Where archives are stored, by name.", minProperties: 1 }),
  rules: z.array(rule, { error: "give a list of rules" }).default([])
    .meta({ description: "Which projects go where; the first that matches wins." }),
  default: backendNames(
    'to archive only what rules name, end them with a rule of match: "**" and archive: false, ' +
      "and leave default out or name a backend",
  ).optional().meta({
    description: "Where projects go that no rule matches. May be left out when one backend is " +
      "called default or stands alone.",
  }),
  archive: archive.prefault({}),
  agents: agents.prefault({}),
}, { error: "give a map with backends, and perhaps rules, default, archive and agents" })
  .meta({ title: "Configuration of opencode-session-archiver" });

/** What the schema makes of a file. */
export type ReadConfig = z.output<typeof configSchema>;

/**
 * The keys that a map of a configuration may have.
 *
 * @param path Where the map stands.
 * @param tree What stands in the file; a backend's keys depend on its type.
 */
export function knownKeys(path: KeyPath, tree: unknown): readonly string[] {
  const [top, , inner] = path;
  if (top === "archive") return Object.keys(archive.shape);
  if (top === "agents") return names;
  if (top === "rules") return Object.keys(rule.shape);
  if (top !== "backends") return Object.keys(configSchema.shape);
  if (inner === "credentials") return Object.keys(credentials.shape);
  if (inner === "quirks") return Object.keys(quirks.shape);
  const isFile = valueAt(tree, [...path, "type"]) === "file";
  return Object.keys(isFile ? fileSchema.shape : s3Schema.shape);
}
