/**
 * `archive explain`: which rule and which backends a project gets, and why.
 *
 * @module
 */
import type { Command } from "commander";
import type { Config } from "../../config/config.ts";
import type { Call, CommonOptions, Perform } from "../call.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import type { Explanation } from "../explanation.ts";

/** See {@linkcode Define}. */
export function defineExplain(program: Command, perform: Perform): void {
  program.command("explain")
    .summary("say which rule and backends a project gets, and why")
    .description(
      "Says where the sessions of a project go, by which rule of which configuration. Nothing is " +
        "archived, and no backend is asked.",
    )
    .argument("[path...]", "folders of projects; this one when left out")
    .action((paths: string[], options: CommonOptions) =>
      perform(options, (call) => explainAll(call, paths))
    );
}

async function explainAll(call: Call, paths: readonly string[]): Promise<ExitCode> {
  const [config, { explainer }, { resolve }] = await Promise.all([
    call.config(),
    import("../explanation.ts"),
    import("node:path"),
  ]);
  const { report, terminal } = call;
  const explain = await explainer(config, terminal, call.backend);
  const explanations: Explanation[] = [];
  for (const path of paths.length > 0 ? paths : ["."]) {
    explanations.push(await explain(resolve(terminal.cwd(), path)));
  }
  const { path, exists } = config;
  if (report.style.json) await report.json({ config: { path, exists }, projects: explanations });
  else await tell(call, config, explanations);
  return EXIT.done;
}

async function tell(
  { report }: Call,
  { path, exists }: Config,
  explanations: readonly Explanation[],
): Promise<void> {
  const { explanationLines } = await import("../explanation.ts");
  const { printableLine } = await import("../printable.ts");
  const lines = [
    ...explanations.flatMap(explanationLines),
    `configuration: ${path}${exists ? "" : " (not there: everything goes to the default folder)"}`,
  ];
  await report.print(lines.map((line) => `${printableLine(line)}\n`).join(""));
}
