/**
 * Reads what TypeScript sources import, with the parser of Deno's linter. What the imports mean is
 * judged elsewhere.
 *
 * Needs `deno test`: the source tree is checked there, not on the runtimes of a built package.
 *
 * @module
 */
import { readdirSync, readFileSync, statSync } from "node:fs";

/** One import, re-export, `import()`, `import("…").Type` or `process.getBuiltinModule()`. */
export interface Import {
  /**
   * - `static`: loads the module with the importing one.
   * - `type`: gone at run time.
   * - `lazy`: loads the module when the line runs.
   */
  readonly kind: "static" | "type" | "lazy";
  /** What is imported, as written; undefined where it is computed. */
  readonly specifier: string | undefined;
  /** The line it begins on, from 1. */
  readonly line: number;
}

/** What one file says of its surroundings. */
export interface Source {
  /** Its path from the project's root, with `/`. */
  readonly file: string;
  /** Everything it imports, in order. */
  readonly imports: readonly Import[];
  /** The lines that name the global `Deno`. */
  readonly denoLines: readonly number[];
}

/** The folder that holds the project. */
export const ROOT = new URL("../../", import.meta.url);

/**
 * Reads every TypeScript file under some paths of the project.
 *
 * @param paths Folders or files, from the project's root. One that does not exist has no files.
 */
export function readSources(paths: readonly string[]): Source[] {
  return paths.flatMap(filesUnder)
    .filter((file) => file.endsWith(".ts"))
    .map((file) => readSource(file, readFileSync(new URL(file, ROOT), "utf8")));
}

function filesUnder(path: string): string[] {
  const url = new URL(path, ROOT);
  const found = statSync(url, { throwIfNoEntry: false });
  if (!found) return [];
  if (!found.isDirectory()) return [path];
  return readdirSync(url).sort().flatMap((name) => filesUnder(`${path}/${name}`));
}

/**
 * Reads one source.
 *
 * @param file Its path from the project's root.
 * @param text Its content.
 */
export function readSource(file: string, text: string): Source {
  const imports: Import[] = [];
  const denoLines: number[] = [];
  const lineOf = (node: { range: [number, number] }) =>
    text.slice(0, node.range[0]).split("\n").length;
  const visitor: Deno.lint.LintVisitor = {
    ImportDeclaration(node) {
      const types = node.importKind === "type" || allTypes(node.specifiers);
      imports.push({
        kind: types ? "type" : "static",
        specifier: node.source.value,
        line: lineOf(node),
      });
    },
    ExportAllDeclaration(node) {
      imports.push({
        kind: node.exportKind === "type" ? "type" : "static",
        specifier: node.source.value,
        line: lineOf(node),
      });
    },
    ExportNamedDeclaration(node) {
      if (!node.source) return;
      imports.push({
        kind: node.exportKind === "type" ? "type" : "static",
        specifier: node.source.value,
        line: lineOf(node),
      });
    },
    ImportExpression(node) {
      imports.push({ kind: "lazy", specifier: literal(node.source), line: lineOf(node) });
    },
    TSImportType(node) {
      imports.push({ kind: "type", specifier: literal(node.argument), line: lineOf(node) });
    },
    CallExpression(node) {
      if (!isGetBuiltinModule(node.callee)) return;
      imports.push({ kind: "lazy", specifier: literal(node.arguments[0]), line: lineOf(node) });
    },
    Identifier(node) {
      if (node.name === "Deno") denoLines.push(lineOf(node));
    },
  };
  Deno.lint.runPlugin(
    { name: "source", rules: { imports: { create: () => visitor } } },
    file,
    text,
  );
  return { file, imports, denoLines };
}

/** `import { type A }` loads nothing either; `import {}` and `import "x"` do. */
function allTypes(specifiers: Deno.lint.ImportDeclaration["specifiers"]): boolean {
  return specifiers.length > 0 &&
    specifiers.every((one) => one.type === "ImportSpecifier" && one.importKind === "type");
}

function literal(node: Deno.lint.Node | undefined): string | undefined {
  if (node?.type === "TSLiteralType") return literal(node.literal);
  return node?.type === "Literal" && typeof node.value === "string" ? node.value : undefined;
}

function isGetBuiltinModule(callee: Deno.lint.Node): boolean {
  return callee.type === "MemberExpression" && callee.property.type === "Identifier" &&
    callee.property.name === "getBuiltinModule";
}
