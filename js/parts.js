// What the script tag loads only where the page uses it: each part lies in js/parts/, and is fetched when its selector is in
// the page, or comes into it.
import { report } from './listeners.js'
import { persist, warn } from './persist.js'

/**
 * What a part is given.
 * @typedef {object} Page
 * @property {DOMStringMap} tag the script tag's `data-` attributes
 * @property {(listener: (client: import('./client.js').Client) => unknown) => void} run calls back with the whole client, which
 *   is downloaded for it
 * @property {(setting: string | undefined, listener: (value: any) => unknown) => void} follow hears what a setting is worth, now
 *   and whenever it changes: `wized:v.name`, `query:name`, … name a value of the page, anything else is itself the value
 * @property {(event: 'connection' | 'asset' | 'story' | 'unread' | 'emotion', listener: (value: any) => unknown) => void} listen
 *   hears what the client says, whichever it is at the moment, and what other parts say; what was said last of each comes at
 *   once. The whole client is not downloaded for it.
 * @property {(event: 'unread' | 'emotion', value: any) => void} say tells the other parts
 * @property {(token: string | null) => void} setToken sets the access token
 * @property {import('./types.js').ClientOptions} options of the client, read when they are needed
 */

/** @type {[selector: string, load: () => Promise<{ start(page: Page): unknown }>][]} */
const parts = [
  // What a list needs comes before the list has anything to show.
  ['ul[data-asset],ol[data-asset],[data-asset] template,[data-asset-item]', () => import('./list.js').then(() => ({ start() {} }))],
  ['[data-sw-connection]', () => import('./parts/connection.js')],
  ['[data-sw-emotion],[data-sw-emotion-graph]', () => import('./parts/emotions.js')],
  ['[data-sw-presence],[data-sw-presence-count],[data-sw-cursors]', () => import('./parts/presence.js')],
  ['[data-sw-unread],[data-sw-toasts],[data-sw-notifications]', () => import('./parts/notifications.js')],
  ['script[data-wized-id],[wized],[w-el],[data-sw-into],[data-asset-retry^="wized:"]', () => import('./parts/wized.js')],
  ['[data-sw-ix],[data-sw-ix2],.w-lightbox [data-asset],.w-lightbox[data-asset]', () => import('./parts/webflow.js')],
]

/** Starts the parts that the page uses, now and later. @param {Page} page */
export function startParts(page) {
  let waiting = parts
  const visit = (/** @type {Element} */ root) => {
    waiting = waiting.filter(([selector, load]) => {
      if (!root.matches(selector) && !root.querySelector(selector)) return true
      persist(load, warn).then(({ start }) => start(page)).catch(report)
      return false
    })
    if (!waiting.length) observer.disconnect()
  }
  const observer = new MutationObserver((mutations) => {
    for (const { addedNodes } of mutations) for (const node of addedNodes) if (node instanceof Element) visit(node)
  })
  observer.observe(document, { childList: true, subtree: true })
  visit(document.documentElement)
}
