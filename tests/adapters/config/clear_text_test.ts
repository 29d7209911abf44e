import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openBackends } from "../../../adapters/config/backends.ts";
import { clearTextWarnings, isReadableOnTheWay } from "../../../adapters/config/clear_text.ts";
import { read, withFolder, withS3 } from "./reading.ts";

describe("an endpoint without encryption", () => {
  it("is warned of when it stands in a profile or the environment", () =>
    withFolder(async (folder) => {
      const file = join(folder, "config");
      await writeFile(file, "[profile work]\nendpoint_url = http://s3.example.com\n");
      const env = { HOME: folder, AWS_CONFIG_FILE: file };
      const config = read(withS3("profile: work"));
      const [warning] = clearTextWarnings(await openBackends(config, { env }), config);
      assert.match(warning, /the endpoint of s is http:\/\/s3\.example\.com \(from .*profile/);
      const local = { HOME: folder, AWS_ENDPOINT_URL: "http://127.0.0.1:9000" };
      const here = read(withS3("region: us-east-1"));
      assert.deepEqual(clearTextWarnings(await openBackends(here, { env: local }), here), []);
    }));

  it("of a network of one's own is nobody else's business", () => {
    for (const host of ["localhost", "127.0.0.1", "10.1.2.3", "nas.local", "[::1]", "minio"]) {
      assert.equal(isReadableOnTheWay(`http://${host}:9000`), false, host);
    }
    for (const host of ["s3.example.com", "8.8.8.8", "172.32.0.1"]) {
      assert.equal(isReadableOnTheWay(`http://${host}`), true, host);
      assert.equal(isReadableOnTheWay(`https://${host}`), false, host);
    }
  });
});
