/**
 * Lives of the real OpenCode that end in the middle of turns, and what must be archived after them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { Chance } from "../faults/seed.ts";
import type { Tally } from "../faults/tally.ts";
import { editDatabase } from "../fixtures/opencode_edits.ts";
import { archiveIn } from "./archive_command.ts";
import type { Reply } from "./fake_model.ts";
import { killAllIn, processesIn } from "./home_processes.ts";
import type { ArchivedDocument, PluginHome } from "./plugin_home.ts";
import { type OpenCodeHome, type OpenCodeServer, RUN_MS } from "./real_opencode.ts";

/** About how long a turn takes, in milliseconds. */
const TURN_MS = 1_500;
/** When a life ends at the latest after a turn has begun, in milliseconds. */
const LONGEST_MS = TURN_MS + 500;
/** The project whose sessions the rules keep at home. */
const PRIVATE = "private";
const PROJECTS = ["work", "notes", PRIVATE] as const;
/** Every which life takes the process that archives with it. */
const WITH_RELAY = 3;

/** What is said, and what the model does then: talk, use a tool, have another agent talk. */
const TURNS = {
  "talk to me": { text: "one two three four five six seven eight nine ten", lastsMs: TURN_MS },
  "use a tool": {
    tool: "bash",
    input: { command: `sleep ${TURN_MS / 2_000}; echo done`, description: "Wait" },
  },
  "ask another": {
    tool: "task",
    input: { description: "Look", prompt: "talk to me", subagent_type: "general" },
  },
} as const satisfies Readonly<Record<string, Reply>>;

/** How often each is said. Every session costs a start of OpenCode in the end, to be compared. */
const OFTEN = { "talk to me": 4, "use a tool": 3, "ask another": 1 } as const;

function isKnown(prompt: string): prompt is keyof typeof TURNS {
  return prompt in TURNS;
}

/** A model that takes its time, and counts how often it was asked. */
export class SlowModel {
  /** How often it was asked. */
  asked = 0;

  /** What it does with a prompt. */
  readonly reply = (prompt: string): Reply => {
    this.asked++;
    return isKnown(prompt) ? TURNS[prompt] : TURNS["talk to me"];
  };
}

/**
 * What a configuration says beside its backends.
 *
 * @param home Whose.
 */
export function rulesIn({ folder }: OpenCodeHome): string {
  return `rules:
  - match: ${folder}/projects/${PRIVATE}/**
    archive: false
archive:
  minInterval: 1s
`;
}

/** What lives are made of. */
export interface LivesParts {
  readonly where: PluginHome;
  readonly model: SlowModel;
  readonly chance: Chance;
  readonly tally: Tally;
  /**
   * Finds the archived document of a session.
   *
   * @param session Its id.
   */
  document(session: string): Promise<ArchivedDocument | undefined>;
  /** What else goes wrong, while a turn is under way. */
  trouble?(): Promise<void>;
}

/** A session, as OpenCode's database has it. */
interface Row {
  readonly id: string;
  readonly directory: string;
}

/** OpenCode's lives in one home. */
export class ShortLives {
  readonly #parts: LivesParts;
  /** The sessions that were begun, by project. */
  readonly #begun = new Map<string, string[]>();

  /** @param parts What they are made of. */
  constructor(parts: LivesParts) {
    this.#parts = parts;
  }

  /**
   * OpenCode lives and dies.
   *
   * @param kills How often it is killed.
   */
  async play(kills: number): Promise<void> {
    // What is older than the installation is for an explicit run.
    await this.liveToTheEnd();
    for (let life = 1; life <= kills; life++) {
      await this.#live();
      if (life % WITH_RELAY === 0) await this.#killRelay();
    }
  }

  /** A life with one turn, which ends as it should. */
  async liveToTheEnd(): Promise<void> {
    const server = await this.#serve(false);
    try {
      await this.#talk(server, "work");
    } finally {
      await server.close();
    }
  }

  /**
   * Waits until all that OpenCode has is archived as it is, and nothing that is private.
   *
   * @param ms How long that may take.
   */
  async allArchived(ms: number): Promise<void> {
    const { where, document, tally } = this.#parts;
    const secret = await where.project(PRIVATE);
    for (const { id, directory } of await this.#rows()) {
      if (directory === secret) {
        assert.equal(await document(id), undefined, `${id} is private`);
        continue;
      }
      const exported = await where.export(id) as ArchivedDocument["native"];
      await where.until(`${id} is archived as it is`, async () => {
        const { info, messages } = (await document(id))?.native ?? {};
        return JSON.stringify({ info, messages }) === JSON.stringify(exported);
      }, ms);
      tally.hit("session archived as it is");
    }
    await where.until("nothing waits", async () => await where.waiting() === 0, ms);
    const { code, stdout, stderr } = await archiveIn(where)("verify", "--all");
    assert.equal(code, 0, stdout + stderr);
  }

  /** A life that ends while two sessions have a turn. */
  async #live(): Promise<void> {
    const { where, model, chance, tally, trouble } = this.#parts;
    const server = await this.#serve(true);
    try {
      const before = model.asked;
      const turns = [
        this.#talk(server, chance.oneOf(["work", "notes"])),
        this.#talk(server, chance.oneOf(PROJECTS)),
      ].map((turn) => turn.then(() => "ended", howItFailed));
      await where.until("a turn is under way", () => model.asked > before, RUN_MS);
      await trouble?.();
      await delay(chance.below(LONGEST_MS));
      await server.close("SIGKILL");
      tally.hit("OpenCode killed");
      for (const end of await Promise.all(turns)) {
        assert.match(end, /^(ended|cut off)$/);
        tally.hit(`turn ${end}`);
      }
    } finally {
      await server.close("SIGKILL");
    }
  }

  async #serve(ownGroup: boolean): Promise<OpenCodeServer> {
    const { where } = this.#parts;
    return await where.serve(await where.project("work"), { ownGroup });
  }

  /** Says something in a session of a project, old or new. */
  async #talk(server: OpenCodeServer, name: string): Promise<void> {
    const { where, chance } = this.#parts;
    const prompt = chance.weighed(OFTEN);
    const known = this.#begun.get(name) ?? [];
    const isNew = known.length === 0 || chance.hits(0.15);
    const before = isNew ? undefined : chance.oneOf(known);
    const project = await where.project(name);
    const session = before ?? await server.create(project);
    this.#begun.set(name, [...new Set([...known, session])]);
    await server.prompt(project, session, prompt);
  }

  async #killRelay(): Promise<void> {
    const { where, tally } = this.#parts;
    if ((await processesIn(where.state)).length > 0) tally.hit("relay killed");
    await killAllIn(where.state);
  }

  async #rows(): Promise<readonly Row[]> {
    const { database } = this.#parts.where;
    const rows = await editDatabase(
      database,
      (open) => open.prepare("SELECT id, directory FROM session ORDER BY id").all(),
    );
    return rows.map(({ id, directory }) => ({ id: String(id), directory: String(directory) }));
  }
}

/** OpenCode's own word is one of a fault; none comes from one that was killed. */
function howItFailed(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  return /^POST .*: \d{3} /.test(said) ? said : "cut off";
}
