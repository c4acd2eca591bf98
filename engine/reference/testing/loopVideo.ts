import type { AVMediaType } from "node-av/constants";
import { FFmpegError, FormatContext, Packet } from "node-av/lib";

/**
 * Makes a long video out of a short one by writing its packets again and again, without decoding or encoding: `times` times its
 * length. `keep` chooses the streams by their media type; all of them when absent.
 */
export async function loopVideo(
  from: string,
  to: string,
  times: number,
  keep: (type: AVMediaType) => boolean = () => true,
): Promise<void> {
  await using output = new FormatContext();
  check(output.allocOutputContext2(null, null, to));
  const tracks = await describe(from, output, keep);
  check(await output.openOutput());
  check(await output.writeHeader());
  using packet = new Packet();
  packet.alloc();
  for (let round = 0; round < times; round++) {
    await using input = await openInput(from);
    while ((await input.readFrame(packet)) >= 0) {
      const source = input.streams[packet.streamIndex];
      const track = tracks.get(packet.streamIndex);
      const target = track && output.streams[track.index];
      if (!source || !target) continue;
      const later = BigInt(round) * track.length;
      packet.pts += later;
      packet.dts += later;
      packet.streamIndex = track.index;
      packet.rescaleTs(source.timeBase, target.timeBase);
      check(await output.interleavedWriteFrame(packet));
    }
    await input.closeInput();
  }
  check(await output.writeTrailer());
  await output.closeOutput();
}

interface Track {
  /** Of the stream in the output. */
  readonly index: number;
  /** The whole video's length in the source stream's units. */
  readonly length: bigint;
}

/** Makes the kept streams in `output`; gives them by the source's stream index. */
async function describe(
  from: string,
  output: FormatContext,
  keep: (type: AVMediaType) => boolean,
): Promise<ReadonlyMap<number, Track>> {
  await using input = await openInput(from);
  const seconds = Math.max(
    ...input.streams.map(({ duration, timeBase }) => (Number(duration) * timeBase.num) / timeBase.den),
  );
  const tracks = new Map<number, Track>();
  for (const source of input.streams.filter(({ codecpar }) => keep(codecpar.codecType))) {
    const target = output.newStream();
    check(source.codecpar.copy(target.codecpar));
    // The tag is the other container's word for the codec.
    target.codecpar.codecTag = 0;
    target.timeBase = source.timeBase;
    const length = BigInt(Math.ceil((seconds * source.timeBase.den) / source.timeBase.num));
    tracks.set(source.index, { index: target.index, length });
  }
  await input.closeInput();
  return tracks;
}

async function openInput(path: string): Promise<FormatContext> {
  const input = new FormatContext();
  check(await input.openInput(path));
  check(await input.findStreamInfo());
  return input;
}

function check(code: number): void {
  FFmpegError.throwIfError(code, "loop");
}
