/** What a VR video is made of, while it is put together, and what two people did to it at once. */
import type { components } from "../../api/schema.d.ts";
import { type Answered, sameTransform, storable, type Transform } from "./transform.ts";

export interface Placed {
  readonly resourceId: string;
  readonly transform: Transform;
}

export interface Composition {
  readonly title: string;
  readonly scene: Placed;
  readonly avatars: readonly Placed[];
}

export const MOST_AVATARS = 10;

/** One thing that differs between two states. Avatars are counted from 0. */
export type Difference =
  | { readonly what: "title"; readonly to: string }
  | { readonly what: "sceneMoved" }
  | { readonly what: "sceneReplaced"; readonly resourceId: string }
  | {
      readonly what: "avatarMoved" | "avatarAdded" | "avatarRemoved";
      readonly resourceId: string;
      readonly at: number;
    }
  | { readonly what: "avatarReplaced"; readonly resourceId: string; readonly at: number };

interface AnsweredPlace {
  readonly resourceId: string;
  readonly transform: Answered;
}

/** Of the API's answer, what is put together. */
export function compositionOf(video: {
  readonly title: string;
  readonly scene: AnsweredPlace;
  readonly avatars: readonly AnsweredPlace[];
}): Composition {
  const placed = ({ resourceId, transform }: AnsweredPlace): Placed => ({
    resourceId,
    transform: storable(transform),
  });
  return { title: video.title, scene: placed(video.scene), avatars: video.avatars.map(placed) };
}

/** What changed from one state to another, in the order of the page. */
export function differences(from: Composition, to: Composition): Difference[] {
  const found: Difference[] = [];
  if (from.title !== to.title) found.push({ what: "title", to: to.title });
  if (from.scene.resourceId !== to.scene.resourceId)
    found.push({ what: "sceneReplaced", resourceId: to.scene.resourceId });
  else if (!samePlace(from.scene, to.scene)) found.push({ what: "sceneMoved" });
  return [...found, ...avatarDifferences(from.avatars, to.avatars)];
}

/**
 * Avatars have no names of their own: those at the same place in the list are compared, unless one was taken out of the middle, which
 * shows by all behind it having moved up.
 */
function avatarDifferences(from: readonly Placed[], to: readonly Placed[]): Difference[] {
  const removed = from.findIndex((_, at) => sameList(without(from, at), to));
  if (from.length === to.length + 1 && removed >= 0)
    return [{ what: "avatarRemoved", at: removed, resourceId: from[removed]?.resourceId ?? "" }];
  const found: Difference[] = [];
  for (let at = 0; at < Math.max(from.length, to.length); at++) {
    const [was, is] = [from[at], to[at]];
    if (was === undefined && is !== undefined)
      found.push({ what: "avatarAdded", at, resourceId: is.resourceId });
    else if (was !== undefined && is === undefined)
      found.push({ what: "avatarRemoved", at, resourceId: was.resourceId });
    else if (was !== undefined && is !== undefined && was.resourceId !== is.resourceId)
      found.push({ what: "avatarReplaced", at, resourceId: is.resourceId });
    else if (was !== undefined && is !== undefined && !samePlace(was, is))
      found.push({ what: "avatarMoved", at, resourceId: is.resourceId });
  }
  return found;
}

/**
 * Mine on top of theirs: what I changed since we both began is mine, all else is theirs. Where the avatars are the same ones in all three
 * states each is judged by itself; otherwise, if I changed any of them, all of mine take the place of all of theirs.
 */
export function onTop({ base, mine, theirs }: Meanwhile): Composition {
  return {
    title: mine.title === base.title ? theirs.title : mine.title,
    scene: samePlace(mine.scene, base.scene) ? theirs.scene : mine.scene,
    avatars: avatarsOnTop({ base, mine, theirs }),
  };
}

export interface Meanwhile {
  /** What both began with. */
  readonly base: Composition;
  readonly mine: Composition;
  readonly theirs: Composition;
}

function avatarsOnTop({ base, mine, theirs }: Meanwhile): readonly Placed[] {
  if (sameList(mine.avatars, base.avatars)) return theirs.avatars;
  if (!sameCast(base, mine) || !sameCast(base, theirs)) return mine.avatars;
  return mine.avatars.map((avatar, at) => {
    const [before, other] = [base.avatars[at], theirs.avatars[at]];
    return before !== undefined && other !== undefined && samePlace(avatar, before) ? other : avatar;
  });
}

/** What a PATCH has to carry to make `to` of `from`; undefined when they are the same. */
export function changeFor(
  from: Composition,
  to: Composition,
): components["schemas"]["ChangeVrVideo"] | undefined {
  const change = {
    ...(from.title === to.title ? {} : { title: to.title }),
    ...(samePlace(from.scene, to.scene) ? {} : { scene: sent(to.scene) }),
    ...(sameList(from.avatars, to.avatars) ? {} : { avatars: to.avatars.map(sent) }),
  };
  return Object.keys(change).length === 0 ? undefined : change;
}

/** The body that makes a new VR video. */
export function creationOf({ title, scene, avatars }: Composition): components["schemas"]["CreateVrVideo"] {
  return { title, scene: sent(scene), avatars: avatars.map(sent) };
}

/** The composition with something done to one avatar; undefined takes it out. */
export function withAvatar(
  composition: Composition,
  at: number,
  change: (avatar: Placed) => Placed | undefined,
): Composition {
  const avatars = composition.avatars.flatMap((avatar, index) => {
    if (index !== at) return [avatar];
    const changed = change(avatar);
    return changed === undefined ? [] : [changed];
  });
  return { ...composition, avatars };
}

function sent({ resourceId, transform }: Placed) {
  return { resourceId, transform: storable(transform) };
}

function samePlace(one: Placed, other: Placed): boolean {
  return one.resourceId === other.resourceId && sameTransform(one.transform, other.transform);
}

function sameList(one: readonly Placed[], other: readonly Placed[]): boolean {
  return (
    one.length === other.length &&
    one.every((placed, at) => {
      const beside = other[at];
      return beside !== undefined && samePlace(placed, beside);
    })
  );
}

function sameCast(one: Composition, other: Composition): boolean {
  const cast = ({ avatars }: Composition) => avatars.map(({ resourceId }) => resourceId).join("\n");
  return cast(one) === cast(other);
}

function without(list: readonly Placed[], at: number): Placed[] {
  return list.filter((_, index) => index !== at);
}
