import type { CloudEvent } from "@google-cloud/functions-framework";

/**
 * The job whose result a Firestore event is about. The subject `documents/results/{jobId}` names it for ids of ours. Other ids reach a
 * header escaped in more than one way (CloudEvents' HTTP binding escapes by percent signs, the emulator doesn't at all), so those
 * are taken from the body, where the document's name stands as it is.
 * @returns undefined when the event is about no result; the trigger's path pattern makes that impossible
 */
export function jobIdOf(event: Pick<CloudEvent<unknown>, "subject" | "data">): string | undefined {
  const plain = /^documents\/results\/([\w-]+)$/.exec(event.subject ?? "")?.[1];
  if (plain !== undefined) return plain;
  const name = event.data instanceof Uint8Array ? documentName(Buffer.from(event.data)) : undefined;
  return /\/documents\/results\/([^/]+)$/.exec(name ?? "")?.[1];
}

/**
 * The name in a serialised `google.events.cloud.firestore.v1.DocumentEventData`: its fields 1 (the document as it is) and 2 (as it
 * was) are documents, whose field 1 is the name.
 */
function documentName(data: Buffer): string | undefined {
  const document = fieldOf(data, 1) ?? fieldOf(data, 2);
  return document && fieldOf(document, 1)?.toString("utf8");
}

/** The first field of a number in a protobuf message whose fields all have a length, as those above do. */
function fieldOf(message: Buffer, wanted: number): Buffer | undefined {
  const LENGTH_DELIMITED = 2;
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 0; at < message.length && shift < 35; shift += 7) {
      const byte = message.readUInt8(at++);
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (at < message.length) {
    const tag = varint();
    const length = varint();
    if (tag % 8 !== LENGTH_DELIMITED) return undefined;
    if (Math.floor(tag / 8) === wanted) return message.subarray(at, at + length);
    at += length;
  }
  return undefined;
}
