import { ByteReader } from "./byteReader.ts";

/** A property of an item, such as its size or its turn: the box's content. */
export interface Property {
  readonly type: string;
  readonly content: Buffer;
}

export interface Item {
  readonly id: number;
  /** How it is coded (`hvc1`, `av01`), or from what it is made (`grid`). */
  readonly type: string;
  /** In the order in which transformations have to be applied. */
  readonly properties: readonly Property[];
}

interface Location {
  readonly inItemData: boolean;
  readonly extents: readonly { readonly offset: number; readonly length: number }[];
}

/** A file that names no main picture: it may be a sequence, which is built like a film. */
export class NoMainPictureError extends Error {
  override readonly name = "NoMainPictureError";
}

/** The still pictures of a HEIF file (ISO/IEC 23008-12): HEIC and AVIF are of this form. */
export class HeifFile {
  readonly primary: Item;
  readonly #bytes: Buffer;
  readonly #items: ReadonlyMap<number, Item>;
  readonly #locations: ReadonlyMap<number, Location>;
  readonly #references: readonly Reference[];
  readonly #itemData: Buffer;

  /** @throws NoMainPictureError; RangeError when a box ends too early */
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    const boxes = new Map<string, Buffer>();
    for (const { type, content } of metaBoxes(bytes)) if (!boxes.has(type)) boxes.set(type, content);
    const box = (type: string) => new ByteReader(boxes.get(type) ?? Buffer.alloc(0));
    this.#itemData = boxes.get("idat") ?? Buffer.alloc(0);
    this.#locations = readLocations(box("iloc"));
    this.#references = [...readReferences(box("iref"))];
    this.#items = readItems(box("iinf"), readProperties(box("iprp")));
    const primary = this.#items.get(readPrimary(box("pitm")));
    if (!primary) throw new NoMainPictureError("the main item is missing");
    this.primary = primary;
  }

  /** The items that `item` names in references of this type, in order. */
  referredBy(item: Item, type: string): readonly Item[] {
    return this.#references
      .filter((reference) => reference.type === type && reference.from === item.id)
      .flatMap(({ to }) => to.flatMap((id) => this.#items.get(id) ?? []));
  }

  /** The items that name `item` in references of this type. */
  referringTo(item: Item, type: string): readonly Item[] {
    return this.#references
      .filter((reference) => reference.type === type && reference.to.includes(item.id))
      .flatMap(({ from }) => this.#items.get(from) ?? []);
  }

  /** The item's coded bytes; as much as there is when the file was cut off. */
  dataOf(item: Item): Buffer {
    const location = this.#locations.get(item.id);
    if (!location) throw new Error(`item ${item.id} is nowhere`);
    const source = location.inItemData ? this.#itemData : this.#bytes;
    const parts = location.extents.map(({ offset, length }) =>
      source.subarray(offset, length === 0 ? undefined : offset + length),
    );
    return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
  }
}

function* metaBoxes(bytes: Buffer) {
  for (const { type, content } of new ByteReader(bytes).boxes()) {
    if (type !== "meta") continue;
    const meta = new ByteReader(content);
    meta.full();
    yield* meta.boxes();
    return;
  }
}

function readPrimary(box: ByteReader): number {
  if (box.left === 0) throw new NoMainPictureError("no main item is named");
  return box.number(box.full().version === 0 ? 2 : 4);
}

function readItems(box: ByteReader, properties: ReadonlyMap<number, readonly Property[]>): Map<number, Item> {
  const items = new Map<number, Item>();
  if (box.left === 0) return items;
  box.number(box.full().version === 0 ? 2 : 4);
  for (const { type, content } of box.boxes()) {
    const entry = new ByteReader(content);
    if (type !== "infe" || entry.left < 4) continue;
    const { version } = entry.full();
    // Version 2 and 3 name a type; pictures have one.
    if (version < 2) continue;
    const id = entry.number(version === 2 ? 2 : 4);
    entry.number(2);
    items.set(id, { id, type: entry.text(4), properties: properties.get(id) ?? [] });
  }
  return items;
}

function readLocations(box: ByteReader): Map<number, Location> {
  const locations = new Map<number, Location>();
  if (box.left === 0) return locations;
  const { version } = box.full();
  const [sizes, more] = [box.number(1), box.number(1)];
  const [offsetSize, lengthSize, baseSize] = [sizes >> 4, sizes & 15, more >> 4];
  const indexSize = version > 0 ? more & 15 : 0;
  const count = box.number(version < 2 ? 2 : 4);
  for (let index = 0; index < count && box.left > 0; index++) {
    const id = box.number(version < 2 ? 2 : 4);
    const method = version > 0 ? box.number(2) & 15 : 0;
    box.number(2);
    const base = box.number(baseSize);
    const extents = Array.from({ length: box.number(2) }, () => {
      box.number(indexSize);
      return { offset: base + box.number(offsetSize), length: box.number(lengthSize) };
    });
    // 0: the file, 1: the box `idat`; 2, another item, isn't used for pictures.
    if (method < 2) locations.set(id, { inItemData: method === 1, extents });
  }
  return locations;
}

interface Reference {
  readonly type: string;
  readonly from: number;
  readonly to: readonly number[];
}

function* readReferences(box: ByteReader): Generator<Reference> {
  if (box.left === 0) return;
  const size = box.full().version === 0 ? 2 : 4;
  for (const { type, content } of box.boxes()) {
    const reference = new ByteReader(content);
    const from = reference.number(size);
    const to = Array.from({ length: reference.number(2) }, () => reference.number(size));
    yield { type, from, to };
  }
}

/** Each item's properties, in the order in which it names them. */
function readProperties(box: ByteReader): Map<number, Property[]> {
  const all: Property[] = [];
  const byItem = new Map<number, Property[]>();
  for (const { type, content } of box.boxes()) {
    const inside = new ByteReader(content);
    if (type === "ipco") all.push(...inside.boxes());
    if (type !== "ipma") continue;
    const { version, flags } = inside.full();
    for (let count = inside.number(4); count > 0 && inside.left > 0; count--) {
      const id = inside.number(version === 0 ? 2 : 4);
      const wide = (flags & 1) === 1;
      const indices = Array.from({ length: inside.number(1) }, () =>
        wide ? inside.number(2) & 0x7fff : inside.number(1) & 0x7f,
      );
      const named = indices.flatMap((index) => all[index - 1] ?? []);
      byItem.set(id, [...(byItem.get(id) ?? []), ...named]);
    }
  }
  return byItem;
}
