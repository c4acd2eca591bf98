/**
 * The job whose result a Firestore event is about, from its subject `documents/results/{jobId}`. Ids of ours need no escaping; those of
 * others come percent-encoded, as CloudEvents' HTTP binding writes header values (section 3.1.3.2).
 * @returns undefined when the subject is of another form; the trigger's path pattern makes that impossible
 */
export function jobIdOf(subject: string | undefined): string | undefined {
  const id = /^documents\/results\/([^/]+)$/.exec(subject ?? "")?.[1];
  if (id === undefined) return undefined;
  try {
    return decodeURIComponent(id);
  } catch {
    return id; // a percent sign of its own, sent as it is
  }
}
