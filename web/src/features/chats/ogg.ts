/**
 * Puts the Opus packets of a WebM recording into Ogg, in which alone WhatsApp takes a voice note. Chromium and Safari
 * record Opus only into WebM. The packets stay as they are: nothing is encoded anew.
 * WebM: RFC 8794 and the Matroska elements; Ogg: RFC 3533; Opus in Ogg: RFC 7845; lengths of packets: RFC 6716, 3.1.
 */

type Bytes = Uint8Array<ArrayBuffer>;

/** The elements that are looked at. All others are stepped over. */
const SEGMENT = 0x18538067;
const TRACKS = 0x1654ae6b;
const TRACK = 0xae;
const CODEC_PRIVATE = 0x63a2;
const CLUSTER = 0x1f43b675;
const BLOCK_GROUP = 0xa0;
const BLOCK = 0xa1;
const SIMPLE_BLOCK = 0xa3;

const ENTERED: ReadonlySet<number> = new Set([SEGMENT, TRACKS, TRACK, CLUSTER, BLOCK_GROUP]);

/** The most entries that the table of a page has. */
const MAX_SEGMENTS = 255;

const FIRST_PAGE = 0x02;
const LAST_PAGE = 0x04;

/** The recording in Ogg, or undefined when there is no Opus in it. */
export function oggOf(webm: Bytes): Bytes | undefined {
  const { head, packets } = readWebm(webm);
  if (packets.length === 0) return undefined;
  return writeOgg(head ?? plainHead(), packets);
}

function readWebm(bytes: Bytes): { head: Bytes | undefined; packets: Bytes[] } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const packets: Bytes[] = [];
  let head: Bytes | undefined;
  let at = 0;

  /** A number whose length the leading zeros of its first byte tell. An id keeps the mark of its length. */
  const number = (keepsMark: boolean): number => {
    const first = view.getUint8(at);
    const length = Math.clz32(first) - 23;
    let value = keepsMark ? first : first & (0xff >> length);
    for (let index = 1; index < length; index += 1) value = value * 256 + view.getUint8(at + index);
    const isUnknown = !keepsMark && value === 2 ** (7 * length) - 1;
    at += length;
    return isUnknown ? Number.POSITIVE_INFINITY : value;
  };

  try {
    while (at < bytes.length) {
      const id = number(true);
      const size = number(false);
      if (ENTERED.has(id)) continue;
      const end = Math.min(bytes.length, at + size);
      if (id === CODEC_PRIVATE) head = bytes.slice(at, end);
      if (id === SIMPLE_BLOCK || id === BLOCK) {
        number(false);
        // Two bytes of time and one of flags. Recorders put one packet into a block.
        packets.push(bytes.slice(at + 3, end));
      }
      at = end;
    }
  } catch (error) {
    // It broke off in the middle of an element: what came before is whole.
    if (!(error instanceof RangeError)) throw error;
  }
  return { head, packets: packets.filter((packet) => packet.length > 0) };
}

/** How many samples at 48 kHz a packet holds. */
function samplesOf(packet: Bytes): number {
  const first = packet[0] ?? 0;
  const config = first >> 3;
  const length =
    config < 12 ? ([480, 960, 1_920, 2_880][config & 3] ?? 0) : config < 16 ? 480 << (config & 1) : 120 << (config & 3);
  const frames = [1, 2, 2, (packet[1] ?? 1) & 0x3f][first & 3] ?? 1;
  return length * frames;
}

/** What a recorder without an own head recorded: one channel, as is usual. */
function plainHead(): Bytes {
  const head = new Uint8Array(19);
  head.set(new TextEncoder().encode("OpusHead"));
  const view = new DataView(head.buffer);
  view.setUint8(8, 1);
  view.setUint8(9, 1);
  view.setUint16(10, 312, true);
  view.setUint32(12, 48_000, true);
  return head;
}

function tags(): Bytes {
  const vendor = new TextEncoder().encode("Pesan");
  const bytes = new Uint8Array(8 + 4 + vendor.length + 4);
  bytes.set(new TextEncoder().encode("OpusTags"));
  new DataView(bytes.buffer).setUint32(8, vendor.length, true);
  bytes.set(vendor, 12);
  return bytes;
}

function writeOgg(head: Bytes, packets: Bytes[]): Bytes {
  const pages = [page([head], 0, 0, FIRST_PAGE), page([tags()], 0, 1, 0)];
  let waiting: Bytes[] = [];
  let segments = 0;
  let samples = 0;
  const flush = (flags: number) => {
    pages.push(page(waiting, samples, pages.length, flags));
    waiting = [];
    segments = 0;
  };
  for (const packet of packets) {
    const needs = Math.floor(packet.length / 255) + 1;
    if (segments + needs > MAX_SEGMENTS) flush(0);
    waiting.push(packet);
    segments += needs;
    samples += samplesOf(packet);
  }
  flush(LAST_PAGE);
  const all = new Uint8Array(pages.reduce((sum, each) => sum + each.length, 0));
  let at = 0;
  for (const each of pages) {
    all.set(each, at);
    at += each.length;
  }
  return all;
}

/** A page of whole packets. `samples` is how many there are up to its end. */
function page(packets: Bytes[], samples: number, sequence: number, flags: number): Bytes {
  const table = packets.flatMap((packet) => [
    ...new Array<number>(Math.floor(packet.length / 255)).fill(255),
    packet.length % 255,
  ]);
  const size = packets.reduce((sum, packet) => sum + packet.length, 0);
  const bytes = new Uint8Array(27 + table.length + size);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode("OggS"));
  view.setUint8(5, flags);
  view.setBigUint64(6, BigInt(samples), true);
  // The number of the stream: there is no other in the file.
  view.setUint32(14, 1, true);
  view.setUint32(18, sequence, true);
  view.setUint8(26, table.length);
  bytes.set(table, 27);
  let at = 27 + table.length;
  for (const packet of packets) {
    bytes.set(packet, at);
    at += packet.length;
  }
  view.setUint32(22, checksum(bytes), true);
  return bytes;
}

const CHECKSUMS = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index << 24;
  for (let bit = 0; bit < 8; bit += 1) value = (value << 1) ^ (value & 0x80000000 ? 0x04c11db7 : 0);
  return value >>> 0;
});

function checksum(bytes: Bytes): number {
  let value = 0;
  for (const byte of bytes) value = ((value << 8) ^ (CHECKSUMS[(value >>> 24) ^ byte] ?? 0)) >>> 0;
  return value;
}
