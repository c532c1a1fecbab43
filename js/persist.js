// What could not be loaded is tried again: when the network is back, and now and then.

/**
 * Loads something. A failure is told, and then it is tried again until it comes, less and less often: whoever waits for it
 * waits on.
 * @template T
 * @param {() => Promise<T>} load
 * @param {(error: any) => unknown} tell hears of each failure, and throws if another attempt is of no use
 * @param {AbortSignal} [signal] ends it
 * @param {number} [wait] milliseconds to the next attempt, if the browser does not say before that the network is back
 * @returns {Promise<T>}
 */
export const persist = (load, tell, signal, wait = 15_000) =>
  load().catch(async (error) => {
    tell(error)
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, wait)
      signal?.addEventListener('abort', () => clearTimeout(timer))
      addEventListener('online', resolve, { once: true, signal })
    })
    return persist(load, tell, signal, wait * 4)
  })

/** For what the page can do without for a while. @param {Error} error */
export const warn = ({ message }) => console.warn(`Storywire: a part could not be loaded; it is tried again when the network is back. ${message}`)
