/**
 * Records a voice note as WhatsApp plays it: Opus in Ogg. Firefox records that; what others record as Opus in WebM is
 * put into Ogg. A browser that can do neither says so, instead of sending what nobody can play.
 */
import { asVoiceNote } from "./files";
import { oggOf } from "./ogg";

/** Why nothing was recorded. */
export type RecordingFailure = "insecure" | "unsupported" | "refused" | "noMicrophone" | "failed";

export class RecordingError extends Error {
  readonly failure: RecordingFailure;

  constructor(failure: RecordingFailure) {
    super(`could not record: ${failure}`);
    this.failure = failure;
  }
}

export interface Recording {
  /** Ends it, and gives the voice note. */
  finish(): Promise<File>;
  /** Ends it, and forgets it. */
  discard(): void;
}

const OGG = "audio/ogg;codecs=opus";
const WEBM = "audio/webm;codecs=opus";
/** Speech; about a quarter of a megabyte a minute. */
const BITS_PER_SECOND = 32_000;

/** Asks for the microphone and begins. */
export async function record(): Promise<Recording> {
  // Browsers give the microphone only to pages that came over https, or from this machine.
  if (!navigator.mediaDevices) throw new RecordingError("insecure");
  const type = [OGG, WEBM].find((each) => globalThis.MediaRecorder?.isTypeSupported(each));
  if (type === undefined) throw new RecordingError("unsupported");
  const stream = await microphone();
  const recorder = new MediaRecorder(stream, { mimeType: type, audioBitsPerSecond: BITS_PER_SECOND });
  const pieces: Blob[] = [];
  recorder.addEventListener("dataavailable", (event) => pieces.push(event.data));
  const ended = new Promise<void>((resolve) => recorder.addEventListener("stop", () => resolve(), { once: true }));
  const end = () => {
    if (recorder.state !== "inactive") recorder.stop();
    // So that the browser no longer shows that the microphone is on.
    for (const track of stream.getTracks()) track.stop();
  };
  recorder.start();

  return {
    finish: async () => {
      end();
      await ended;
      return voiceNote(new Blob(pieces), type);
    },
    discard: end,
  };
}

async function microphone(): Promise<MediaStream> {
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
  } catch (error) {
    const name = error instanceof DOMException ? error.name : "";
    if (name === "NotAllowedError" || name === "SecurityError") throw new RecordingError("refused");
    throw new RecordingError(name === "NotFoundError" ? "noMicrophone" : "failed");
  }
}

async function voiceNote(recorded: Blob, type: string): Promise<File> {
  const content = type === OGG ? recorded : oggOf(new Uint8Array(await recorded.arrayBuffer()));
  if (!content || recorded.size === 0) throw new RecordingError("failed");
  return asVoiceNote(new File([content], "voice-note.ogg", { type: "audio/ogg; codecs=opus" }));
}
