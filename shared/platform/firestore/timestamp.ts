import type { Timestamp } from "@google-cloud/firestore";
import { z } from "zod";

/** By what it can do, since the client that listens has a class of its own. */
const isTimestamp = (value: unknown) =>
  typeof value === "object" && value !== null && "nanoseconds" in value && "toDate" in value;

/** A Firestore timestamp, read as a Date (milliseconds: enough for everything but versions). */
export const timestamp = z
  .union([z.custom<Pick<Timestamp, "toDate">>(isTimestamp), z.date()])
  .transform((value) => (value instanceof Date ? value : value.toDate()));
