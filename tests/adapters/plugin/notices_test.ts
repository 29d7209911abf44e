import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { Notices } from "../../../adapters/plugin/notices.ts";
import type { BackendStatus, Status } from "../../../adapters/state/status.ts";
import { fakeHost, statusFile } from "./fake_host.ts";

const STARTED = Date.parse("2026-01-02T00:00:00Z");
const BEFORE = "2026-01-01T00:00:00.000Z";
const AFTER = "2026-01-02T00:00:01.000Z";

function noticesIn(host = fakeHost()) {
  const notices = new Notices(() => [host], STARTED);
  const see = (props: Partial<Status>, stamp = "missing") => notices.see(statusFile(props), stamp);
  return { notices, see, host };
}

function failing(code: string, message: string): BackendStatus {
  return { identity: "s3:b", failing: true, lastFailure: { at: AFTER, code, message } };
}

describe("the user is told", () => {
  it("of the first success once, and where, and what else there is", () => {
    const { see, host } = noticesIn();
    const lastSuccess = { at: AFTER, session: "a", key: "p/2026-01-01/a.json" };
    const backends = { minio: { identity: "s3:b", failing: false, lastSuccess } };
    const props = { firstSuccess: AFTER, history: { sessions: 312 }, backends };
    see(props);
    see(props);
    assert.deepEqual(host.toasts, [
      "success: The first session is archived in minio, and all others will be by themselves. " +
      '312 sessions from before are not: "npx opencode-session-archiver run" in a terminal archives them.',
    ]);
    assert.equal(host.logged.length, 1);
  });

  it("nothing of history when there is none, and the named configuration where there is one", () => {
    const { see, host } = noticesIn(fakeHost({ configPath: "/c.yaml" }));
    see({ firstSuccess: AFTER, history: { sessions: 1 } });
    assert.match(
      host.toasts[0],
      /1 session from before is not: "npx opencode-session-archiver run --config \/c/,
    );
    const other = noticesIn();
    other.see({ firstSuccess: AFTER, history: { sessions: 0 } });
    assert.match(other.host.toasts[0], /by themselves\.$/);
  });

  it("nothing of a first success that was before this process", () => {
    const { see, host } = noticesIn();
    see({ firstSuccess: BEFORE });
    assert.deepEqual(host.toasts, []);
    assert.deepEqual(host.logged, []);
  });

  it("of each failure of a backend once, however its words differ", () => {
    const { see, host } = noticesIn();
    see({ waiting: 1, backends: { minio: failing("Timeout", "nothing answers after 1 s") } });
    see({ waiting: 2, backends: { minio: failing("Timeout", "nothing answers after 2 s") } });
    assert.deepEqual(host.toasts, [
      "error: Backend minio fails: nothing answers after 1 s. 1 session waits and will be tried " +
      'again; "npx opencode-session-archiver doctor" in a terminal checks it.',
    ]);
    see({ waiting: 2, backends: { minio: failing("Unauthorized", "the key is not known.") } });
    see({ waiting: 2, backends: { disk: failing("Timeout", "nothing answers") } });
    assert.equal(host.toasts.length, 3);
    assert.match(host.toasts[1], /minio fails: the key is not known\. 2 sessions wait/);
  });

  it("of a failure that comes back, when it was over and an hour has passed", () => {
    const { see, host } = noticesIn();
    const at = (hour: string) => `2026-01-02T${hour}:00.000Z`;
    const bad = { minio: failing("Unauthorized", "the key has expired") };
    const good = { minio: { ...bad.minio, failing: false } };
    see({ waiting: 1, backends: bad, updatedAt: at("01:00") });
    see({ waiting: 1, backends: bad, updatedAt: at("05:00") });
    assert.equal(host.toasts.length, 1, "it was never over");
    see({ waiting: 0, backends: good, updatedAt: at("05:10") });
    see({ waiting: 1, backends: bad, updatedAt: at("05:20") });
    assert.equal(host.toasts.length, 2, "it was, and long ago");
    see({ waiting: 0, backends: good, updatedAt: at("05:30") });
    see({ waiting: 1, backends: bad, updatedAt: at("05:40") });
    assert.equal(host.toasts.length, 2, "it flutters");
    assert.equal(host.logged.length, 2);
  });

  it("nothing of a backend that failed when nothing waits, or that works", () => {
    const { see, host } = noticesIn();
    const old = failing("Timeout", "nothing answers");
    see({ waiting: 0, backends: { minio: old } });
    see({ waiting: 3, backends: { minio: { ...old, failing: false } } });
    assert.deepEqual(host.toasts, []);
  });

  it("of sessions with which something is wrong, once for each kind of it", () => {
    const { see, host } = noticesIn();
    const last = { at: AFTER, session: "ses_1", code: "Invalid", message: "ses_1 is too large" };
    const stuck = { sessions: 1, last };
    see({ waiting: 4, stuck });
    see({ waiting: 4, stuck: { sessions: 2, last: { ...last, session: "ses_2" } } });
    assert.deepEqual(host.toasts, [
      "error: 1 session cannot be archived: ses_1 is too large. It waits and will be tried again.",
    ]);
    see({
      waiting: 4,
      stuck: { sessions: 3, last: { ...last, code: "Timeout", message: "locked" } },
    });
    assert.match(host.toasts[1], /3 sessions cannot be archived; the last: locked\. They wait and/);
    assert.equal(host.toasts.length, 2);
  });

  it("of sessions that are not tried again, once for each kind of reason", () => {
    const { see, host } = noticesIn();
    const one = { agent: "opencode", session: "ses_1", backend: "minio", since: AFTER };
    const list = [{ ...one, code: "Invalid", message: "it is too large" }];
    see({ waiting: 1, parked: { sessions: 1, list } });
    see({ waiting: 2, parked: { sessions: 2, list } });
    see({ waiting: 0, parked: { sessions: 1, list: [{ ...list[0], code: "Corrupt" }] } });
    see({ waiting: 1, parked: { sessions: 1, list: [] } });
    assert.deepEqual(host.toasts, [
      "error: 1 session cannot be archived, on minio: it is too large. It is not tried again before " +
      'something changes; "npx opencode-session-archiver run --session ses_1" in a terminal tries ' +
      "it now.",
    ]);
  });

  it("of each problem of the configuration once, unless it has changed since", () => {
    const { see, host } = noticesIn();
    const { config } = statusFile();
    const wrong = { ...config, problem: "/c.yaml: rules[0].match is 7" };
    see({ config: wrong }, "changed");
    assert.deepEqual(host.toasts, []);
    see({ config: wrong });
    see({ config: wrong });
    assert.deepEqual(host.toasts, [
      "error: Sessions wait and are not archived: /c.yaml: rules[0].match is 7. They are archived " +
      "by themselves once that is corrected.",
    ]);
    see({ config: { ...config, problem: "/c.yaml: bucket is missing" } });
    assert.equal(host.toasts.length, 2);
  });

  it("nothing of backends that the configuration names no longer, as far as anybody knows", () => {
    const { see, host } = noticesIn();
    const { config } = statusFile();
    const one = { agent: "opencode", session: "ses_1", backend: "minio", since: AFTER };
    const said = {
      waiting: 1,
      backends: { minio: failing("Timeout", "nothing answers") },
      parked: { sessions: 1, list: [{ ...one, code: "Invalid", message: "it is too large" }] },
    };
    see(said, "changed");
    assert.deepEqual(host.toasts, []);
    see({ ...said, config: { ...config, problem: "/c.yaml: is empty" } });
    assert.equal(host.toasts.length, 1);
    assert.match(host.toasts[0], /is empty/);
    see(said);
    assert.equal(host.toasts.length, 3, "the relay says it of this configuration");
  });

  it("in the log as well as by a toast", () => {
    const { notices, host } = noticesIn();
    notices.failed("It cannot be written", new Error("the disk is full"));
    assert.deepEqual(host.logged, ["error: It cannot be written: the disk is full."]);
    assert.deepEqual(host.toasts, host.logged);
  });
});
