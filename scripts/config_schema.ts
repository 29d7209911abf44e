/**
 * Writes `docs/config.schema.json`, which editors check configurations by. Run it after every change
 * of the schema in `adapters/config/`; a test compares.
 *
 * @module
 */
import { writeFile } from "node:fs/promises";
import { configJsonSchema } from "../adapters/config/json_schema.ts";

await writeFile(new URL("../docs/config.schema.json", import.meta.url), configJsonSchema());
