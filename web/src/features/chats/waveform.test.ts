import { describe, expect, it } from "vitest";
import { peaksOf } from "./waveform";

describe("a waveform", () => {
  it("says_how_loud_each_part_is_against_the_loudest", () => {
    const samples = [0, 0, 0.1, -0.1, 0.2, -0.2, 0.4, -0.4];
    expect(peaksOf(samples, 4).map((peak) => Math.round(peak * 100) / 100)).toEqual([0, 0.25, 0.5, 1]);
  });

  it("has_as_many_bars_however_short_the_sound_is", () => {
    expect(peaksOf([0.5], 4)).toEqual([1, 0, 0, 0].map(() => expect.any(Number)));
    expect(peaksOf([], 4)).toEqual([0, 0, 0, 0]);
    expect(peaksOf(new Float32Array(100_000), 44)).toHaveLength(44);
  });
});
