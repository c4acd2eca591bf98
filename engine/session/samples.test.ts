import assert from "node:assert/strict";
import { test } from "node:test";
import { randomNumbers } from "./recording.ts";
import { parseSamples, SamplesFaultError } from "./samples.ts";

const channel = { name: "wrist", unit: "deg", role: "angle", v: [1, 2, 3] };
const good = { schema: "reverie.session/1", sampleRateHz: 100, channels: [channel] };

/** The path of the first fault; undefined when there is none. */
function fault(text: string): string | undefined {
  try {
    parseSamples(text);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof SamplesFaultError, String(error));
    return error.path;
  }
}

function faultOf(overrides: object): string | undefined {
  return fault(JSON.stringify({ ...good, ...overrides }));
}

test("samples by rate and by times are read, times in seconds", () => {
  const byRate = parseSamples(JSON.stringify({ ...good, cues: [{ t: 250 }] }));
  assert.deepEqual(byRate, {
    times: null,
    rate: 100,
    expected: 3,
    channels: [{ ...channel, v: undefined, values: Float64Array.of(1, 2, 3) }].map(({ v, ...rest }) => rest),
    cues: [0.25],
  });
  const byTime = parseSamples(JSON.stringify({ ...good, sampleRateHz: undefined, t: [1000, 1010, 1020] }));
  assert.deepEqual(byTime.times, Float64Array.of(1, 1.01, 1.02));
  assert.ok(Math.abs(byTime.rate - 100) < 1e-6);
});

test("times that jitter and lose samples give the rate, and how many were expected", () => {
  const random = randomNumbers(3);
  const t = Array.from({ length: 5000 }, (_, i) => i * 10 + 8 * random() - 4).filter(
    (_, i) => i % 100 !== 50,
  );
  const bursts = Array.from({ length: 5000 }, (_, i) => i - (i % 4)).map((i) => i * 10);
  for (const times of [t, bursts]) {
    const file = { t: times, channels: [{ ...channel, v: times }] };
    const { rate, expected } = parseSamples(JSON.stringify(file));
    assert.ok(Math.abs(rate - 100) < 1, String(rate));
    assert.ok(Math.abs(expected - 5000) < 50, String(expected));
  }
});

test("raw values become percent of the calibration, or of the converter", () => {
  const raw = { ...channel, unit: "adc12", v: [0, 1000, 4095] };
  const [bare] = parseSamples(JSON.stringify({ ...good, channels: [raw] })).channels;
  assert.deepEqual([bare?.unit, bare?.values[0], bare?.values[2]], ["percent", 0, 100]);
  const calibration = { min: 500, max: 1500 };
  const [measured] = parseSamples(JSON.stringify({ ...good, channels: [{ ...raw, calibration }] })).channels;
  assert.deepEqual(measured?.values, Float64Array.of(-50, 50, 359.5));
});

test("fields that are not known are ignored", () => {
  assert.equal(faultOf({ device: "glove 3", channels: [{ ...channel, finger: 2 }] }), undefined);
});

test("a fault is named by its path: text", () => {
  assert.equal(fault("no json"), "");
  assert.equal(fault('{"schema":'), "");
  assert.equal(fault("[]"), "");
  const withNaN = JSON.stringify(good).replace("[1,2,3]", "[1, NaN, -Infinity]");
  assert.equal(fault(withNaN), "channels.0.v.1");
});

test("a file with more numbers than there is memory for is refused unparsed", () => {
  const parse = JSON.parse;
  JSON.parse = () => assert.fail("parsed");
  try {
    assert.equal(fault(`[${"0,".repeat(8_000_001)}0]`), "");
  } finally {
    JSON.parse = parse;
  }
});

test("a fault is named by its path: schema", () => {
  assert.equal(faultOf({ schema: "reverie.session/2" }), "schema");
  assert.equal(faultOf({ channels: undefined }), "channels");
  assert.equal(faultOf({ channels: [] }), "channels");
  assert.equal(
    faultOf({ channels: Array.from({ length: 33 }, (_, i) => ({ ...channel, name: `${i}` })) }),
    "channels",
  );
  assert.equal(faultOf({ channels: [{ ...channel, unit: "rad" }] }), "channels.0.unit");
  assert.equal(faultOf({ channels: [{ ...channel, role: "pose" }] }), "channels.0.role");
  assert.equal(faultOf({ channels: [channel, channel] }), "channels.1.name");
  assert.equal(
    faultOf({ channels: [{ ...channel, calibration: { min: 2, max: 2 } }] }),
    "channels.0.calibration",
  );
  assert.equal(faultOf({ cues: [{ t: 1 }, { t: "2" }] }), "cues.1.t");
});

test("a fault is named by its path: values", () => {
  assert.equal(faultOf({ channels: [{ ...channel, v: [1, null, 3] }] }), "channels.0.v.1");
  assert.equal(faultOf({ channels: [{ ...channel, v: [1, 2, "3"] }] }), "channels.0.v.2");
  assert.equal(faultOf({ channels: [{ ...channel, unit: "adc12", v: [1, 2, 4096] }] }), "channels.0.v.2");
  assert.equal(faultOf({ channels: [channel, { ...channel, name: "b", v: [1, 2] }] }), "channels.1.v");
  assert.equal(faultOf({ channels: [{ ...channel, v: [1] }] }), "channels.0.v");
});

test("a fault is named by its path: what no sensor has, and no table keeps", () => {
  assert.equal(faultOf({ channels: [{ ...channel, v: [1, 2, -1e300] }] }), "channels.0.v.2");
  for (const calibration of [
    { min: 0, max: 5e-324 },
    { min: -1e308, max: 1e308 },
  ]) {
    const raw = { ...channel, unit: "adc12", calibration };
    assert.equal(faultOf({ channels: [raw] }), "channels.0.calibration");
  }
  for (const name of ["wrist\0", "wrist\n", "wrist\ud800"]) {
    assert.equal(faultOf({ channels: [{ ...channel, name }] }), "channels.0.name");
  }
});

test("a fault is named by its path: time", () => {
  const timed = (t: readonly unknown[]) => faultOf({ sampleRateHz: undefined, t });
  assert.equal(timed([0, 10, 20]), undefined);
  assert.equal(timed([0, 10, 9]), "t.2");
  assert.equal(timed([0, null, 20]), "t.1");
  assert.equal(timed([0, 10]), "channels.0.v");
  assert.equal(timed([0, 200, 400]), "t");
  assert.equal(timed([0, 0.5, 1]), "t");
  assert.equal(timed([0, 0, 0]), "t");
  assert.equal(timed([0, 10, 3_600_011]), "t.2");
  assert.equal(faultOf({ t: [0, 10, 20] }), "t");
  assert.equal(faultOf({ sampleRateHz: undefined }), "sampleRateHz");
  assert.equal(faultOf({ sampleRateHz: 9 }), "sampleRateHz");
  assert.equal(faultOf({ sampleRateHz: 1001 }), "sampleRateHz");
  const tooLong = {
    sampleRateHz: 10,
    channels: [{ ...channel, v: Array.from({ length: 36_100 }, () => 0) }],
  };
  assert.equal(faultOf(tooLong), "channels.0.v");
});
