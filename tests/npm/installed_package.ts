/**
 * The npm package as its users have it: built, packed, and installed from the tarball with what it
 * depends on, next to programs that use it.
 *
 * @module
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { NAME } from "../../scripts/npm/package.ts";
import { type Ran, run } from "../../scripts/run_command.ts";
import type { Runtime } from "../../scripts/runtimes.ts";
import { packPackage, succeed } from "./packed_package.ts";
import { PROGRAMS } from "./programs.ts";

/** What checks the package and its users' programs. */
const CHECKERS = ["publint@^0.3", "@arethetypeswrong/cli@^0.18"];
const COMPILER = ["typescript@^5.9", "@types/node@^22"];
const INSTALL = ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"];

/** A scratch folder with the package in it. */
export class InstalledPackage {
  /** The package as it was built. */
  readonly built: string;
  /** The package as it was packed. */
  readonly tarball: string;
  /** A user's project, in which it is installed. */
  readonly project: string;
  /** An empty home. */
  readonly home: string;
  readonly #folder: string;
  readonly #tools: string;

  private constructor(folder: string, tarball: string) {
    this.#folder = folder;
    this.#tools = join(folder, "tools");
    this.built = join(folder, "built");
    this.project = join(folder, "project");
    this.home = join(folder, "home");
    this.tarball = tarball;
  }

  /**
   * Builds, packs and installs.
   *
   * @param runtimes What the programs are to run on.
   */
  static async make(runtimes: readonly Runtime[]): Promise<InstalledPackage> {
    const folder = await mkdtemp(join(tmpdir(), "session-archiver-npm-"));
    try {
      const tools = ["tools", ...CHECKERS, ...runtimes.map(({ install }) => install)] as const;
      // At once, for they wait for different things; none is left running when one fails.
      const packing = packPackage(folder);
      const installing = install(folder, ...tools);
      await Promise.allSettled([packing, installing]);
      await installing;
      const tarball = await packing;
      await mkdir(join(folder, "home"));
      await install(folder, "project", tarball, ...COMPILER);
      for (const [name, text] of Object.entries(PROGRAMS)) {
        await writeFile(join(folder, "project", name), text);
      }
      return new InstalledPackage(folder, tarball);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Runs a program that was installed to check packages. */
  check(program: string, ...args: string[]): Promise<Ran> {
    return run(join(this.#tools, "node_modules/.bin", program), args, this.#folder);
  }

  /** Compiles the user's project. */
  compile(...args: string[]): Promise<Ran> {
    return run(join(this.project, "node_modules/.bin/tsc"), args, this.project);
  }

  /** Runs something in the user's project, in an empty home. */
  on(runtime: Runtime, ...args: string[]): Promise<Ran> {
    return this.at(this.home, runtime, ...args);
  }

  /** Runs something in the user's project, in another home. */
  at(home: string, runtime: Runtime, ...args: string[]): Promise<Ran> {
    const binary = join(this.#tools, "node_modules", runtime.binary);
    const env = { HOME: home, PATH: process.env.PATH, NO_COLOR: "1" };
    return run(binary, args, this.project, env);
  }

  /** Where a module lies that the user's project imports from the package. */
  file(path: string): string {
    return join(this.project, "node_modules", NAME, path);
  }

  /** Removes everything. */
  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function install(folder: string, into: string, ...packages: string[]): Promise<void> {
  await mkdir(join(folder, into));
  // Without one, npm would look for a project above.
  const manifest = { name: "user", private: true, type: "module" };
  await writeFile(join(folder, into, "package.json"), JSON.stringify(manifest));
  await succeed(run("npm", [...INSTALL, ...packages], join(folder, into)));
}
