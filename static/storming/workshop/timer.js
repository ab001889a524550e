/** The timer's words, kept by the second; at its end a line for everybody and, if this person wants it, a sound. @import {Workshop} from './workshop.js' */

import { clock } from "./workshop.js";

const SOUND = "factstorm:timer-sound";

/** @param {Workshop} workshop @param {(text: string, over: boolean) => void} show "" without a timer @param {() => void} ended */
export function followTimer(workshop, show, ended) {
  let before = workshop.secondsLeft;
  const tick = () => {
    const left = workshop.secondsLeft;
    show(left === null ? "" : clock(left), left !== null && left < 0);
    if (before !== null && left !== null && before > 0 && left <= 0 && before < 5) {
      ended();
      if (soundIsOn()) chime();
    }
    before = left;
  };
  workshop.changed.on(tick);
  setInterval(tick, 500);
  tick();
}

export const soundIsOn = () => localStorage.getItem(SOUND) === "on";

/** @param {boolean} on off unless somebody turned it on, on this device */
export function turnSound(on) {
  if (on) localStorage.setItem(SOUND, "on");
  else localStorage.removeItem(SOUND);
  if (on) chime();
}

/** Two soft notes. */
function chime() {
  const audio = new AudioContext();
  for (const [at, pitch] of [[0, 660], [0.28, 880]]) {
    const [tone, volume] = [audio.createOscillator(), audio.createGain()];
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.0001, audio.currentTime + at);
    volume.gain.exponentialRampToValueAtTime(0.12, audio.currentTime + at + 0.03);
    volume.gain.exponentialRampToValueAtTime(0.0001, audio.currentTime + at + 0.6);
    tone.connect(volume).connect(audio.destination);
    tone.start(audio.currentTime + at);
    tone.stop(audio.currentTime + at + 0.7);
  }
  setTimeout(() => void audio.close(), 1_500);
}
