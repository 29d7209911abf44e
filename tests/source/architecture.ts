/**
 * The project's architecture as rules over its imports: arrows point inwards, the core is pure,
 * and what is costly to load stays out of the way of whoever imports the library.
 *
 * @module
 */
import { posix } from "node:path";
import type { Import, Source } from "./imports.ts";

type Layer = "core" | "backends" | "adapters" | "mod.ts";

/** Which layers each layer may import from. */
const INWARDS: Readonly<Record<Layer, readonly Layer[]>> = {
  core: ["core"],
  backends: ["backends", "core"],
  adapters: ["adapters", "backends", "core"],
  "mod.ts": ["adapters", "backends", "core"],
};

/** All that the core may import from outside. */
const CORE_MAY_IMPORT: readonly string[] = [
  "node:crypto",
  "node:stream",
  "node:zlib",
  "minimatch",
];

/** What an import of the library must not load before it is needed. */
const LOADED_LATE = /^(@aws-sdk\/|node:sqlite$|bun:sqlite$)/;
/** So do these files: a backend's work, beside the class that begins it. */
const FILES_LOADED_LATE = /^backends\/s3\//;

/**
 * Finds everything in some sources that the architecture forbids.
 *
 * @param sources The files of `core/`, `backends/`, `adapters/` and `mod.ts`.
 * @returns One line each, naming file and import.
 */
export function violations(sources: readonly Source[]): string[] {
  return [
    ...sources.flatMap((source) => source.imports.flatMap((one) => wrongImport(source, one))),
    ...sources.flatMap(denoGlobals),
    ...loadedTooEarly(sources),
    ...cycles(sources),
  ];
}

function wrongImport({ file }: Source, { specifier, line }: Import): string[] {
  const layer = layerOf(file);
  const place = `${file}:${line}`;
  if (!layer) return [`${place} is in none of core/, backends/, adapters/ and is not mod.ts`];
  if (specifier === undefined) {
    return layer === "core" ? [`${place} imports something computed; core may not`] : [];
  }
  const target = targetOf(file, specifier);
  if (target !== undefined) {
    const inner = layerOf(target);
    if (inner && INWARDS[layer].includes(inner)) return [];
    return [`${place} imports "${specifier}"; ${layer} may import ${INWARDS[layer].join(", ")}`];
  }
  if (layer === "core" && !CORE_MAY_IMPORT.includes(specifier)) {
    return [
      `${place} imports "${specifier}"; core may import itself, ${CORE_MAY_IMPORT.join(", ")}`,
    ];
  }
  if (layer !== "adapters" && /^zod($|\/)/.test(specifier)) {
    return [`${place} imports "${specifier}"; only adapters may`];
  }
  return [];
}

function denoGlobals({ file, denoLines }: Source): string[] {
  return denoLines.map((line) => `${file}:${line} names the global Deno; other runtimes lack it`);
}

/** Walks from mod.ts along imports that load at once. */
function loadedTooEarly(sources: readonly Source[]): string[] {
  const byFile = new Map(sources.map((source) => [source.file, source]));
  const found: string[] = [];
  const seen = new Set<string>();
  const walk = (file: string, way: readonly string[]) => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const { kind, specifier, line } of byFile.get(file)?.imports ?? []) {
      if (kind !== "static" || specifier === undefined) continue;
      const target = targetOf(file, specifier);
      if (target !== undefined && !FILES_LOADED_LATE.test(target)) walk(target, [...way, target]);
      else if (target !== undefined || LOADED_LATE.test(specifier)) {
        found.push(`${file}:${line} loads "${specifier}" with mod.ts (${way.join(" -> ")})`);
      }
    }
  };
  walk("mod.ts", ["mod.ts"]);
  return found;
}

/** Circles among imports that are not lazy; those of types count, for readers walk them too. */
function cycles(sources: readonly Source[]): string[] {
  const edges = new Map(sources.map(({ file, imports }) => [
    file,
    imports.flatMap(({ kind, specifier, line }) => {
      const target = kind === "lazy" ? undefined : targetOf(file, specifier ?? "");
      return target === undefined ? [] : [{ target, line }];
    }),
  ]));
  const found: string[] = [];
  const done = new Set<string>();
  const walk = (file: string, way: readonly string[]) => {
    done.add(file);
    for (const { target, line } of edges.get(file) ?? []) {
      const start = way.indexOf(target);
      if (start >= 0) {
        const circle = [...way.slice(start), target].join(" -> ");
        found.push(`${file}:${line} closes a circle of imports: ${circle}`);
      } else if (!done.has(target)) walk(target, [...way, target]);
    }
  };
  for (const file of edges.keys()) if (!done.has(file)) walk(file, [file]);
  return found;
}

/** The file of the project that a specifier means, if it means one. */
function targetOf(file: string, specifier: string): string | undefined {
  if (specifier === "@session-archiver/archiver") return "mod.ts";
  if (!/^\.{1,2}\//.test(specifier)) return undefined;
  return posix.join(posix.dirname(file), specifier);
}

function layerOf(file: string): Layer | undefined {
  const first = file.split("/")[0];
  if (first === "core" || first === "backends" || first === "adapters") return first;
  return file === "mod.ts" ? file : undefined;
}
