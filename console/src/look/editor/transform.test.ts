import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Euler, MathUtils, Quaternion } from "three";
import { IDENTITY, rotationOf, sameTransform, storable, turnsOf } from "./transform.ts";

const angle = fc.double({ min: -179, max: 179, noNaN: true });
const steep = fc.double({ min: -89, max: 89, noNaN: true });

test("turns become the rotation that three.js makes of them in the order y, x, z", () => {
  fc.assert(
    fc.property(angle, angle, angle, (turn, tilt, lean) => {
      const [x, y, z] = [tilt, turn, lean].map((degrees) => MathUtils.degToRad(degrees));
      const expected = new Quaternion().setFromEuler(new Euler(x, y, z, "YXZ"));
      const [qx, qy, qz, qw] = rotationOf({ turn, tilt, lean });
      assert.ok(expected.angleTo(new Quaternion(qx, qy, qz, qw)) < 1e-6);
    }),
  );
});

test("a rotation gives the turns back that made it", () => {
  fc.assert(
    fc.property(angle, steep, angle, (turn, tilt, lean) => {
      const found = turnsOf(rotationOf({ turn, tilt, lean }));
      for (const [value, expected] of [
        [found.turn, turn],
        [found.tilt, tilt],
        [found.lean, lean],
      ] as const)
        assert.ok(Math.abs(value - expected) < 1e-3, `${JSON.stringify(found)} ${turn} ${tilt} ${lean}`);
    }),
  );
});

test("straight up and down the rotation is the same, with lean in the turn", () => {
  for (const tilt of [90, -90]) {
    const rotation = rotationOf({ turn: 40, tilt, lean: 25 });
    const found = turnsOf(rotation);
    assert.equal(found.lean, 0);
    assert.ok(
      sameTransform({ ...IDENTITY, rotation }, { ...IDENTITY, rotation: rotationOf(found) }),
      JSON.stringify(found),
    );
  }
});

test("what is stored is within the API's limits, for any numbers", () => {
  const any = fc.double();
  fc.assert(
    fc.property(
      fc.tuple(any, any, any),
      fc.tuple(any, any, any, any),
      fc.tuple(any, any, any),
      (position, rotation, scale) => {
        const kept = storable({ position, rotation, scale });
        assert.ok(kept.position.every((metres) => Math.abs(metres) <= 10_000));
        assert.ok(Math.abs(Math.hypot(...kept.rotation) - 1) < 1e-3, JSON.stringify(kept));
        assert.ok(kept.scale.every((factor) => factor >= 0.001 && factor <= 1000));
      },
    ),
  );
});

test("a quaternion and its negative are the same place; a millimetre is not", () => {
  const turned = { ...IDENTITY, rotation: rotationOf({ turn: 30, tilt: 0, lean: 0 }) };
  const [x, y, z, w] = turned.rotation;
  assert.ok(sameTransform(turned, { ...turned, rotation: [-x, -y, -z, -w] }));
  assert.ok(!sameTransform(turned, { ...turned, position: [0, 0, 0.001] }));
});
