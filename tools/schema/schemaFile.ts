import { join } from "node:path";
import { ROOT } from "../build/functions.ts";

/** The committed dump. */
export const SCHEMA_FILE = join(ROOT, "shared/platform/sql/schema.sql");
