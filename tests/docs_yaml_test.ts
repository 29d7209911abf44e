import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { openBackends } from "../adapters/config/backends.ts";
import type { BucketConfig, Config } from "../adapters/config/config.ts";
import { coreRules } from "../adapters/config/core_rules.ts";
import { loadConfig } from "../adapters/config/load.ts";
import { parseConfig } from "../adapters/config/parse.ts";
import { UnusableBackend } from "../adapters/config/unusable_backend.ts";
import { S3_PROVIDERS, type S3ProviderName, s3ProviderOf } from "../backends/s3_providers.ts";
import { projectMatcher } from "../core/routing.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const CONFIGURATION = "docs/advanced-configuration.md";
const ADVANCED = await textOf(CONFIGURATION);
const PROVIDERS = Object.keys(S3_PROVIDERS) as S3ProviderName[];

interface Block {
  /** Where it stands: file and line. */
  readonly name: string;
  /** What follows the language on its first line. */
  readonly mark: string;
  readonly text: string;
}

async function textOf(file: string): Promise<string> {
  return await readFile(join(ROOT, file), "utf8");
}

function blocksIn(file: string, text: string, language: string): Block[] {
  const pattern = new RegExp(`^\`\`\`${language}\\b(.*)\\n([\\s\\S]*?)^\`\`\`$`, "gm");
  return [...text.matchAll(pattern)].map(({ 1: mark, 2: body, index }) => ({
    name: `${file}:${text.slice(0, index).split("\n").length}`,
    mark,
    text: body,
  }));
}

async function yamlBlocks(): Promise<Block[]> {
  const docs = await readdir(join(ROOT, "docs"), { recursive: true });
  const files = [
    "README.md",
    ...docs.filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`),
  ];
  const blocks = await Promise.all(
    files.sort().map(async (file) => blocksIn(file, await textOf(file), "yaml")),
  );
  return blocks.flat().filter(({ mark }) => !mark.includes("ignore"));
}

/** The rows of the first table behind a heading, by cells. */
function tableBehind(heading: string): string[][] {
  const start = ADVANCED.indexOf(`\n${heading}\n`);
  assert.notEqual(start, -1, `${CONFIGURATION} has the heading ${heading}`);
  const [table] = /(^\|.*\|\n)+/m.exec(ADVANCED.slice(start)) ?? [];
  assert.ok(table, `there is a table behind ${heading}`);
  const rows = table.trim().split("\n").map((row) =>
    row.slice(1, -1).split("|").map((cell) => cell.trim())
  );
  return rows.slice(2);
}

/** What stands in backquotes. */
function codesIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code);
}

const examples = await yamlBlocks();

describe("configurations in the docs", () => {
  let folder: string;
  let env: Record<string, string>;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "docs-yaml-"));
    const [ini] = blocksIn(CONFIGURATION, ADVANCED, "ini");
    const keys =
      "region = eu-central-1\naws_access_key_id = AKIA\naws_secret_access_key = secret\n";
    const others = ["my-aws-profile", "work"].map((name) => `[profile ${name}]\n${keys}`).join("");
    await writeFile(join(folder, "aws_config"), ini.text + others);
    env = {
      HOME: join(folder, "home"),
      HOSTNAME: "laptop",
      AWS_CONFIG_FILE: join(folder, "aws_config"),
      AWS_SHARED_CREDENTIALS_FILE: join(folder, "none"),
    };
  });

  after(() => rm(folder, { recursive: true, force: true }));

  async function load({ text }: Block): Promise<{ config: Config; env: Record<string, string> }> {
    const path = join(folder, "config.yaml");
    await writeFile(path, text, { mode: 0o600 });
    const named = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => [name, `${name.length}x`]);
    const all = { ...Object.fromEntries(named), ...env };
    const config = await loadConfig({ env: all, platform: "linux", cwd: () => folder, path });
    return { config, env: all };
  }

  for (const example of examples) {
    it(`${example.name} is a whole configuration, accepted without a warning`, async () => {
      const { config } = await load(example);
      assert.deepEqual(config.warnings, []);
    });

    it(`${example.name} opens all its backends`, async () => {
      const { config, env } = await load(example);
      const backends = await openBackends(config, { env });
      assert.equal(backends.length, config.backends.size);
      for (const backend of backends) {
        if (backend instanceof UnusableBackend) throw backend.reason;
        await backend.close?.();
      }
    });
  }

  it("show every provider, recognised by its endpoint or named", async () => {
    const shown = new Set<string>();
    for (const example of examples) {
      const { backends } = (await load(example)).config;
      for (const backend of backends.values()) {
        if (backend.type === "s3") shown.add(providerOf(backend));
      }
    }
    assert.deepEqual([...shown].sort(), [...PROVIDERS].sort());
  });

  it("name a provider only where its endpoint does not tell", async () => {
    for (const example of examples) {
      const { backends } = (await load(example)).config;
      for (const backend of backends.values()) {
        if (backend.type !== "s3" || backend.provider === undefined) continue;
        assert.equal(s3ProviderOf(hostOf(backend)).name, "other", example.name);
      }
    }
  });

  it("keep all secrets in variables", () => {
    for (const { name, text } of examples) {
      for (const [, value] of text.matchAll(/^ *(?:secretAccessKey|sessionToken): (.*)$/gm)) {
        assert.match(value, /^\$\{\w+\}$/, name);
      }
    }
  });
});

function hostOf({ endpoint }: BucketConfig): string | undefined {
  return endpoint === undefined ? undefined : new URL(endpoint).hostname;
}

function providerOf(settings: BucketConfig): string {
  return settings.provider ?? s3ProviderOf(hostOf(settings)).name;
}

describe("docs/advanced-configuration.md agrees with the code", () => {
  it("says of every provider what is assumed of it", () => {
    const anyOf = (list: "any" | readonly string[]) =>
      list === "any" ? "any" : list.length === 0 ? "none" : list.join(", ");
    const yes = (held: boolean) => held ? "yes" : "no";
    const said = tableBehind("## Providers").map((cells) =>
      cells.map((cell, index) => index === 1 ? "" : cell.replaceAll("`", ""))
    );
    const known = PROVIDERS.map((name) => {
      const { defaultRegion, quirks } = S3_PROVIDERS[name];
      const { createOnly, ifMatch, tags, storageClasses, encryption } = quirks;
      const guards = [yes(createOnly), yes(ifMatch), yes(tags)];
      return [name, "", defaultRegion, ...guards, anyOf(storageClasses), anyOf(encryption)];
    });
    assert.deepEqual(said.sort(), known.sort());
  });

  it("has a row for every option of the schema, and no other", async () => {
    const schema = JSON.parse(await textOf("docs/config.schema.json"));
    const { backends, archive, rules } = schema.properties;
    const kinds: Keyed[] = backends.additionalProperties.oneOf ??
      backends.additionalProperties.anyOf;
    const [file, s3] = ["file", "s3"].map((type) =>
      kinds.find(({ properties }) => JSON.stringify(properties.type).includes(`"${type}"`))
    );
    assert.ok(file && s3);
    const quirks = s3.properties.quirks as Keyed;
    const tables: [string, Keyed][] = [
      ["## Options", schema],
      ["### `archive`", archive],
      ["### A rule", rules.items],
      ["### A backend of type `file`", file],
      ["### A backend of type `s3`", s3],
      ["`quirks`, for a store that can do more, or less, than its provider's row says:", quirks],
    ];
    for (const [heading, { properties }] of tables) {
      const said = tableBehind(heading).map(([key]) => codesIn(key)[0]);
      assert.deepEqual(said.sort(), Object.keys(properties).sort(), heading);
    }
  });

  it("tells the truth about globs", async () => {
    const where = {
      path: "/c.yaml",
      env: { HOME: "/home/me" },
      platform: "linux",
      hostname: () => "h",
    };
    const rows = tableBehind("## Rules");
    assert.ok(rows.length > 5);
    for (const [glob, matching, others] of rows) {
      const [match] = codesIn(glob);
      const text = JSON.stringify({
        backends: { disk: { type: "file", path: "/archives" } },
        rules: [{ match, backend: "disk" }],
      });
      const [rule] = coreRules(parseConfig(text, where));
      const matches = await projectMatcher(rule.match);
      for (const path of codesIn(matching)) assert.ok(matches([path]), `${match} and ${path}`);
      for (const path of codesIn(others)) assert.ok(!matches([path]), `${match} and ${path}`);
    }
  });

  it("quotes messages that the code has", async () => {
    const sources: string[] = [];
    for (const folder of ["core", "backends", "adapters"]) {
      for (const name of await readdir(join(ROOT, folder), { recursive: true })) {
        if (name.endsWith(".ts")) sources.push(await textOf(`${folder}/${name}`));
      }
    }
    // Texts that are written in pieces, one a line.
    const code = sources.join("\n").replaceAll(/["'`] \+\s+["'`]/g, "");
    const rows = tableBehind("## Troubleshooting");
    assert.ok(rows.length > 20);
    for (const [said] of rows) {
      const quoted = [...said.matchAll(/"([^"]+)"/g)].map(([, text]) => text);
      assert.notEqual(quoted.length, 0, said);
      for (const piece of quoted.flatMap((text) => text.split("…"))) {
        assert.ok(code.includes(piece.trim()), `no message says ${JSON.stringify(piece)}`);
      }
    }
  });
});

/** A part of a JSON Schema that has keys. */
interface Keyed {
  readonly properties: Readonly<Record<string, unknown>>;
}

interface Policy {
  readonly Statement: readonly { readonly Action: string | readonly string[] }[];
}

describe("policies in docs/advanced-configuration.md", () => {
  const blocks = blocksIn(CONFIGURATION, ADVANCED, "json");
  const policies = blocks
    .map(({ text }): Policy | { readonly Statement?: undefined } => JSON.parse(text))
    .filter((value): value is Policy => value.Statement !== undefined);
  const allowed = new Set(
    policies.flatMap(({ Statement }) => Statement).flatMap(({ Action }) => Action),
  );

  /** What the code says that it needs, request by request, and of KMS when that is denied. */
  async function needed(): Promise<Set<string>> {
    const code = await textOf("backends/s3/operations.ts") + await textOf("backends/s3/answers.ts");
    const actions = [...code.matchAll(/\b(?:s3|kms):[A-Z]\w+/g)].map(([action]) => action);
    return new Set(actions);
  }

  it("allow all that the code needs, and nothing else", async () => {
    assert.deepEqual([...allowed].sort(), [...await needed()].sort());
  });

  it("let the smallest one archive, read and list, and not delete", () => {
    const [first] = policies.map(({ Statement }) => Statement.flatMap(({ Action }) => Action));
    assert.deepEqual(first.sort(), [
      "s3:AbortMultipartUpload",
      "s3:GetObject",
      "s3:ListBucket",
      "s3:PutObject",
    ]);
  });
});
