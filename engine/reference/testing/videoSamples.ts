import type { VideoType } from "#shared/platform/media/mediaTypes.ts";
import type { TestVideo } from "./testVideo.ts";

/** A file as some camera, phone or program makes it, by its name. */
export type VideoSample = readonly [string, TestVideo];

const small = { width: 128, height: 96, secondsPerView: 0.24 };
const pal = { width: 720, height: 576, secondsPerView: 0.12 };

/** Files of each type that is taken. */
export const videoSamples: Readonly<Record<VideoType, readonly VideoSample[]>> = {
  "video/mp4": [
    ["phone.mp4", { ...small, sound: "aac" }],
    ["hevc.mp4", { ...small, encoder: "libx265" }],
    ["parts.mp4", { ...small, muxerOptions: { movflags: "dash+frag_keyframe+empty_moov", brand: "dash" } }],
    ["sound-brand.mp4", { ...small, sound: "aac", muxerOptions: { brand: "M4A " } }],
    ["audiobook-brand.mp4", { ...small, sound: "aac", muxerOptions: { brand: "M4B " } }],
  ],
  "video/quicktime": [
    ["phone.mov", { ...small, sound: "aac" }],
    ["camera.mov", { ...small, encoder: "mjpeg", pixelFormat: "yuvj422p" }],
    ["studio.mov", { ...small, encoder: "prores_ks", pixelFormat: "yuv422p10le" }],
  ],
  "video/x-m4v": [["itunes.m4v", { ...small, container: "mp4", muxerOptions: { brand: "M4V " } }]],
  "video/3gpp": [
    ["phone.3gp", { ...small, encoder: "h263" }],
    ["later-phone.3gp", { ...small, sound: "aac" }],
  ],
  "video/3gpp2": [["phone.3g2", { ...small, encoder: "mpeg4" }]],
  "video/webm": [["browser.webm", { ...small, encoder: "libvpx-vp9", sound: "libopus" }]],
  "video/matroska": [["copy.mkv", { ...small, sound: "aac" }]],
  "video/vnd.avi": [
    ["camera.avi", { ...small, encoder: "mjpeg", pixelFormat: "yuvj420p" }],
    ["mpeg4.avi", { ...small, encoder: "mpeg4" }],
    ["camcorder.avi", { ...pal, encoder: "dvvideo" }],
  ],
  "video/mpeg": [
    ["camcorder.mpg", { ...small, encoder: "mpeg2video", sound: "mp2" }],
    ["video-cd.mpg", { ...small, encoder: "mpeg1video", sound: "mp2" }],
    ["dvd.vob", { ...small, encoder: "mpeg2video", sound: "mp2" }],
    ["pictures.m2v", { ...small, encoder: "mpeg2video", container: "mpeg2video" }],
  ],
  "video/mp2t": [
    ["camcorder.mts", { ...small, container: "mpegts", muxerOptions: { mpegts_m2ts_mode: 1 } }],
    ["television.ts", { ...small, encoder: "mpeg2video", sound: "mp2" }],
  ],
  "video/x-ms-asf": [["windows.wmv", { ...small, encoder: "wmv2", sound: "wmav2" }]],
  "video/x-flv": [
    ["old.flv", { ...small, encoder: "flv" }],
    ["later.flv", { ...small, sound: "aac" }],
  ],
  "video/x-dv": [
    ["pal.dv", { ...pal, encoder: "dvvideo" }],
    ["ntsc.dv", { ...pal, height: 480, encoder: "dvvideo", pixelFormat: "yuv411p" }],
  ],
  "video/ogg": [["free.ogv", { ...small, encoder: "libtheora" }]],
  "application/mxf": [["station.mxf", { ...small, encoder: "mpeg2video" }]],
};
