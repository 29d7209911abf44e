/**
 * Asks the person at this process's terminal.
 *
 * @module
 */
import type { Decision, Question } from "./question.ts";

/**
 * See {@linkcode Ask}. Standard output is for what was asked for, so questions go beside it.
 *
 * @param question What.
 * @param signal Ends the asking.
 */
export async function askPerson(
  question: Question,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { stdin: input, stderr: output, env } = process;
  // The prompt library draws, and never ends drawing on a terminal that is no columns wide.
  if (env.TERM === "dumb" || !output.columns) return await askPlainly(question, signal);
  const prompts = await import("@clack/prompts");
  const common = { message: question.message, input, output, signal };
  const answer = await drawn(question);
  return typeof answer === "string" ? answer : undefined;

  async function drawn(asked: Question): Promise<unknown> {
    switch (asked.kind) {
      case "choice":
        return await prompts.select<string>({
          ...common,
          options: asked.choices.map((choice) => ({ ...choice })),
          initialValue: asked.initial,
        });
      case "text":
        return await prompts.text({
          ...common,
          placeholder: asked.example,
          initialValue: asked.initial,
          validate: (answer = "") => asked.fault?.(answer.trim()),
        }) ?? "";
      case "secret":
        return await prompts.password({
          ...common,
          validate: (answer = "") => asked.fault?.(answer),
        }) ?? "";
      case "decision":
        return decision(await prompts.confirm({ ...common, initialValue: false }) === true);
    }
  }
}

/** What can be asked where everything that is typed is seen. */
type Plain = Exclude<Question, { readonly kind: "secret" }>;

/** Line by line, on a terminal that nothing can be drawn on. */
async function askPlainly(question: Question, signal: AbortSignal): Promise<string | undefined> {
  const { createInterface } = await import("node:readline/promises");
  const { stdin: input, stderr: output } = process;
  if (question.kind === "secret") {
    output.write(
      "This terminal cannot hide what is typed; put the secret into an environment variable.\n",
    );
    return undefined;
  }
  const lines = createInterface({ input, output, terminal: false });
  try {
    const ended = new Promise<undefined>((resolve) =>
      lines.once("close", () => resolve(undefined))
    );
    if (question.kind === "choice") {
      for (const [index, { label, hint }] of question.choices.entries()) {
        output.write(`  ${index + 1}  ${label}${hint ? ` (${hint})` : ""}\n`);
      }
    }
    for (;;) {
      const line = lines.question(prompt(question), { signal }).catch(() => undefined);
      const said = await Promise.race([line, ended]);
      if (said === undefined) return undefined;
      const read = readPlainly(question, said.trim());
      if ("answer" in read) return read.answer;
      output.write(`${read.fault}\n`);
    }
  } finally {
    lines.close();
  }
}

function decision(isYes: boolean): Decision {
  return isYes ? "yes" : "no";
}

function prompt(question: Plain): string {
  const initial = question.kind === "decision" ? "y/N" : question.initial;
  return `${question.message}${initial ? ` [${initial}]` : ""} `;
}

function readPlainly(
  question: Plain,
  said: string,
): { readonly answer: string } | { readonly fault: string } {
  if (question.kind === "decision") return { answer: decision(/^y(es)?$/i.test(said)) };
  const answer = said === "" ? question.initial ?? "" : said;
  if (question.kind === "text") {
    const fault = question.fault?.(answer);
    return fault === undefined ? { answer } : { fault };
  }
  const chosen = question.choices.find(({ value }) => value === answer) ??
    question.choices[Number(said) - 1];
  return chosen ? { answer: chosen.value } : { fault: `give 1 to ${question.choices.length}` };
}
