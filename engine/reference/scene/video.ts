import { stat } from "node:fs/promises";
import {
  AV_DISPOSITION_ATTACHED_PIC,
  AV_FRAME_DATA_DISPLAYMATRIX,
  AV_FRAME_FLAG_CORRUPT,
  AV_LOG_QUIET,
  AV_NOPTS_VALUE,
  AV_PKT_DATA_DISPLAYMATRIX,
  AVCOL_PRI_UNSPECIFIED,
  AVCOL_RANGE_UNSPECIFIED,
  AVCOL_SPC_UNSPECIFIED,
  AVCOL_TRC_UNSPECIFIED,
  AVDISCARD_ALL,
  AVMEDIA_TYPE_VIDEO,
} from "node-av/constants";
import {
  avGetCodecName,
  Codec,
  CodecContext,
  type CodecParameters,
  Dictionary,
  FFmpegError,
  FormatContext,
  Frame,
  Log,
  Packet,
  type Rational,
  type Stream,
} from "node-av/lib";
import { ConversionError } from "#engine/reference/conversionError.ts";
import { type Turn, turnOfMatrix, turnOfTag, upright } from "../frames/turn.ts";
import { CONTAINERS } from "./containers.ts";
import { isCutOff } from "./cutOff.ts";
import { isProtected } from "./protection.ts";
import { Sampling } from "./sampling.ts";

const DECODER_THREADS = 2;

/** A decoded picture. `frame` belongs to the reader, which overwrites it with the next one: clone what is to be kept. */
export interface DecodedPicture {
  readonly frame: Frame;
  /** From the beginning of the video. */
  readonly timeSeconds: number;
  /** Whether the decoder had to invent parts of it. */
  readonly damaged: boolean;
  readonly turn: Turn;
  /** Width of a pixel over its height. */
  readonly pixelAspect: number;
}

export interface VideoFacts {
  /** As the container says; undefined where it doesn't. */
  readonly durationSeconds: number | undefined;
  readonly width: number;
  readonly height: number;
  readonly codec: string;
}

/** Reads one video file from beginning to end in bounded memory: one packet and the decoder's own frames at a time. */
export class Video implements AsyncDisposable {
  readonly facts: VideoFacts;
  readonly #container: FormatContext;
  readonly #stream: Stream;
  readonly #decoder: CodecContext;
  readonly #packet = new Packet();
  readonly #frame = new Frame();
  readonly #fileSize: number;
  #fraction = 0;
  #lastSeconds = 0;

  private constructor(container: FormatContext, stream: Stream, decoder: CodecContext, fileSize: number) {
    this.#container = container;
    this.#stream = stream;
    this.#decoder = decoder;
    this.#fileSize = fileSize;
    this.#packet.alloc();
    this.#frame.alloc();
    const { codecpar } = stream;
    this.facts = {
      durationSeconds: durationOf(container, stream, fileSize),
      width: codecpar.width,
      height: codecpar.height,
      codec: avGetCodecName(codecpar.codecId) ?? "unknown",
    };
  }

  /** @throws ConversionError when there is no video in the file that can be decoded */
  static async open(path: string, maxPixels: number): Promise<Video> {
    Log.setLevel(AV_LOG_QUIET);
    const { size } = await stat(path);
    if (await isProtected(path)) {
      throw new ConversionError(
        "video_protected",
        "This video is copy-protected, so it can't be converted. Please choose one that was filmed with a phone or a camera.",
      );
    }
    const container = new FormatContext();
    try {
      await openContainer(container, path);
      const stream = pictureStream(container);
      const { width, height } = stream.codecpar;
      if (width * height > maxPixels) {
        throw new ConversionError(
          "video_too_large",
          "The pictures of this video are too large to be converted.",
        );
      }
      return new Video(container, stream, await openDecoder(stream, maxPixels), size);
    } catch (cause) {
      await container.closeInput();
      if (size === 0 || !(await isCutOff(path))) throw cause;
      throw new ConversionError(
        "video_truncated",
        "The end of this video is missing, and without it it can't be shown. Please upload the whole video again.",
        { cause },
      );
    }
  }

  /** How much of the video has been read, from 0 to 1. */
  get fraction(): number {
    return this.#fraction;
  }

  /**
   * The pictures in order, of long videos a selection (see `Sampling`). Ends early, without complaint, where the file is damaged
   * or cut off, and when `signal` is aborted.
   */
  async *pictures(signal: AbortSignal): AsyncGenerator<DecodedPicture, void, undefined> {
    const sampling = new Sampling({
      durationSeconds: this.facts.durationSeconds,
      framesPerSecond: ratio(this.#stream.avgFrameRate) ?? 30,
      width: this.facts.width,
      height: this.facts.height,
    });
    while (!signal.aborted && (await this.#container.readFrame(this.#packet)) >= 0) {
      if (this.#packet.streamIndex === this.#stream.index) {
        const timeSeconds = this.#secondsOf(this.#packet.pts) ?? this.#secondsOf(this.#packet.dts);
        this.#advance(timeSeconds);
        const decision = sampling.decide({ key: this.#packet.isKeyframe, timeSeconds });
        if (decision === "restart") {
          yield* this.#decode(null);
          this.#decoder.flushBuffers();
        }
        if (decision !== "skip") yield* this.#decode(this.#packet);
      }
      this.#packet.unref();
    }
    if (!signal.aborted) yield* this.#decode(null);
  }

  async *#decode(packet: Packet | null): AsyncGenerator<DecodedPicture, void, undefined> {
    // A packet that can't be decoded is passed over; the pictures around it may be sound.
    if ((await this.#decoder.sendPacket(packet)) < 0) return;
    while ((await this.#decoder.receiveFrame(this.#frame)) >= 0) {
      const frame = this.#frame;
      if (frame.width > 1 && frame.height > 1) yield this.#describe(frame);
      frame.unref();
    }
  }

  #describe(frame: Frame): DecodedPicture {
    this.#lastSeconds = this.#secondsOf(frame.bestEffortTimestamp) ?? this.#lastSeconds;
    addColour(frame, this.#stream.codecpar);
    return {
      frame,
      timeSeconds: this.#lastSeconds,
      damaged: frame.hasFlags(AV_FRAME_FLAG_CORRUPT) || frame.decodeErrorFlags !== 0,
      turn: this.#turnOf(frame),
      pixelAspect: ratio(this.#stream.sampleAspectRatio) ?? ratio(frame.sampleAspectRatio) ?? 1,
    };
  }

  #turnOf(frame: Frame): Turn {
    const matrix =
      frame.getSideData(AV_FRAME_DATA_DISPLAYMATRIX) ??
      this.#stream.codecpar.getCodedSideData(AV_PKT_DATA_DISPLAYMATRIX);
    if (matrix) return turnOfMatrix(matrix);
    const tag = this.#stream.metadata?.get("rotate");
    return tag ? turnOfTag(tag) : upright;
  }

  #advance(timeSeconds: number | undefined): void {
    const { durationSeconds } = this.facts;
    const byTime = durationSeconds && timeSeconds !== undefined ? timeSeconds / durationSeconds : 0;
    const byPlace = this.#fileSize > 0 ? Number(this.#packet.pos) / this.#fileSize : 0;
    this.#fraction = Math.min(1, Math.max(this.#fraction, durationSeconds ? byTime : byPlace));
  }

  #secondsOf(timestamp: bigint): number | undefined {
    if (timestamp === AV_NOPTS_VALUE) return undefined;
    const start = this.#stream.startTime === AV_NOPTS_VALUE ? 0n : this.#stream.startTime;
    return Math.max(0, Number(timestamp - start) * (ratio(this.#stream.timeBase) ?? 0));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#frame.free();
    this.#packet.free();
    this.#decoder.freeContext();
    await this.#container.closeInput();
  }
}

/** What the picture doesn't say of its colours, the container may. */
function addColour(frame: Frame, named: CodecParameters): void {
  if (frame.colorSpace === AVCOL_SPC_UNSPECIFIED) frame.colorSpace = named.colorSpace;
  if (frame.colorTrc === AVCOL_TRC_UNSPECIFIED) frame.colorTrc = named.colorTrc;
  if (frame.colorPrimaries === AVCOL_PRI_UNSPECIFIED) frame.colorPrimaries = named.colorPrimaries;
  if (frame.colorRange === AVCOL_RANGE_UNSPECIFIED) frame.colorRange = named.colorRange;
}

async function openContainer(container: FormatContext, path: string): Promise<void> {
  const options = Dictionary.fromObject({ format_whitelist: CONTAINERS, protocol_whitelist: "file" });
  try {
    FFmpegError.throwIfError(await container.openInput(`file:${path}`, null, options), "container");
    FFmpegError.throwIfError(await container.findStreamInfo(), "streams");
  } catch (cause) {
    throw new ConversionError(
      "video_unreadable",
      "This file can't be read as a video. Please try another video, or save it again on the phone first.",
      { cause },
    );
  }
}

/** The stream with the moving pictures; an album cover is none. */
function pictureStream(container: FormatContext): Stream {
  const streams = container.streams.filter(
    ({ codecpar, disposition }) =>
      codecpar.codecType === AVMEDIA_TYPE_VIDEO && (disposition & AV_DISPOSITION_ATTACHED_PIC) === 0,
  );
  const best = container.findBestStream(AVMEDIA_TYPE_VIDEO);
  const chosen = streams.find(({ index }) => index === best) ?? streams[0];
  if (!chosen) {
    throw new ConversionError("video_has_no_picture", "There is only sound in this file and no picture.");
  }
  for (const stream of container.streams) if (stream.index !== chosen.index) stream.discard = AVDISCARD_ALL;
  return chosen;
}

async function openDecoder(stream: Stream, maxPixels: number): Promise<CodecContext> {
  const codec = Codec.findDecoder(stream.codecpar.codecId);
  const decoder = new CodecContext();
  try {
    if (!codec) throw new Error("no decoder for this codec");
    decoder.allocContext3(codec);
    FFmpegError.throwIfError(decoder.parametersToContext(stream.codecpar), "decoder parameters");
    decoder.pktTimebase = stream.timeBase;
    decoder.threadCount = DECODER_THREADS;
    const options = Dictionary.fromObject({ max_pixels: maxPixels });
    FFmpegError.throwIfError(await decoder.open2(codec, options), "decoder");
    return decoder;
  } catch (cause) {
    decoder.freeContext();
    throw new ConversionError("video_unreadable", "This kind of video can't be decoded.", { cause });
  }
}

/** Fewer bytes for each second than this, and the duration is a broken header's. */
const FEWEST_BYTES_PER_SECOND = 200;

function durationOf(container: FormatContext, stream: Stream, fileSize: number): number | undefined {
  const MICROSECONDS = 1e-6;
  const own =
    stream.duration === AV_NOPTS_VALUE ? 0 : Number(stream.duration) * (ratio(stream.timeBase) ?? 0);
  const whole = container.duration === AV_NOPTS_VALUE ? 0 : Number(container.duration) * MICROSECONDS;
  const duration = own > 0 ? own : whole;
  return duration > 0 && fileSize / duration > FEWEST_BYTES_PER_SECOND ? duration : undefined;
}

function ratio({ num, den }: Rational): number | undefined {
  return num > 0 && den > 0 ? num / den : undefined;
}
