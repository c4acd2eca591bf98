/** A space with straight sides, by its lowest and its highest corner. */
export interface Box {
  readonly min: readonly [number, number, number];
  readonly max: readonly [number, number, number];
}
