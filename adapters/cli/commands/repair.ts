/**
 * `archive repair`: makes copies good again that are missing, damaged, or older than another one.
 *
 * @module
 */
import type { Command } from "commander";
import type { RepairOutcome } from "../../../core/repair/repair.ts";
import type { RepairFrom } from "../../../core/repair/repair_ways.ts";
import { isArchiveError } from "../../../core/errors.ts";
import { countText } from "../amounts.ts";
import type { Call, CommonOptions, Perform } from "../call.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import { checkNamed, keysOrIds, resolveAll } from "../key_argument.ts";
import { wholeNumber } from "../option_values.ts";
import { errorJson } from "../report.ts";

interface RepairOptions extends CommonOptions {
  readonly all?: boolean;
  readonly quick?: boolean;
  readonly concurrency?: number;
  readonly yes?: boolean;
}

/** See {@linkcode Define}. */
export function defineRepair(program: Command, perform: Perform): void {
  program.command("repair")
    .summary("say which copies can be made good again; --yes does it")
    .description(
      "Verifies archives, and says of each copy that is missing, damaged or older than another one " +
        "where a good one is: in another backend, in a version that was kept, or in the agent. With " +
        "--yes it is brought back from there. Nothing that stands there is lost by it.",
    )
    .argument("[key...]", "keys, or ids of sessions", keysOrIds)
    .option("--all", "every archive there is, and every one that should be there")
    .option("--quick", "look for what is wrong as verify --quick does")
    .option(
      "--concurrency <n>",
      "archives looked at at once (default: 8)",
      wholeNumber("--concurrency", 1, 64),
    )
    .option("-y, --yes", "repair them")
    .action((keys: string[], options: RepairOptions) =>
      perform(options, (call) => repair(call, keys, options))
    );
}

async function repair(
  call: Call,
  texts: readonly string[] = [],
  { all, quick, concurrency, yes = false }: RepairOptions,
): Promise<ExitCode> {
  checkNamed(texts, all, "repair");
  const { knownAgents, openToRead, openToWrite } = await import("../open_archive.ts");
  const { report, signal, backend } = call;
  const agents = await knownAgents(call.terminal);
  // A good copy may lie in any backend; the one that was chosen is the one to repair.
  const everywhere = { ...call, backend: undefined };
  const { archiver, close } = yes
    ? await openToWrite(everywhere, "repairing", agents)
    : await openToRead(everywhere, agents);
  const outcomes: RepairOutcome[] = [];
  let failure: unknown;
  try {
    const keys = all ? undefined : await resolveAll(call, archiver, texts);
    await report.live("looking for what is not good …");
    const options = { quick, concurrency, backend, dryRun: !yes, signal };
    for await (const outcome of archiver.repair(keys, options)) {
      outcomes.push(outcome);
      await tell(call, outcome);
    }
  } catch (error) {
    failure = error;
  } finally {
    await report.live();
    await close();
  }
  if (report.style.json) await report.json(resultJson(outcomes));
  else await report.say(summaryOf(outcomes, yes));
  if (failure !== undefined && !(signal.aborted && isArchiveError(failure, "Aborted"))) {
    throw failure;
  }
  const isGood = !signal.aborted && outcomes.every(({ status }) => GOOD.has(status));
  return isGood ? EXIT.done : EXIT.failed;
}

/** What leaves nothing to do. */
const GOOD: ReadonlySet<RepairOutcome["status"]> = new Set(["repaired", "would repair"]);

async function tell({ report }: Call, outcome: RepairOutcome): Promise<void> {
  if (report.style.json) return;
  const { key, backend, problem, status } = outcome;
  const what = `${key} on ${backend}`;
  if (status === "repaired" || status === "would repair") {
    const { from, version } = outcome;
    const kept = version === undefined ? "" : `; what stood there was kept as ${version}`;
    await report.say(`${status} ${what} from ${placeOf(from)}${kept} (${problem})`);
  } else if (status === "failed") {
    await report.error(outcome.error);
  } else {
    const why = status === "left" ? "is left as it is" : "cannot be repaired from anywhere";
    await report.note(`${what} ${why}: ${problem}`);
  }
}

function placeOf(from: RepairFrom): string {
  if (from.source === "mirror") return from.backend;
  if (from.source === "agent") return `its session in ${from.agent}`;
  const what = from.exact ? "the same state" : "an earlier state";
  return `${what}, kept as ${from.key} on ${from.backend}`;
}

function summaryOf(outcomes: readonly RepairOutcome[], yes: boolean): string {
  if (outcomes.length === 0) return "nothing is to be repaired";
  const count = (...statuses: readonly RepairOutcome["status"][]) =>
    outcomes.filter(({ status }) => statuses.includes(status)).length;
  const rest = (["hopeless", "left", "failed"] as const)
    .filter((status) => count(status) > 0).map((status) => `${count(status)} ${status}`);
  const can = countText(count("repaired", "would repair"), "copy", "copies");
  const head = yes ? `repaired ${can}` : `${can} can be repaired; add --yes to do it`;
  return [head, ...rest].join(", ");
}

function resultJson(outcomes: readonly RepairOutcome[]) {
  return {
    copies: outcomes.map((outcome) =>
      outcome.status === "failed" ? { ...outcome, error: errorJson(outcome.error) } : outcome
    ),
  };
}
