/**
 * The JSON Schema for editors, made of the schema that files are checked by.
 *
 * @module
 */
import { z } from "zod";
import { configSchema } from "./schema.ts";

/** A schema, or a part of one. */
type JsonSchema = Record<string, unknown>;

/** What restricts a text; a variable stands for any. */
const RESTRICTIONS = ["pattern", "enum", "minLength", "maxLength"] as const;

/**
 * Makes the JSON Schema of a configuration file, as text with a line feed at its end.
 */
export function configJsonSchema(): string {
  const schema = z.toJSONSchema(configSchema, {
    io: "input",
    override: ({ jsonSchema, path }) => {
      if (!path.includes("propertyNames")) allowVariables(jsonSchema as JsonSchema);
    },
  });
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/** Editors see `${VAR}` itself. */
function allowVariables(schema: JsonSchema): void {
  if (schema.type !== "string") return;
  const restricted = RESTRICTIONS.filter((key) => key in schema);
  if (restricted.length === 0) return;
  const restriction = Object.fromEntries(restricted.map((key) => [key, schema[key]]));
  for (const key of restricted) delete schema[key];
  schema.anyOf = [restriction, { pattern: "\\$\\{" }];
}
