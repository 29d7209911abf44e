/**
 * Each scripted fault does what it says.
 *
 * @module
 */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { describe, it } from "node:test";
import {
  GetObjectCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { until } from "../until.ts";
import { Bucket, clientOf, failure, refusalOf, text, type Visit, visit } from "./visit.ts";

const put = ({ client }: Visit, Key = "a") =>
  client.send(new PutObjectCommand({ Bucket, Key, Body: "1" }));

async function get({ client }: Visit, signal?: AbortSignal): Promise<string | undefined> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: "a" }), {
    abortSignal: signal,
  });
  return await Body?.transformToString();
}

/** Whether a call is still under way after a while. */
async function hangs(call: Promise<unknown>, ms = 150): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => timer = setTimeout(() => resolve(true), ms));
  const done = call.then(() => false, () => false);
  return await Promise.race([done, late]).finally(() => clearTimeout(timer));
}

/** How the server ends a connection on which something is asked of it. */
async function endOf(endpoint: string): Promise<string | undefined> {
  const socket = connect(Number(new URL(endpoint).port), "127.0.0.1");
  const ended = new Promise<string | undefined>((resolve) => {
    socket.on("data", () => {});
    socket.on("end", () => resolve("end"));
    socket.on("error", (error: Error & { code?: string }) => resolve(error.code));
  });
  socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  return await ended.finally(() => socket.destroy());
}

describe("the fault", () => {
  it("hang takes the request and never answers", () =>
    visit({}, async (there) => {
      there.s3.fault({ on: "PutObject", do: "hang" });
      const call = put(there).catch(() => "ended");
      await until("the request is there", () => there.s3.requests[0]?.bytes === 1);
      assert.ok(await hangs(call));
      assert.equal(there.s3.objects().size, 0);
      await there.s3.stop();
      assert.equal(await call, "ended");
    }));

  it("doWhen does what was asked later, and never answers", () =>
    visit({}, async (there) => {
      let release = () => {};
      const doWhen = new Promise<void>((resolve) => release = resolve);
      there.s3.fault({ on: "PutObject", do: { doWhen }, times: 1 });
      const call = put(there).catch(() => "ended");
      assert.ok(await hangs(call));
      assert.equal(there.s3.objects().size, 0);
      release();
      await until("it is done", () => there.s3.objects().size === 1);
      assert.ok(await hangs(call));
      await there.s3.stop();
      assert.equal(await call, "ended");
    }));

  it("hangMidBody begins an answer and does not end it", () =>
    visit({}, async (there) => {
      there.s3.put(Bucket, "a", text("0123456789"));
      there.s3.fault({ do: "hangMidBody" });
      const got = await there.client.send(new GetObjectCommand({ Bucket, Key: "a" }));
      assert.equal(got.ContentLength, 10);
      const body = got.Body?.transformToString().catch(() => "ended") ?? Promise.resolve("none");
      assert.ok(await hangs(body));
      const stored = put(there).catch(() => "ended");
      assert.ok(await hangs(stored));
      assert.deepEqual(there.s3.objects().get("a")?.bytes, text("1"));
      await there.s3.stop();
      assert.deepEqual(await Promise.all([body, stored]), ["ended", "ended"]);
    }));

  for (const [action, status] of [["html", 200], [{ html: 502 }, 502]] as const) {
    it(`html answers a page with status ${status}`, () =>
      visit({}, async (there) => {
        there.s3.fault({ do: action });
        const reply = await fetch(there.s3.endpoint);
        assert.equal(reply.status, status);
        assert.match(reply.headers.get("content-type") ?? "", /^text\/html/);
        assert.match(await reply.text(), /^<!DOCTYPE html>/);
        await put(there).catch(() => {});
        assert.equal(there.s3.requests.length, 2);
        assert.equal(there.s3.objects().size, 0);
      }));
  }

  for (
    const [action, seen] of [
      [{ status: 500 }, "InternalError 500"],
      [{ status: 503 }, "SlowDown 503"],
      [{ status: 429 }, "TooManyRequests 429"],
      [{ status: 403 }, "AccessDenied 403"],
      [{ status: 400, code: "ExpiredToken" }, "ExpiredToken 400"],
    ] as const
  ) {
    it(`status answers ${seen}`, () =>
      visit({}, async (there) => {
        there.s3.fault({ do: { ...action, message: "because & so" } });
        assert.equal(await refusalOf(put(there)), seen);
        assert.equal((await failure(put(there))).message, "because & so");
        assert.equal(there.s3.objects().size, 0);
      }));
  }

  it("reset ends the connection before a reply, and nothing is done", () =>
    visit({}, async (there) => {
      there.s3.fault({ do: "reset", times: 1 });
      assert.equal((await failure(put(there))).status, undefined);
      assert.equal(there.s3.objects().size, 0);
      await put(there);
    }));

  it("loseReply ends the connection after the object is stored", () =>
    visit({}, async (there) => {
      there.s3.fault({ do: "loseReply", times: 1 });
      assert.equal((await failure(put(there))).status, undefined);
      assert.deepEqual(there.s3.objects().get("a")?.bytes, text("1"));
      assert.equal(there.s3.requests.length, 1);
    }));

  it("loseReply and a retried create end in a 412 over the client's own object", () =>
    visit({}, async ({ s3 }) => {
      const client = clientOf(s3, { maxAttempts: 3 });
      s3.fault({ on: "PutObject", do: "loseReply", times: 1 });
      const create = { Bucket, Key: "a", Body: "1", IfNoneMatch: "*" };
      assert.equal(
        await refusalOf(client.send(new PutObjectCommand(create))),
        "PreconditionFailed 412",
      );
      assert.deepEqual(s3.requests.map(({ operation }) => operation), ["PutObject", "PutObject"]);
      client.destroy();
    }));

  for (const how of ["fin", "rst"] as const) {
    it(`truncateBody with a ${how.toUpperCase()} ends a body early`, () =>
      visit({}, async (there) => {
        there.s3.put(Bucket, "a", new Uint8Array(100_000));
        there.s3.fault({ on: "GetObject", do: { truncateBody: how }, times: 1 });
        await failure(get(there));
        assert.equal((await get(there))?.length, 100_000);
      }));
  }

  it("truncateBody announces more bytes than come", () =>
    visit({}, async ({ s3 }) => {
      s3.fault({ do: "truncateBody" });
      const reply = await fetch(s3.endpoint);
      const announced = Number(reply.headers.get("content-length"));
      assert.ok(announced > 100);
      await assert.rejects(reply.arrayBuffer());
    }));

  for (
    const [action, ending] of [
      ["reset", "ECONNRESET"],
      ["loseReply", "end"],
      [{ truncateBody: "rst" }, "ECONNRESET"],
      [{ truncateBody: "fin" }, "end"],
    ] as const
  ) {
    it(`${JSON.stringify(action)} ends the connection with ${ending}`, () =>
      visit({}, async ({ s3 }) => {
        s3.fault({ do: action });
        assert.equal(await endOf(s3.endpoint), ending);
      }));
  }

  it("corruptBody changes one byte and not the length", () =>
    visit({}, async (there) => {
      there.s3.put(Bucket, "a", text("0000000000"));
      there.s3.fault({ on: "GetObject", do: "corruptBody", times: 1 });
      assert.equal(await get(there), "0000010000");
      assert.equal(await get(there), "0000000000");
    }));

  it("corruptBody is seen by a client that checks checksums", () =>
    visit({}, async ({ s3 }) => {
      const client = clientOf(s3, {
        requestChecksumCalculation: "WHEN_SUPPORTED",
        responseChecksumValidation: "WHEN_SUPPORTED",
      });
      await client.send(new PutObjectCommand({ Bucket, Key: "a", Body: "0000000000" }));
      s3.fault({ on: "GetObject", do: "corruptBody" });
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: "a" }));
      await assert.rejects(async () => await Body?.transformToString(), /Checksum mismatch/);
      client.destroy();
    }));

  it("clockSkewMs is refused, told by the Date header, and so corrected by the SDK", () =>
    visit({}, async ({ s3, client }) => {
      s3.fault({ do: { clockSkewMs: 3_600_000 } });
      assert.equal(
        await refusalOf(client.send(new ListObjectsV2Command({ Bucket }))),
        "RequestTimeTooSkewed 403",
      );
      const patient = clientOf(s3, { maxAttempts: 3 });
      const output = await patient.send(new ListObjectsV2Command({ Bucket }));
      assert.equal(output.$metadata.attempts, 2);
      const reply = await fetch(s3.endpoint);
      await reply.body?.cancel();
      const ahead = Date.parse(reply.headers.get("date") ?? "") - Date.now();
      assert.ok(Math.abs(ahead - 3_600_000) < 10_000, `${ahead}`);
      patient.destroy();
    }));

  it("truncatedListingWithoutToken says that there is more and not where", () =>
    visit({}, async ({ s3, client }) => {
      for (const key of ["a", "b", "c", "d"]) s3.put(Bucket, key, text(""));
      s3.fault({ do: "truncatedListingWithoutToken", times: 1 });
      await client.send(new HeadBucketCommand({ Bucket }));
      const page = await client.send(new ListObjectsV2Command({ Bucket }));
      assert.equal(page.IsTruncated, true);
      assert.equal(page.NextContinuationToken, undefined);
      assert.deepEqual(page.Contents?.map(({ Key }) => Key), ["a", "b"]);
      const whole = await client.send(new ListObjectsV2Command({ Bucket }));
      assert.equal(whole.Contents?.length, 4);
    }));

  it("waitFor holds the reply back until it is told to let go", () =>
    visit({}, async (there) => {
      let letGo = () => {};
      const waitFor = new Promise<void>((resolve) => letGo = resolve);
      there.s3.fault({ on: "PutObject", do: { waitFor } });
      const call = put(there);
      assert.ok(await hangs(call));
      assert.deepEqual(there.s3.objects().get("a")?.bytes, text("1"));
      letGo();
      await call;
    }));

  it("delayMs holds the reply back", () =>
    visit({}, async (there) => {
      there.s3.fault({ do: { delayMs: 60 }, times: 1 });
      const start = performance.now();
      await put(there);
      assert.ok(performance.now() - start >= 59);
    }));
});

describe("faults", () => {
  it("hit only what they are for: an operation, several, or what a function picks", () =>
    visit({}, async (there) => {
      there.s3.put(Bucket, "a", text("0"));
      there.s3.fault({ on: ["GetObject", "HeadObject"], do: { status: 500 } });
      there.s3.fault({ on: ({ key }) => key === "b", do: { status: 403 } });
      assert.equal(await refusalOf(get(there)), "InternalError 500");
      await put(there);
      assert.equal(await refusalOf(put(there, "b")), "AccessDenied 403");
    }));

  it("take turns in the order in which they were given, and end", () =>
    visit({}, async (there) => {
      there.s3.fault({ do: { status: 503 }, times: 2 });
      there.s3.fault({ do: { status: 500 }, times: 1 });
      const seen: string[] = [];
      for (let i = 0; i < 3; i++) seen.push(await refusalOf(put(there)));
      assert.deepEqual(seen, ["SlowDown 503", "SlowDown 503", "InternalError 500"]);
      await put(there);
    }));

  it("are over when the store recovers", () =>
    visit({}, async (there) => {
      there.s3.fault({ do: { status: 503 } });
      await failure(put(there));
      there.s3.recover();
      await put(there);
    }));

  it("are overcome by the SDK's own retries", () =>
    visit({}, async ({ s3 }) => {
      const client = clientOf(s3, { maxAttempts: 3 });
      s3.fault({ on: "PutObject", do: { status: 503 }, times: 1 });
      s3.fault({ on: "PutObject", do: "reset", times: 1 });
      await client.send(new PutObjectCommand({ Bucket, Key: "a", Body: "1" }));
      assert.equal(s3.requests.length, 3);
      client.destroy();
    }));
});
