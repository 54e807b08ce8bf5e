/** A short sound when a number disconnects, for those who switched it on. */

const STORED = "pesan.dropSound";
/** Two falling notes, in hertz. */
const NOTES = [660, 440] as const;
const NOTE_SECS = 0.18;

export function isSoundOn(): boolean {
  return localStorage.getItem(STORED) === "on";
}

/** Remembers the choice on this device. */
export function setSound(on: boolean): void {
  if (on) localStorage.setItem(STORED, "on");
  else localStorage.removeItem(STORED);
}

/** Plays it now. A browser that nobody has clicked in yet stays silent. */
export function playSound(): void {
  if (typeof AudioContext === "undefined") return;
  const context = new AudioContext();
  const end = context.currentTime + NOTES.length * NOTE_SECS;
  const volume = context.createGain();
  volume.gain.setValueAtTime(0.15, context.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.001, end);
  volume.connect(context.destination);
  NOTES.forEach((note, index) => {
    const tone = context.createOscillator();
    tone.frequency.value = note;
    tone.connect(volume);
    tone.start(context.currentTime + index * NOTE_SECS);
    tone.stop(context.currentTime + (index + 1) * NOTE_SECS);
    if (index === NOTES.length - 1) tone.onended = () => void context.close();
  });
}
