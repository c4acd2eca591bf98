import { Timestamp } from "@google-cloud/firestore";
import { z } from "zod";

/** A Firestore timestamp, read as a Date (milliseconds: enough for everything but versions). */
export const timestamp = z
  .union([z.instanceof(Timestamp), z.date()])
  .transform((value) => (value instanceof Timestamp ? value.toDate() : value));
