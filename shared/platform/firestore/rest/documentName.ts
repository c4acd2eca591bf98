/** The place of a document: `projects/p/databases/(default)/documents/jobs/x`. */
export abstract class DocumentName {
  abstract get name(): string;
}
