/**
 * The agent in memory.
 *
 * @module
 */
import { MemoryAgent } from "../../core/memory_agent.ts";
import { testAgent } from "../agents/contract.ts";

const agents = new Map<string, MemoryAgent>();

/** The agent of a home. */
function agentIn(home: string): MemoryAgent {
  const agent = agents.get(home) ?? new MemoryAgent();
  agents.set(home, agent);
  return agent;
}

testAgent({
  name: "memory",
  untold: ["thought", "tool", "model", "tokens"],
  open: agentIn,
  write(home, { projectPath, prompt, answer }) {
    agentIn(home).set({
      id: "one",
      projectPath,
      createdAt: "2026-01-31T12:00:00.000Z",
      title: prompt,
      messages: [
        { id: "m1", role: "user", text: prompt },
        { id: "m2", role: "assistant", text: answer },
      ],
    });
    return Promise.resolve({ id: "one" });
  },
  addUnknown(home, { id }, text) {
    const session = agentIn(home).get(id)!;
    const message = { id: "m3", role: "user", text: "", [text]: text } as const;
    agentIn(home).set({ ...session, messages: [...session.messages, message] });
    return Promise.resolve();
  },
  remove: (home, { id }) => Promise.resolve(agentIn(home).remove(id)),
});
