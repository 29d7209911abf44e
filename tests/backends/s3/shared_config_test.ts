/**
 * The files of the AWS tools are read in every way that people write them.
 *
 * @module
 */
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { isArchiveError } from "../../../core/errors.ts";
import { plainIni, UnreadableLine } from "../../../backends/s3/ini_dialect.ts";
import { readSharedConfig, settingOf } from "../../../backends/s3/shared_config.ts";
import fc from "../../properties.ts";
import { type AwsFiles, SECRET, withAwsHome } from "./aws_home.ts";

/** The text that a file becomes. */
function plain(text: string): string {
  return plainIni(text, (header) => header).text;
}

function read(files: AwsFiles) {
  return withAwsHome(files, {}, ({ env }) => readSharedConfig(env, "work"));
}

/** A value of a profile in a config file. */
async function valueIn(config: string, key = "region", profile = "work") {
  const shared = await read({ config });
  return settingOf(shared.profiles.get(profile), key, "config")?.value;
}

describe("plainIni()", () => {
  const READS: readonly [what: string, text: string, becomes: string][] = [
    [
      "nested values",
      "[services a]\ns3 =\n  endpoint_url = x",
      "[services a]\ns3=\ns3.endpoint_url=x",
    ],
    ["values nested by tabs", "[a]\ns3=\n\tb\t=\tc", "[a]\ns3=\ns3.b=c"],
    ["the end of a nest", "[a]\ns3 =\n  b = c\nd = e", "[a]\ns3=\ns3.b=c\nd=e"],
    [
      "two nests in an indented section",
      "[a]\n  s3 =\n    b = c\n  ec2 =\n    d = e\n  f = g",
      "[a]\ns3=\ns3.b=c\nec2=\nec2.d=e\nf=g",
    ],
    ["an empty value before an equally indented one", "[a]\n  b =\n  c = d", "[a]\nb=\nc=d"],
    ["a nest that begins anew with a section", "[a]\ns3 =\n[b]\n c = d", "[a]\ns3=\n[b]\nc=d"],
    ["indented values that are in no nest", "[a]\nb = c\n    d = e", "[a]\nb=c\nd=e"],
    ["continuation lines", "[a]\nb = c\n  --more\n  words", "[a]\nb=c --more words"],
    ["comment lines", "# a\n; b\n[a]\n  # c\n  ; d\nb = c", "[a]\nb=c"],
    ["comments behind values", "[a] ; x\nb = c # d\ne = f ; g\nh = i\t#j", "[a]\nb=c\ne=f\nh=i"],
    ["a comment right behind a section", "[a]# x\nb = c\n[d];y", "[a]\nb=c\n[d]"],
    ["# and ; inside values", "[a]\nb = http://x/#/;y", "[a]\nb=http://x/#/;y"],
    ["= inside values", "[a]\nb = c=d==", "[a]\nb=c=d=="],
    ["empty values", "[a]\nb=\nc =   ", "[a]\nb=\nc="],
    ["keys in any case", "[a]\nReGion = X", "[a]\nregion=X"],
    ["odd spacing", "[  a  ]\n b\t=  c  \n", "[a]\nb=c"],
    ["CRLF, CR and a byte order mark", "\uFEFF[a]\r\nb = c\rd = e\r\n", "[a]\nb=c\nd=e"],
    ["sections that come again", "[a]\nb = 1\n[c]\nd = 2\n[a]\ne = 3", "[a]\nb=1\ne=3\n[c]\nd=2"],
    ["nothing", "", ""],
  ];
  for (const [what, text, becomes] of READS) {
    it(`reads ${what}`, () => assert.equal(plain(text), becomes));
  }

  const REFUSES: readonly [what: string, text: string, line: number][] = [
    ["a value before any section", "a = b\n[c]", 1],
    ["a section header that is cut", "[a]\nb = c\n[profile work", 3],
    ["a section without a name", "[a]\n[ ]", 2],
    ["text behind a section header", "[a]\n[b] c", 2],
    ["a line that is nothing", `[a]\n\n${SECRET}`, 3],
    ["a value without a key", `[a]\n= ${SECRET}`, 2],
    ["a continuation of nothing", `[a]\n  ${SECRET}`, 2],
  ];
  for (const [what, text, line] of REFUSES) {
    it(`refuses ${what} by its line and without its text`, () => {
      assert.throws(() => plain(text), (error) => {
        assert.ok(error instanceof UnreadableLine);
        assert.equal(error.line, line);
        assert.doesNotMatch(String(error.stack), new RegExp(SECRET));
        return true;
      });
    });
  }

  it("gives the line that each line came from", () => {
    const { text, origins } = plainIni("# x\n[a]\nb = 1\n[c]\nd = 2\n[a]\ne = 3", (name) => name);
    assert.deepEqual(text.split("\n"), ["[a]", "b=1", "e=3", "[c]", "d=2"]);
    assert.deepEqual(origins.slice(1, 3), [3, 7]);
    assert.equal(origins[4], 5);
  });

  it("changes nothing any more when done twice", () => {
    const line = fc.oneof(
      fc.constantFrom(
        "[a]",
        "[services b]",
        "s3 =",
        "  c = d",
        "\te=f # g",
        "h = i",
        "; j",
        " k",
        "",
      ),
      fc.string({ maxLength: 12 }),
    );
    fc.assert(fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
      let once: string;
      try {
        once = plain(["[start]", ...lines].join("\n"));
      } catch (error) {
        assert.ok(error instanceof UnreadableLine);
        return;
      }
      assert.equal(plain(once), once);
    }));
  });
});

describe("readSharedConfig()", () => {
  it("finds no profile where there is no file", async () => {
    const shared = await read({});
    assert.equal(shared.profiles.size, 0);
    assert.deepEqual(shared.shown, { config: "~/.aws/config", credentials: "~/.aws/credentials" });
  });

  for (
    const header of [
      "[profile work]",
      "[ profile   work ]",
      "[profile\twork] # mine",
      '[profile "work"]',
      "[profile 'work']",
    ]
  ) {
    it(`finds the profile of ${JSON.stringify(header)}`, async () => {
      assert.equal(await valueIn(`${header}\nregion = here\n`), "here");
    });
  }

  it("finds profiles with spaces, dots and the names of JavaScript's own properties", async () => {
    for (const name of ["with space", "my.team@dev/x", "constructor", "__proto__", "toString"]) {
      assert.equal(await valueIn(`[profile "${name}"]\nregion = here\n`, "region", name), "here");
    }
    const shared = await read({
      credentials: "[__proto__]\nregion = here\n[constructor]\na = b\n",
    });
    assert.deepEqual([...shared.profiles.keys()], ["__proto__", "constructor"]);
  });

  it("joins the parts of a profile that stands there twice, the later value winning", async () => {
    const text =
      "[profile work]\nregion = a\noutput = json\n[profile x]\n[profile work]\nregion = b\n";
    assert.equal(await valueIn(text), "b");
    assert.equal(await valueIn(text, "output"), "json");
  });

  it("keeps values as text", async () => {
    assert.equal(await valueIn("[profile work]\nrole = 0123\n", "role"), "0123");
    assert.equal(await valueIn('[profile work]\nrole = "x"\n', "role"), '"x"');
  });

  it("lets the asked-for file win where both have a key, and passes over empty ones", async () => {
    const shared = await read({
      config: "[profile work]\nregion = config\noutput =\n",
      credentials: "[work]\nregion = credentials\noutput = json\n",
    });
    const work = shared.profiles.get("work");
    assert.deepEqual(settingOf(work, "region", "config"), { value: "config", file: "config" });
    assert.equal(settingOf(work, "region", "credentials")?.value, "credentials");
    assert.equal(settingOf(work, "output", "config")?.value, "json");
    assert.equal(settingOf(work, "nothing", "config"), undefined);
  });

  it("takes [profile default] and leaves [default] aside where there are both", async () => {
    const text = "[default]\nregion = a\noutput = json\n[profile default]\nregion = b\n";
    assert.equal(await valueIn(text, "region", "default"), "b");
    assert.equal(await valueIn(text, "output", "default"), undefined);
    const { strays } = await read({ config: text });
    assert.equal(strays.get("default")?.get("output"), "json");
    assert.equal((await read({ config: "[default]\nregion = a\n" })).strays.size, 0);
  });

  it("knows services sections and strays, which are no profiles", async () => {
    const shared = await read({
      config:
        "[services s]\ns3 =\n  endpoint_url = http://x\n[work]\nregion = r\n[sso-session q]\n",
    });
    assert.equal(shared.services.get("s")?.get("s3.endpoint_url"), "http://x");
    assert.deepEqual([...shared.strays.keys()], ["work"]);
    assert.equal(shared.profiles.size, 0);
  });

  it("names file and line of what cannot be read, and nothing of its text", async () => {
    const files = { credentials: `[work]\naws_secret_access_key\n  = ${SECRET}\n${SECRET}\n` };
    await assert.rejects(read(files), (error) => {
      assert.ok(isArchiveError(error, "Invalid"));
      assert.match(error.message, /^~\/\.aws\/credentials cannot be read .* line 2 has no "="/);
      assert.doesNotMatch(`${error.stack} ${String(error.cause)}`, new RegExp(SECRET));
      return true;
    });
  });

  it("names a file that is a folder", async () => {
    await withAwsHome({}, {}, async ({ path, env }) => {
      await mkdir(join(path, ".aws", "config"), { recursive: true });
      await assert.rejects(readSharedConfig(env, "work"), (error) => {
        assert.ok(isArchiveError(error, "Invalid"));
        assert.match(error.message, /^~\/\.aws\/config, .* cannot be read \(EISDIR\)/);
        return true;
      });
    });
  });
});
