import { COMPILED } from "#tools/build/functions.ts";

/**
 * Has every process that is started from here on keep what V8 compiles of its files (`NODE_COMPILE_CACHE`), so that the next one with the
 * same files doesn't compile them again.
 */
export function keepCompiledCode(): void {
  process.env.NODE_COMPILE_CACHE ??= COMPILED;
}
