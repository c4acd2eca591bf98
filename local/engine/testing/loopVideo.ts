import { FFmpegError, FormatContext, Packet } from "node-av/lib";

/**
 * Makes a long video out of a short one by writing its packets again and again, without decoding or encoding: `times` times its
 * length, of every stream.
 */
export async function loopVideo(from: string, to: string, times: number): Promise<void> {
  await using output = new FormatContext();
  check(output.allocOutputContext2(null, null, to));
  const lengths = await describe(from, output);
  check(await output.openOutput());
  check(await output.writeHeader());
  using packet = new Packet();
  packet.alloc();
  for (let round = 0; round < times; round++) {
    await using input = await openInput(from);
    while ((await input.readFrame(packet)) >= 0) {
      const source = input.streams[packet.streamIndex];
      const target = output.streams[packet.streamIndex];
      if (!source || !target) continue;
      const later = BigInt(round) * (lengths[packet.streamIndex] ?? 0n);
      packet.pts += later;
      packet.dts += later;
      packet.rescaleTs(source.timeBase, target.timeBase);
      check(await output.interleavedWriteFrame(packet));
    }
    await input.closeInput();
  }
  check(await output.writeTrailer());
  await output.closeOutput();
}

/** Makes the same streams in `output`; gives the video's length in each stream's own units. */
async function describe(from: string, output: FormatContext): Promise<readonly bigint[]> {
  await using input = await openInput(from);
  const seconds = Math.max(
    ...input.streams.map(({ duration, timeBase }) => (Number(duration) * timeBase.num) / timeBase.den),
  );
  const lengths = input.streams.map((source) => {
    const target = output.newStream();
    check(source.codecpar.copy(target.codecpar));
    target.codecpar.codecTag = 0;
    target.timeBase = source.timeBase;
    return BigInt(Math.ceil((seconds * source.timeBase.den) / source.timeBase.num));
  });
  await input.closeInput();
  return lengths;
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
