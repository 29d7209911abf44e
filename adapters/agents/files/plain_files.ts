/**
 * An agent's own files again, out of an archive, where another program looks for them.
 *
 * @module
 */
import type { AgentLayout, PlainFile } from "../../../core/plain/layout.ts";
import { eachFile } from "./each_file.ts";
import { firstAndRest } from "./first_line.ts";
import type { FileLayout } from "./format.ts";
import { fileBytes, pathIn } from "./native_file.ts";
import { areFiles, fileElements } from "./native_files.ts";

/**
 * Makes a layout whole.
 *
 * @param layout Where files lie in it.
 */
export function agentLayout(layout: FileLayout): AgentLayout {
  return { ...layout, files: (native) => plainFiles(native, layout) };
}

async function* plainFiles(
  native: AsyncIterable<string>,
  { placeOf }: FileLayout,
): AsyncGenerator<PlainFile> {
  const [first, lines] = await firstAndRest(native);
  if (!areFiles(first)) {
    const place = placeOf(pathIn(first));
    if (place) yield { ...place, chunks: fileBytes(lines) };
    return;
  }
  for await (const { path, chunks } of eachFile(fileElements(lines))) {
    const place = placeOf(path);
    if (place) yield { ...place, chunks };
    else for await (const _ of chunks);
  }
}
