/**
 * `archive doctor`: tries everything that archiving needs, and says what to do where it fails.
 *
 * @module
 */
import type { Command } from "commander";
import type { Finding } from "../../../core/backend.ts";
import type { Config } from "../../config/config.ts";
import type { Call, CommonOptions, Perform } from "../call.ts";
import type { ExaminedAgent } from "../doctor/agent_section.ts";
import type { ExaminedBackend } from "../doctor/backend_section.ts";
import type { Section } from "../doctor/diagnosis.ts";
import { EXIT, type ExitCode } from "../exit.ts";

/** See {@linkcode Define}. */
export function defineDoctor(program: Command, perform: Perform): void {
  program.command("doctor")
    .summary("try the backends and this machine, and say what to do")
    .description(
      "Looks at the configuration, tries every backend with small objects that it removes again, " +
        "and looks at the agents and the disk of this machine. What fails comes with what to do.",
    )
    .action((options: CommonOptions) => perform(options, doctor));
}

async function doctor(call: Call): Promise<ExitCode> {
  const { verdictOf } = await import("../doctor/diagnosis.ts");
  const config = await call.config();
  const telling = await tellingOf(call);
  await telling.section(configSection(config));
  const backends = await examineBackends(call, config, telling);
  const agents = await examineAgents(call);
  const machine = await examineMachine(call, config);
  const sections = [...backends, agentSection(agents), machineSection(machine)];
  await telling.section(agentSection(agents));
  await telling.section(machineSection(machine));
  const verdict = verdictOf(sections);
  await telling.end({ config, backends, agents, machine, verdict });
  return verdict.problems > 0 || call.signal.aborted ? EXIT.failed : EXIT.done;
}

function configSection({ path, exists, backends }: Config): Section {
  const findings: Finding[] = [
    exists ? { check: "read", status: "ok", detail: `${[...backends.keys()].join(", ")}` } : {
      check: "none",
      status: "ok",
      detail:
        'sessions are copied into a folder on this disk; "archive init" sets up a better place',
    },
  ];
  return { title: "configuration", place: path, findings };
}

function agentSection(agents: readonly ExaminedAgent[]): Section {
  return { title: "agents", place: "", findings: agents.flatMap(({ findings }) => findings) };
}

function machineSection(findings: readonly Finding[]): Section {
  return { title: "this machine", place: "", findings };
}

/** All at once; each is shown when those before it have been. */
async function examineBackends(
  call: Call,
  config: Config,
  telling: Telling,
): Promise<ExaminedBackend[]> {
  const { examineBackends } = await import("../doctor/backend_section.ts");
  const { signal, terminal: { env }, report } = call;
  const examined: ExaminedBackend[] = [];
  try {
    for (const one of await examineBackends(config, call.backend, { env, signal })) {
      await report.live("trying the backends …");
      const backend = await one;
      await report.live();
      await telling.section(backend);
      examined.push(backend);
    }
  } finally {
    await report.live();
  }
  return examined;
}

async function examineAgents({ terminal, signal }: Call): Promise<readonly ExaminedAgent[]> {
  const [{ examineAgent }, { knownAgents }] = await Promise.all([
    import("../doctor/agent_section.ts"),
    import("../open_archive.ts"),
  ]);
  const agents = await knownAgents(terminal);
  return await Promise.all(agents.map((agent) => examineAgent(agent, signal)));
}

async function examineMachine(
  { terminal: { env, platform } }: Call,
  { path: configPath, backends }: Config,
): Promise<readonly Finding[]> {
  const [{ examineMachine }, { statePath }] = await Promise.all([
    import("../doctor/machine_section.ts"),
    import("../../state/location.ts"),
  ]);
  const folders = [...backends.values()].flatMap((one) => one.type === "file" ? [one.path] : []);
  return await examineMachine(statePath({ env, platform, configPath }), folders);
}

/** How the findings are told: section by section to people, all at once to programs. */
interface Telling {
  section(section: Section): Promise<void>;
  end(all: Findings): Promise<void>;
}

interface Findings {
  readonly config: Config;
  readonly backends: readonly ExaminedBackend[];
  readonly agents: readonly ExaminedAgent[];
  readonly machine: readonly Finding[];
  readonly verdict: { readonly problems: number; readonly hints: number };
}

async function tellingOf({ report, terminal, signal }: Call): Promise<Telling> {
  const [{ sectionLines, showsColours }, { verdictText }] = await Promise.all([
    import("../doctor/table.ts"),
    import("../doctor/diagnosis.ts"),
  ]);
  if (report.style.json) {
    return {
      section: () => Promise.resolve(),
      end: async (all) =>
        await report.json({ ...await asJson(all), ...(signal.aborted && { stopped: true }) }),
    };
  }
  const coloured = showsColours(terminal);
  return {
    section: (section) => report.print(`${sectionLines(section, coloured).join("\n")}\n\n`),
    end: ({ verdict }) =>
      report.print(`${signal.aborted ? "stopped before its end" : verdictText(verdict)}\n`),
  };
}

async function asJson({ config, backends, agents, machine, verdict }: Findings) {
  const { findingJson } = await import("../doctor/diagnosis.ts");
  const { path, exists, warnings } = config;
  return {
    config: { path, exists, warnings },
    backends: backends.map(({ name, type, place, findings }) => ({
      name,
      type,
      place,
      findings: findings.map(findingJson),
    })),
    agents: agents.map(({ findings, ...agent }) => ({
      ...agent,
      findings: findings.map(findingJson),
    })),
    machine: machine.map(findingJson),
    ...verdict,
  };
}
