/**
 * Where agentsview looks for sessions of Claude Code in a store: by project, as they lie in Claude Code's
 * folder, with sub-agents in their session's folder and the results of tools that were too long for it.
 *
 * @module
 */
import { sessionOfFiles } from "../../../core/keys/files_of.ts";
import type { FileLayout } from "../files/format.ts";
import { nameOf, PROJECTS } from "./paths.ts";

/** Of what lies beside a session, only this is read. */
const RESULT = /^([^/]+\/[^/]+\/tool-results\/)[\w.-]+(?:\/[\w.-]+)*$/;

/** For agentsview. */
export const FOR_AGENTSVIEW: FileLayout = {
  folder: "raw/claude",
  placeOf(path) {
    const name = nameOf(path);
    if (name === undefined || !path.startsWith(`${PROJECTS}/`)) return undefined;
    const place = path.slice(PROJECTS.length + 1);
    if (sessionOfFiles(name.id) === undefined) return { path: place, root: place };
    const root = RESULT.exec(place)?.[1];
    return root === undefined ? undefined : { path: place, root };
  },
  sessionOf(path) {
    const id = nameOf(`${PROJECTS}/${path}`)?.id;
    if (id === undefined || sessionOfFiles(id) === undefined) return id;
    return RESULT.test(path) ? id : undefined;
  },
};
