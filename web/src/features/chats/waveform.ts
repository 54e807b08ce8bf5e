/**
 * How loud a voice note is over its length. WhatsApp sends that along, but what others send need not have it and what is
 * recorded here has none, so it is read from the sound itself: once, in the order in which it was asked for.
 */
import { queryOptions } from "@tanstack/react-query";

/** So many bars stand for a voice note, however long it is. */
export const BARS = 44;

/** The rate at which a sound is read: how loud it is needs no more, and memory is taken by it. */
const RATE = 8_000;
/** Longer or larger ones are not read: they would take more than they are worth. */
const MAX_SECS = 20 * 60;
const MAX_BYTES = 8 * 1024 * 1024;

/** What can be known of a sound before it is read. */
interface Sound {
  url: string;
  seconds: number | null | undefined;
  size: number | null | undefined;
}

/** How loud each part is, from 0 to 1; null where that cannot be had. */
export const waveformQuery = (media: string, { url, seconds, size }: Sound) =>
  queryOptions({
    queryKey: ["waveform", media, url] as const,
    queryFn: ({ signal }) => inTurn(() => read(url, signal)),
    enabled: (seconds ?? 0) <= MAX_SECS && (size ?? 0) <= MAX_BYTES,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
    retry: false,
  });

let last: Promise<unknown> = Promise.resolve();

/** One after the other: a thread can show many at once. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const result = last.then(work, work);
  last = result.catch(() => undefined);
  return result;
}

async function read(url: string, signal: AbortSignal): Promise<number[] | null> {
  if (globalThis.OfflineAudioContext === undefined) return null;
  const response = await fetch(url, { signal });
  if (!response.ok) return null;
  try {
    const sound = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(await response.arrayBuffer());
    return peaksOf(sound.getChannelData(0), BARS);
  } catch {
    // This browser does not understand it.
    return null;
  }
}

/** How loud each of so many parts is, against the loudest of them. */
export function peaksOf(samples: ArrayLike<number>, bars: number): number[] {
  const peaks = Array.from({ length: bars }, (_, bar) => {
    const from = Math.floor((bar * samples.length) / bars);
    const to = Math.max(from + 1, Math.floor(((bar + 1) * samples.length) / bars));
    let sum = 0;
    for (let index = from; index < to; index += 1) sum += (samples[index] ?? 0) ** 2;
    return Math.sqrt(sum / (to - from));
  });
  const loudest = Math.max(...peaks);
  return loudest === 0 ? peaks : peaks.map((peak) => peak / loudest);
}
