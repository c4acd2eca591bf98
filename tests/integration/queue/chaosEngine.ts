/**
 * A hasty engine for chaos: leases a few jobs at a time, works on each for a moment, delivers and completes. It repeats what fails,
 * as every engine must, and lets go of what it has lost.
 *   node tests/integration/queue/chaosEngine.ts API KEY_FILE ENGINE_ID
 */
import { setTimeout as pause } from "node:timers/promises";
import { EngineClient, isLeaseLost, type Lease, worthAnotherCall } from "#engine/kit/client.ts";
import { serviceAccountTokens } from "#engine/kit/idToken.ts";
import { crc32c, GLB } from "#tests/acceptance/tools.ts";

const [api = "", keyFile = "", engineId = ""] = process.argv.slice(2);
const LEASE_SECONDS = 3;
const TRIES = 20;
const engine = new EngineClient(
  api,
  serviceAccountTokens({ keyFile, audience: api, clock: () => new Date() }),
);

for (;;) {
  const key = crypto.randomUUID();
  const request = { engineId, kinds: ["scene"], max: 3, leaseSeconds: LEASE_SECONDS };
  const leases = await patiently(() => engine.lease(request, key));
  await Promise.all((leases ?? []).map(work));
  if (!leases?.length) await pause(1_000);
}

async function work(lease: Lease): Promise<void> {
  try {
    await pause(50 + Math.random() * 250);
    await patiently(() =>
      engine.renew(lease.leaseId, { progress: 0.5, stage: "half", leaseSeconds: LEASE_SECONDS }),
    );
    const file = { name: "scene.glb", contentType: "model/gltf-binary", size: GLB.length };
    const [upload] = await patiently(() => engine.outputs(lease.leaseId, [file]));
    if (!upload) return;
    const sent = await patiently(() =>
      fetch(upload.url, { method: upload.method, headers: upload.headers, body: new Uint8Array(GLB) }),
    );
    if (!sent.ok && sent.status !== 412) return; // 412: an earlier try arrived after all
    await patiently(() =>
      engine.complete(lease.leaseId, { files: [{ name: file.name, crc32c: crc32c(GLB) }] }),
    );
  } catch (error) {
    if (!isLeaseLost(error)) console.error(error);
  }
}

/** Repeats a call while its failure is of the sort that passes. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      const passing = error instanceof TypeError || worthAnotherCall(error) !== undefined; // fetch: TypeError for a lost connection
      if (!passing || attempt >= TRIES) throw error;
      await pause(Math.min(1000, 50 * attempt));
    }
  }
}
