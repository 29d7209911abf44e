/**
 * Findings as lines of text: a sign, the check, what was seen, and below it what to do.
 *
 * @module
 */
import type { Finding } from "../../../core/backend.ts";
import { inColour } from "../colours.ts";
import { widthOf } from "../columns.ts";
import { printableLine } from "../printable.ts";
import type { Section } from "./diagnosis.ts";

const SIGNS = { ok: "✓", limited: "–", failed: "✗", skipped: "·" } as const;
const COLOURS = { ok: "green", limited: "yellow", failed: "red", skipped: "grey" } as const;

/**
 * A section as lines.
 *
 * @param section Its findings.
 * @param coloured Whether signs may be coloured.
 */
export function sectionLines({ title, place, findings }: Section, coloured: boolean): string[] {
  const rows = joined(findings);
  const width = Math.max(0, ...rows.map(({ check }) => widthOf(printableLine(check))));
  const head = place === "" ? title : `${title}  ${place}`;
  return [
    printableLine(head),
    ...rows.flatMap((row) => findingLines(row, width, coloured)),
  ];
}

function findingLines(
  { check, status, detail, advice }: Finding,
  width: number,
  coloured: boolean,
): string[] {
  const name = printableLine(check);
  const space = " ".repeat(width - widthOf(name));
  const line = `  ${sign(status, coloured)} ${name}${space}  ${printableLine(detail)}`.trimEnd();
  if (advice === undefined) return [line];
  return [line, `    ${" ".repeat(width)}  → ${printableLine(advice)}`];
}

function sign(status: Finding["status"], coloured: boolean): string {
  return coloured ? inColour(SIGNS[status], COLOURS[status]) : SIGNS[status];
}

/** What was skipped for one reason is one line. */
function joined(findings: readonly Finding[]): Finding[] {
  const rows: Finding[] = [];
  let count = 0;
  for (const finding of findings) {
    const last = rows.at(-1);
    const alike = last?.status === "skipped" && finding.status === "skipped" &&
      last.detail === finding.detail;
    count = alike ? count + 1 : 1;
    if (alike) rows[rows.length - 1] = { ...last, check: `${count} checks` };
    else rows.push(finding);
  }
  return rows;
}
