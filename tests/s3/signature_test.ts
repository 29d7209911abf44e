/**
 * The fake checks signatures as AWS does.
 *
 * @module
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HeadBucketCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { unframe } from "./aws_chunked.ts";
import { FAKE_CREDENTIALS } from "./fake.ts";
import { chunkCheck, signingKey } from "./signature.ts";
import { Bucket, clientOf, failure, refusalOf, text, visit } from "./visit.ts";

describe("a signature", () => {
  it("passes with odd keys, queries and header values", () =>
    visit({}, async ({ client, s3 }) => {
      const Key = "a//b/../c d+e%2F(é)*'!~.json";
      const Metadata = { spaces: "a   b  c" };
      await client.send(new PutObjectCommand({ Bucket, Key, Body: "1", Metadata }));
      const Prefix = "a//b/../c d+e%2F(é)*'!~";
      const listed = await client.send(
        new ListObjectsV2Command({ Bucket, Prefix, Delimiter: "&=?/" }),
      );
      assert.deepEqual(listed.Contents?.map((object) => object.Key), [Key]);
      assert.deepEqual([...s3.objects().keys()], [Key]);
    }));

  for (
    const [what, credentials, refusal] of [
      ["another secret", { secretAccessKey: "other" }, "SignatureDoesNotMatch 403"],
      ["an unknown key", { accessKeyId: "AKIAOTHER" }, "InvalidAccessKeyId 403"],
      ["a token that nobody gave", { sessionToken: "made-up" }, "InvalidToken 400"],
    ] as const
  ) {
    it(`is refused with ${what}`, () =>
      visit({}, async ({ s3 }) => {
        const client = clientOf(s3, { credentials: { ...FAKE_CREDENTIALS, ...credentials } });
        const put = client.send(new PutObjectCommand({ Bucket, Key: "a", Body: "1" }));
        assert.equal(await refusalOf(put), refusal);
        assert.equal(s3.objects().size, 0);
        client.destroy();
      }));
  }

  it("needs the session token of temporary keys", () =>
    visit(
      { credentials: { ...FAKE_CREDENTIALS, sessionToken: "right" } },
      async ({ s3, client }) => {
        await client.send(new HeadBucketCommand({ Bucket }));
        for (const sessionToken of ["wrong", undefined]) {
          const other = clientOf(s3, { credentials: { ...FAKE_CREDENTIALS, sessionToken } });
          const list = other.send(new ListObjectsV2Command({ Bucket }));
          assert.equal(await refusalOf(list), "InvalidToken 400");
          other.destroy();
        }
      },
    ));

  it("for another region is refused, and the right one is told", () =>
    visit({ region: "eu-west-3" }, async ({ s3 }) => {
      const client = clientOf(s3, { region: "us-east-1" });
      const { name, status, error } = await failure(
        client.send(new ListObjectsV2Command({ Bucket })),
      );
      assert.equal(`${name} ${status}`, "AuthorizationHeaderMalformed 400");
      assert.equal((error as { Region?: string }).Region, "eu-west-3");
      const { status: ofHead } = await failure(client.send(new HeadBucketCommand({ Bucket })));
      assert.equal(ofHead, 301);
      client.destroy();
    }));

  it("of another time is refused, and the server's time is told", () =>
    visit({}, async ({ s3 }) => {
      for (
        const [offset, passes] of [[-14, true], [14, true], [-16, false], [16, false]] as const
      ) {
        const client = clientOf(s3, { systemClockOffset: offset * 60_000 });
        const call = client.send(new HeadBucketCommand({ Bucket })).then(() => true, () => false);
        assert.equal(await call, passes, `${offset} minutes`);
        client.destroy();
      }
    }));

  it("is missing: access denied", () =>
    visit({}, async ({ s3 }) => {
      const reply = await fetch(`${s3.endpoint}/archives?list-type=2`);
      assert.equal(reply.status, 403);
      assert.match(await reply.text(), /<Code>AccessDenied<\/Code>/);
    }));

  it("covers the body", () =>
    visit({}, async ({ s3, client }) => {
      client.middlewareStack.add((next) => (args) => {
        Object.assign(args.request as object, { body: text("2") });
        return next(args);
      }, { step: "finalizeRequest", priority: "low" });
      const put = client.send(new PutObjectCommand({ Bucket, Key: "a", Body: "1" }));
      assert.equal(await refusalOf(put), "XAmzContentSHA256Mismatch 400");
      assert.equal(s3.objects().size, 0);
    }));

  for (
    const [what, change, refusal] of [
      ["path", { path: "/archives/b" }, "SignatureDoesNotMatch 403"],
      ["query", { query: { tagging: "" } }, "SignatureDoesNotMatch 403"],
    ] as const
  ) {
    it(`covers the ${what}`, () =>
      visit({}, async ({ client }) => {
        client.middlewareStack.add((next) => (args) => {
          Object.assign(args.request as object, change);
          return next(args);
        }, { step: "finalizeRequest", priority: "low" });
        const put = client.send(new PutObjectCommand({ Bucket, Key: "a", Body: "1" }));
        assert.equal(await refusalOf(put), refusal);
      }));
  }

  it("has to cover every x-amz- header", () =>
    visit({}, async ({ client }) => {
      client.middlewareStack.add((next) => (args) => {
        const { headers } = args.request as { headers: Record<string, string> };
        headers["x-amz-meta-late"] = "1";
        return next(args);
      }, { step: "finalizeRequest", priority: "low" });
      const put = client.send(new PutObjectCommand({ Bucket, Key: "a", Body: "1" }));
      assert.equal(await refusalOf(put), "AccessDenied 403");
    }));
});

describe("signed chunks", () => {
  // The example of AWS's own page on chunked uploads: 66,560 letters a, in chunks of 64 KiB.
  const SIGNATURES = [
    "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
    "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
    "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
  ];
  const SCOPE = { date: "20130524", region: "us-east-1", service: "s3" };
  const check = () =>
    chunkCheck(
      signingKey("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", SCOPE),
      "20130524T000000Z",
      "20130524/us-east-1/s3/aws4_request",
      "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    );
  const framed = (letter: string) =>
    [65_536, 1_024, 0].map((size, i) =>
      `${size.toString(16)};chunk-signature=${SIGNATURES[i]}\r\n${letter.repeat(size)}\r\n`
    ).join("");

  it("pass when they are AWS's own", () => {
    const { bytes } = unframe(text(framed("a")), check());
    assert.deepEqual(bytes, text("a".repeat(66_560)));
  });

  it("are refused when a byte is another", () => {
    assert.throws(() => unframe(text(framed("b")), check()), { code: "SignatureDoesNotMatch" });
  });
});

describe("the framing aws-chunked", () => {
  it("is taken away, and its trailers are read", () => {
    const framed = text("3\r\nabc\r\n2\r\nde\r\n0\r\nx-amz-checksum-crc32: abc==\r\n\r\n");
    const { bytes, trailers } = unframe(framed);
    assert.deepEqual(bytes, text("abcde"));
    assert.deepEqual(trailers, { "x-amz-checksum-crc32": "abc==" });
  });

  for (const broken of ["", "3\r\nab", "3\r\nabcd\r\n0\r\n\r\n", "x\r\n", "3\r\nabc\r\n"]) {
    it(`is refused when it is ${JSON.stringify(broken)}`, () => {
      assert.throws(() => unframe(text(broken)), { code: "IncompleteBody" });
    });
  }
});

describe("GetCallerIdentity", () => {
  const body = "Action=GetCallerIdentity&Version=2011-06-15";
  const form = { "content-type": "application/x-www-form-urlencoded" };

  it("tells who signed", () =>
    visit({}, async ({ s3, client }) => {
      const { host, hostname, port } = new URL(s3.endpoint);
      const request = {
        method: "POST",
        protocol: "http:",
        hostname,
        port: Number(port),
        path: "/",
        query: {},
        headers: { ...form, host },
        body,
      };
      const signer = await client.config.signer();
      const options = { signingService: "sts", signingRegion: s3.region };
      const { headers } = await signer.sign(request, options);
      const reply = await fetch(s3.endpoint, { method: "POST", headers, body });
      assert.match(await reply.text(), /<Arn>arn:aws:iam::\d{12}:user\/fake<\/Arn>/);
      assert.equal(reply.status, 200);
      assert.equal(s3.requests[0].operation, "GetCallerIdentity");
    }));

  it("refuses who did not sign, in the words of the token service", () =>
    visit({}, async ({ s3 }) => {
      const reply = await fetch(s3.endpoint, { method: "POST", headers: form, body });
      assert.equal(reply.status, 403);
      assert.match(await reply.text(), /<ErrorResponse.*<Code>MissingAuthenticationToken</s);
    }));
});
