import type { VideoType } from "#shared/platform/media/mediaTypes.ts";

/** What FFmpeg calls its reader of each type of video that is taken. */
const readers: Readonly<Record<VideoType, string>> = {
  "video/mp4": "mov",
  "video/quicktime": "mov",
  "video/x-m4v": "mov",
  "video/3gpp": "mov",
  "video/3gpp2": "mov",
  "video/webm": "webm",
  "video/matroska": "matroska",
  "video/vnd.avi": "avi",
  // The second is of video without packets.
  "video/mpeg": "mpeg,mpegvideo",
  "video/mp2t": "mpegts",
  "video/x-ms-asf": "asf",
  "video/x-flv": "flv",
  "video/x-dv": "dv",
  "video/ogg": "ogg",
  "application/mxf": "mxf",
};

/**
 * The containers FFmpeg may open, as its option `format_whitelist` wants them: those that are taken, and no others. Formats that point
 * to other files or addresses (playlists, image sequences, scripts) stay shut, because the file comes from outside.
 */
export const CONTAINERS = [...new Set(Object.values(readers))].join();
