/** From a result's files to a model on the stage. Each format's code is loaded when the first model of it is. */
import { type Choice, chooseFormat, type ResultFile } from "../files/chooseFormat.ts";
import { companionFor } from "../files/companions.ts";
import { type Addresses, download } from "../files/download.ts";
import { referencesOf, UnsupportedModelError } from "../files/glb.ts";
import type { Model, Studio } from "./model.ts";

export interface ModelSource {
  readonly files: readonly ResultFile[];
  readonly addresses: Addresses;
  readonly signal: AbortSignal;
  readonly progress: (loaded: { readonly bytes: number; readonly total: number }) => void;
}

/** @throws UnreadableModelError, UnsupportedModelError, FileMissingError, OfflineError; the signal's reason when it was aborted */
export async function loadModel(source: ModelSource, studio: Studio): Promise<Model> {
  const choice = chooseFormat(source.files);
  if (choice === undefined) throw new UnsupportedModelError("no model of a known format");
  const get = fetcher(source);
  const blobs = await get(knownFiles(choice));
  const bytes = await (blobs.get(choice.model.name) ?? new Blob()).arrayBuffer();
  const model = await openModel({ choice, blobs, bytes, get, source }, studio);
  if (!source.signal.aborted) return model;
  await model.dispose();
  throw source.signal.reason;
}

type Get = (files: readonly ResultFile[]) => Promise<ReadonlyMap<string, Blob>>;

interface Opened {
  readonly choice: Choice;
  readonly blobs: ReadonlyMap<string, Blob>;
  readonly bytes: ArrayBuffer;
  readonly get: Get;
  readonly source: ModelSource;
}

async function openModel({ choice, blobs, bytes, get, source }: Opened, studio: Studio): Promise<Model> {
  switch (choice.format) {
    case "gltf":
    case "vrm": {
      const { gltfModel } = await import("./gltf.ts");
      const companions = await get(referredFiles(bytes, source.files));
      return withAddresses(companions, (addresses) => gltfModel({ bytes, addresses }));
    }
    case "fbx": {
      const { fbxModel } = await import("./fbx.ts");
      return withAddresses(blobs, (addresses) => fbxModel({ bytes, addresses }));
    }
    case "splats": {
      const { splatModel } = await import("./splats.ts");
      return splatModel({ name: choice.model.name, bytes }, studio);
    }
    case "mobilenerf": {
      const { mobileNerfModel } = await import("./mobileNerf.ts");
      const blob = ({ name }: ResultFile) => blobs.get(name) ?? new Blob();
      return mobileNerfModel({
        bytes,
        network: blob(choice.network),
        features: choice.features.map(([first, second]) => [blob(first), blob(second)]),
      });
    }
  }
}

/** The files that are needed before any was read. */
function knownFiles(choice: Choice): ResultFile[] {
  if (choice.format === "fbx") return [choice.model, ...choice.pictures];
  if (choice.format === "mobilenerf") return [choice.model, choice.network, ...choice.features.flat()];
  return [choice.model];
}

function referredFiles(bytes: ArrayBuffer, files: readonly ResultFile[]): ResultFile[] {
  const found = referencesOf(bytes).map((name) => companionFor(name, files));
  return [...new Set(found.filter((file) => file !== undefined))];
}

/** Downloads in several steps are one progress, whose total grows when it is known that more is needed. */
function fetcher({ addresses, signal, progress }: ModelSource): Get {
  let before = 0;
  let total = 0;
  return async (files) => {
    if (files.length === 0) return new Map();
    total += files.reduce((sum, { size }) => sum + size, 0);
    const base = before;
    progress({ bytes: base, total });
    const blobs = await download(
      { files, addresses, signal, progress: (bytes) => progress({ bytes: base + bytes, total }) },
      { fetch: (...args) => fetch(...args), wait },
    );
    before = total;
    return blobs;
  };
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Gives files addresses that last as long as the work with them. */
async function withAddresses<Result>(
  blobs: ReadonlyMap<string, Blob>,
  work: (addresses: ReadonlyMap<string, string>) => Promise<Result>,
): Promise<Result> {
  const addresses = new Map([...blobs].map(([name, blob]) => [name, URL.createObjectURL(blob)]));
  try {
    return await work(addresses);
  } finally {
    for (const address of addresses.values()) URL.revokeObjectURL(address);
  }
}
