/**
 * Keeps a session alive: hands out access tokens and spends refresh tokens.
 *
 * All tabs of this browser share one refresh token. A spent token that comes with another attempt key ends the session, so the tokens are
 * only refreshed under a lock that one tab holds at a time, and an attempt key is stored before it is sent. After a reload, a crash or a lost
 * answer the same token goes with the same key and gets the same successor.
 */
import { ProblemError, SignedOutError } from "../api/problem.ts";

/** What is kept of a session between visits. */
export interface StoredSession {
  readonly refreshToken: string;
  /** Set while an attempt to refresh is under way, or its answer was lost. */
  readonly attemptKey: string | undefined;
  readonly userId: string;
  readonly sessionId: string;
}

/** What the API answers when a session begins or goes on. */
export interface Tokens {
  readonly accessToken: string;
  /** Seconds. */
  readonly expiresIn: number;
  readonly refreshToken: string;
  readonly session: { readonly id: string };
  readonly user: { readonly id: string };
}

export interface TokenKeeperDeps {
  readonly store: {
    read(): Promise<StoredSession | undefined>;
    write(session: StoredSession): Promise<void>;
    clear(): Promise<void>;
  };
  /** Runs `work` while no other tab runs any. */
  locked<Result>(work: () => Promise<Result>): Promise<Result>;
  /** @throws ProblemError, OfflineError */
  refresh(refreshToken: string, attemptKey: string): Promise<Tokens>;
  newKey(): string;
  /** Milliseconds that never go back. */
  now(): number;
  /** Called when the session ended by itself. */
  ended(): void;
}

export interface TokenKeeper {
  /**
   * An access token that is good for some seconds more.
   * @throws SignedOutError; OfflineError or ProblemError when it couldn't be refreshed now, with the session as it was
   */
  accessToken(): Promise<string>;
  /** The API refused this token: the next one is another. */
  refused(accessToken: string): void;
  /** Begins a session with what a sign-in was answered. */
  begin(tokens: Tokens): Promise<void>;
  /** Forgets the session here and in storage. */
  forget(): Promise<void>;
  /** Forgets what is in memory: another tab has ended the session, or begun another. */
  forgetMemory(): void;
}

/** Of a token's life, so much is left unused: what a request needs to arrive, and for clocks that run unevenly. */
const MARGIN_MS = 20_000;
/** After these the session is over, or this browser's part in it. */
const ENDED = new Set(["token_invalid", "token_reused", "token_spent"]);

export function tokenKeeper(deps: TokenKeeperDeps): TokenKeeper {
  let current: { readonly token: string; readonly goodUntil: number } | undefined;
  let refreshing: Promise<string> | undefined;
  /** Goes up when the session is forgotten, so that an answer that comes later isn't taken. */
  let round = 0;

  const remember = ({ accessToken, expiresIn }: Tokens) => {
    current = { token: accessToken, goodUntil: deps.now() + expiresIn * 1000 - MARGIN_MS };
    return accessToken;
  };

  const refresh = () =>
    deps.locked(async () => {
      const begunIn = round;
      const stored = await deps.store.read();
      if (stored === undefined) throw new SignedOutError();
      const attemptKey = stored.attemptKey ?? deps.newKey();
      if (stored.attemptKey === undefined) await deps.store.write({ ...stored, attemptKey });
      const tokens = await deps.refresh(stored.refreshToken, attemptKey).catch(async (error: unknown) => {
        if (!(error instanceof ProblemError) || !ENDED.has(error.code)) throw error;
        await deps.store.clear();
        current = undefined;
        deps.ended();
        throw new SignedOutError();
      });
      if (round !== begunIn) throw new SignedOutError();
      await deps.store.write(storedOf(tokens));
      return remember(tokens);
    });

  return {
    async accessToken() {
      if (current !== undefined && deps.now() < current.goodUntil) return current.token;
      refreshing ??= refresh().finally(() => {
        refreshing = undefined;
      });
      return refreshing;
    },
    refused(accessToken) {
      if (current?.token === accessToken) current = undefined;
    },
    begin: (tokens) =>
      deps.locked(async () => {
        round++;
        await deps.store.write(storedOf(tokens));
        remember(tokens);
      }),
    async forget() {
      round++;
      current = undefined;
      // A refresh of another tab would write its successor after this; it is waited for.
      await deps.locked(() => deps.store.clear());
    },
    forgetMemory() {
      round++;
      current = undefined;
    },
  };
}

function storedOf({ refreshToken, session, user }: Tokens): StoredSession {
  return { refreshToken, attemptKey: undefined, userId: user.id, sessionId: session.id };
}
