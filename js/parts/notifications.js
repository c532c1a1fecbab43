// Notifications for the script tag: `data-user` says whose; they begin when an element for them is in the page.
import { StorywireError } from '../errors.js'

/** @param {import('../parts.js').Page} page */
export async function start({ tag, run, follow, say }) {
  const { user, notifications = '', styles } = tag
  if (styles !== 'off') await addStyles(new URL('notifications.css', import.meta.url).href)
  const words = notifications.split(/\s+/)
  const options = { onUnread: (/** @type {number} */ unread) => say('unread', unread), private: words.includes('private'), badge: words.filter((word) => word === 'title' || word === 'app').join(' ') }
  /** @type {import('../notifications.js').Notifications | undefined} */
  let bell
  let turn = 0
  const change = (/** @type {unknown} */ id) => {
    const own = ++turn
    bell?.close()
    bell = undefined
    if (id) run((client) => own === turn && (bell = client.notifications(String(id), options)))
  }
  if (user) follow(user, change)
  else console.warn(`Storywire: ${new StorywireError('no-user').message}`)
}

/** Before the page's own styles, so that those win. Settles when they are there, or cannot be had. @param {string} href */
function addStyles(href) {
  const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href })
  return new Promise((resolve) => {
    link.onload = link.onerror = resolve
    document.head.prepend(link)
  })
}
