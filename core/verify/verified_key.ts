/**
 * One archive, wherever it is and wherever it should be.
 *
 * @module
 */
import type { Backend, ObjectInfo } from "../backend.ts";
import { type Due, dueBackends, type VerifySource, whyMissed } from "./due_backends.ts";
import { markLost } from "../ledger/ledger.ts";
import { type Look, rememberedAt } from "./look.ts";
import type { KeyPlace } from "./merged_walk.ts";
import { type LookedAt, mirrorOutcomes } from "./mirrors.ts";
import { lookAt, type Looking } from "./patient_look.ts";
import type { VerifyOutcome } from "./verify_outcome.ts";

/**
 * Looks at all copies of an archive and for those that should be there too, and remembers what is
 * lost.
 *
 * @param place What is known of its key.
 * @param source Where.
 * @param how How closely.
 * @returns At most one outcome a backend, in the backends' order; none of what was passed over.
 */
export async function verifyKey(
  place: KeyPlace,
  source: VerifySource,
  how: Looking,
): Promise<VerifyOutcome[]> {
  const { key, held, unlisted } = place;
  const looks = new Map<Backend, Look>();
  const look = async (backend: Backend, listed?: ObjectInfo) =>
    void looks.set(backend, await lookAt({ key, backend, listed }, source.ledger, how));
  await Promise.all([
    ...held.map(({ backend, object }) => look(backend, object)),
    ...unlisted.map((backend) => look(backend)),
  ]);
  const due = await dueBackends(place, looks, source);
  await Promise.all([...due.keys()].filter((one) => !looks.has(one)).map((one) => look(one)));
  const outcomes = mirrorOutcomes(key, missed(place, looks, due, source));
  for (const { status, backend } of outcomes) {
    if (status !== "missing" && status !== "damaged") continue;
    const { identity } = source.backends.find(({ name }) => name === backend)!;
    await markLost(source.ledger, identity, key);
  }
  return outcomes;
}

/**
 * What was looked at, in the backends' order, without what is not there and need not be. Of a key
 * that nobody has, and nobody had deleted, the first backend misses it.
 */
function missed(
  { key, held }: KeyPlace,
  looks: ReadonlyMap<Backend, Look>,
  due: Due,
  { backends, ledger }: VerifySource,
): LookedAt[] {
  const all = backends.flatMap((backend): LookedAt[] => {
    const look = looks.get(backend);
    return look ? [{ backend: backend.name, look: whyMissed(key, backend, look, due) }] : [];
  });
  const isMissed = (backend: Backend) =>
    rememberedAt({ ledger, backend, key }) !== undefined || due.has(backend) ||
    (held.some((one) => one.backend === backend) && !ledger.at(backend.identity, key));
  const wanted = new Set(backends.filter(isMissed).map(({ name }) => name));
  const kept = all.filter(({ backend, look }) => look.found !== "absent" || wanted.has(backend));
  const wasDeleted = backends.some(({ identity }) => ledger.at(identity, key)?.state === "deleted");
  return kept.length > 0 || wasDeleted ? kept : all.slice(0, 1);
}
