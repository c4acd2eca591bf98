/** The mails that were received: the latest few thousand in memory, and in a file when there is a place for one. */
import { appendFile, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { readAddress } from "#shared/platform/mail/address.ts";

const mail = z.strictObject({
  id: z.string(),
  /** The one recipient this copy was delivered to (from the envelope, so blind copies are here too). */
  to: z.string(),
  /** The From header. */
  from: z.string(),
  subject: z.string(),
  text: z.string().nullable(),
  html: z.string().nullable(),
  attachments: z.array(z.strictObject({ name: z.string(), contentType: z.string(), size: z.number() })),
  /** ISO 8601, UTC. */
  receivedAt: z.string(),
});
export type Mail = z.output<typeof mail>;

export interface Mailbox {
  /** Keeps the copies of one message, all or (when the file can't be written) none. */
  add(mails: readonly Mail[]): Promise<void>;
  /** Oldest first; those to one address when `to` is given, however it is written. */
  list(to?: string): readonly Mail[];
  find(id: string): Mail | undefined;
  /** Forgets all mails, or those to one address. */
  clear(to?: string): Promise<void>;
}

/**
 * @param keep how many mails are kept; the oldest are forgotten first
 * @param dataDir where they outlive a restart; in memory only when absent
 */
export async function openMailbox(keep: number, dataDir?: string): Promise<Mailbox> {
  const file = dataDir === undefined ? undefined : join(dataDir, "mails.jsonl");
  if (dataDir !== undefined) await mkdir(dataDir, { recursive: true });
  let mails = file === undefined ? [] : (await readMails(file)).slice(-keep);
  let linesInFile = mails.length;
  let turn: Promise<unknown> = Promise.resolve();

  const rewrite = async (path: string) => {
    await writeFile(`${path}.new`, mails.map(asLine).join(""));
    await rename(`${path}.new`, path);
    linesInFile = mails.length;
  };
  /** One change at a time, so that the file has the order of the list. */
  const inTurn = (change: () => Promise<void>): Promise<void> => {
    const done = turn.then(change);
    turn = done.catch(() => undefined);
    return done;
  };
  if (file !== undefined) await rewrite(file);

  return {
    add: (added) =>
      inTurn(async () => {
        if (file !== undefined) await appendFile(file, added.map(asLine).join(""));
        mails = [...mails, ...added].slice(-keep);
        linesInFile += added.length;
        if (file !== undefined && linesInFile > 2 * keep) await rewrite(file);
      }),
    list: (to) => (to === undefined ? mails : mails.filter((one) => isTo(one, to))),
    find: (id) => mails.find((one) => one.id === id),
    clear: (to) =>
      inTurn(async () => {
        mails = to === undefined ? [] : mails.filter((one) => !isTo(one, to));
        if (file !== undefined) await rewrite(file);
      }),
  };
}

function isTo(one: Mail, address: string): boolean {
  return comparable(one.to) === comparable(address);
}

/** What isn't an address is compared as it is. */
function comparable(address: string): string {
  return readAddress(address)?.canonical ?? address.trim().toLowerCase();
}

function asLine(one: Mail): string {
  return `${JSON.stringify(one)}\n`;
}

/** What can be read of the file: a crash may have cut its last line short. */
async function readMails(file: string): Promise<Mail[]> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
  return text.split("\n").flatMap((line) => {
    try {
      return [mail.parse(JSON.parse(line))];
    } catch {
      return [];
    }
  });
}
