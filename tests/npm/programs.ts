/**
 * The files of a user's project: programs that import every entry of the package, and how they are
 * compiled.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import project from "../../deno.json" with { type: "json" };
import { NAME } from "../../scripts/npm/package.ts";

/** What only a plugin's host imports. */
const HOST = `
import plugin from "${NAME}/server";
import same from "${NAME}/opencode";
import schema from "${NAME}/config.schema.json" with { type: "json" };
import manifest from "${NAME}/package.json" with { type: "json" };

const server: unknown = plugin.server;
console.log(JSON.stringify({
  id: plugin.id,
  server: typeof server,
  same: plugin === same,
  schema: typeof schema.$schema,
  version: manifest.version,
}));
`;

/** What the author of another backend writes. */
const BACKEND_SUITE = `
import { MemoryBackend } from "${NAME}";
import { type BackendUnderTest, testBackend } from "${NAME}/testing";

const make = (): Promise<BackendUnderTest> => Promise.resolve({ backend: new MemoryBackend() });
testBackend("mine", make, { manyKeys: 1100, largeBytes: 9 * 1024 * 1024 });
`;

/** What the author of another agent writes: the examples of the suites, as they stand there. */
function agentSuites(): string {
  const text = readFileSync(new URL("../agents/contract.ts", import.meta.url), "utf8");
  const prose = text.replaceAll(/^ *\* ?/gm, "").replaceAll(project.name, NAME);
  return [...prose.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code]) => code).join("\n");
}

const STRICT = {
  strict: true,
  skipLibCheck: false,
  exactOptionalPropertyTypes: true,
  resolveJsonModule: true,
  types: ["node"],
};

function configuration(options: object): string {
  return JSON.stringify({ compilerOptions: { ...STRICT, ...options }, include: ["*.ts"] });
}

function consumer(): string {
  const text = readFileSync(new URL("consumer.ts", import.meta.url), "utf8");
  return text.replaceAll(project.name, NAME);
}

/** Texts by name. `nodenext.json` emits JavaScript beside them, for Node without the DOM's types. */
export const PROGRAMS: Readonly<Record<string, string>> = {
  "consumer.ts": consumer(),
  "host.ts": HOST,
  "backend_suite.ts": BACKEND_SUITE,
  "agent_suites.ts": agentSuites(),
  "nodenext.json": configuration({ module: "nodenext", target: "es2022", lib: ["es2023"] }),
  "bundler.json": configuration({
    module: "esnext",
    moduleResolution: "bundler",
    target: "es2022",
    lib: ["es2023", "dom", "dom.iterable"],
    noEmit: true,
  }),
};
