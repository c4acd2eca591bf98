/**
 * A process of its own for one conversion: FFmpeg is native code and the file comes from outside, so a crash, a hang or a flood of
 * memory must cost a job and not the engine. Talks with `runConversion` over the process's message channel.
 */
import { constants, setPriority } from "node:os";
import sharp from "sharp";
import { z } from "zod";
import type { ConversionLimits, Converted } from "./conversion.ts";
import { ConversionError, type ConversionErrorCode } from "./conversionError.ts";
import { converters } from "./converters.ts";

const orderSchema = z.object({
  kind: z.string(),
  inputs: z.record(z.string(), z.string()),
  params: z.record(z.string(), z.unknown()),
  outDir: z.string(),
  limits: z.object({ decodeSeconds: z.number(), maxPixels: z.number() }),
  maxResidentBytes: z.number(),
});

export interface WorkOrder {
  readonly kind: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly params: Readonly<Record<string, unknown>>;
  readonly outDir: string;
  readonly limits: ConversionLimits;
  /** Above it the conversion is given up as too large. */
  readonly maxResidentBytes: number;
}

export type WorkReport =
  | { readonly type: "progress"; readonly fraction: number; readonly stage: string }
  | { readonly type: "done"; readonly converted: Converted; readonly peakResidentBytes: number }
  | {
      readonly type: "failed";
      readonly code: ConversionErrorCode;
      readonly message: string;
      readonly retryable: boolean;
      /** For the log. */
      readonly cause: string | undefined;
    };

const REPORT_EVERY_MS = 200;
const MEMORY_EVERY_MS = 250;
const KIBIBYTE = 1024;

// The parent is gone, so nothing waits for the result. An orderly exit would wait for native threads, which may hang.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
process.once("message", (message) => {
  work(orderSchema.parse(message)).then(
    (converted) =>
      finish({ type: "done", converted, peakResidentBytes: process.resourceUsage().maxRSS * KIBIBYTE }),
    (error: unknown) => finish(failure(error)),
  );
});

async function work(order: WorkOrder): Promise<Converted> {
  const converter = converters.get(order.kind);
  if (!converter) throw new ConversionError("params_invalid", `This engine can't make a ${order.kind}.`);
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  watchMemory(order);
  // One picture after the other: what libvips would keep and its threads are memory for nothing.
  sharp.cache(false);
  sharp.concurrency(1);
  let reported = Number.NEGATIVE_INFINITY;
  return await converter({
    ...order,
    signal: new AbortController().signal,
    onProgress: (fraction, stage) => {
      if (performance.now() - reported < REPORT_EVERY_MS) return;
      reported = performance.now();
      report({ type: "progress", fraction, stage });
    },
  });
}

function watchMemory({ kind, maxResidentBytes }: WorkOrder): void {
  const tooLarge =
    kind === "avatar"
      ? new ConversionError(
          "photo_too_large",
          "These photos need more memory than there is. Please use smaller ones.",
        )
      : new ConversionError("video_too_large", "This video needs more memory than there is.");
  const check = () => {
    if (process.memoryUsage.rss() > maxResidentBytes) finish(failure(tooLarge));
  };
  check();
  setInterval(check, MEMORY_EVERY_MS).unref();
}

function failure(error: unknown): WorkReport {
  if (!(error instanceof ConversionError)) {
    return {
      type: "failed",
      code: "conversion_crashed",
      message: "The conversion broke off because of a fault of ours.",
      retryable: true,
      cause: describe(error),
    };
  }
  const { code, message, retryable, cause } = error;
  return {
    type: "failed",
    code,
    message,
    retryable,
    cause: cause === undefined ? undefined : describe(cause),
  };
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function report(message: WorkReport): void {
  process.send?.(message);
}

/** Leaves without waiting for what native code still does. */
function finish(message: WorkReport): void {
  if (!process.send) process.exit(1);
  process.send(message, () => process.exit(0));
}
