import { z } from "zod";

/** What a phone and its owner do at Firebase. */
export interface FirebaseClient {
  /** Calls a method of the client API, as the Firebase SDK on a phone does. */
  client(method: string, body: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>>;
  /** The SMS code that was last sent to this number. */
  smsCode(phoneNumber: string): Promise<string>;
  /** Opens the link of the verification mail that was last sent to this address. */
  openVerificationLink(email: string): Promise<void>;
}

const objectSchema = z.record(z.string(), z.unknown());

/** @param host `host:port` of a running Auth emulator */
export function firebaseClient(host: string, projectId: string): FirebaseClient {
  const emulatorApi = async (what: string) => {
    const answer = await fetch(`http://${host}/emulator/v1/projects/${projectId}/${what}`);
    return z.array(objectSchema).parse(objectSchema.parse(await answer.json())[what]);
  };
  return {
    async client(method, body) {
      const url = `http://${host}/identitytoolkit.googleapis.com/v1/accounts:${method}?key=any`;
      const headers = { "content-type": "application/json" };
      const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
      const parsed = objectSchema.parse(await answer.json());
      if (!answer.ok) throw new Error(`${method}: ${JSON.stringify(parsed)}`);
      return parsed;
    },
    async smsCode(phoneNumber) {
      const sent = await emulatorApi("verificationCodes");
      return z.string().parse(sent.filter((sms) => sms.phoneNumber === phoneNumber).at(-1)?.code);
    },
    async openVerificationLink(email) {
      const sent = await emulatorApi("oobCodes");
      const link = z.string().parse(sent.filter((mail) => mail.email === email).at(-1)?.oobLink);
      const answer = await fetch(link);
      if (!answer.ok) throw new Error(`the link answered ${answer.status}`);
    },
  };
}
