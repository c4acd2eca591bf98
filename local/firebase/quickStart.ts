/**
 * Preloaded into firebase-tools. Its Auth emulator compiles the validators of all its operations at each start, which takes seven of the ten
 * seconds of CPU time that the start takes; exegesis, which does it, has an option to compile each at its first use.
 */
import { createRequire } from "node:module";

type Middleware = (description: unknown, options: object) => unknown;

const firebaseTools = createRequire(import.meta.url).resolve("firebase-tools/lib/bin/firebase.js");
const exegesis: { middleware: Middleware } = createRequire(firebaseTools)("exegesis-express");
const { middleware } = exegesis;
exegesis.middleware = (description, options) =>
  middleware(description, { ...options, lazyCompileValidationSchemas: true });
