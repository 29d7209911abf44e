/**
 * What the npm package is: its name, its entries, its files and the fields of its manifest, said
 * once. Both builders take them from here.
 *
 * @module
 */
import project from "../../deno.json" with { type: "json" };

/** The package's name on npm. On JSR it is the one of `deno.json`. */
export const NAME = "opencode-session-archiver";

/** A module that something outside the package starts or imports. */
export interface Entry {
  /** Its source, from the project's root. */
  readonly source: string;
  /** The names under which it is imported. */
  readonly exports: readonly string[];
  /** Whether it does its work when it is loaded, instead of giving names away. */
  readonly runs: boolean;
}

const LIBRARY: Entry = { source: "mod.ts", exports: ["."], runs: false };
/** OpenCode asks for `./server`, and in older ways for `main`. */
const PLUGIN: Entry = {
  source: "adapters/opencode.ts",
  exports: ["./opencode", "./server"],
  runs: false,
};
const BACKEND_SUITE: Entry = {
  source: "tests/backends/contract.ts",
  exports: ["./testing"],
  runs: false,
};
/** Apart from the other one: whoever tests a backend loads no archive, nor the other way round. */
const AGENT_SUITES: Entry = {
  source: "tests/agents/contract.ts",
  exports: ["./testing/agents"],
  runs: false,
};
const PROGRAM: Entry = { source: "adapters/cli/bin.ts", exports: [], runs: true };
/** Loaded by the program, which knows where it lies beside itself. */
const IN_TERMINAL: Entry = { source: "adapters/cli/in_terminal.ts", exports: [], runs: true };
/** Started by the plugin, which knows where they lie beside itself. */
const RELAY: Entry = { source: "adapters/relay/main.ts", exports: [], runs: true };
const RELAY_THREAD: Entry = { source: "adapters/relay/worker.ts", exports: [], runs: true };
/** Loaded by a hook, which mostly does without it, as it knows where it lies. */
const RELAY_START: Entry = { source: "adapters/relay/start.ts", exports: [], runs: false };

/** All entries. */
export const ENTRIES: readonly Entry[] = [
  ...[LIBRARY, PLUGIN, BACKEND_SUITE, AGENT_SUITES],
  ...[PROGRAM, IN_TERMINAL, RELAY, RELAY_THREAD, RELAY_START],
];

/** The entry behind the `session-archiver` command. */
export const BIN = PROGRAM;

/** Files and folders that go in as they are, from the project's root. */
export const COPIED: readonly string[] = ["README.md", "LICENSE", "CHANGELOG.md", "docs"];

/** The runtimes' oldest versions that are tested, and OpenCode's with this kind of plugin. */
const ENGINES = { node: ">=20.16", bun: ">=1.3", opencode: ">=1.18" };

/** Where the JavaScript of a source lies in the package. */
export function javaScriptOf(source: string): string {
  return `./esm/${source.replace(/\.ts$/, ".js")}`;
}

/** Where the types of a source lie in the package. */
export function typesOf(source: string): string {
  return `./types/${source.replace(/\.ts$/, ".d.ts")}`;
}

/** What is particular to one build. */
export interface Build {
  /** What the code imports at run time: names and ranges. */
  readonly dependencies: Readonly<Record<string, string>>;
  /** Whether it may be published. */
  readonly publishable: boolean;
}

/**
 * The package's `package.json`.
 *
 * @param build What is particular to this build.
 */
export function manifest(build: Build): Record<string, unknown> {
  const exports = ENTRIES.flatMap(({ source, exports }) => {
    const files = { types: typesOf(source), default: javaScriptOf(source) };
    return exports.map((name) => [name, files] as const);
  });
  return {
    name: NAME,
    version: project.version,
    description:
      "A copy of every AI coding session, off this machine, made without asking, that can be put back",
    keywords: ["opencode", "opencode-plugin", "sessions", "archive", "backup", "s3"],
    license: project.license,
    ...(build.publishable ? {} : { private: true }),
    type: "module",
    main: javaScriptOf(PLUGIN.source),
    exports: {
      ...Object.fromEntries(exports),
      "./config.schema.json": "./docs/config.schema.json",
      "./package.json": "./package.json",
    },
    bin: { "session-archiver": javaScriptOf(BIN.source) },
    files: ["esm", "types", ...COPIED],
    // dnt puts what it adds to every module into files of this name.
    sideEffects: [
      ...ENTRIES.filter(({ runs }) => runs).map(({ source }) => javaScriptOf(source)),
      "./esm/_dnt.*.js",
    ],
    engines: ENGINES,
    dependencies: sorted(build.dependencies),
  };
}

function sorted(map: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => a < b ? -1 : 1));
}
