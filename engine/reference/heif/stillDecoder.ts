import {
  AV_CODEC_ID_AV1,
  AV_CODEC_ID_H264,
  AV_CODEC_ID_HEVC,
  AV_CODEC_ID_MJPEG,
  AV_PKT_FLAG_KEY,
  type AVCodecID,
} from "node-av/constants";
import { Codec, CodecContext, Dictionary, FFmpegError, Frame, Packet } from "node-av/lib";

/** How the pictures of a HEIF file may be coded, by the item's type, and which property says more about it. */
const codings: Readonly<Record<string, { readonly codec: AVCodecID; readonly configuration: string }>> = {
  hvc1: { codec: AV_CODEC_ID_HEVC, configuration: "hvcC" },
  hev1: { codec: AV_CODEC_ID_HEVC, configuration: "hvcC" },
  av01: { codec: AV_CODEC_ID_AV1, configuration: "av1C" },
  avc1: { codec: AV_CODEC_ID_H264, configuration: "avcC" },
  jpeg: { codec: AV_CODEC_ID_MJPEG, configuration: "jpgC" },
};

/** The property with which items of this type are decoded; undefined when FFmpeg has no decoder for them. */
export function configurationOf(itemType: string): string | undefined {
  return codings[itemType]?.configuration;
}

/** Decodes still pictures that share one configuration, one after the other. */
export class StillDecoder implements Disposable {
  readonly #context: CodecContext;

  private constructor(context: CodecContext) {
    this.#context = context;
  }

  static async open(
    itemType: string,
    configuration: Buffer | undefined,
    maxPixels: number,
  ): Promise<StillDecoder> {
    const coding = codings[itemType];
    const codec = coding && Codec.findDecoder(coding.codec);
    if (!codec) throw new Error(`no decoder for items of type ${itemType}`);
    const context = new CodecContext();
    context.allocContext3(codec);
    try {
      if (configuration) context.extraData = configuration;
      // Pictures have nothing before or after them to work on at the same time.
      context.threadCount = 1;
      const options = Dictionary.fromObject({ max_pixels: maxPixels });
      FFmpegError.throwIfError(await context.open2(codec, options), "decoder");
      return new StillDecoder(context);
    } catch (error) {
      context.freeContext();
      throw error;
    }
  }

  /** The frame is the caller's to free. */
  async decode(data: Buffer): Promise<Frame> {
    using packet = new Packet();
    packet.alloc();
    packet.data = data;
    packet.flags = AV_PKT_FLAG_KEY;
    const frame = new Frame();
    frame.alloc();
    try {
      FFmpegError.throwIfError(await this.#context.sendPacket(packet), "decode");
      await this.#context.sendPacket(null);
      FFmpegError.throwIfError(await this.#context.receiveFrame(frame), "decode");
      return frame;
    } catch (error) {
      frame.free();
      throw error;
    } finally {
      this.#context.flushBuffers();
    }
  }

  [Symbol.dispose](): void {
    this.#context.freeContext();
  }
}
