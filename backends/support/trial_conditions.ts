/**
 * Trying the conditions of writes: what the archive relies on where several machines write.
 *
 * @module
 */
import { type ArchiveError, isArchiveError } from "../../core/errors.ts";
import { inParallel } from "../../core/parallel.ts";
import type { TrialGround } from "./trial_ground.ts";
import { bytesOf, failed, type Outcome, same, UNTRUE } from "./trial_outcome.ts";

/** How many writers there are at once. */
const RACERS = 4;
/** How many races there are: a store that may let several win does so now and then. */
const RACES = 3;

/** Creates objects, several writers at once, and again. */
export async function tryCreate(ground: TrialGround): Promise<Outcome> {
  const { createOnly } = ground.backend.capabilities;
  for (let race = 1; race <= (createOnly ? RACES : 1); race++) {
    const lost = await raceToCreate(ground, `created-${race}.json`);
    if (lost) return lost;
  }
  if (createOnly) return { detail: `of ${RACERS} writers at once, one creates an object` };
  return {
    status: "limited",
    detail: "the archive looks before it creates: two machines at the same moment may collide",
  };
}

/** What went wrong, if anything did. */
async function raceToCreate(ground: TrialGround, name: string): Promise<Outcome | undefined> {
  const bodies = Array.from({ length: RACERS }, (_, index) => bytesOf(`writer ${index}`));
  const { createOnly } = ground.backend.capabilities;
  // Where nothing is promised of writers at the same time, they come one after the other.
  const racers = bodies.slice(0, createOnly ? RACERS : 1);
  const errors = await inParallel(racers, RACERS, (body) => create(ground, name, body));
  const winners = racers.filter((_, index) => errors[index] === undefined);
  if (winners.length === 0) throw errors[0];
  const isTaken = await create(ground, name, bytesOf("too late")) !== undefined;
  if (isTaken && winners.length === 1 && same(await ground.read(name), winners[0])) {
    return undefined;
  }
  return failed(
    isTaken && winners.length > 1
      ? `of ${RACERS} writers at once, ${winners.length} were told that they created an object`
      : "creates an object that is there already",
    "the store accepts the condition and ignores it: archives could overwrite each other",
  );
}

/** Why the object was not created; nothing when it was. */
async function create(
  ground: TrialGround,
  name: string,
  body: Uint8Array,
): Promise<Error | undefined> {
  try {
    await ground.put(name, body, { mode: "create" });
    return undefined;
  } catch (error) {
    // Some stores send one of two racing writers away for now.
    if (isArchiveError(error, "AlreadyExists") || isConflict(error)) return error;
    throw error;
  }
}

function isConflict(error: unknown): error is ArchiveError {
  return isArchiveError(error, "Transient") || isArchiveError(error, "Precondition");
}

/** Replaces an object by its etag: by the right one, a wrong one, and several at once. */
export async function tryIfMatch(ground: TrialGround): Promise<Outcome> {
  if (!ground.backend.capabilities.ifMatch) {
    return {
      status: "limited",
      detail:
        "the archive compares before it replaces: two machines at the same moment may collide",
    };
  }
  const name = "replaced.json";
  const [one, two, three] = ["one", "two", "three"].map(bytesOf);
  const { etag: first } = await ground.put(name, one);
  if (first === undefined) {
    return failed("tells no etag of what was stored", "set ifMatch to false among its quirks");
  }
  const { etag: second } = await ground.put(name, two, { mode: { ifMatch: first } });
  if (await accepts(ground, name, three, first) || !same(await ground.read(name), two)) {
    return failed(
      "replaces an object although another version was named",
      "the store accepts the condition and ignores it: archives could overwrite each other",
    );
  }
  if (await accepts(ground, "never there.json", one, first)) {
    return failed(
      "makes an object that is not there although a version of it was named",
      "an archive that was deleted meanwhile could come back; use a newer version of the store",
    );
  }
  if (second === undefined || second === first) {
    return failed("the etag stays the same when the object changes", UNTRUE);
  }
  for (let race = 1; race <= RACES; race++) {
    const lost = await raceToReplace(ground, name);
    if (lost) return lost;
  }
  return { detail: "replaces the version that was named, and no other" };
}

/** What went wrong, if anything did. */
async function raceToReplace(ground: TrialGround, name: string): Promise<Outcome | undefined> {
  const { etag: ifMatch = "" } = await ground.put(name, bytesOf("to be replaced"));
  const bodies = Array.from({ length: RACERS }, (_, index) => bytesOf(`writer ${index}`));
  const accepted = await inParallel(bodies, RACERS, async (body) => {
    try {
      return await accepts(ground, name, body, ifMatch);
    } catch (error) {
      // Some stores send one of two racing writers away for now.
      if (isConflict(error)) return false;
      throw error;
    }
  });
  const winners = accepted.filter((one) => one).length;
  if (winners <= 1) return undefined;
  return failed(
    `of ${RACERS} writers at once that named the same version, ${winners} were told that they ` +
      "replaced it",
    "the store looks at the condition before the write and not with it: archives could overwrite " +
      "each other",
  );
}

async function accepts(
  ground: TrialGround,
  name: string,
  body: Uint8Array,
  ifMatch: string,
): Promise<boolean> {
  try {
    await ground.put(name, body, { mode: { ifMatch } });
    return true;
  } catch (error) {
    // Of an object that is not there, stores say the one or the other.
    if (isArchiveError(error, "Precondition") || isArchiveError(error, "NotFound")) return false;
    throw error;
  }
}
