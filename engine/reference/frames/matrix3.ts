/** Matrices of three by three, by rows. */
export type Row3 = readonly [number, number, number];
export type Matrix3 = readonly [Row3, Row3, Row3];

/** The matrix that undoes `m`, by cofactors. `m` must have an inverse. */
export function inverse([[a, b, c], [d, e, f], [g, h, i]]: Matrix3): Matrix3 {
  const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  const over = (value: number) => value / determinant;
  return [
    [over(e * i - f * h), over(c * h - b * i), over(b * f - c * e)],
    [over(f * g - d * i), over(a * i - c * g), over(c * d - a * f)],
    [over(d * h - e * g), over(b * g - a * h), over(a * e - b * d)],
  ];
}
