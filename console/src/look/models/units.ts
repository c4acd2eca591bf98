/** How large a figure of FBX is. The format counts in units of any size and says how many centimetres one has, not always truly. */

/** Heights, in metres, that a person or what stands for one may have. */
const LEAST = 0.4;
const MOST = 2.6;

/**
 * Metres in one unit of a file.
 * @param height of the figure in units
 * @param centimetres in one unit, as the file says
 */
export function metresPerUnit(height: number, centimetres = 1): number {
  const said = centimetres / 100;
  const plausible = (factor: number) => height * factor >= LEAST && height * factor <= MOST;
  return [said, 1, 0.01].find(plausible) ?? said;
}
