import { expect, it } from "vitest";
import { oggOf } from "./ogg";

const text = (word: string) => [...new TextEncoder().encode(word)];
const UNKNOWN = [0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
const HEAD = [...text("OpusHead"), 1, 1, 0x38, 1, 0x80, 0xbb, 0, 0, 0, 0, 0];

/** An element with its size in two bytes. */
const element = (id: number[], content: number[]) => [
  ...id,
  0x40 | (content.length >> 8),
  content.length & 0xff,
  ...content,
];
const block = (packet: number[]) => element([0xa3], [0x81, 0, 0, 0x80, ...packet]);

/** As Chromium writes it: segment and cluster without a known size. */
function webm(packets: number[][], head = HEAD): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([
    ...element([0x1a, 0x45, 0xdf, 0xa3], element([0x42, 0x82], text("webm"))),
    ...[0x18, 0x53, 0x80, 0x67, ...UNKNOWN],
    ...element([0x15, 0x49, 0xa9, 0x66], [0xec, 0x80]),
    ...element(
      [0x16, 0x54, 0xae, 0x6b],
      element([0xae], [...element([0x86], text("A_OPUS")), ...element([0x63, 0xa2], head)]),
    ),
    ...[0x1f, 0x43, 0xb6, 0x75, ...UNKNOWN],
    ...packets.flatMap(block),
  ]);
}

interface Page {
  flags: number;
  samples: number;
  sequence: number;
  packets: number[][];
}

/** Reads Ogg back, and checks the sum of every page bit by bit. */
function read(ogg: Uint8Array): Page[] {
  const pages: Page[] = [];
  let at = 0;
  while (at < ogg.length) {
    const view = new DataView(ogg.buffer, at);
    expect([...ogg.slice(at, at + 5)]).toEqual([...text("OggS"), 0]);
    const table = [...ogg.slice(at + 27, at + 27 + view.getUint8(26))];
    const size = 27 + table.length + table.reduce((sum, each) => sum + each, 0);
    const whole = ogg.slice(at, at + size);
    const sum = view.getUint32(22, true);
    whole.fill(0, 22, 26);
    let value = 0;
    for (const byte of whole) {
      for (let bit = 7; bit >= 0; bit -= 1) {
        const top = ((value >>> 31) ^ (byte >> bit)) & 1;
        value = ((value << 1) ^ (top ? 0x04c11db7 : 0)) >>> 0;
      }
    }
    expect(sum, "the sum of the page").toBe(value);
    const packets: number[][] = [];
    let begin = 27 + table.length;
    let length = 0;
    for (const each of table) {
      length += each;
      if (each === 255) continue;
      packets.push([...whole.slice(begin, begin + length)]);
      begin += length;
      length = 0;
    }
    pages.push({
      flags: view.getUint8(5),
      samples: Number(view.getBigUint64(6, true)),
      sequence: view.getUint32(18, true),
      packets,
    });
    at += size;
  }
  return pages;
}

/** CELT of 20 ms in one frame, as browsers record. */
const packet = (length: number, fill = 7) => [0xf8, ...new Array<number>(length - 1).fill(fill)];

it("keeps_the_head_and_every_packet_as_it_is", () => {
  const packets = [packet(3), packet(255), packet(300)];
  const pages = read(oggOf(webm(packets)) ?? new Uint8Array());
  expect(pages.map((page) => page.flags)).toEqual([2, 0, 4]);
  expect(pages.map((page) => page.sequence)).toEqual([0, 1, 2]);
  expect(pages[0]?.packets).toEqual([HEAD]);
  expect(pages[1]?.packets[0]?.slice(0, 8)).toEqual(text("OpusTags"));
  expect(pages[2]?.packets).toEqual(packets);
  expect(pages[2]?.samples).toBe(3 * 960);
});

it("has_the_head_where_the_server_looks_for_it", () => {
  const ogg = oggOf(webm([packet(3)])) ?? new Uint8Array();
  expect([...ogg.slice(28, 36)]).toEqual(text("OpusHead"));
});

it("begins_a_page_when_one_is_full", () => {
  const pages = read(oggOf(webm(new Array(300).fill(packet(200)))) ?? new Uint8Array());
  expect(pages.slice(2).map((page) => [page.packets.length, page.samples])).toEqual([
    [255, 255 * 960],
    [45, 300 * 960],
  ]);
});

it.each([
  ["10 ms of speech", [0x00, 1], 480],
  ["60 ms of speech", [0x18, 1], 2_880],
  ["20 ms of both", [0x68, 1], 960],
  ["2.5 ms of music", [0x80, 1], 120],
  ["two frames of 20 ms", [0xf9, 1], 1_920],
  ["three frames of 20 ms", [0xfb, 3, 1], 2_880],
])("counts_the_samples_of_%s", (_, bytes, samples) => {
  expect(read(oggOf(webm([bytes])) ?? new Uint8Array()).at(-1)?.samples).toBe(samples);
});

it("takes_what_is_whole_of_a_recording_that_broke_off", () => {
  const whole = webm([packet(3), packet(4)]);
  const cut = whole.slice(0, whole.length - 9);
  expect(read(oggOf(cut) ?? new Uint8Array()).at(-1)?.packets[0]).toEqual(packet(3));
});

it("finds_no_sound_where_there_is_none", () => {
  expect(oggOf(webm([]))).toBeUndefined();
  expect(oggOf(new Uint8Array())).toBeUndefined();
});
