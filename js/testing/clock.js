// The time of a fake backend: the page's timers, or a clock that a test moves by hand.

/**
 * @typedef {object} Clock
 * @property {() => number} now milliseconds since the epoch
 * @property {(task: () => void, delay: number) => any} setTimeout
 * @property {(timer: any) => void} clearTimeout
 */

/** The page's own timers, looked up at each call: a test that replaces them (fake timers) moves the backend too. @type {Clock} */
export const pageClock = {
  now: () => Date.now(),
  setTimeout: (task, delay) => globalThis.setTimeout(task, delay),
  clearTimeout: (timer) => globalThis.clearTimeout(timer),
}

/**
 * A clock that stands still until it is advanced. It moves the backend alone; the client has the page's timers.
 * @param {number} [start] milliseconds since the epoch
 */
export function manualClock(start = Date.UTC(2026, 0, 1)) {
  let now = start
  let last = 0
  /** @type {{ id: number, at: number, task: () => void }[]} */
  let waiting = []
  return {
    now: () => now,
    setTimeout: (/** @type {() => void} */ task, delay = 0) => {
      waiting.push({ id: ++last, at: now + Math.max(0, delay), task })
      return last
    },
    clearTimeout: (/** @type {number} */ timer) => {
      waiting = waiting.filter(({ id }) => id !== timer)
    },
    /**
     * Lets time pass: what falls due runs in its order, and what follows from it in microtasks runs before the next.
     * @param {number} milliseconds
     */
    async advance(milliseconds) {
      const until = now + milliseconds
      for (;;) {
        const due = waiting.filter(({ at }) => at <= until).sort((one, other) => one.at - other.at || one.id - other.id)[0]
        if (!due) break
        waiting.splice(waiting.indexOf(due), 1)
        now = Math.max(now, due.at)
        due.task()
        for (let turn = 0; turn < 20; turn++) await undefined
      }
      now = until
    },
  }
}
