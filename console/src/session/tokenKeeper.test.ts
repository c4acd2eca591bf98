import assert from "node:assert/strict";
import { test } from "node:test";
import { OfflineError, ProblemError, SignedOutError } from "../api/problem.ts";
import { type StoredSession, type TokenKeeperDeps, type Tokens, tokenKeeper } from "./tokenKeeper.ts";

/** What all tabs of a browser share, and an API that knows which token is spent with which key. */
function world() {
  let stored: StoredSession | undefined = session("r0");
  let turn: Promise<unknown> = Promise.resolve();
  let issued = 0;
  let keys = 0;
  const spent = new Map<string, { key: string; successor: string }>();
  const sent: string[] = [];
  const state = { now: 0, ended: 0, loseAnswers: 0, failWith: undefined as unknown };

  function tokens(refreshToken: string): Tokens {
    return {
      accessToken: `a${++issued}`,
      expiresIn: 600,
      refreshToken,
      session: { id: "s" },
      user: { id: "u" },
    };
  }

  const deps: TokenKeeperDeps = {
    store: {
      read: async () => stored,
      write: async (value) => {
        stored = value;
      },
      clear: async () => {
        stored = undefined;
      },
    },
    locked(work) {
      const result = turn.then(work);
      turn = result.catch(() => undefined);
      return result;
    },
    async refresh(refreshToken, attemptKey) {
      sent.push(`${refreshToken} ${attemptKey}`);
      if (state.failWith !== undefined) throw state.failWith;
      const before = spent.get(refreshToken);
      if (before !== undefined && before.key !== attemptKey) throw problem("token_reused");
      const successor = before?.successor ?? `r${spent.size + 1}`;
      spent.set(refreshToken, { key: attemptKey, successor });
      if (state.loseAnswers > 0) {
        state.loseAnswers--;
        throw new OfflineError(new Error("cut"));
      }
      return tokens(successor);
    },
    newKey: () => `k${++keys}`,
    now: () => state.now,
    ended: () => {
      state.ended++;
    },
  };
  return { deps, state, sent, tokens, stored: () => stored };
}

function session(refreshToken: string): StoredSession {
  return { refreshToken, attemptKey: undefined, userId: "u", sessionId: "s" };
}

function problem(code: string, status = 401): ProblemError {
  return new ProblemError({ code }, new Response(null, { status }));
}

test("a token is kept until shortly before its end, then refreshed once", async () => {
  const { deps, state, sent } = world();
  const tab = tokenKeeper(deps);
  assert.equal(await tab.accessToken(), "a1");
  state.now = 579_000;
  assert.equal(await tab.accessToken(), "a1");
  state.now = 580_000;
  assert.deepEqual(await Promise.all([tab.accessToken(), tab.accessToken()]), ["a2", "a2"]);
  assert.deepEqual(sent, ["r0 k1", "r1 k2"]);
});

test("two tabs refresh one after the other, each with the token of the one before", async () => {
  const { deps, sent, state, stored } = world();
  const tabs = [tokenKeeper(deps), tokenKeeper(deps)];
  assert.deepEqual(await Promise.all(tabs.map((tab) => tab.accessToken())), ["a1", "a2"]);
  assert.deepEqual(sent, ["r0 k1", "r1 k2"]);
  assert.deepEqual([stored()?.refreshToken, state.ended], ["r2", 0]);
});

test("after a lost answer, also after a reload, the token goes with the same key", async () => {
  const { deps, state, sent, stored } = world();
  state.loseAnswers = 1;
  await assert.rejects(tokenKeeper(deps).accessToken(), OfflineError);
  assert.deepEqual(stored(), { ...session("r0"), attemptKey: "k1" });
  assert.equal(await tokenKeeper(deps).accessToken(), "a1");
  assert.deepEqual(sent, ["r0 k1", "r0 k1"]);
  assert.deepEqual(stored(), session("r1"));
});

test("a page that closes before the answer is stored leaves the key for the next", async () => {
  const { deps, sent, stored } = world();
  const { write } = deps.store;
  const closing = tokenKeeper({
    ...deps,
    store: {
      ...deps.store,
      write: async (value) => {
        if (value.attemptKey === undefined) throw new Error("closed");
        await write(value);
      },
    },
  });
  await assert.rejects(closing.accessToken(), /closed/);
  assert.equal(stored()?.attemptKey, "k1");
  assert.equal(await tokenKeeper(deps).accessToken(), "a2");
  assert.deepEqual(sent, ["r0 k1", "r0 k1"]);
});

for (const code of ["token_invalid", "token_reused", "token_spent"]) {
  test(`${code} ends the session in storage, once`, async () => {
    const { deps, state, stored } = world();
    state.failWith = problem(code);
    const tab = tokenKeeper(deps);
    await assert.rejects(tab.accessToken(), SignedOutError);
    await assert.rejects(tab.accessToken(), SignedOutError);
    assert.deepEqual([stored(), state.ended], [undefined, 1]);
  });
}

test("a refusal that passes keeps the session and the key", async () => {
  const { deps, state, stored } = world();
  state.failWith = problem("unavailable", 503);
  await assert.rejects(tokenKeeper(deps).accessToken(), ProblemError);
  assert.deepEqual([stored()?.attemptKey, state.ended], ["k1", 0]);
});

test("an answer that comes after the session was forgotten is not stored", async () => {
  const { deps, stored } = world();
  const { promise, resolve } = Promise.withResolvers<void>();
  const tab = tokenKeeper({
    ...deps,
    refresh: async (...sent) => {
      await promise;
      return deps.refresh(...sent);
    },
  });
  const asked = tab.accessToken();
  await Promise.resolve();
  const forgotten = tab.forget();
  resolve();
  await assert.rejects(asked, SignedOutError);
  await forgotten;
  assert.equal(stored(), undefined);
  await assert.rejects(tab.accessToken(), SignedOutError);
});

test("a token that was refused is not handed out again; another one stays", async () => {
  const { deps } = world();
  const tab = tokenKeeper(deps);
  const first = await tab.accessToken();
  tab.refused("another");
  assert.equal(await tab.accessToken(), first);
  tab.refused(first);
  assert.equal(await tab.accessToken(), "a2");
});

test("a sign-in takes the place of the session that was there", async () => {
  const { deps, tokens, stored } = world();
  const tab = tokenKeeper(deps);
  await tab.begin(tokens("other"));
  assert.deepEqual(stored(), session("other"));
  assert.equal(await tab.accessToken(), "a1");
});
