/** A network of small numbers, the same each time, as MobileNeRF's exporter writes it. */
export function networkJson(hidden = 16, second = hidden): Record<string, unknown> {
  let seed = 1;
  const number = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return (seed / 2_147_483_647 - 0.5) * 2;
  };
  const list = (length: number) => Array.from({ length }, number);
  const rows = (inputs: number, outputs: number) => Array.from({ length: inputs }, () => list(outputs));
  return {
    obj_num: 1,
    "0_weights": rows(11, hidden),
    "0_bias": list(hidden),
    "1_weights": rows(hidden, second),
    "1_bias": list(second),
    "2_weights": rows(second, 3),
    "2_bias": list(3),
  };
}
