// @ts-check
import { byId, h } from "./dom.js";

/**
 * Tell those who listen to the page instead of seeing it.
 * @param {string} text
 * @param {"polite" | "assertive"} [urgency]
 */
export function announce(text, urgency = "polite") {
  const region = byId(`announcer-${urgency}`);
  region.textContent = "";
  // A region that is emptied and filled in one go stays silent when the text is the same.
  setTimeout(() => (region.textContent = text), 60);
}

const TOAST_MS = 6_000;

/**
 * Show a short message over the page, and announce it. Returns what takes it away.
 * @param {string} text
 * @param {{tone?: "plain" | "good" | "warn" | "alert", lasts_ms?: number}} [how] `lasts_ms: 0` stays until taken away
 */
export function toast(text, { tone = "plain", lasts_ms = TOAST_MS } = {}) {
  const shown = h("p", { class: `toast toast-${tone}` }, text);
  byId("toasts").append(shown);
  announce(text, tone === "alert" ? "assertive" : "polite");
  const away = () => shown.remove();
  if (lasts_ms) setTimeout(away, lasts_ms);
  return away;
}

/** Keep the screen on while the page is seen, where the browser can. Returns what lets it sleep again. */
export function keepAwake() {
  /** @type {any} */
  let lock = null;
  let isWanted = true;
  const ask = async () => {
    if (!isWanted || document.visibilityState !== "visible") return;
    try {
      lock = await /** @type {any} */ (navigator).wakeLock?.request("screen");
    } catch {
      lock = null; // a low battery, or a browser that does not do it
    }
  };
  document.addEventListener("visibilitychange", ask);
  ask();
  return () => {
    isWanted = false;
    document.removeEventListener("visibilitychange", ask);
    lock?.release();
  };
}

const BELL_EVERY_MS = 2_400;
const CHORD_HZ = [880, 1174.66, 1318.51];

/** A bell that rings until it is stopped. Browsers let a page sound only after a touch: `arm()` in its handler. */
export class Bell {
  /** @type {AudioContext | null} */
  #audio = null;
  #timer = 0;
  isRinging = false;

  /** Get ready to sound; returns whether the browser lets us. */
  async arm() {
    this.#audio ??= "AudioContext" in window ? new AudioContext() : null;
    await this.#audio?.resume().catch(() => {});
    return this.isArmed;
  }

  get isArmed() {
    return this.#audio?.state === "running";
  }

  /** Ring now and again until `stop()`. */
  start() {
    if (this.isRinging) return;
    this.isRinging = true;
    const strike = () => {
      this.strike();
      this.#timer = setTimeout(strike, BELL_EVERY_MS);
    };
    strike();
  }

  stop() {
    this.isRinging = false;
    clearTimeout(this.#timer);
    shake(0);
  }

  /** Ring once. */
  strike() {
    shake([180, 90, 180]);
    const audio = this.#audio;
    if (!audio || audio.state !== "running") return;
    CHORD_HZ.forEach((pitch_hz, number) => {
      const at = audio.currentTime + number * 0.16;
      const tone = new OscillatorNode(audio, { type: "sine", frequency: pitch_hz });
      const loudness = new GainNode(audio, { gain: 0 });
      loudness.gain.setValueAtTime(0.0001, at);
      loudness.gain.exponentialRampToValueAtTime(0.5, at + 0.015);
      loudness.gain.exponentialRampToValueAtTime(0.0001, at + 0.9);
      tone.connect(loudness).connect(audio.destination);
      tone.start(at);
      tone.stop(at + 1);
    });
  }
}

/** Before the first touch browsers refuse, and complain. @param {number | number[]} pattern_ms */
function shake(pattern_ms) {
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(pattern_ms);
}
