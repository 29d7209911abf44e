/**
 * What a backend's part of the configuration may say of plain files beside archives.
 *
 * @module
 */
import type { z } from "zod";
import type { BackendLayout } from "../../core/plain/layout.ts";
import { checkedText, choice } from "./schema_parts.ts";

/** The layouts that agents know. */
const NAMES = ["agentsview"] as const;

/** What a machine may be called: one name of a key, which every store takes. */
const MACHINE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** The keys that a backend of any type may have. */
export const layoutKeys = {
  layout: choice(NAMES, "The program that plain files are written for, beside archives.")
    .optional(),
  machine: checkedText({
    pattern: MACHINE,
    allowed:
      "name this machine with 1 to 64 letters, digits, . - or _, of which the first is a letter " +
      "or digit",
    about: "What this machine is called among plain files; the host's name when left out.",
  }).optional(),
};

/** What of them goes only together; for editors. */
export const LAYOUT_NEEDS: Readonly<Record<string, string[]>> = { machine: ["layout"] };

/** What a file says of one backend. */
export interface ReadLayout {
  /** The layout's name. */
  readonly layout?: z.output<typeof layoutKeys.layout>;
  /** What this machine is called. */
  readonly machine?: string;
}

/**
 * How plain files are laid out on a backend.
 *
 * @param read What the file says.
 * @param hostname Tells the host's name.
 */
export function layoutIn(
  { layout: name, machine }: ReadLayout,
  hostname: () => string,
): BackendLayout | undefined {
  return name && { name, machine: machine ?? machineNamed(hostname()) };
}

/** A host's name as that of a machine. */
function machineNamed(host: string): string {
  const name = host.replace(/[^A-Za-z0-9._-]/g, "-").replace(/^[^A-Za-z0-9]+/, "").slice(0, 64);
  return name || "machine";
}
