/**
 * A first configuration from a few answers, tried before it is written.
 *
 * @module
 */
import { readSharedConfig } from "../../../backends/s3/shared_config.ts";
import type { Call, CommonOptions } from "../call.ts";
import { showsColours } from "../colours.ts";
import { findingJson } from "../doctor/diagnosis.ts";
import { sectionLines } from "../doctor/table.ts";
import { EXIT, type ExitCode, UsageError } from "../exit.ts";
import type { Answers } from "./answers.ts";
import { type Draft, draftOf, freePlace, problemsOf, writeConfig } from "./draft.ts";
import { type AnswerOptions, answersOf, OF_BUCKETS, WITHOUT_QUESTIONS } from "./from_options.ts";
import { askAnswers, Declined, type MustAsk } from "./questionnaire.ts";

/** The options of `archive init`. */
export interface InitOptions extends CommonOptions, AnswerOptions {
  /** Whether it is written without being tried. */
  readonly untried?: boolean;
}

/**
 * Sets up where archives go.
 *
 * @param call Who asks.
 * @param options Those of the command line.
 */
export async function init(call: Call, options: InitOptions): Promise<ExitCode> {
  const path = await freePlace(call, options.config);
  if (options.type !== undefined) return await initByOptions(call, options, path);
  const stray = ANSWERS.find((key) => options[key] !== undefined);
  if (stray !== undefined) throw new UsageError("answers by options need --type too: s3 or file");
  return await initByAsking(call, path, !options.untried);
}

const ANSWERS = ["path", ...OF_BUCKETS, "never"] as const;

/** What does not work is not written: nobody is there to decide. */
async function initByOptions(call: Call, options: InitOptions, path: string): Promise<ExitCode> {
  const answers = answersOf(options, call.backend ?? "default");
  const draft = await draftOf(call, answers, path, !options.untried);
  if (draft.fault && !options.untried) throw draft.fault;
  if (options.untried || problemsOf(draft) === 0) return await write(call, path, draft);
  if (call.report.style.json) await tellJson(call, path, draft, false);
  else await tellTrial(call, draft);
  await call.report.note("nothing was written; --untried writes it all the same");
  return EXIT.failed;
}

async function initByAsking(call: Call, path: string, isTried: boolean): Promise<ExitCode> {
  const ask = mustAsk(call);
  const name = call.backend ?? "default";
  const profiles = await knownProfiles(call);
  let before: Answers | undefined;
  try {
    for (;;) {
      before = await askAnswers(ask, { name, profiles, before });
      await call.report.live("trying it …");
      const draft = await draftOf(call, before, path, isTried);
      await call.report.live();
      if (problemsOf(draft) === 0) return await write(call, path, draft);
      await tellTrial(call, draft);
      if (await askAgain(ask) === "write") return await write(call, path, draft);
    }
  } catch (error) {
    if (!(error instanceof Declined)) throw error;
    await call.report.note("nothing was written");
    return EXIT.failed;
  } finally {
    await call.report.live();
  }
}

function mustAsk({ terminal: { ask }, signal, report }: Call): MustAsk {
  if (ask === undefined || report.style.json) throw new UsageError(WITHOUT_QUESTIONS);
  return async (question) => {
    const answer = await ask(question, signal);
    if (answer === undefined) throw new Declined("nobody answered");
    return question.kind === "text" ? answer.trim() : answer;
  };
}

/** The profiles that can be chosen; files that cannot be read are told and passed over. */
async function knownProfiles({ terminal: { env }, report }: Call): Promise<readonly string[]> {
  try {
    return [...(await readSharedConfig(env, "default")).profiles.keys()];
  } catch (error) {
    await report.warn(error instanceof Error ? error.message : String(error));
    return [];
  }
}

async function askAgain(ask: MustAsk): Promise<"again" | "write"> {
  const answer = await ask({
    kind: "choice",
    message: "It does not work yet.",
    choices: [
      { value: "again", label: "correct the answers" },
      { value: "write", label: "write it all the same" },
      { value: "stop", label: "stop, and write nothing" },
    ],
  });
  if (answer === "again" || answer === "write") return answer;
  throw new Declined("stopped");
}

async function write(call: Call, path: string, draft: Draft): Promise<ExitCode> {
  const { report, signal } = call;
  if (signal.aborted) return EXIT.failed;
  await writeConfig(call, path, draft.text);
  if (report.style.json) {
    await tellJson(call, path, draft, true);
  } else {
    if (draft.backend) await tellTrial(call, draft);
    await report.say(`wrote ${path}`);
    await report.note(`"${call.command("run")}" copies all sessions there now`);
  }
  return EXIT.done;
}

async function tellTrial({ report, terminal }: Call, { backend, fault }: Draft): Promise<void> {
  if (fault !== undefined) await report.error(fault);
  if (backend === undefined || report.style.quiet) return;
  const lines = sectionLines(backend, showsColours(terminal.stdout, terminal));
  await report.print(`${lines.join("\n")}\n\n`);
}

async function tellJson(
  { report }: Call,
  path: string,
  { backend }: Draft,
  written: boolean,
): Promise<void> {
  const findings = backend?.findings.map(findingJson) ?? [];
  await report.json({ path, written, findings });
}
