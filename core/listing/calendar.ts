/**
 * Finding the newest archives of a backend with few requests: days sort ascending in every store
 * and none lists backwards, so the days are asked for first and then read from the end.
 *
 * @module
 */
import { parseArchiveKey } from "../keys/archive_key.ts";
import type { Backend } from "../backend.ts";
import type { Failures } from "../failures.ts";
import { grouped } from "../grouped.ts";
import type { Held } from "./holders.ts";
import { inParallel } from "../parallel.ts";

/** One day of one project in one backend. */
export interface ProjectDay {
  /** Where. */
  readonly backend: Backend;
  /** The project segment. */
  readonly project: string;
  /** `2026-11-22`. */
  readonly date: string;
}

/** Which days are wanted. */
export interface DayFilter {
  /** Only keys that begin with one of these: project segments with their slash, or what begins some. */
  readonly prefixes?: readonly string[];
  /** The first day, `2026-11-22`. */
  readonly since?: string;
  /** The last day. */
  readonly until?: string;
  /** Stops the look. */
  readonly signal?: AbortSignal;
}

/** Requests under way at once. */
const REQUESTS = 16;

/**
 * All days that hold archives, newest first: one request for the projects, unless they are named,
 * and one a project.
 *
 * @param backend Where to look.
 * @param filter Which days.
 */
export async function projectDays(backend: Backend, filter: DayFilter): Promise<ProjectDay[]> {
  const { prefixes = [""], signal } = filter;
  const named = (prefix: string) => projectsNamed(prefix, backend, signal);
  const projects = await inParallel(prefixes, REQUESTS, named);
  const days = await inParallel(projects.flat(), REQUESTS, async (project) => {
    const dates = await folders(backend, `${project}/`, signal);
    return dates.filter((date) => isWanted(date, filter)).map((date) => ({
      backend,
      project,
      date,
    }));
  });
  return days.flat().sort(byDateDescending);
}

/** The projects that a prefix names: one, or those that begin so. */
async function projectsNamed(
  prefix: string,
  backend: Backend,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  return prefix.endsWith("/") ? [prefix.slice(0, -1)] : await folders(backend, prefix, signal);
}

/** Newest first. */
export function byDateDescending(a: { date: string }, b: { date: string }): number {
  return a.date < b.date ? 1 : a.date > b.date ? -1 : 0;
}

/**
 * Splits off the newest days that surely hold `want` archives, whole dates only. The first time
 * that is the newest date alone: often it is enough.
 *
 * @param days Days, newest first.
 * @param want How many archives are wanted.
 * @param first Whether nothing was read yet.
 * @returns How many days to read now.
 */
export function daysToRead(days: readonly ProjectDay[], want: number, first: boolean): number {
  let count = Math.min(first && Number.isFinite(want) ? 1 : want, days.length);
  while (count < days.length && days[count].date === days[count - 1].date) count++;
  return count;
}

/**
 * Reads some days: one listing a project, from its oldest wanted day to its newest.
 *
 * @param days Which; of each project a run without gaps among those not read yet.
 * @param failures Takes what cannot be read.
 * @param signal Stops it.
 */
export async function readDays(
  days: readonly ProjectDay[],
  failures: Failures,
  signal?: AbortSignal,
): Promise<Held[]> {
  const runs = grouped(days, ({ backend, project }) => `${backend.identity}\n${project}`);
  const found = await inParallel(
    [...runs.values()],
    REQUESTS,
    (run) => failures.attempt(() => readRun(run, signal), []),
  );
  return found.flat();
}

/** Reads days of one project in one backend, newest first and without gaps. */
async function readRun(run: readonly ProjectDay[], signal?: AbortSignal): Promise<Held[]> {
  const { backend, project, date: newest } = run[0];
  const oldest = run[run.length - 1].date;
  const objects: Held[] = [];
  const options = oldest === newest
    ? { prefix: `${project}/${newest}/`, signal }
    : { prefix: `${project}/`, startAfter: `${project}/${oldest}`, signal };
  for await (const page of backend.list(options)) {
    for (const object of page.objects) objects.push({ backend, object });
    if (page.objects.some(({ key }) => (parseArchiveKey(key)?.date ?? "") > newest)) break;
  }
  return objects.filter(({ object }) => (parseArchiveKey(object.key)?.date ?? "") <= newest);
}

function isWanted(date: string, { since, until }: DayFilter): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(date) && (!since || date >= since) && (!until || date <= until);
}

/** The names of the folders whose keys begin with a prefix, without those that they are in. */
async function folders(backend: Backend, prefix: string, signal?: AbortSignal): Promise<string[]> {
  const above = prefix.lastIndexOf("/") + 1;
  const names: string[] = [];
  for await (const page of backend.list({ prefix, delimiter: "/", signal })) {
    for (const folder of page.prefixes) names.push(folder.slice(above, -1));
  }
  return names;
}
