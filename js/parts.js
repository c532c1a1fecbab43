// What the script tag loads only where the page uses it: each part lies in js/parts/, and is fetched when its selector is in
// the page, or comes into it.
import { report } from './listeners.js'

/**
 * What a part is given.
 * @typedef {object} Page
 * @property {DOMStringMap} tag the script tag's `data-` attributes
 * @property {(listener: (client: import('./client.js').Client) => unknown) => void} run calls back with the whole client, which
 *   is downloaded for it
 * @property {(setting: string | undefined, listener: (value: any) => unknown) => void} follow hears what a setting is worth, now
 *   and whenever it changes: `wized:v.name` names a value of the page, anything else is itself the value
 * @property {(hear: (state: string) => unknown) => void} hearConnection hears how the connection is, now and whenever it changes
 */

/** @type {[selector: string, load: () => Promise<{ start(page: Page): void }>][]} */
const parts = [
  ['[data-sw-connection]', () => import('./parts/connection.js')],
  ['[data-sw-emotion],[data-sw-emotion-graph]', () => import('./parts/emotions.js')],
  ['[data-sw-presence],[data-sw-presence-count],[data-sw-cursors]', () => import('./parts/presence.js')],
  ['[data-sw-unread],[data-sw-toasts],[data-sw-notifications]', () => import('./parts/notifications.js')],
]

/** Starts the parts that the page uses, now and later. @param {Page} page */
export function startParts(page) {
  let waiting = parts
  const visit = (/** @type {Element} */ root) => {
    waiting = waiting.filter(([selector, load]) => {
      if (!root.matches(selector) && !root.querySelector(selector)) return true
      load().then(({ start }) => start(page)).catch(report)
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
