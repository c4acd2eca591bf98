/** The encoders of FFmpeg that `writeFootage` knows. */
import {
  FF_ENCODER_AAC,
  FF_ENCODER_DVVIDEO,
  FF_ENCODER_FFV1,
  FF_ENCODER_FLV,
  FF_ENCODER_H263,
  FF_ENCODER_LIBOPUS,
  FF_ENCODER_LIBSVTAV1,
  FF_ENCODER_LIBTHEORA,
  FF_ENCODER_LIBVPX_VP9,
  FF_ENCODER_LIBX264,
  FF_ENCODER_LIBX265,
  FF_ENCODER_MJPEG,
  FF_ENCODER_MP2,
  FF_ENCODER_MPEG1VIDEO,
  FF_ENCODER_MPEG2VIDEO,
  FF_ENCODER_MPEG4,
  FF_ENCODER_PNG,
  FF_ENCODER_PRORES_KS,
  FF_ENCODER_QTRLE,
  FF_ENCODER_RAWVIDEO,
  FF_ENCODER_WMAV2,
  FF_ENCODER_WMV2,
} from "node-av/constants";
import { Codec } from "node-av/lib";

/** Encoders that count in frames of 1/25 s: they get videos of constant rate only. */
export const frameCounters: ReadonlySet<string> = new Set([
  "mpeg4",
  "mpeg2video",
  "mpeg1video",
  "dvvideo",
  "h263",
]);

export const encoders = {
  libx264: FF_ENCODER_LIBX264,
  libx265: FF_ENCODER_LIBX265,
  "libvpx-vp9": FF_ENCODER_LIBVPX_VP9,
  libsvtav1: FF_ENCODER_LIBSVTAV1,
  mpeg4: FF_ENCODER_MPEG4,
  mpeg2video: FF_ENCODER_MPEG2VIDEO,
  mpeg1video: FF_ENCODER_MPEG1VIDEO,
  dvvideo: FF_ENCODER_DVVIDEO,
  ffv1: FF_ENCODER_FFV1,
  flv: FF_ENCODER_FLV,
  h263: FF_ENCODER_H263,
  libtheora: FF_ENCODER_LIBTHEORA,
  mjpeg: FF_ENCODER_MJPEG,
  png: FF_ENCODER_PNG,
  prores_ks: FF_ENCODER_PRORES_KS,
  qtrle: FF_ENCODER_QTRLE,
  rawvideo: FF_ENCODER_RAWVIDEO,
  wmv2: FF_ENCODER_WMV2,
};
export type PictureEncoder = keyof typeof encoders;

export const soundEncoders = {
  aac: FF_ENCODER_AAC,
  libopus: FF_ENCODER_LIBOPUS,
  mp2: FF_ENCODER_MP2,
  wmav2: FF_ENCODER_WMAV2,
};
export type SoundEncoder = keyof typeof soundEncoders;

/** What makes each encoder fast and quiet. */
export const usualOptions: Readonly<Record<string, Readonly<Record<string, string | number>>>> = {
  libx264: { preset: "ultrafast", crf: 20 },
  libx265: { preset: "ultrafast", crf: 22, "x265-params": "log-level=error" },
  prores_ks: { profile: "auto" },
  wmv2: { b: 1_000_000 },
  flv: { b: 1_000_000 },
  "libvpx-vp9": { deadline: "realtime", "cpu-used": 8, crf: 30, b: 0 },
  libsvtav1: { preset: 12, crf: 35 },
  mpeg4: { qscale: 4 },
  mpeg2video: { b: 8_000_000 },
};

/** @throws Error when FFmpeg was built without it */
export function namedEncoder(name: string, constant: Parameters<typeof Codec.findEncoderByName>[0]): Codec {
  const codec = Codec.findEncoderByName(constant);
  if (!codec) throw new Error(`FFmpeg has no encoder ${name}`);
  return codec;
}
