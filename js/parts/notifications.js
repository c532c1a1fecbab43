// Notifications for the script tag: `data-user` says whose; they begin when an element for them is in the page.
import { addPartStyles } from '../part-styles.js'

/** @param {import('../parts.js').Page} page */
export function start({ tag, run, follow, say }) {
  const { user, notifications = '', styles } = tag
  const styled = addPartStyles(styles, new URL('notifications.css', import.meta.url).href)
  const words = notifications.split(/\s+/)
  const options = { onUnread: (/** @type {number} */ unread) => say('unread', unread), private: words.includes('private'), badge: words.filter((word) => word === 'title' || word === 'app').join(' ') }
  /** @type {import('../notifications.js').Notifications | undefined} */
  let bell
  let turn = 0
  const change = (/** @type {unknown} */ id) => {
    const own = ++turn
    if (bell) {
      bell.close()
      // Nobody's are unread, until those of another user are counted.
      say('unread', 0)
    }
    bell = undefined
    if (!id) return
    run(async (client) => {
      await styled
      // Another one may be wanted by now.
      if (own === turn) bell = client.notifications(String(id), options)
    })
  }
  if (user) follow(user, change)
  else console.warn('Storywire: notifications need the id of the signed-in user: give it to the script tag, as data-user.')
}
