/**
 * What OpenCode is told of a tool's arguments, which it turns into JSON Schema for models.
 *
 * They must look like schemas of zod 4: of plain JSON Schemas OpenCode says that every argument is
 * required. Importing zod itself would take 30 to 40 ms of OpenCode's start.
 *
 * @module
 */

/** What a schema says in JSON Schema. */
export interface JsonSchema {
  readonly type: "string" | "integer" | "boolean";
  readonly description: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
}

/** As much of a zod 4 schema as OpenCode asks for. */
export interface HostSchema {
  readonly _zod: {
    readonly def: { readonly type: "string" | "number" | "boolean" };
    readonly traits: ReadonlySet<string>;
    readonly optin?: "optional";
    readonly optout?: "optional";
    toJSONSchema(): JsonSchema;
    run<Payload>(payload: Payload): Payload;
  };
  readonly description: string;
}

/**
 * Makes the schema of an argument.
 *
 * @param json What models are told of it.
 * @param isRequired Whether it must be given.
 */
export function hostSchema(json: JsonSchema, isRequired: boolean): HostSchema {
  return {
    _zod: {
      def: { type: json.type === "integer" ? "number" : json.type },
      traits: new Set(["$ZodType"]),
      ...(!isRequired && { optin: "optional", optout: "optional" }),
      toJSONSchema: () => ({ ...json }),
      run: (payload) => payload,
    },
    description: json.description,
  };
}
