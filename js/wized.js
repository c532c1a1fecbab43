// Wized, version 2, and 1 where it is all there is: when it is ready, what its data say, and what is told to it.
import { call, report } from './listeners.js'

/** Settles with Wized when it is ready; never, on a page without it. @type {Promise<any> | undefined} */
let ready

/** In whatever order the scripts come. @returns {Promise<any>} */
export function wized() {
  const scope = /** @type {any} */ (globalThis)
  ready ??= new Promise((resolve) => {
    scope.Wized = scope.Wized || []
    // Version 1 gives nothing to its callbacks: it is what the name stands for by then.
    scope.Wized.push((/** @type {any} */ W) => resolve(W ?? scope.Wized))
  })
  return ready
}

/** Whether it is version 1, which is asked by functions. @param {any} W */
export const isOld = (W) => typeof W.data?.get === 'function'

/** @param {any} W @param {string} path e.g. `v.name`, `r.name.data[0].id` */
const read = (W, path) => path.split(/[.[\]]+/).filter(Boolean).reduce((value, name) => value?.[name], W.data)

/** @param {any} W @param {string} path */
const valueIn = async (W, path) => (isOld(W) ? W.data.get(path) : read(W, path))

/** A value, once Wized is there to say it. @param {string} path */
export const valueOfWized = async (path) => valueIn(await wized(), path)

/**
 * Hears a value now and after every change. Wized calls its watchers inside the page's own assignment, so the listener is
 * called in a microtask, where an exception of ours cannot reach the page, and as one for many assignments.
 * @param {string} path @param {(value: any) => unknown} listener
 */
export async function followWized(path, listener) {
  const W = await wized()
  let isQueued = false
  const look = async () => {
    isQueued = false
    try {
      call(listener, await valueIn(W, path))
    } catch (error) {
      report(error)
    }
  }
  const changed = () => {
    if (isQueued) return
    isQueued = true
    queueMicrotask(look)
  }
  if (W.reactivity?.watch) W.reactivity.watch(() => read(W, path), changed)
  else W.data?.listen?.(path, changed)
  await look()
}

/** Assigns a variable. @param {any} W @param {string} name @param {any} value */
export function assign(W, name, value) {
  if (isOld(W)) Promise.resolve(W.data.setVariable(name, value)).catch(report)
  else W.data.v[name] = value
}

/**
 * Executes a request; rejects if that fails.
 * @param {any} W @param {string} name @returns {Promise<{ status?: number }>}
 */
export async function execute(W, name) {
  const result = (await (W.requests ?? W.request).execute(name)) ?? {}
  if (result.ok === false && !result.status) throw new Error(`The request ${name} of Wized failed.`)
  const { data } = result
  return { ...(data && typeof data === 'object' && !Array.isArray(data) && data), status: result.status ?? 200 }
}

/** What a page with Wized has in it. */
const signs = 'script[src*="wized.com"],script[data-wized-id],[wized],[w-el]'

/** Settles when all of the page's source has been read. */
const parsed = () => new Promise((resolve) => (document.readyState === 'loading' ? document.addEventListener('DOMContentLoaded', resolve, { once: true }) : resolve(undefined)))

/** How long a page waits for Wized to say who is signed in, before it goes on as if nobody were. */
const patience = 8_000

/** The Supabase client of Wized, if the project has one. @param {any} W @param {string} app @returns {Promise<any>} */
async function clientOf(W, app) {
  try {
    const { type, client } = await W.requests.getClient(app)
    return type === 'supabase' && client?.auth ? client : undefined
  } catch {
    return undefined
  }
}

/**
 * The access token of the user of Wized's own Supabase client, or null; asked anew each time, so that it is a fresh one.
 * @param {string} [app] the name of the app in Wized @returns {Promise<string | null>}
 */
export async function sessionToken(app = 'supabase') {
  await parsed()
  if (!('Wized' in globalThis || document.querySelector(signs))) return null
  const asked = wized()
    .then((W) => clientOf(W, app))
    .then((client) => client?.auth.getSession())
    .then((answer) => answer?.data?.session?.access_token ?? null)
  return Promise.race([asked, new Promise((resolve) => setTimeout(resolve, patience, null))])
}

/**
 * Hears the token of that user whenever it changes: signed in, renewed, signed out.
 * @param {any} W @param {string | undefined} app @param {(token: string | null) => void} listener
 */
export async function followSession(W, app = 'supabase', listener) {
  const client = await clientOf(W, app)
  // Called while the client holds its own lock, so what we do about it comes later.
  client?.auth.onAuthStateChange((/** @type {string} */ _event, /** @type {any} */ session) => setTimeout(listener, 0, session?.access_token ?? null))
}
