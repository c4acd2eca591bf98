import { OfflineError, ProblemError, SignedOutError } from "../api/problem.ts";
import { t } from "../i18n/text.ts";
import { Notice } from "./Notice.tsx";

/** A sentence about an error that a family understands. */
export function sentenceOf(error: unknown): string {
  const { problems } = t();
  if (error instanceof OfflineError) return problems.offline;
  if (error instanceof SignedOutError) return problems.signedOut;
  if (!(error instanceof ProblemError)) return problems.unexpected;
  const known: Readonly<Record<string, string>> = problems.codes;
  if (Object.hasOwn(known, error.code)) return known[error.code] ?? problems.unexpected;
  return error.status >= 500 ? problems.unavailable : problems.unexpected;
}

interface ProblemProps {
  /** Nothing is shown without one. */
  readonly error: unknown;
  readonly retry?: (() => void) | undefined;
  /** Where one goes on from what is not there, in place of trying again. */
  readonly onward?: { readonly href: string; readonly label: string } | undefined;
}

/** What went wrong, and a way to try again. */
export function Problem({ error, retry, onward }: ProblemProps) {
  if (error === undefined) return null;
  const isGone = error instanceof ProblemError && error.code === "not_found";
  return (
    <Notice tone="bad">
      <p>{sentenceOf(error)}</p>
      {error instanceof ProblemError && error.status >= 500 && error.requestId !== undefined && (
        <p class="small dim">{t().problems.requestId(error.requestId)}</p>
      )}
      {isGone && onward !== undefined ? (
        <a class="button" href={onward.href}>
          {onward.label}
        </a>
      ) : (
        retry !== undefined && (
          <button type="button" class="button" onClick={retry}>
            {t().common.tryAgain}
          </button>
        )
      )}
    </Notice>
  );
}

/** In place of what is not loaded yet, or could not be. */
export function Waiting({ error, retry, onward }: ProblemProps) {
  if (error !== undefined) return <Problem error={error} retry={retry} onward={onward} />;
  return (
    <p class="waiting" role="status">
      {t().common.loading}
    </p>
  );
}
