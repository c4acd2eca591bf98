/**
 * The job whose result a Firestore event is about, from its subject `documents/results/{jobId}`.
 * @returns undefined when the subject is of another form; the trigger's path pattern makes that impossible
 */
export function jobIdOf(subject: string | undefined): string | undefined {
  return /^documents\/results\/([^/]+)$/.exec(subject ?? "")?.[1];
}
