/** A certificate for a server on loopback, made for one run: no private key lies in the repository. */
import { generateKeyPairSync, sign } from "node:crypto";

export interface Certificate {
  /** PEM; signed by its own key, so it is its own authority too. */
  readonly cert: string;
  readonly key: string;
}

/** A certificate in the form of RFC 5280, valid for an hour, for these names and IPv4 addresses. */
export function certificateFor(names: readonly string[], addresses: readonly string[] = []): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const name = sequence(set(sequence(oid([0x55, 4, 3]), tag(0x0c, Buffer.from("Reverie test")))));
  const now = Date.now();
  const algorithm = sequence(oid([0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2])); // ecdsa-with-SHA256
  const alternatives = sequence(
    ...names.map((text) => tag(0x82, Buffer.from(text))),
    ...addresses.map((address) => tag(0x87, Buffer.from(address.split(".").map(Number)))),
  );
  const extensions = sequence(
    sequence(oid([0x55, 0x1d, 0x13]), tag(0x04, sequence(tag(0x01, Buffer.from([0xff]))))), // may sign
    sequence(oid([0x55, 0x1d, 0x11]), tag(0x04, alternatives)),
  );
  const content = sequence(
    tag(0xa0, integer(2)), // version 3
    integer(1),
    algorithm,
    name,
    sequence(time(now - 60_000), time(now + 3_600_000)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    tag(0xa3, extensions),
  );
  const signature = sign("sha256", content, privateKey);
  const der = sequence(content, algorithm, tag(0x03, Buffer.from([0]), signature));
  const base64 = der.toString("base64").replace(/.{64}/g, "$&\n");
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

/** One value of DER: its tag, its length, its content. */
function tag(kind: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const lengthBytes =
    length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([kind, ...lengthBytes]), content]);
}

const sequence = (...parts: readonly Buffer[]) => tag(0x30, ...parts);
const set = (...parts: readonly Buffer[]) => tag(0x31, ...parts);
const integer = (value: number) => tag(0x02, Buffer.from([value]));
const oid = (bytes: readonly number[]) => tag(0x06, Buffer.from(bytes));
/** UTCTime, to the second. */
const time = (milliseconds: number) =>
  tag(0x17, Buffer.from(`${new Date(milliseconds).toISOString().replace(/^..|[-:T]|\..*/g, "")}Z`));
