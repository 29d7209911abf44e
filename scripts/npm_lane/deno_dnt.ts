/**
 * Stands in for `@deno/dnt` where JSR cannot be reached: the same layout, made with the TypeScript
 * compiler.
 *
 * Only the options that this project gives dnt are here, and only the values that it gives them.
 * Other than dnt it leaves `import.meta` and globals as they are, and compiles what the configuration
 * maps names of JSR to instead of fetching it.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** A module that the package gives away. */
export interface EntryPoint {
  /** Its name among the exports. */
  name: string;
  /** Its source. */
  path: string;
}

/** The options of {@linkcode build} that both know. */
export interface BuildOptions {
  /** The modules to begin with; all that they import comes along. */
  entryPoints: EntryPoint[];
  /** The package's folder. */
  outDir: string;
  /** The URL of the configuration that maps imports; its folder is the sources' root. */
  configFile: string;
  /** Replacements for globals: none. */
  shims: Record<string, never>;
  /** Whether to run the tests: no. */
  test: false;
  /** Whether to check types: once. */
  typeCheck: "single";
  /** Where types go: into `types/`. */
  declaration: "separate";
  /** Whether to make CommonJS: no. */
  scriptModule: false;
  /** Whether to leave the TypeScript out. */
  skipSourceOutput: true;
  /** The language to compile to, and what is known of the runtime. */
  compilerOptions: { target: "ES2022"; lib: ("ESNext" | "DOM" | "DOM.Iterable")[] };
  /** The manifest, without dependencies. */
  package: { name: string; version: string; devDependencies: Record<string, string> };
  /** Runs when all is compiled. */
  postBuild: () => void | Promise<void>;
}

/**
 * Compiles modules and all that they import to a package, and installs its dependencies there.
 *
 * @param options From what to what.
 * @throws Error with the compiler's words when the code does not compile.
 */
export async function build(options: BuildOptions): Promise<void> {
  const { outDir } = options;
  const sources = new Sources(fileURLToPath(options.configFile));
  for (const { path } of options.entryPoints) sources.add(path);
  const manifest = {
    ...options.package,
    dependencies: sources.dependencies,
    devDependencies: { ...options.package.devDependencies, ...sources.types },
  };
  const files = [...sources.texts].map(([file, text]) => write(join(outDir, "src", file), text));
  write(join(outDir, "package.json"), JSON.stringify(manifest));
  install(outDir);
  compile(files, options);
  rmSync(join(outDir, "src"), { recursive: true });
  await options.postBuild();
}

type ImportMap = Readonly<Record<string, string>>;

/** Sources, with specifiers as they must be in the package. */
class Sources {
  /** Texts by file, from the root, with `/`. */
  readonly texts: Map<string, string> = new Map();
  /** Packages that the sources import, and their ranges. */
  readonly dependencies: Record<string, string> = {};
  /** Packages that hold the types of those. */
  readonly types: Record<string, string> = {};
  readonly #root: string;
  readonly #imports: ImportMap;
  readonly #scopes: Readonly<Record<string, ImportMap>>;

  constructor(configFile: string) {
    const { imports, scopes } = JSON.parse(readFileSync(configFile, "utf8"));
    this.#root = dirname(configFile);
    this.#imports = imports;
    this.#scopes = scopes;
  }

  /** Adds a module and all that it imports. */
  add(path: string): void {
    const file = relative(this.#root, path).split(sep).join("/");
    if (this.texts.has(file)) return;
    const text = readFileSync(path, "utf8");
    this.texts.set(file, text);
    const imported = ts.preProcessFile(text, true, true).importedFiles;
    let result = "";
    let done = 0;
    for (const { fileName, pos } of imported) {
      // `pos` is that of the quotation mark.
      result += text.slice(done, pos + 1) + this.#resolve(fileName, file);
      done = pos + 1 + fileName.length;
    }
    this.texts.set(file, result + text.slice(done));
  }

  #resolve(specifier: string, importer: string): string {
    if (specifier.startsWith("node:")) return specifier;
    const target = specifier.startsWith(".")
      ? `./${posix.join(posix.dirname(importer), specifier)}`
      : this.#mapped(specifier, importer);
    const [, name, range] = /^npm:(@?[^@]+)@(.+)$/.exec(target) ?? [];
    if (name && range) {
      this.dependencies[name] = range;
      const types = this.#map(importer)[`@types/${name}`];
      if (types) this.types[`@types/${name}`] = types.slice(types.lastIndexOf("@") + 1);
      return specifier;
    }
    this.add(join(this.#root, target));
    const way = posix.relative(posix.dirname(importer), target).replace(/\.ts$/, ".js");
    return way.startsWith(".") ? way : `./${way}`;
  }

  #mapped(specifier: string, importer: string): string {
    const target = this.#map(importer)[specifier];
    if (!target) throw new Error(`${importer} imports "${specifier}", which no configuration maps`);
    return target;
  }

  #map(importer: string): ImportMap {
    const scope = Object.keys(this.#scopes).find((folder) => `./${importer}`.startsWith(folder));
    return scope ? { ...this.#imports, ...this.#scopes[scope] } : this.#imports;
  }
}

function write(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

function install(folder: string): void {
  const args = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
  const { status, stderr, error } = spawnSync("npm", args, { cwd: folder, encoding: "utf8" });
  if (status !== 0) {
    throw new Error(`npm cannot install the dependencies: ${stderr}`, { cause: error });
  }
}

function compile(files: readonly string[], { outDir, compilerOptions }: BuildOptions): void {
  const program = ts.createProgram(files, {
    strict: true,
    skipLibCheck: true,
    target: ts.ScriptTarget[compilerOptions.target],
    lib: compilerOptions.lib.map((name) => `lib.${name.toLowerCase()}.d.ts`),
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    typeRoots: [join(outDir, "node_modules/@types")],
    types: ["node"],
    rootDir: join(outDir, "src"),
    outDir: join(outDir, "esm"),
    declaration: true,
    declarationDir: join(outDir, "types"),
  });
  const found = [...ts.getPreEmitDiagnostics(program), ...program.emit().diagnostics];
  if (found.length === 0) return;
  const host = {
    getCanonicalFileName: (file: string) => file,
    getCurrentDirectory: () => outDir,
    getNewLine: () => "\n",
  };
  throw new Error(`the package does not compile:\n${ts.formatDiagnostics(found, host)}`);
}
