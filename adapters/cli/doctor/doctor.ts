/**
 * Tries everything that archiving needs, and says what to do where it fails.
 *
 * @module
 */
import type { Finding } from "../../../core/backend.ts";
import type { Config } from "../../config/config.ts";
import { statePath } from "../../state/location.ts";
import type { Call } from "../call.ts";
import { showsColours } from "../colours.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import { knownAgents } from "../open_archive.ts";
import { standingFindings } from "../status/findings.ts";
import { type Standing, standingOf } from "../status/standing.ts";
import { examineAgent, type ExaminedAgent } from "./agent_section.ts";
import { examineBackends, type ExaminedBackend } from "./backend_section.ts";
import { findingJson, type Section, verdictOf, verdictText } from "./diagnosis.ts";
import { examineHooks } from "./hooks_section.ts";
import { examineMachine } from "./machine_section.ts";
import { sectionLines } from "./table.ts";

/**
 * Tries everything.
 *
 * @param call Who asks.
 */
export async function doctor(call: Call): Promise<ExitCode> {
  const config = await call.config();
  const telling = tellingOf(call);
  await telling.section(configSection(call, config));
  const backends = await backendSections(call, config, telling);
  const agents = await examineAgents(call);
  const hooks = await examineHooks(call);
  const automatic = await examineAutomatic(call, config);
  const machine = await machineFindings(call, config);
  const sections = [
    ...backends,
    agentSection(agents),
    ...hooksSection(hooks),
    automaticSection(automatic),
    machineSection(machine),
  ];
  await telling.section(agentSection(agents));
  for (const section of hooksSection(hooks)) await telling.section(section);
  await telling.section(automaticSection(automatic));
  await telling.section(machineSection(machine));
  const verdict = verdictOf(sections);
  await telling.end({ config, backends, agents, hooks, automatic, machine, verdict });
  return verdict.problems > 0 || call.signal.aborted ? EXIT.failed : EXIT.done;
}

function configSection({ command }: Call, { path, exists, backends }: Config): Section {
  const findings: Finding[] = [
    exists ? { check: "read", status: "ok", detail: `${[...backends.keys()].join(", ")}` } : {
      check: "none",
      status: "ok",
      detail: `sessions are copied into a folder on this disk; "${
        command("init")
      }" sets up a better place`,
    },
  ];
  return { title: "configuration", place: path, findings };
}

function agentSection(agents: readonly ExaminedAgent[]): Section {
  return { title: "agents", place: "", findings: agents.flatMap(({ findings }) => findings) };
}

/** Whoever has none need not hear of them. */
function hooksSection(findings: readonly Finding[]): readonly Section[] {
  return findings.length === 0 ? [] : [{ title: "hooks of other agents", place: "", findings }];
}

function automaticSection({ findings }: ExaminedAutomatic): Section {
  return { title: "archiving by itself", place: "", findings };
}

function machineSection(findings: readonly Finding[]): Section {
  return { title: "this machine", place: "", findings };
}

/** All at once; each is shown when those before it have been. */
async function backendSections(
  call: Call,
  config: Config,
  telling: Telling,
): Promise<ExaminedBackend[]> {
  const { signal, timeoutMs, terminal: { env }, report } = call;
  const examined: ExaminedBackend[] = [];
  try {
    for (const one of await examineBackends(config, call.backend, { env, timeoutMs, signal })) {
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
  const agents = await knownAgents(terminal);
  return await Promise.all(agents.map((agent) => examineAgent(agent, signal)));
}

async function machineFindings(call: Call, config: Config): Promise<readonly Finding[]> {
  const folders = [...config.backends.values()].flatMap((one) =>
    one.type === "file" ? [one.path] : []
  );
  return await examineMachine(stateOf(call, config), folders);
}

/** How archiving by itself stands, and the same for people. */
type ExaminedAutomatic = Standing & { readonly findings: readonly Finding[] };

async function examineAutomatic(call: Call, config: Config): Promise<ExaminedAutomatic> {
  const { path } = config;
  const standing = await standingOf(call, { config, path, state: stateOf(call, config) });
  return { ...standing, findings: standingFindings(call, standing, Date.now()) };
}

function stateOf({ terminal: { env, platform } }: Call, { path: configPath }: Config): string {
  return statePath({ env, platform, configPath });
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
  readonly hooks: readonly Finding[];
  readonly automatic: ExaminedAutomatic;
  readonly machine: readonly Finding[];
  readonly verdict: { readonly problems: number; readonly hints: number };
}

function tellingOf({ report, terminal, signal }: Call): Telling {
  if (report.style.json) {
    return {
      section: () => Promise.resolve(),
      end: (all) => report.json({ ...asJson(all), ...(signal.aborted && { stopped: true }) }),
    };
  }
  const coloured = showsColours(terminal.stdout, terminal);
  return {
    section: (section) => report.print(`${sectionLines(section, coloured).join("\n")}\n\n`),
    end: ({ verdict }) =>
      report.print(`${signal.aborted ? "stopped before its end" : verdictText(verdict)}\n`),
  };
}

function asJson({ config, backends, agents, hooks, automatic, machine, verdict }: Findings) {
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
    hooks: hooks.map(findingJson),
    automatic: { ...automatic, findings: automatic.findings.map(findingJson) },
    machine: machine.map(findingJson),
    ...verdict,
  };
}
