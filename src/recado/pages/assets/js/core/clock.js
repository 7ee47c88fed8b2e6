// @ts-check

/** Domain time, as the last snapshot, resumption or heartbeat of a feed told it; the device's own time until then. */
class DomainClock {
  #told = Date.now();
  #at = performance.now();
  #rate = 1;
  isSet = false;

  /** @param {{now: string, rate?: number}} reading `rate`: domain seconds in a second; the last one where left out */
  set({ now, rate }) {
    this.#told = Date.parse(now);
    this.#at = performance.now();
    this.#rate = rate ?? this.#rate;
    this.isSet = true;
  }

  /** Domain time in milliseconds since 1970. */
  now() {
    return this.#told + (performance.now() - this.#at) * this.#rate;
  }

  /** Milliseconds of domain time until an instant; negative once it is over. @param {string | number} instant */
  until(instant) {
    return (typeof instant === "number" ? instant : Date.parse(instant)) - this.now();
  }

  /** How many domain seconds pass in a second. */
  get rate() {
    return this.#rate;
  }
}

export const clock = new DomainClock();

/**
 * Do something at once and then each second of domain time, yet at most four times a second. Returns what stops it.
 * @param {() => void} tick
 */
export function everySecond(tick) {
  let timer = 0;
  const run = () => {
    tick();
    const rest_ms = 1000 - (clock.now() % 1000);
    timer = setTimeout(run, Math.max(250, rest_ms / Math.max(clock.rate, 0.001)) % 60_000);
  };
  run();
  return () => clearTimeout(timer);
}

/**
 * Write what is left until an instant into an element, and call `onZero` once it is over. Returns what stops it.
 * @param {Element} element
 * @param {string} instant
 * @param {{write: (left_ms: number) => string, onTick?: (left_ms: number) => void, onZero?: () => void}} how
 */
export function countdown(element, instant, { write, onTick, onZero }) {
  let isOver = false;
  return everySecond(() => {
    const left_ms = clock.until(instant);
    const text = write(left_ms);
    if (element.textContent !== text) element.textContent = text;
    onTick?.(left_ms);
    if (left_ms <= 0 && !isOver) {
      isOver = true;
      onZero?.();
    }
  });
}
