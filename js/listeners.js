// Listeners of the page: each may throw, come and go at any time, and none disturbs another.

/**
 * Reports an exception of the page's code as the browser would, and goes on.
 * @template {unknown[]} Arguments
 * @param {((...args: Arguments) => unknown) | null | undefined} listener
 * @param {Arguments} args
 */
export function call(listener, ...args) {
  try {
    const result = listener?.(...args)
    if (result instanceof Promise) result.catch(report)
  } catch (error) {
    report(error)
  }
}

/** @param {unknown} error */
export function report(error) {
  if (typeof reportError === 'function') reportError(error)
  else console.error(error)
}

/**
 * Listeners by event.
 * @template {Record<string, any>} Events
 */
export class Listeners {
  /** @type {Map<keyof Events, Set<Function>>} */
  #of = new Map()

  /**
   * Adds a listener and returns its undo; a signal that is aborted undoes it too.
   * @template {keyof Events} Event
   * @param {Event} event
   * @param {(value: Events[Event]) => unknown} listener
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {() => void}
   */
  on(event, listener, { signal } = {}) {
    const own = (/** @type {any} */ value) => listener(value)
    const undo = () => void this.#of.get(event)?.delete(own)
    if (signal?.aborted) return undo
    const set = this.#of.get(event) ?? new Set()
    this.#of.set(event, set.add(own))
    signal?.addEventListener('abort', undo, { once: true })
    return undo
  }

  /**
   * @template {keyof Events} Event
   * @param {Event} event
   * @param {Events[Event]} value
   * @returns {boolean} whether anybody listened
   */
  emit(event, value) {
    const set = [...(this.#of.get(event) ?? [])]
    for (const listener of set) call(/** @type {any} */ (listener), value)
    return set.length > 0
  }
}
