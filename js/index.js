// What the package exports. Importing it does nothing: no element is touched, nothing is loaded, in a server neither.
import { Client } from './client.js'

export { Client } from './client.js'
export { Channel } from './channel.js'
export { StorywireError } from './errors.js'
export { Emotions } from './emotions.js'
export { EventSource } from './eventsource.js'
export { Presence } from './presence.js'
export { Room } from './room.js'
export { Rows } from './rows.js'
export { Story } from './story.js'
export { EventStream, StreamEvent } from './stream.js'
export { Subscriptions } from './subscriptions.js'

/** @typedef {import('./emotions.js').Emotion} Emotion */
/** @typedef {import('./emotions.js').EmotionHandlers} EmotionHandlers */
/** @typedef {import('./stream.js').StreamOptions} StreamOptions */

/**
 * A client of a Supabase project. It can be used at once; the module loads meanwhile.
 *
 * `createClient(url, key, options)` as Supabase has it, or `createClient({ url, key, … })`.
 * @param {string | URL | ({ url: string, key: string } & import('./types.js').ClientOptions)} url
 * @param {string} [key]
 * @param {import('./types.js').ClientOptions} [options]
 */
export function createClient(url, key, options) {
  if (url && typeof url === 'object' && !(url instanceof URL)) {
    const { url: address, key: own, ...rest } = url
    return new Client(String(address), own, rest)
  }
  return new Client(String(url), /** @type {string} */ (key), options ?? {})
}
