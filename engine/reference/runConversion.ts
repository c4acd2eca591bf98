import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { OnProgress } from "#engine/kit/work.ts";
import { type ConversionLimits, type Converted, defaultLimits } from "./conversion.ts";
import { CONVERSION_ERROR_CODES, ConversionError } from "./conversionError.ts";
import type { WorkOrder } from "./worker.ts";

export interface ConversionOrder {
  readonly kind: string;
  /** Paths of the input files, by role. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly params: Readonly<Record<string, unknown>>;
  /** An existing, empty directory for the results. */
  readonly outDir: string;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
  readonly limits?: Partial<RunLimits>;
}

export interface RunLimits extends ConversionLimits {
  /** Without a sign of progress for this long the conversion counts as hanging. */
  readonly stallSeconds: number;
  /** The whole conversion. */
  readonly totalSeconds: number;
  readonly maxResidentBytes: number;
}

export const defaultRunLimits: RunLimits = {
  ...defaultLimits,
  stallSeconds: 60,
  totalSeconds: 1800,
  maxResidentBytes: 2 * 1024 ** 3,
};

export interface ConversionRun extends Converted {
  /** The most memory the conversion's process had at once. */
  readonly peakResidentBytes: number;
}

const reportSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("progress"), fraction: z.number(), stage: z.string() }),
  z.object({
    type: z.literal("done"),
    converted: z.object({
      files: z.array(
        z.object({ name: z.string(), contentType: z.string(), path: z.string(), size: z.number() }),
      ),
      data: z.record(z.string(), z.unknown()).optional(),
    }),
    peakResidentBytes: z.number(),
  }),
  z.object({
    type: z.literal("failed"),
    code: z.enum(CONVERSION_ERROR_CODES),
    message: z.string(),
    retryable: z.boolean(),
    cause: z.string().optional(),
  }),
]);

const worker = fileURLToPath(new URL("worker.ts", import.meta.url));

/**
 * Runs one conversion in a process of its own and always comes to an end: with the result, with ConversionError (also when the
 * process crashed, hung or took too long), or with the signal's reason. The process is gone when this settles.
 */
export async function runConversion(order: ConversionOrder): Promise<ConversionRun> {
  order.signal?.throwIfAborted();
  const { stallSeconds, totalSeconds, maxResidentBytes, ...limits } = {
    ...defaultRunLimits,
    ...order.limits,
  };
  const child = fork(worker, {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    execArgv: ["--max-old-space-size=256"],
  });
  const lastWords = keepTail(child);
  const ended = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
    child.once("error", (error) => resolve(error.message));
  });
  try {
    return await new Promise<ConversionRun>((resolve, reject) => {
      const stall = setTimeout(() => reject(stalled()), stallSeconds * 1000);
      const total = setTimeout(() => reject(tooSlow()), totalSeconds * 1000);
      const abort = () => reject(order.signal?.reason);
      order.signal?.addEventListener("abort", abort);
      child.on("message", (message) => {
        const report = reportSchema.parse(message);
        if (report.type === "progress") {
          stall.refresh();
          order.onProgress?.(report.fraction, report.stage);
        } else if (report.type === "done") {
          const { files, data } = report.converted;
          resolve({ files, ...(data ? { data } : {}), peakResidentBytes: report.peakResidentBytes });
        } else {
          const { code, message, retryable, cause } = report;
          reject(new ConversionError(code, message, { retryable, cause }));
        }
      });
      void ended.then((how) => {
        clearTimeout(stall);
        clearTimeout(total);
        order.signal?.removeEventListener("abort", abort);
        reject(crashed(how, lastWords()));
      });
      const { kind, inputs, params, outDir } = order;
      const work: WorkOrder = { kind, inputs, params: { ...params }, outDir, limits, maxResidentBytes };
      // A process that couldn't start has no channel; `ended` resolves then.
      child.send(work, () => {});
    });
  } finally {
    child.kill("SIGKILL");
    await ended;
  }
}

function stalled(): ConversionError {
  return new ConversionError("conversion_stalled", "The conversion stopped making progress and was ended.", {
    retryable: true,
  });
}

function tooSlow(): ConversionError {
  return new ConversionError(
    "conversion_too_slow",
    "The conversion took too long and was ended. A shorter video may work.",
  );
}

/** A crash of native code comes back with the same file; being killed from outside (for memory) may not. */
function crashed(how: string, lastWords: string): ConversionError {
  return new ConversionError(
    "conversion_crashed",
    "The conversion broke off at this file. Please choose another one, or save it again on the phone first.",
    {
      retryable: how === "SIGKILL" || how === "SIGTERM",
      cause: new Error(`conversion process ended: ${how}${lastWords && `\n${lastWords}`}`),
    },
  );
}

/** Remembers the end of what the process writes to standard error. */
function keepTail(child: ChildProcess): () => string {
  const MOST = 4000;
  let tail = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    tail = (tail + text).slice(-MOST);
  });
  return () => tail;
}
