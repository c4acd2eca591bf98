import {
  AV_BUFFERSRC_FLAG_KEEP_REF,
  AVCOL_PRI_UNSPECIFIED,
  AVCOL_RANGE_UNSPECIFIED,
  AVCOL_SPC_UNSPECIFIED,
  AVCOL_TRC_UNSPECIFIED,
} from "node-av/constants";
import { FFmpegError, Filter, type FilterContext, FilterGraph, FilterInOut, Frame } from "node-av/lib";

/**
 * A chain of FFmpeg video filters with one input and one output, made for frames of one shape (see `frameShape`). The filters are
 * given nothing of the frames' colours: FFmpeg refuses some combinations that cameras write, and crashes on others. Frees its native memory on `dispose`; frames that came out of it live on by themselves.
 */
export class FilterChain implements Disposable {
  readonly #graph = new FilterGraph();
  readonly #source: FilterContext;
  readonly #sink: FilterContext;

  /**
   * @param spec a filter chain as FFmpeg writes it, such as `transpose=clock,scale=120:160`
   * @param like a frame of the shape that `run` will be given
   * @throws FFmpegError when the chain can't be made for such frames
   */
  constructor(spec: string, like: Frame) {
    this.#graph.alloc();
    try {
      this.#graph.nbThreads = 1;
      this.#source = node(this.#graph, "buffer", "in", sourceArguments(like));
      this.#sink = node(this.#graph, "buffersink", "out");
      const fed = FilterInOut.createList([{ name: "in", filterCtx: this.#source, padIdx: 0 }]);
      const drawn = FilterInOut.createList([{ name: "out", filterCtx: this.#sink, padIdx: 0 }]);
      FFmpegError.throwIfError(this.#graph.parsePtr(spec, drawn, fed), "filter chain");
      FFmpegError.throwIfError(this.#graph.configSync(), "filter chain");
    } catch (error) {
      this.#graph.free();
      throw error;
    }
  }

  /**
   * Sends one frame through. `frame` stays the caller's; the result is the caller's too and must be freed. A filter that waits
   * for another frame hears that this was the last one, after which the chain can't be used again.
   */
  run(frame: Frame): Frame {
    const output = new Frame();
    output.alloc();
    using plain = withoutColour(frame);
    try {
      FFmpegError.throwIfError(
        this.#source.buffersrcAddFrameSync(plain, AV_BUFFERSRC_FLAG_KEEP_REF),
        "filter input",
      );
      if (this.#sink.buffersinkGetFrameSync(output) < 0) {
        this.#source.buffersrcAddFrameSync(null);
        FFmpegError.throwIfError(this.#sink.buffersinkGetFrameSync(output), "filter output");
      }
      return output;
    } catch (error) {
      output.free();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#graph.free();
  }
}

/** Frames of another shape need another chain; phones do change size or format in the middle of a video. */
export function frameShape(frame: Frame): string {
  return [frame.width, frame.height, frame.format].join();
}

/** Another reference to the same pixels. */
function withoutColour(frame: Frame): Frame {
  const plain = frame.clone();
  if (!plain) throw new Error("FFmpeg has no memory for another frame");
  plain.colorSpace = AVCOL_SPC_UNSPECIFIED;
  plain.colorTrc = AVCOL_TRC_UNSPECIFIED;
  plain.colorPrimaries = AVCOL_PRI_UNSPECIFIED;
  plain.colorRange = AVCOL_RANGE_UNSPECIFIED;
  return plain;
}

function node(
  graph: FilterGraph,
  filterName: string,
  name: string,
  args: string | null = null,
): FilterContext {
  const filter = Filter.getByName(filterName);
  const context = filter && graph.createFilter(filter, name, args);
  if (!context) throw new Error(`FFmpeg has no usable filter ${filterName} (${args ?? "no arguments"})`);
  return context;
}

function sourceArguments(frame: Frame): string {
  return [`video_size=${frame.width}x${frame.height}`, `pix_fmt=${frame.format}`, "time_base=1/1000000"].join(
    ":",
  );
}
