/** What is behind a scene: a quiet sky, so that no one floats in black. */
import { DataTexture, EquirectangularReflectionMapping, LinearFilter, SRGBColorSpace } from "three";

const HEIGHT = 64;

/** From straight down to straight up, as red, green and blue from 0 to 255. */
const light = [
  [196, 186, 178],
  [214, 205, 197],
  [240, 233, 226],
  [222, 222, 236],
  [184, 192, 224],
] as const;
const dark = [
  [24, 20, 30],
  [32, 28, 40],
  [52, 46, 62],
  [38, 36, 54],
  [24, 22, 36],
] as const;

export function skyTexture(isDark: boolean): DataTexture {
  const colours = isDark ? dark : light;
  const data = new Uint8Array(HEIGHT * 2 * 4);
  for (let row = 0; row < HEIGHT; row++) {
    const place = (row / (HEIGHT - 1)) * (colours.length - 1);
    const from = colours[Math.floor(place)] ?? colours[0];
    const to = colours[Math.ceil(place)] ?? from;
    const mixed = from.map((value, channel) => value + ((to[channel] ?? value) - value) * (place % 1));
    for (const column of [0, 1]) data.set([...mixed, 255], (row * 2 + column) * 4);
  }
  const texture = new DataTexture(data, 2, HEIGHT);
  texture.mapping = EquirectangularReflectionMapping;
  texture.colorSpace = SRGBColorSpace;
  texture.magFilter = LinearFilter;
  texture.minFilter = LinearFilter;
  texture.needsUpdate = true;
  return texture;
}
