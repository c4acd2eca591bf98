/**
 * Makes video files from pictures: for the demo, which needs a family video when none is at hand, and for tests, which need
 * every sort of video a phone can make.
 */
import {
  AV_CHANNEL_LAYOUT_MONO,
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_LOG_ERROR,
  AV_PIX_FMT_RGB24,
  AV_PKT_DATA_DISPLAYMATRIX,
  AV_SAMPLE_FMT_FLT,
  AV_SAMPLE_FMT_FLTP,
  AVFMT_GLOBALHEADER,
  FF_ENCODER_AAC,
  FF_ENCODER_LIBOPUS,
  FF_ENCODER_LIBSVTAV1,
  FF_ENCODER_LIBVPX_VP9,
  FF_ENCODER_LIBX264,
  FF_ENCODER_LIBX265,
  FF_ENCODER_MPEG2VIDEO,
  FF_ENCODER_MPEG4,
} from "node-av/constants";
import {
  avGetPixFmtFromName,
  Codec,
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
import { FilterChain } from "./scene/filterChain.ts";

/** One picture of a video: when it is shown, in seconds, and its pixels, three bytes each, without padding. */
export interface FootageFrame {
  readonly timeSeconds: number;
  readonly rgb: Buffer;
}

export interface Footage {
  readonly width: number;
  readonly height: number;
  readonly frames: Iterable<FootageFrame>;
  /** An FFmpeg encoder and its options; H.264 when absent. */
  readonly encoder?: "libx264" | "libx265" | "libvpx-vp9" | "libsvtav1" | "mpeg4" | "mpeg2video";
  readonly encoderOptions?: Readonly<Record<string, string | number>>;
  /** An FFmpeg pixel format such as `yuv420p10le`; `yuv420p` when absent. */
  readonly pixelFormat?: string;
  /** How a player must turn the pictures, clockwise; written as the container's display matrix. */
  readonly turn?: 0 | 90 | 180 | 270;
  /** Width of a pixel over its height. */
  readonly pixelAspect?: { readonly num: number; readonly den: number };
  /** Adds a tone in this encoding for as long as the pictures last. */
  readonly sound?: "aac" | "libopus";
  readonly tags?: Readonly<Record<string, string>>;
  readonly muxerOptions?: Readonly<Record<string, string | number>>;
}

/** Writes `footage` to `path`, whose ending decides the container. Rejects with FFmpeg's word when that can't be done. */
export async function writeFootage(path: string, footage: Footage): Promise<void> {
  Log.setLevel(AV_LOG_ERROR);
  await using container = new FormatContext();
  check(container.allocOutputContext2(null, null, path), "container");
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
/** MPEG-4 Part 2 and MPEG-2 count in frames; they get videos of constant rate only. */
const FRAME_CLOCK = 25;
const SAMPLE_RATE = 48_000;

const encoders = {
  libx264: FF_ENCODER_LIBX264,
  libx265: FF_ENCODER_LIBX265,
  "libvpx-vp9": FF_ENCODER_LIBVPX_VP9,
  libsvtav1: FF_ENCODER_LIBSVTAV1,
  mpeg4: FF_ENCODER_MPEG4,
  mpeg2video: FF_ENCODER_MPEG2VIDEO,
  aac: FF_ENCODER_AAC,
  libopus: FF_ENCODER_LIBOPUS,
};

const usual: Readonly<Record<string, Readonly<Record<string, string | number>>>> = {
  libx264: { preset: "ultrafast", crf: 20 },
  libx265: { preset: "ultrafast", crf: 22, "x265-params": "log-level=error" },
  "libvpx-vp9": { deadline: "realtime", "cpu-used": 8, crf: 30, b: 0 },
  libsvtav1: { preset: 12, crf: 35 },
  mpeg4: { qscale: 4 },
  mpeg2video: { b: 8_000_000 },
};

async function openPictures(container: FormatContext, footage: Footage): Promise<Track> {
  const name = footage.encoder ?? "libx264";
  const codec = encoderNamed(name);
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
    ...usual[name],
    ...footage.encoderOptions,
  });
  track.stream.sampleAspectRatio = encoder.sampleAspectRatio;
  if (footage.turn) {
    check(
      track.stream.codecpar.addCodedSideData(AV_PKT_DATA_DISPLAYMATRIX, turnMatrix(footage.turn)),
      "turn",
    );
  }
  if (footage.tags) track.stream.metadata = Dictionary.fromObject(footage.tags);
  return track;
}

async function openSound(container: FormatContext, name: "aac" | "libopus"): Promise<Track> {
  const codec = encoderNamed(name);
  const encoder = new CodecContext();
  encoder.allocContext3(codec);
  encoder.sampleRate = SAMPLE_RATE;
  encoder.sampleFormat = sampleFormatOf(name);
  encoder.channelLayout = AV_CHANNEL_LAYOUT_MONO;
  encoder.timeBase = new Rational(1, SAMPLE_RATE);
  return await Track.open(container, codec, encoder, { b: 32_000 });
}

function encoderNamed(name: keyof typeof encoders): Codec {
  const codec = Codec.findEncoderByName(encoders[name]);
  if (!codec) throw new Error(`FFmpeg has no encoder ${name}`);
  return codec;
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
  const { width, height, pixelFormat = "yuv420p" } = footage;
  using source = Frame.fromVideoBuffer(picture.rgb, { width, height, format: AV_PIX_FMT_RGB24 });
  using chain = new FilterChain(`scale=flags=bilinear,format=${pixelFormat}`, source);
  const frame = chain.run(source);
  frame.pts = BigInt(Math.round(picture.timeSeconds * clockOf(footage)));
  return frame;
}

function tone(first: number, count: number, name: Footage["sound"]): Frame {
  const samples = Float32Array.from(
    { length: count },
    (_, index) => 0.1 * Math.sin((2 * Math.PI * 440 * (first + index)) / SAMPLE_RATE),
  );
  return Frame.fromAudioBuffer(Buffer.from(samples.buffer), {
    nbSamples: count,
    format: sampleFormatOf(name),
    sampleRate: SAMPLE_RATE,
    channelLayout: AV_CHANNEL_LAYOUT_MONO,
    pts: BigInt(first),
  });
}

function sampleFormatOf(name: Footage["sound"]) {
  return name === "libopus" ? AV_SAMPLE_FMT_FLT : AV_SAMPLE_FMT_FLTP;
}

function clockOf(footage: Footage): number {
  return footage.encoder === "mpeg4" || footage.encoder === "mpeg2video" ? FRAME_CLOCK : CLOCK;
}

/** The display matrix of ISO/IEC 14496-12 (8.3.2) for a turn: nine 32-bit numbers, 16.16 fixed point, the last column 2.30. */
function turnMatrix(turn: 0 | 90 | 180 | 270): Buffer {
  const one = 0x10000;
  const [a, b, c, d] = (
    {
      0: [one, 0, 0, one],
      90: [0, one, -one, 0],
      180: [-one, 0, 0, -one],
      270: [0, -one, one, 0],
    } as const
  )[turn];
  return Buffer.from(Int32Array.of(a, b, 0, c, d, 0, 0, 0, 0x40000000).buffer);
}

function check(code: number, doing: string): void {
  FFmpegError.throwIfError(code, doing);
}
