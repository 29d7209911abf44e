import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import { complaints, FILE, read, refusal, withDisk, withS3 } from "./reading.ts";

describe("a configuration", () => {
  it("is read as the design has it", () => {
    const config = read(
      `
backends:
  default:
    type: s3
    bucket: my-opencode-archives
    profile: my-aws-profile
  minio:
    type: s3
    bucket: opencode
    prefix: \${HOSTNAME}
    endpoint: http://localhost:9000
    forcePathStyle: true
    credentials:
      accessKeyId: minioadmin
      secretAccessKey: \${MINIO_SECRET}
  disk:
    type: file
    path: ~/archives
rules:
  - match: ["~/work/**", "/srv/clients/**"]
    backend: [minio, disk]
  - match: ~/private/**
    archive: false
default: default
archive:
  auto: true
  history: false
  minInterval: 10s
  waitOnExit: 4s
  compress: none
`,
      { env: { HOME: "/home/me", MINIO_SECRET: "hunter2" } },
    );
    assert.deepEqual({ ...config, backends: [...config.backends] }, {
      path: FILE,
      exists: true,
      backends: [
        ["default", { type: "s3", bucket: "my-opencode-archives", profile: "my-aws-profile" }],
        ["minio", {
          type: "s3",
          bucket: "opencode",
          prefix: "box",
          endpoint: "http://localhost:9000",
          forcePathStyle: true,
          credentials: { accessKeyId: "minioadmin", secretAccessKey: "hunter2" },
        }],
        ["disk", { type: "file", path: "/home/me/archives" }],
      ],
      rules: [
        {
          patterns: [
            { written: "~/work/**", globs: ["/home/me/work/**"] },
            { written: "/srv/clients/**", globs: ["/srv/clients/**"] },
          ],
          backends: ["minio", "disk"],
        },
        {
          patterns: [{ written: "~/private/**", globs: ["/home/me/private/**"] }],
          backends: [],
        },
      ],
      default: ["default"],
      archive: {
        auto: true,
        history: false,
        minIntervalMs: 10_000,
        waitOnExitMs: 4_000,
        compress: "none",
      },
      agentsOff: [],
      layouts: {},
      warnings: [],
    });
  });

  it("takes every option of S3", () => {
    const options = {
      bucket: "my.bucket_1",
      region: "eu-central-1",
      prefix: "team/laptop",
      endpoint: "https://s3.example.com:8443/storage/v1",
      forcePathStyle: false,
      credentials: { accessKeyId: "AK", secretAccessKey: "SK/+=", sessionToken: "ST" },
      storageClass: "STANDARD_IA",
      serverSideEncryption: "aws:kms" as const,
      kmsKeyId: "arn:aws:kms:eu-central-1:123456789012:key/1-2",
      tags: { team: "größer", "a b": "" },
      incremental: "always" as const,
      provider: "minio" as const,
      quirks: {
        createOnly: true,
        ifMatch: false,
        checksums: "always" as const,
        listVersion: 1 as const,
        urlEncodedListing: false,
        partsAtOnce: 2,
        copy: true,
        copyParts: false,
        copyConditions: false,
        equalParts: true,
        metadata: true,
        tags: false,
      },
    };
    const text = JSON.stringify({ backends: { s: { type: "s3", ...options } } });
    assert.deepEqual(read(text).backends.get("s"), { type: "s3", ...options });
  });

  it("brings addresses and prefixes into one form", () => {
    const settings = (keys: string) => read(withS3(keys)).backends.get("s");
    const plain = { type: "s3", bucket: "my-bucket" };
    assert.deepEqual(settings("prefix: //a//b/"), { ...plain, prefix: "a/b" });
    assert.deepEqual(settings("prefix: /"), { ...plain, prefix: undefined });
    assert.deepEqual(settings("endpoint: 'HTTPS://S3.Example.com:443/'"), {
      ...plain,
      endpoint: "https://s3.example.com",
    });
    assert.deepEqual(settings("endpoint: 'https://x.example.com/storage/v1/s3/'"), {
      ...plain,
      endpoint: "https://x.example.com/storage/v1/s3",
    });
  });

  it("keeps the file's order of backends", () => {
    const names = ["z", "b1", "a", "constructor", "1a"];
    const backends = names.map((name) => `  ${name}: {type: file, path: /${name}}`).join("\n");
    assert.deepEqual([...read(`backends:\n${backends}\ndefault: a\n`).backends.keys()], names);
  });

  it("reads durations in every unit", () => {
    const archive = (text: string) => read(withDisk(`archive: {${text}}`)).archive;
    for (const [text, ms] of [["0s", 0], ["500ms", 500], ["2m", 120_000], ["1h", 3_600_000]]) {
      assert.equal(archive(`minInterval: ${text}`).minIntervalMs, ms);
    }
    assert.equal(archive("waitOnExit: 1m").waitOnExitMs, 60_000);
  });

  it("needs no default when one backend is called so or stands alone", () => {
    const two = (more: string) =>
      read(`backends: {a: {type: file, path: /a}, default: {type: file, path: /b}}\n${more}`);
    assert.deepEqual(two("").default, ["default"]);
    assert.deepEqual(two("default: a").default, ["a"]);
    assert.deepEqual(two("default: [a, default]").default, ["a", "default"]);
    assert.deepEqual(read(withDisk("")).default, ["disk"]);
  });

  it("may say archive: true beside a backend, and have no rules", () => {
    const { rules } = read(withDisk("rules: [{match: /a, archive: true, backend: disk}]"));
    assert.deepEqual(rules[0].backends, ["disk"]);
    assert.deepEqual(read(withDisk("rules: []")).rules, []);
    assert.deepEqual(read(withDisk("archive: {}")).archive.minIntervalMs, 10_000);
  });

  it("may share parts by anchors", () => {
    const { backends } = read(
      "backends:\n  a: &a {type: s3, bucket: bbb}\n  default: {<<: *a, prefix: x}\n",
    );
    assert.deepEqual(backends.get("default"), { type: "s3", bucket: "bbb", prefix: "x" });
  });

  it("does not show its secrets when it is shown itself", () => {
    const { backends } = read(
      withS3("credentials: {accessKeyId: AK, secretAccessKey: hunter2}"),
    );
    const backend = backends.get("s");
    assert.ok(backend?.type === "s3" && backend.credentials?.secretAccessKey === "hunter2");
    assert.ok(!inspect(backends, { depth: 9 }).includes("hunter2"));
    assert.ok(!JSON.stringify([...backends]).includes("hunter2"));
    assert.deepEqual({ ...backend.credentials }, { accessKeyId: "AK", secretAccessKey: "hunter2" });
  });
});

describe("variables", () => {
  const prefix = (text: string, env: Record<string, string> = {}) => {
    const backend = read(withS3(`prefix: ${JSON.stringify(text)}`), { env }).backends.get("s");
    return backend?.type === "s3" ? backend.prefix : undefined;
  };

  it("are expanded in any text, several times, and never again", () => {
    assert.equal(prefix("a-${X}-${X}${Y}", { X: "1", Y: "2" }), "a-1-12");
    assert.equal(prefix("${X}", { X: "${Y}", Y: "2" }), "${Y}");
    assert.equal(prefix("$X $ {X}", { X: "1" }), "$X $ {X}");
    assert.equal(prefix("$${X}", { X: "1" }), "${X}");
    assert.equal(prefix("$$${X}", { X: "1" }), "$${X}");
    const text = withDisk("").replace("/archives", '"${A}/x"');
    const { backends } = read(text, { env: { A: "/y" } });
    assert.deepEqual(backends.get("disk"), { type: "file", path: "/y/x" });
  });

  it("are not expanded in keys, nor become syntax", () => {
    assert.match(complaints("${X}: 1\nbackends: {a: {type: file, path: /x}}")[0], /is not known/);
    assert.equal(prefix("${X}", { X: "a, type: file" }), "a, type: file");
  });

  it("are refused when they are not set, empty, or no variables", () => {
    const said = (text: string, env = {}) =>
      complaints(withS3(`prefix: ${JSON.stringify(text)}`), { env });
    assert.match(
      said("${X}")[0],
      /^backends\.s\.prefix: uses the environment variable X, .* not set/,
    );
    assert.match(said("${X}", { X: "" })[0], /variable X, which is empty; set the variable/);
    assert.match(said("${X} ${Y}")[0], /X, which is not set, and .* Y, which is not set/);
    for (const text of ["${", "a${X", "${}", "${X:-y}", "${1X}", "${X Y}"]) {
      assert.match(said(text, { X: "1" })[0], /has a \$\{ without a variable's name/);
    }
  });

  it("make a text, whatever is in them", () => {
    const said = complaints(withS3('forcePathStyle: "${X}"'), { env: { X: "true" } });
    assert.match(said[0], /is the text "\$\{X\}"; give true or false; a variable is always a text/);
  });

  it("are told by name where their value is wrong", () => {
    const said = complaints(withS3('region: "${X}"'), { env: { X: "no region!" } });
    assert.match(said[0], /^backends\.s\.region: is the text "\$\{X\}"; give the bucket's region/);
  });
});

describe("a layout of plain files", () => {
  const env = { HOME: "/home/me" };

  it("is for the backends that ask for it, and of no concern to the store", () => {
    const text = "backends:\n  s: {type: s3, bucket: bbb, layout: agentsview, machine: desk}\n" +
      "  d: {type: file, path: /a, layout: agentsview}\n  e: {type: file, path: /b}\ndefault: s\n";
    const { layouts, backends } = read(text, { env });
    assert.deepEqual(layouts, {
      s: { name: "agentsview", machine: "desk" },
      d: { name: "agentsview", machine: "box" },
    });
    assert.deepEqual(backends.get("s"), { type: "s3", bucket: "bbb" });
    assert.deepEqual(backends.get("d"), { type: "file", path: "/a" });
  });

  it("may have the machine named by a variable", () => {
    const { layouts } = read(withS3("layout: agentsview, machine: '${HOSTNAME}-1'"), { env });
    assert.deepEqual(layouts, { s: { name: "agentsview", machine: "box-1" } });
  });
});

describe("complaints", () => {
  it("come all at once, in the file's order, each with its place", () => {
    const error = refusal(`
backends:
  minio:
    type: s3
    bukcet: opencode
    forcePathStyle: "yes"
    secretAccessKey: x
  old: {type: S3}
rules:
  - {match: work/**, backend: mino}
archive:
  minInterval: 10
colour: red
`);
    const [first, ...lines] = error.message.split("\n");
    assert.equal(first, `${FILE} has 10 problems:`);
    assert.deepEqual(lines.map((line) => /^ {2}(\S+): /.exec(line)?.[1]), [
      "backends.minio.bukcet",
      "backends.minio.forcePathStyle",
      "backends.minio.secretAccessKey",
      "backends.minio.bucket",
      "backends.old.type",
      "rules[0].match",
      "rules[0].backend",
      "archive.minInterval",
      "colour",
      "default",
    ]);
    assert.deepEqual(error.complaints.map(({ at, message }) => `  ${at}: ${message}`), lines);
  });

  it("name the agents that there are", () => {
    const { message } = refusal(withDisk("agents: {cursor: false}"));
    assert.match(
      message,
      /agents\.cursor: is not known; known are opencode, claude-code, codex, copilot, gemini/,
    );
  });

  it("stand in one line with the file when there is one", () => {
    assert.match(
      refusal(withDisk("colour: red")).message,
      new RegExp(
        `^${FILE}: colour: is not known; known are backends, rules, default, archive, agents$`,
      ),
    );
  });

  /** what it is about, lines of the file, what is said */
  const TABLE: readonly [string, string, RegExp][] = [
    ["no backends", "rules: []", /^backends: is missing; give a map of backends/],
    ["no backend", "backends: {}", /^backends: is empty; give at least one backend/],
    ["a list as backends", "backends: [a]", /^backends: is a list; give a map of backends/],
    ["a text as file", "hello", /^: is a text; give a map with backends/],
    [
      "a name with spaces",
      'backends: {"a b": {type: file, path: /x}}',
      /^backends\["a b"\]: name a/,
    ],
    ["a name of digits", "backends: {1: {type: file, path: /x}}", /not all are digits/],
    ["__proto__", withDisk("__proto__: {a: 1}"), /^__proto__: is not known/],
    ["an empty backend", "backends: {a: }", /^backends\.a: is empty; give a backend with its type/],
    ["no type", "backends: {a: {path: /x}}", /^backends\.a\.type: is missing; give file or s3/],
    [
      "a typo in a type",
      "backends: {a: {type: flie}}",
      /"flie"; give file or s3; did you mean file\?/,
    ],
    ["no path", "backends: {a: {type: file}}", /^backends\.a\.path: is missing; give the folder/],
    ["an empty path", "backends: {a: {type: file, path: ''}}", /path: is empty; give the path/],
    ["a user's home", "backends: {a: {type: file, path: ~bob}}", /write ~\/ for your own/],
    ["a Windows path", "backends: {a: {type: file, path: 'C:\\x'}}", /path of Windows/],
    [
      "a typo in a key",
      "backends: {a: {type: file, path: /x, pth: 1}}",
      /did you mean path\? known/,
    ],
    ["a key in other case", withS3("Region: x"), /Region: is not known; did you mean region\?/],
    ["a key too high", withS3("sessionToken: x"), /put it under credentials/],
    ["a key too high", withDisk("waitOnExit: 1s"), /put it under archive/],
    [
      "a number as bucket",
      "backends: {a: {type: s3, bucket: 123}}",
      /number 123; .* put it in quotes/,
    ],
    [
      "an address as bucket",
      "backends: {a: {type: s3, bucket: 's3://a/b'}}",
      /not an s3:\/\/ address/,
    ],
    ["a URL as bucket", "backends: {a: {type: s3, bucket: 'https://a/b'}}", /address as endpoint/],
    ["an ARN as bucket", "backends: {a: {type: s3, bucket: 'arn:aws:s3:::b'}}", /end of its ARN/],
    ["a path as bucket", "backends: {a: {type: s3, bucket: a/b}}", /without a slash/],
    ["a short bucket", "backends: {a: {type: s3, bucket: ab}}", /3 to 63 letters/],
    ["a bucket with spaces", "backends: {a: {type: s3, bucket: 'a b c'}}", /3 to 63 letters/],
    ["no scheme", withS3("endpoint: localhost:9000"), /"localhost:9000"; begin .* https:\/\//],
    ["no host", withS3("endpoint: 'http://'"), /give an address/],
    ["another scheme", withS3("endpoint: 'ftp://x'"), /begin the store's address/],
    ["a query", withS3("endpoint: 'https://x/?a=b'"), /without \? and what follows/],
    ["a bucket in the path", withS3("endpoint: 'https://x/my-bucket'"), /holds the bucket's name/],
    [
      "a bucket in the host",
      withS3("endpoint: 'https://my-bucket.s3.eu-west-1.amazonaws.com'"),
      /holds the bucket's name/,
    ],
    ["an odd region", withS3("region: 'eu central'"), /give the bucket's region/],
    ["a prefix upwards", withS3("prefix: a/../b"), /has a "\.\." segment/],
    ["a prefix with a line", withS3('prefix: "a\\nb"'), /prefix: holds /],
    ["a long prefix", withS3(`prefix: ${"a".repeat(600)}`), /is 600 bytes long/],
    ["a date as prefix", withS3("prefix: 2024-01-01"), /is a date to YAML; put it in quotes/],
    ["yes", withS3("forcePathStyle: yes"), /"yes"; give true or false; did you mean true\?/],
    ["a storage class", withS3("storageClass: standard"), /such as STANDARD_IA/],
    ["an encryption", withS3("serverSideEncryption: kms"), /aws:kms or aws:kms:dsse/],
    [
      "a layout",
      withS3("layout: agentview"),
      /layout: is the text "agentview"; give agentsview; did you mean agentsview\?/,
    ],
    [
      "a machine's name with a slash",
      withS3("layout: agentsview, machine: my/laptop"),
      /machine: is the text "my\/laptop"; name this machine with 1 to 64 letters/,
    ],
    [
      "a machine's name without a layout",
      withS3("machine: laptop"),
      /machine: is of use only with layout: agentsview; add that, or leave it out/,
    ],
    ["a key without KMS", withS3("kmsKeyId: k"), /only with serverSideEncryption: aws:kms/],
    [
      "a key with AES",
      withS3("kmsKeyId: k, serverSideEncryption: AES256"),
      /only with serverSideEncryption: aws:kms/,
    ],
    ["a number as tag", withS3("tags: {a: 1}"), /tags\.a: is the number 1; .* put it in quotes/],
    ["a reserved tag", withS3("tags: {'aws:a': x}"), /tags\["aws:a"\]: .* not begin with aws:/],
    [
      "eleven tags",
      withS3(`tags: {${Array.from({ length: 11 }, (_, i) => `t${i}: x`).join()}}`),
      /has over 10 tags/,
    ],
    ["a typo in a provider", withS3("provider: wasaby"), /did you mean wasabi\?/],
    ["a quirk", withS3("quirks: {listVersion: 3}"), /listVersion: is the number 3; give 1 or 2/],
    ["a quirk", withS3("quirks: {checksums: never}"), /give always or required/],
    [
      "a quirk",
      withS3("quirks: {partsAtOnce: 0}"),
      /is the number 0; give a whole number from 1 to 16/,
    ],
    ["a quirk", withS3("quirks: {createonly: true}"), /did you mean createOnly\?/],
    [
      "a quirk said twice",
      withS3("forcePathStyle: true, quirks: {pathStyle: true}"),
      /same as force/,
    ],
    [
      "a profile and keys",
      withS3("profile: p, credentials: {accessKeyId: a, secretAccessKey: b}"),
      /credentials: excludes profile/,
    ],
    ["half of the keys", withS3("credentials: {accessKeyId: a}"), /secretAccessKey: is missing/],
    ["empty credentials", withS3("credentials: "), /credentials: is empty; give accessKeyId and/],
    ["a profile in brackets", withS3("profile: '[p]'"), /without \[ and \]/],
    [
      "one folder twice",
      twice("{type: file, path: /x}", "{type: file, path: /y/../x/}"),
      /same place/,
    ],
    ["one bucket twice", twice("{type: s3, bucket: bbb}", "{type: s3, bucket: bbb}"), /same place/],
    [
      "one bucket twice",
      twice(
        "{type: s3, bucket: bbb, endpoint: 'http://h:80', prefix: p}",
        "{type: s3, bucket: bbb, endpoint: 'http://H/', prefix: /p/}",
      ),
      /^backends\.b: stores in the same place as backends\.default/,
    ],
    ["rules as a map", withDisk("rules: {a: 1}"), /rules: is a map; give a list of rules/],
    ["rules without any", withDisk("rules:"), /rules: is empty; give a list of rules/],
    ["a rule as a text", withDisk("rules: [a]"), /rules\[0\]: is a text; give a rule/],
    ["a rule of nothing", withDisk("rules: [{match: /a}]"), /rules\[0\]: does not say where to/],
    ["archive: true alone", withDisk("rules: [{match: /a, archive: true}]"), /name a backend/],
    [
      "archive: false and a backend",
      withDisk("rules: [{match: /a, archive: false, backend: disk}]"),
      /archive: is false, which excludes backend/,
    ],
    ["a rule without globs", withDisk("rules: [{archive: false}]"), /match: is missing/],
    ["a rule of no globs", withDisk("rules: [{match: [], archive: false}]"), /match: is empty/],
    ["a rule to no backends", withDisk("rules: [{match: /a, backend: []}]"), /backend: is empty/],
    [
      "a rule to no such backend",
      withDisk("rules: [{match: /a, backend: dsik}]"),
      /rules\[0\]\.backend: is "dsik", which is no backend; did you mean disk\? the backends are disk/,
    ],
    [
      "a backend twice",
      withDisk("rules: [{match: /a, backend: [disk, disk]}]"),
      /rules\[0\]\.backend\[1\]: names the same backend again/,
    ],
    ["backend: false", withDisk("rules: [{match: /a, backend: false}]"), /archive: false/],
    ["no such default", withDisk("default: dsk"), /^default: is "dsk", .* did you mean disk/],
    ["no default", withDisk("default: []"), /^default: is empty; name at least one/],
    ["default: false", withDisk("default: false"), /end them with a rule of match: "\*\*"/],
    [
      "an open default",
      "backends: {a: {type: file, path: /a}, b: {type: file, path: /b}}",
      /^default: is missing, and none of several backends is called default; .* a, b$/,
    ],
    [
      "a plain number",
      withDisk("archive: {minInterval: 10}"),
      /with its unit.* did you mean 10s\?/,
    ],
    [
      "a tag of that name",
      "backends: {s: {type: s3, bucket: my-bucket, tags: {minInterval: 10}}}",
      /^backends\.s\.tags\.minInterval: is the number 10; [^?]*$/,
    ],
    ["a map as interval", withDisk("archive: {minInterval: {toString: 10}}"), /^\S+: is a map; /],
    ["a number as text", withDisk("archive: {minInterval: '10'}"), /duration with its unit/],
    ["a fraction", withDisk("archive: {minInterval: 1.5s}"), /duration with its unit/],
    ["a long interval", withDisk("archive: {minInterval: 61m}"), /up to 1h/],
    ["a long wait", withDisk("archive: {waitOnExit: 61s}"), /up to 60s/],
    ["a negative wait", withDisk("archive: {waitOnExit: -1}"), /is the number -1; .* up to 60s$/],
    ["a broken wait", withDisk("archive: {waitOnExit: 1.5}"), /is the number 1\.5; .* up to 60s$/],
    [
      "an endless wait",
      withDisk("archive: {waitOnExit: 10000}"),
      /is the number 10000; .* up to 60s$/,
    ],
    ["a compression", withDisk("archive: {compress: gz}"), /give none or gzip/],
    ["endless anchors", "a: &a [*a, *a]", /holds over 20000 values/],
    ["deep anchors", "a: &a [*a]", /^a\S*: is nested too deeply/],
  ];
  for (const [what, text, said] of TABLE) {
    it(`name ${what} (${said.source.slice(0, 30)})`, () => {
      const found = complaints(text);
      assert.ok(found.some((one) => said.test(one)), found.join("\n"));
    });
  }

  it("leave access points alone", () => {
    const arn = "arn:aws:s3:eu-west-1:123456789012:accesspoint/mine";
    assert.ok(read(`backends: {a: {type: s3, bucket: '${arn}'}}`));
  });
});

function twice(a: string, b: string): string {
  return `backends: {default: ${a}, b: ${b}}`;
}

describe("what is not YAML", () => {
  const TABLE: readonly [string, RegExp][] = [
    ["a: 1\na: 2", /^: line 2, column 1: this key stands in the same map twice/],
    ["a: {b: 1, b: 2}", /line 1, column \d+: this key stands in the same map twice/],
    ["rules:\n  - match: **/x", /line 2, column \d+: what begins with \* .* put it in quotes/],
    ["a: !b c", /what begins with ! is a tag/],
    ["a:\n\tb: 1", /line 2, column \d: .*(tab|indentation)/],
    ["a: [1", /line \d, column \d+: a \[ or \{ is not closed/],
    ['a: "x', /a text in quotes does not end/],
    ['a: "\\q"', /a backslash in double quotes/],
    ["a: 1\n  b: 2", /line 2, column \d+: the indentation is wrong/],
    ["- a\nb: c", /line 2, column 1: /],
    ["a: 1\n--- \nb: 2", /more than one YAML document/],
    ["[".repeat(50_000), /./],
  ];
  for (const [text, said] of TABLE) {
    it(`is refused with its place: ${JSON.stringify(text.slice(0, 30))}`, () => {
      const found = complaints(text);
      assert.equal(found.length, 1);
      assert.match(found[0], said);
      assert.ok(!found[0].includes("\n"));
    });
  }
});

describe("warnings", () => {
  it("come for sessions that go over the network in the clear", () => {
    const warnings = (host: string) => read(withS3(`endpoint: "http://${host}"`)).warnings;
    for (const host of ["s3.example.com", "8.8.8.8:9000", "172.32.0.1", "[2001:db8::1]"]) {
      assert.match(warnings(host).join(), /endpoint is http: .* use https$/, host);
    }
    for (
      const host of [
        "localhost:9000",
        "minio:9000",
        "nas.local",
        "x.localhost",
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1:80",
        "100.64.0.1",
        "[::1]:9000",
        "[fd00::1]",
      ]
    ) assert.deepEqual(warnings(host), [], host);
    assert.deepEqual(read(withS3("endpoint: 'https://s3.example.com'")).warnings, []);
  });

  it("come for storage that cannot be read at once", () => {
    assert.match(read(withS3("storageClass: DEEP_ARCHIVE")).warnings.join(), /cannot be read/);
    assert.deepEqual(read(withS3("storageClass: GLACIER_IR")).warnings, []);
  });

  it("come for rules that are never used", () => {
    const { warnings } = read(
      withDisk("rules: [{match: '**', backend: disk}, {match: ~/p/**, archive: false}]"),
    );
    assert.deepEqual(warnings, [
      `${FILE}: rules[1] is never used, for rules[0] matches every project; put it first`,
    ]);
  });

  it("come where a folder is kept back and not what is below it", () => {
    const warnings = (match: string) =>
      read(withDisk(`rules: [{match: ${match}, archive: false}]`)).warnings;
    assert.match(warnings("~/p/").join(), /none in folders below it; write ~\/p\/\*\* to keep/);
    assert.deepEqual(warnings("[~/p, ~/p/**]"), []);
    assert.deepEqual(warnings("~/p/*"), []);
    const other = read(withDisk("rules: [{match: ~/p, backend: disk}]"));
    assert.deepEqual(other.warnings, []);
  });
});
