/**
 * `archive init`: a first configuration from a few answers, tried before it is written.
 *
 * @module
 */
import type { Command } from "commander";
import type { Call, CommonOptions, Perform } from "../call.ts";
import { EXIT, type ExitCode, UsageError } from "../exit.ts";
import type { Answers } from "../init/answers.ts";
import type { Draft } from "../init/draft.ts";
import type { AnswerOptions } from "../init/from_options.ts";
import type { MustAsk } from "../init/questionnaire.ts";
import { another } from "../option_values.ts";

interface InitOptions extends CommonOptions, AnswerOptions {
  readonly untried?: boolean;
}

/** See {@linkcode Define}. */
export function defineInit(program: Command, perform: Perform): void {
  program.command("init")
    .summary("set up where archives go")
    .description(
      "Asks a few questions, tries the answers as the doctor does, and writes the configuration " +
        "for you alone (0600). One that exists is left alone. With --type nothing is asked; " +
        "--backend names the backend, which is called default otherwise.",
    )
    .option("--type <type>", "s3 or file; takes all answers from the options")
    .option("--path <folder>", "the folder, of --type file")
    .option("--bucket <name>", "the bucket, of --type s3")
    .option("--endpoint <url>", "the store's address, unless it is Amazon S3")
    .option(
      "--provider <name>",
      "whose store it is, where its address does not tell: minio, ceph, …",
    )
    .option("--region <name>", "the bucket's region")
    .option("--prefix <text>", "what all keys begin with")
    .option("--profile <name>", "the profile of the shared AWS configuration")
    .option("--access-key-id <id>", "the access key, in place of a profile")
    .option("--secret-variable <name>", "the environment variable that holds its secret")
    .option("--never <glob>", "projects that are never archived; may be repeated", another)
    .option("--untried", "write it without trying it")
    .action((options: InitOptions) => perform(options, (call) => init(call, options)));
}

async function init(call: Call, options: InitOptions): Promise<ExitCode> {
  const { freePlace } = await import("../init/draft.ts");
  const path = await freePlace(call.terminal, options.config);
  if (options.type !== undefined) return await initByOptions(call, options, path);
  const stray = ANSWERS.find((key) => options[key] !== undefined);
  if (stray !== undefined) throw new UsageError("answers by options need --type too: s3 or file");
  return await initByAsking(call, path, !options.untried);
}

const ANSWERS = [
  "path",
  "bucket",
  "endpoint",
  "provider",
  "region",
  "prefix",
  "profile",
  "accessKeyId",
  "secretVariable",
  "never",
] as const;

/** What does not work is not written: nobody is there to decide. */
async function initByOptions(call: Call, options: InitOptions, path: string): Promise<ExitCode> {
  const [{ answersOf }, { draftOf }] = await Promise.all([
    import("../init/from_options.ts"),
    import("../init/draft.ts"),
  ]);
  const answers = answersOf(options, call.backend ?? "default");
  const draft = await draftOf(call, answers, path, !options.untried);
  if (draft.fault && !options.untried) throw draft.fault;
  if (await isFine(draft)) return await write(call, path, draft);
  if (call.report.style.json) await tellJson(call, path, draft, false);
  else await tellTrial(call, draft);
  await call.report.note("nothing was written; --untried writes it all the same");
  return EXIT.failed;
}

async function initByAsking(call: Call, path: string, isTried: boolean): Promise<ExitCode> {
  const [{ askAnswers, Declined }, { draftOf }] = await Promise.all([
    import("../init/questionnaire.ts"),
    import("../init/draft.ts"),
  ]);
  const ask = await mustAsk(call);
  const name = call.backend ?? "default";
  const profiles = await knownProfiles(call);
  let before: Answers | undefined;
  try {
    for (;;) {
      before = await askAnswers(ask, { name, profiles, before });
      await call.report.live("trying it …");
      const draft = await draftOf(call, before, path, isTried);
      await call.report.live();
      if (await isFine(draft)) return await write(call, path, draft);
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

async function mustAsk({ terminal: { ask }, signal, report }: Call): Promise<MustAsk> {
  const [{ Declined }, { WITHOUT_QUESTIONS }] = await Promise.all([
    import("../init/questionnaire.ts"),
    import("../init/from_options.ts"),
  ]);
  if (ask === undefined || report.style.json) throw new UsageError(WITHOUT_QUESTIONS);
  return async (question) => {
    const answer = await ask(question, signal);
    if (answer === undefined) throw new Declined("nobody answered");
    return question.kind === "text" ? answer.trim() : answer;
  };
}

/** The profiles that can be chosen; files that cannot be read are told and passed over. */
async function knownProfiles({ terminal: { env }, report }: Call): Promise<readonly string[]> {
  const { readSharedConfig } = await import("../../../backends/s3/shared_config.ts");
  try {
    return [...(await readSharedConfig(env, "default")).profiles.keys()];
  } catch (error) {
    await report.warn(error instanceof Error ? error.message : String(error));
    return [];
  }
}

async function askAgain(ask: MustAsk): Promise<"again" | "write"> {
  const { Declined } = await import("../init/questionnaire.ts");
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

async function isFine({ backend, fault }: Draft): Promise<boolean> {
  if (fault !== undefined) return false;
  const { verdictOf } = await import("../doctor/diagnosis.ts");
  return backend === undefined || verdictOf([backend]).problems === 0;
}

async function write(call: Call, path: string, draft: Draft): Promise<ExitCode> {
  const { writeConfig } = await import("../init/draft.ts");
  const { report, signal } = call;
  if (signal.aborted) return EXIT.failed;
  await writeConfig(path, draft.text);
  if (report.style.json) {
    await tellJson(call, path, draft, true);
  } else {
    if (draft.backend) await tellTrial(call, draft);
    await report.say(`wrote ${path}`);
    await report.note('"archive run" copies all sessions there now');
  }
  return EXIT.done;
}

async function tellTrial({ report, terminal }: Call, { backend, fault }: Draft): Promise<void> {
  if (fault !== undefined) await report.error(fault);
  if (backend === undefined || report.style.quiet) return;
  const { sectionLines, showsColours } = await import("../doctor/table.ts");
  await report.print(`${sectionLines(backend, showsColours(terminal)).join("\n")}\n\n`);
}

async function tellJson(
  { report }: Call,
  path: string,
  { backend }: Draft,
  written: boolean,
): Promise<void> {
  const { findingJson } = await import("../doctor/diagnosis.ts");
  const findings = backend?.findings.map(findingJson) ?? [];
  await report.json({ path, written, findings });
}
