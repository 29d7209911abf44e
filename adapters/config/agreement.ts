/**
 * Whether the parts of a configuration agree with each other: names that must exist, keys that go
 * only together or never, places that only one backend may store in.
 *
 * Looks at what was written, right or wrong, so that all complaints come at once.
 *
 * @module
 */
import { disagreementsIn } from "../../backends/s3/values.ts";
import { closest } from "../../core/closest.ts";
import type { Fault } from "./complaints/fault.ts";
import { mayBeShown } from "./complaints/found.ts";
import { isMap, type KeyPath, keyPathText, shortened, valueAt } from "./complaints/key_path.ts";
import { placesOf } from "./places.ts";
import { hasVariable } from "./variables.ts";

/** A file in both its forms. */
export interface Written {
  /** As it stands there. */
  readonly raw: unknown;
  /** With variables expanded; undefined where that failed. */
  readonly tree: unknown;
}

/**
 * Finds all disagreements.
 *
 * @param written The file.
 * @param paths The absolute folders of `file` backends, by name.
 */
export function disagreements(
  written: Written,
  paths: ReadonlyMap<string, string>,
): Fault[] {
  const { tree } = written;
  const backends = valueAt(tree, ["backends"]);
  const rules = valueAt(tree, ["rules"]);
  return [
    ...(isMap(backends) ? Object.entries(backends).flatMap(ofBackend) : []),
    ...samePlaces(backends, paths),
    ...(Array.isArray(rules) ? rules.flatMap((rule, index) => ofRule(rule, ["rules", index])) : []),
    ...(isMap(backends) ? wrongNames(written, Object.keys(backends)) : []),
  ];
}

function ofBackend([name, backend]: [string, unknown]): Fault[] {
  if (!isMap(backend)) return [];
  const ofStore = backend.type === "s3" ? disagreementsIn(backend) : [];
  return [...ofStore, ...ofMachine(backend)].map(({ path, fault }) => ({
    path: ["backends", name, ...path],
    message: fault,
  }));
}

/** Archives do not go by the machine that they come from. */
function ofMachine({ layout, machine }: Readonly<Record<string, unknown>>) {
  if (machine === undefined || layout !== undefined) return [];
  const fault = "is of use only with layout: agentsview; add that, or leave it out";
  return [{ path: ["machine"], fault }];
}

function samePlaces(backends: unknown, paths: ReadonlyMap<string, string>): Fault[] {
  const first = new Map<string, string>();
  return placesOf(backends, paths).flatMap(({ name, place }) => {
    const other = first.get(place);
    first.set(place, other ?? name);
    if (other === undefined) return [];
    return [{
      path: ["backends", name],
      message: `stores in the same place as ${keyPathText(["backends", other])}; ` +
        "leave one of them out, or give it a place of its own",
    }];
  });
}

function ofRule(rule: unknown, path: KeyPath): Fault[] {
  if (!isMap(rule)) return [];
  const { archive, backend } = rule;
  if (archive === false && backend !== undefined) {
    return [{
      path: [...path, "archive"],
      message: "is false, which excludes backend; leave one of them out",
    }];
  }
  if (backend !== undefined) return [];
  if (archive === true) {
    return [{
      path: [...path, "archive"],
      message: "is true, which does not say where to; name a backend, or leave the rule out",
    }];
  }
  // One that is not known is most likely meant to be one of them.
  const isOdd = Object.keys(rule).some((key) => key !== "match" && key !== "archive");
  if (archive !== undefined || isOdd) return [];
  return [{ path, message: "does not say where to; give backend, or archive: false" }];
}

function wrongNames({ raw, tree }: Written, names: readonly string[]): Fault[] {
  const rules = valueAt(tree, ["rules"]);
  const places: KeyPath[] = [
    ...(Array.isArray(rules) ? rules.map((_, index) => ["rules", index, "backend"]) : []),
    ["default"],
  ];
  const faults = places.flatMap((path) => ofNames(valueAt(tree, path), path, raw, names));
  const hasDefault = valueAt(raw, ["default"]) !== undefined;
  if (hasDefault || names.length < 2 || names.includes("default")) return faults;
  const message = "is missing, and none of several backends is called default; " +
    `give one or more of ${names.join(", ")}`;
  return [...faults, { path: ["default"], message }];
}

function ofNames(value: unknown, path: KeyPath, raw: unknown, names: readonly string[]): Fault[] {
  if (!Array.isArray(value)) return ofName(value, path, raw, names);
  return value.flatMap((item, index) => {
    const at = [...path, index];
    if (typeof item !== "string" || value.indexOf(item) === index) {
      return ofName(item, at, raw, names);
    }
    return [{ path: at, message: "names the same backend again; leave it out" }];
  });
}

function ofName(value: unknown, path: KeyPath, raw: unknown, names: readonly string[]): Fault[] {
  if (typeof value !== "string" || names.includes(value)) return [];
  const written = valueAt(raw, path);
  const known = `the backends are ${names.join(", ")}`;
  if (typeof written !== "string" || hasVariable(written) || !mayBeShown(written, path)) {
    return [{ path, message: `names no backend; ${known}` }];
  }
  const meant = closest(value, names);
  const advice = meant === undefined ? "" : `did you mean ${meant}? `;
  return [{ path, message: `is ${shortened(written)}, which is no backend; ${advice}${known}` }];
}
