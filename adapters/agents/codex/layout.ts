/**
 * Where agentsview looks for sessions of Codex in a store: by day, as Codex itself keeps them. One that
 * was put aside lies there too, by the day in its name, so that it is found in one place all its life.
 *
 * @module
 */
import type { FileLayout } from "../files/format.ts";
import { nameOf } from "./files.ts";

const DAY_IN_NAME = /rollout-(\d{4})-(\d\d)-(\d\d)T[^/]*$/;

/** For agentsview. */
export const FOR_AGENTSVIEW: FileLayout = {
  folder: "raw/codex",
  placeOf(path) {
    const [name, ...day] = DAY_IN_NAME.exec(path) ?? [];
    if (name === undefined || nameOf(path) === undefined) return undefined;
    const place = [...day, name].join("/");
    return { path: place, root: place };
  },
  sessionOf: (path) => nameOf(`sessions/${path}`)?.id,
};
