/**
 * A process that writes into a folder until it is killed; `file_test.ts` starts and kills it.
 *
 * `write_loop.ts FOLDER half`: begins one write, prints `half` in the middle of it, and hangs.
 * `write_loop.ts FOLDER loop`: overwrites five keys in turn, printing a line after each.
 *
 * @module
 */
import { FileBackend } from "../../backends/file.ts";
import type { RangedBody } from "../../core/backend.ts";

const [path, task] = process.argv.slice(2);
const backend = new FileBackend({ path });

if (task === "half") {
  await backend.put("project/half.json", halfBody());
} else {
  for (let version = 0;; version = (version + 1) % 251) {
    const bytes = new Uint8Array(300_000 + version * 1000).fill(version);
    await backend.put(`loop/${version % 5}.json`, bytes);
    process.stdout.write(`${version}\n`);
  }
}

function halfBody(): RangedBody {
  return {
    size: 20_000_000,
    sha256: "0".repeat(64),
    read(start, end) {
      if (start === 0) return Promise.resolve(new Uint8Array(end));
      process.stdout.write("half\n");
      setInterval(() => process.stdout.write("still here\n"), 1000); // keeps the process alive
      return new Promise(() => {});
    },
  };
}
