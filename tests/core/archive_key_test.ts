import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  archiveKey,
  isArchiveError,
  parseArchiveKey,
  projectSegment,
  versionKey,
} from "@session-archiver/archiver";
import { beginningBelow } from "../../core/keys/archive_key.ts";
import fc from "../properties.ts";

const bytes = (text: string) => new TextEncoder().encode(text).length;

describe("archiveKey()", () => {
  it("names project, day of creation in UTC and session", () => {
    const key = archiveKey({
      projectPath: "/home/user/my-project",
      createdAt: "2024-01-15T23:59:59.999Z",
      id: "ses_abc123",
    });
    assert.equal(key, "home_user_my-project/2024-01-15/ses_abc123.json");
  });

  it("gives back its parts for any path, time and plain id", () => {
    const id = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }).filter((id) =>
      !/[/\\~]|^\.+$|\p{Cc}|\p{Surrogate}/u.test(id)
    );
    const time = fc.date({
      min: new Date("1970-01-01"),
      max: new Date("9999-12-31"),
      noInvalidDate: true,
    });
    fc.assert(fc.property(fc.string({ unit: "binary" }), time, id, (path, time, id) => {
      const createdAt = time.toISOString();
      const parts = parseArchiveKey(archiveKey({ projectPath: path, createdAt, id }));
      assert.deepEqual(parts, {
        project: projectSegment(path),
        date: createdAt.slice(0, 10),
        id,
        gzip: false,
      });
    }));
  });

  it("refuses ids that are no plain file names, saying why", () => {
    const refused = {
      "": "empty",
      "a/b": "separator",
      "a\\b": "separator",
      "..": "dots",
      ".": "dots",
      "a\u0000b": "control",
      "a\nb": "control",
      "a~b": "versions",
      "\ud800": "Unicode",
      ["é".repeat(101)]: "200 bytes",
    };
    for (const [id, why] of Object.entries(refused)) {
      assert.throws(
        () => archiveKey({ projectPath: "/p", createdAt: "2024-01-15T00:00:00Z", id }),
        (error) => isArchiveError(error, "Invalid") && error.message.includes(why),
        JSON.stringify(id),
      );
    }
  });

  it("refuses a creation time that is none, naming session and value", () => {
    for (const createdAt of ["", "yesterday", "+012345-01-01T00:00:00.000Z"]) {
      assert.throws(
        () => archiveKey({ projectPath: "/p", createdAt, id: "ses_1" }),
        (error) => isArchiveError(error, "Invalid") && error.message.includes("ses_1"),
      );
    }
  });
});

describe("projectSegment()", () => {
  it("has one beginning for all folders below one", () => {
    const path = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.string({ minLength: 90, maxLength: 130 }),
    )
      .map((text) => `/${text}`);
    const name = fc.string({ unit: "grapheme", minLength: 1 }).filter((name) =>
      !/[\\/]/.test(name)
    );
    fc.assert(fc.property(path, name, (path, name) => {
      const segment = projectSegment(`${path}/${name}`);
      assert.ok(segment.startsWith(beginningBelow(path)), segment);
    }));
    assert.equal(beginningBelow("/home/me/shop"), "home_me_shop_");
    assert.equal(beginningBelow("/home/me/shop/"), "home_me_shop_");
    assert.equal(beginningBelow("/"), "");
  });

  it("turns paths into readable segments", () => {
    const segments = {
      "/home/user/my-project": "home_user_my-project",
      "C:\\Users\\me\\x": "C_Users_me_x",
      "C:\\": "C",
      "\\\\server\\share\\x": "server_share_x",
      "/": "_",
      "": "_",
      "/home/me/.config/": "home_me_.config",
      "/..": "-",
      "/a?b*c:d#e%f": "a-b-c-d-e-f",
      "/con": "con-",
      "/Nul.txt": "Nul.txt-",
      "/trailing.": "trailing-",
      "/Ünïcødé/日本": "Ünïcødé_日本",
      "/e\u0301": "é",
    };
    for (const [path, segment] of Object.entries(segments)) {
      assert.equal(projectSegment(path), segment, path);
    }
  });

  it("is always a safe segment of at most 120 bytes", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 400 }), (path) => {
      const segment = projectSegment(path);
      assert.ok(bytes(segment) <= 120 && segment.length > 0);
      assert.match(segment, /^[\p{L}\p{M}\p{N}._@+=, -]+$/u);
      assert.doesNotMatch(segment, /^\.{1,2}$|^ | $|\.$/);
    }));
  });

  it("keeps long paths with the same beginning apart", () => {
    const path = `/home/${"very-long-name/".repeat(20)}`;
    assert.notEqual(projectSegment(`${path}a`), projectSegment(`${path}b`));
    assert.ok(projectSegment(`${path}a`).startsWith("home_very-long-name_"));
  });

  it("cuts a long name between characters, not inside one", () => {
    const segment = projectSegment(`/${"日".repeat(100)}`);
    assert.match(segment, /^日+-[0-9a-f]{8}$/u);
  });
});

describe("parseArchiveKey()", () => {
  it("knows versions and compressed archives", () => {
    const key = versionKey("p/2024-01-15/ses_1.json", "0123456789abcdef");
    assert.equal(key, "p/2024-01-15/ses_1~01234567.json");
    assert.deepEqual(parseArchiveKey(key), {
      project: "p",
      date: "2024-01-15",
      id: "ses_1",
      version: "01234567",
      gzip: false,
    });
    assert.equal(parseArchiveKey("p/2024-01-15/ses_1.json.gz")?.gzip, true);
    assert.equal(
      versionKey("p/2024-01-15/a.json.gz", "f".repeat(64)),
      "p/2024-01-15/a~ffffffff.json.gz",
    );
  });

  it("does not take other objects for archives", () => {
    for (
      const key of [
        "",
        "holiday.jpg",
        "p/2024-01-15/",
        "p/2024-13-45/ses_1.json",
        "p/2024-01-15/ses_1.txt",
        "p/q/2024-01-15/ses_1.json",
        "p/2024-01-15/ses_1~xyz.json",
        "p/2024-01-15/...json",
      ]
    ) assert.equal(parseArchiveKey(key), undefined, key);
  });
});
