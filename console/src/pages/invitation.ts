/** The invitation that a giver has sent and not confirmed yet: only this browser knows its id, and the code is read out to it. */
import * as z from "zod/mini";

const pendingSchema = z.object({
  id: z.string(),
  email: z.string(),
  expiresAt: z.string(),
  userId: z.string(),
});
export type Pending = z.infer<typeof pendingSchema>;

const NAME = "reverie-invitation";

/** The invitation of this person, if its code still counts. */
export function pendingInvitation(userId: string, now: Date): Pending | undefined {
  try {
    const pending = pendingSchema.parse(JSON.parse(localStorage.getItem(NAME) ?? ""));
    return pending.userId === userId && new Date(pending.expiresAt) > now ? pending : undefined;
  } catch {
    return undefined;
  }
}

export function keepInvitation(pending: Pending): void {
  localStorage.setItem(NAME, JSON.stringify(pending));
}

export function forgetInvitation(): void {
  localStorage.removeItem(NAME);
}
