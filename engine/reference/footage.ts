/**
 * Makes video files from pictures: for the demo, which needs a family video when none is at hand, and for tests, which need
 * every sort of video a phone can make.
 */
import {
  AV_CHANNEL_LAYOUT_MONO,
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_LOG_ERROR,
  AV_PKT_DATA_DISPLAYMATRIX,
  AV_SAMPLE_FMT_FLT,
  AV_SAMPLE_FMT_FLTP,
  AV_SAMPLE_FMT_S16,
  AVFMT_GLOBALHEADER,
} from "node-av/constants";
import {
  avGetPixFmtFromName,
  type Codec,
  CodecContext,
  Dictionary,
  FFmpegError,
  FormatContext,
  Frame,
  Log,
  Packet,
  Rational,
  type Stream,
} from "node-av/lib";
import {
  encoders,
  frameCounters,
  namedEncoder,
  type PictureEncoder,
  type SoundEncoder,
  soundEncoders,
  usualOptions,
} from "./footageEncoders.ts";
import { FilterChain } from "./frames/filterChain.ts";

/** One picture of a video: when it is shown, in seconds, and its pixels, without padding. */
export interface FootageFrame {
  readonly timeSeconds: number;
  /** Three bytes for each pixel, or what `Footage.drawnAs` says. */
  readonly pixels: Buffer;
}

export interface Footage {
  readonly width: number;
  readonly height: number;
  readonly frames: Iterable<FootageFrame>;
  /** FFmpeg's pixel format of the frames' pixels; `rgb24` when absent. Others reach the encoder with their numbers unchanged. */
  readonly drawnAs?: string;
  /** An FFmpeg encoder and its options; H.264 when absent. */
  readonly encoder?: PictureEncoder;
  readonly encoderOptions?: Readonly<Record<string, string | number>>;
  /** An FFmpeg pixel format such as `yuv420p10le`; `yuv420p` when absent. */
  readonly pixelFormat?: string;
  /** How a player must turn the pictures, clockwise; written as the container's display matrix. */
  readonly turn?: 0 | 90 | 180 | 270;
  /** Whether a player must change left and right before the turn; part of the same matrix. */
  readonly mirrored?: boolean;
  /** Width of a pixel over its height. */
  readonly pixelAspect?: { readonly num: number; readonly den: number };
  /** Adds a tone in this encoding for as long as the pictures last. */
  readonly sound?: SoundEncoder;
  readonly tags?: Readonly<Record<string, string>>;
  /** FFmpeg's name of the container; what the file's ending says when absent. */
  readonly container?: string;
  readonly muxerOptions?: Readonly<Record<string, string | number>>;
}

/** Writes `footage` to `path`, whose ending decides the container. Rejects with FFmpeg's word when that can't be done. */
export async function writeFootage(path: string, footage: Footage): Promise<void> {
  Log.setLevel(AV_LOG_ERROR);
  // SVT-AV1 writes past FFmpeg's log; 1 means errors only.
  process.env.SVT_LOG ??= "1";
  await using container = new FormatContext();
  check(container.allocOutputContext2(null, footage.container ?? null, path), "container");
  using pictures = await openPictures(container, footage);
  using sound = footage.sound ? await openSound(container, footage.sound) : undefined;
  check(await container.openOutput(), "file");
  check(await container.writeHeader(Dictionary.fromObject({ ...footage.muxerOptions })), "header");

  /** In samples. */
  let soundUntil = 0;
  for (const frame of footage.frames) {
    while (sound && soundUntil / SAMPLE_RATE <= frame.timeSeconds) {
      await sound.write(tone(soundUntil, sound.frameSize, footage.sound));
      soundUntil += sound.frameSize;
    }
    await pictures.write(encodable(frame, footage));
  }
  await pictures.end();
  await sound?.end();
  check(await container.writeTrailer(), "trailer");
  await container.closeOutput();
}

const CLOCK = 90_000;
const FRAME_CLOCK = 25;
const SAMPLE_RATE = 48_000;

async function openPictures(container: FormatContext, footage: Footage): Promise<Track> {
  const name = footage.encoder ?? "libx264";
  const codec = namedEncoder(name, encoders[name]);
  const encoder = new CodecContext();
  encoder.allocContext3(codec);
  encoder.width = footage.width;
  encoder.height = footage.height;
  encoder.pixelFormat = avGetPixFmtFromName(footage.pixelFormat ?? "yuv420p");
  encoder.timeBase = new Rational(1, clockOf(footage));
  encoder.framerate = new Rational(25, 1);
  if (footage.pixelAspect) {
    encoder.sampleAspectRatio = new Rational(footage.pixelAspect.num, footage.pixelAspect.den);
  }
  const track = await Track.open(container, codec, encoder, {
    threads: 2,
    ...usualOptions[name],
    ...footage.encoderOptions,
  });
  track.stream.sampleAspectRatio = encoder.sampleAspectRatio;
  if (frameCounters.has(name)) track.stream.avgFrameRate = encoder.framerate;
  if (footage.turn || footage.mirrored) {
    const matrix = turnMatrix(footage.turn ?? 0, footage.mirrored ?? false);
    check(track.stream.codecpar.addCodedSideData(AV_PKT_DATA_DISPLAYMATRIX, matrix), "turn");
  }
  if (footage.tags) track.stream.metadata = Dictionary.fromObject(footage.tags);
  return track;
}

async function openSound(container: FormatContext, name: SoundEncoder): Promise<Track> {
  const codec = namedEncoder(name, soundEncoders[name]);
  const encoder = new CodecContext();
  encoder.allocContext3(codec);
  encoder.sampleRate = SAMPLE_RATE;
  encoder.sampleFormat = sampleFormatOf(name);
  encoder.channelLayout = AV_CHANNEL_LAYOUT_MONO;
  encoder.timeBase = new Rational(1, SAMPLE_RATE);
  return await Track.open(container, codec, encoder, { b: 32_000 });
}

/** An encoder and its stream in the container. */
class Track implements Disposable {
  readonly stream: Stream;
  readonly #container: FormatContext;
  readonly #encoder: CodecContext;
  readonly #packet = new Packet();

  private constructor(container: FormatContext, encoder: CodecContext) {
    this.#container = container;
    this.#encoder = encoder;
    this.#packet.alloc();
    this.stream = container.newStream();
    this.stream.timeBase = encoder.timeBase;
    check(this.stream.codecpar.fromContext(encoder), "stream");
  }

  static async open(
    container: FormatContext,
    codec: Codec,
    encoder: CodecContext,
    options: Readonly<Record<string, string | number>>,
  ): Promise<Track> {
    const flags: number = container.oformat?.flags ?? 0;
    if ((flags & AVFMT_GLOBALHEADER) !== 0) encoder.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
    check(await encoder.open2(codec, Dictionary.fromObject({ ...options })), "encoder");
    return new Track(container, encoder);
  }

  /** How many samples of sound the encoder takes at once. */
  get frameSize(): number {
    return this.#encoder.frameSize;
  }

  /** Encodes a frame and frees it. */
  async write(frame: Frame): Promise<void> {
    check(await this.#encoder.sendFrame(frame), "encode");
    frame.free();
    await this.#drain();
  }

  async end(): Promise<void> {
    check(await this.#encoder.sendFrame(null), "encode");
    await this.#drain();
  }

  async #drain(): Promise<void> {
    while ((await this.#encoder.receivePacket(this.#packet)) >= 0) {
      this.#packet.streamIndex = this.stream.index;
      // Only the last picture's duration counts: the others last until the next one.
      if (this.#packet.duration === 0n) this.#packet.duration = BigInt(this.#encoder.timeBase.den) / 25n;
      this.#packet.rescaleTs(this.#encoder.timeBase, this.stream.timeBase);
      check(await this.#container.interleavedWriteFrame(this.#packet), "write");
    }
  }

  [Symbol.dispose](): void {
    this.#packet.free();
    this.#encoder.freeContext();
  }
}

/** The picture in the encoder's pixel format. */
function encodable(picture: FootageFrame, footage: Footage): Frame {
  const { width, height, pixelFormat = "yuv420p", drawnAs = "rgb24" } = footage;
  using source = Frame.fromVideoBuffer(picture.pixels, {
    width,
    height,
    format: avGetPixFmtFromName(drawnAs),
  });
  const unchanged = drawnAs === "rgb24" ? "" : ":in_range=pc:out_range=pc";
  using chain = new FilterChain(`scale=flags=bilinear${unchanged},format=${pixelFormat}`, source);
  const frame = chain.run(source);
  frame.pts = BigInt(Math.round(picture.timeSeconds * clockOf(footage)));
  return frame;
}

function tone(first: number, count: number, name: Footage["sound"]): Frame {
  const sample = (_: unknown, index: number) =>
    0.1 * Math.sin((2 * Math.PI * 440 * (first + index)) / SAMPLE_RATE);
  const samples =
    name === "mp2"
      ? Int16Array.from({ length: count }, (_, index) => 32_767 * sample(_, index))
      : Float32Array.from({ length: count }, sample);
  return Frame.fromAudioBuffer(Buffer.from(samples.buffer), {
    nbSamples: count,
    format: sampleFormatOf(name),
    sampleRate: SAMPLE_RATE,
    channelLayout: AV_CHANNEL_LAYOUT_MONO,
    pts: BigInt(first),
  });
}

function sampleFormatOf(name: Footage["sound"]) {
  if (name === "mp2") return AV_SAMPLE_FMT_S16;
  return name === "libopus" ? AV_SAMPLE_FMT_FLT : AV_SAMPLE_FMT_FLTP;
}

function clockOf(footage: Footage): number {
  return frameCounters.has(footage.encoder ?? "") ? FRAME_CLOCK : CLOCK;
}

/** The display matrix of ISO/IEC 14496-12 (8.3.2) for a turn: nine 32-bit numbers, 16.16 fixed point, the last column 2.30. */
function turnMatrix(turn: 0 | 90 | 180 | 270, mirrored: boolean): Buffer {
  const one = 0x10000;
  const [a, b, c, d] = (
    {
      0: [one, 0, 0, one],
      90: [0, one, -one, 0],
      180: [-one, 0, 0, -one],
      270: [0, -one, one, 0],
    } as const
  )[turn];
  const side = mirrored ? -1 : 1;
  return Buffer.from(Int32Array.of(side * a, side * b, 0, c, d, 0, 0, 0, 0x40000000).buffer);
}

function check(code: number, doing: string): void {
  FFmpegError.throwIfError(code, doing);
}
