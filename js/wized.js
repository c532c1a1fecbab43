// Values of Wized (version 2, and 1 where it is all there is): read when Wized is ready, and followed.
import { call } from './listeners.js'

/** Settles with Wized when it is ready; never, on a page without it. @type {Promise<any> | undefined} */
let ready

function wized() {
  const scope = /** @type {any} */ (globalThis)
  ready ??= new Promise((resolve) => {
    scope.Wized = scope.Wized || []
    scope.Wized.push(resolve)
  })
  return ready
}

/** Whether a setting names a value of Wized, e.g. `wized:v.accessToken`. @param {string | undefined} setting */
export const isWized = (setting) => Boolean(setting?.startsWith('wized:'))

/** @param {any} W @param {string} path */
const read = (W, path) => path.split('.').reduce((value, name) => value?.[name], W.data)

/**
 * The value now; a setting that does not name one is itself the value.
 * @param {string} setting @returns {Promise<any>}
 */
export async function valueOf(setting) {
  if (!isWized(setting)) return setting
  const path = setting.slice(6)
  const W = await wized()
  return typeof W.data?.get === 'function' ? W.data.get(path) : read(W, path)
}

/**
 * Hears the value now and after every change. Wized calls its watchers inside the page's own assignment, so the listener
 * is called in a microtask, where an exception of ours cannot reach the page.
 * @param {string} setting @param {(value: any) => unknown} listener
 */
export async function follow(setting, listener) {
  let last = await valueOf(setting)
  call(listener, last)
  if (!isWized(setting)) return
  const path = setting.slice(6)
  const W = await wized()
  const changed = () =>
    queueMicrotask(async () => {
      const value = await valueOf(setting)
      if (value !== last) call(listener, (last = value))
    })
  if (W.reactivity?.watch) W.reactivity.watch(() => read(W, path), changed)
  else W.data?.listen?.(path, changed)
}
