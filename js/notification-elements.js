// The elements that show notifications: `[data-sw-unread]`, `[data-sw-notifications]`, `[data-sw-read-all]`, the title and
// the app's badge; toasts have a file of their own. All that match are kept true, those that come later too.
import { closest, fire, set, setText } from './element.js'
import { fill, languageOf } from './notification-fields.js'
import { Toasts } from './toasts.js'

/** @typedef {import('./notifications.js').Notifications} Notifications */
/** @typedef {import('./types.js').Notification} Notification */
/** @typedef {import('./types.js').NotificationOptions} Options */

const places = '[data-sw-unread],[data-sw-notifications],[data-sw-read-all],[data-sw-toasts]'

/** Those of this page, in the order of coming: of the page, since it may have two copies of this file. @returns {NotificationElements[]} */
const all = () => (/** @type {any} */ (document)[Symbol.for('storywire.notifications')] ??= [])
let hasToldOther = false

/** Of two in the same elements the one that came first shows, until it is closed: they would take turns for ever. */
export class NotificationElements {
  /** While it shows. @type {Toasts | undefined} */
  toasts
  root
  user
  options
  #bell
  #tell
  #observer = new MutationObserver((mutations) => mutations.some(concerns) && this.schedule())
  #frame = 0
  /** What stands before the page's own title. */
  #prefix = ''
  #abort = new AbortController()

  /**
   * @param {Notifications} bell @param {Element} root @param {string} user @param {Options} options
   * @param {(name: string, number: number) => void} tell
   */
  constructor(bell, root, user, options, tell) {
    this.#bell = bell
    this.root = root
    this.user = user
    this.options = options
    this.#tell = tell
    const other = this.begin()
    all().push(this)
    // Of one user they say the same.
    if (!other || hasToldOther || (other.user === user && (options.toast !== true || other.options.toast === true))) return
    hasToldOther = true
    console.warn(`Storywire: notifications() was called twice for the same elements, which show those of the first until it is closed${other.user === user ? '' : ', another user\'s'}. Close that one, or give each a root of its own.`)
  }

  /** Shows them, if no other does. @returns {NotificationElements | undefined} the other */
  begin() {
    const { root } = this
    const other = all().find((one) => one.toasts && (one.root.contains(root) || root.contains(one.root)))
    if (other) return other
    const { signal } = this.#abort
    this.toasts = new Toasts(this.#bell, root, this.options.toast === true, this.#tell, signal)
    root.addEventListener('click', (event) => this.#click(event), { signal })
    this.#observer.observe(root, { childList: true, subtree: true })
    this.#paint()
    if (this.#bell.isCounted) this.#badge()
    return undefined
  }

  close() {
    const others = all()
    others.splice(others.indexOf(this), 1)
    if (!this.toasts) return
    cancelAnimationFrame(this.#frame)
    this.#abort.abort()
    this.#observer.disconnect()
    this.toasts.close()
    this.toasts = undefined
    this.#paint()
    this.#badge()
    for (const one of others) one.begin()
  }

  /** Paints at the next frame what differs. */
  schedule() {
    if (!this.toasts) return
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0
      this.toasts?.prepare()
      this.#paint()
    })
  }

  /** The count has changed. */
  count() {
    if (this.toasts) this.#badge()
    this.schedule()
  }

  /** @param {Notification} detail */
  news(detail) {
    if (this.toasts) fire(this.root, 'storywire:notification', detail, false)
  }

  #paint() {
    for (const element of /** @type {NodeListOf<HTMLElement>} */ (this.root.querySelectorAll(places))) {
      if (element.matches('[data-sw-unread]')) this.#paintCount(element)
      else if (element.matches('[data-sw-notifications]')) paintList(element, this.#bell)
      else if (element.matches('[data-sw-read-all]')) set(element, 'aria-disabled', String(this.#bell.unread === 0))
    }
  }

  /** @param {HTMLElement} element */
  #paintCount(element) {
    const { unread, label, isCounted } = this.#bell
    const isShown = isCounted && unread > 0
    if (element.hidden === isShown) {
      element.hidden = !isShown
      // A class of the page that sets `display` would show an empty badge.
      element.style.display = isShown ? '' : 'none'
    }
    setText(element, label)
    const words = element.getAttribute(unread === 1 ? 'data-text-one' : 'data-text') ?? (unread === 1 ? '{count} unread notification' : '{count} unread notifications')
    const name = words.replace('{count}', label)
    // A number alone says nothing to those who do not see where it stands, and a name needs a role.
    if (!element.hasAttribute('role')) element.setAttribute('role', 'img')
    if (element.ariaLabel !== name) element.ariaLabel = name
  }

  /** The title and the app's icon, where they are asked for. */
  #badge() {
    const { unread, label } = this.#bell
    const badge = ` ${this.options.badge ?? ''} `
    if (badge.includes(' title ')) {
      const { title } = document
      const own = this.#prefix && title.startsWith(this.#prefix) ? title.slice(this.#prefix.length) : title
      this.#prefix = label && `(${label}) `
      if (title !== this.#prefix + own) document.title = this.#prefix + own
    }
    if (badge.includes(' app ') && 'setAppBadge' in navigator) {
      // A page that is not installed may not; that is no news to anybody.
      navigator.setAppBadge(unread).catch(() => {})
    }
  }

  /** @param {Event} event */
  #click({ target }) {
    const all = closest(target, '[data-sw-read-all]')
    if (all && this.#bell.unread > 0) this.#bell.markAllRead()
    const item = closest(target, '[data-sw-notification]')
    if (item && closest(target, '[data-sw-read],a[href]')) this.#bell.markRead(String(item.getAttribute('data-sw-notification')))
  }
}

/** Whether one of our places has come or gone, or was changed by somebody else: most of what happens on a page is none of it. @param {MutationRecord} mutation */
const concerns = ({ target, addedNodes, removedNodes }) =>
  Boolean(closest(target, places)) || [...addedNodes, ...removedNodes].some((node) => node instanceof Element && (node.matches(places) || node.querySelector(places)))

/** @param {HTMLElement} list @param {Notifications} bell */
function paintList(list, bell) {
  const notes = bell.list(Number(list.dataset.limit) || 20)
  const template = list.querySelector('template')
  /** @type {Map<string | undefined, HTMLElement>} */
  const nodes = new Map()
  for (const node of /** @type {NodeListOf<HTMLElement>} */ (list.querySelectorAll('[data-sw-notification]'))) nodes.set(node.dataset.swNotification, node)
  const ids = new Set(notes.map(({ id }) => id))
  for (const [id, node] of nodes) if (!ids.has(String(id))) leave(node, list).remove()
  /** @type {Element | null} */
  let last = null
  for (const note of notes) {
    const node = nodes.get(note.id) ?? newItem(list, template)
    if (!node) break
    node.dataset.swNotification = note.id
    set(node, 'data-type', note.type)
    set(node, 'data-read', String(note.read))
    fill(node, { ...note, state: note.read ? '' : (list.dataset.textNew ?? 'New') }, languageOf(list))
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (node.querySelectorAll('[data-sw-read]'))) {
      if (note.read && !button.hidden) leave(button, list)
      button.hidden = note.read
    }
    // What stands where it should is not moved: that would take its focus.
    const next = /** @type {Element | null} */ (last ? last.nextElementSibling : list.querySelector('[data-sw-notification]'))
    if (next !== node) {
      if (last) last.after(node)
      else if (next) next.before(node)
      else if (template?.parentElement) template.before(node)
      else list.append(node)
    }
    last = node
  }
  const empty = /** @type {HTMLElement | null} */ (list.querySelector('[data-sw-empty]'))
  if (empty) empty.hidden = notes.length > 0 || !bell.isCounted
}

/** @param {HTMLElement} list @param {HTMLTemplateElement | null} template @returns {HTMLElement | undefined} */
function newItem(list, template) {
  if (template) return /** @type {HTMLElement | undefined} */ (template.content.firstElementChild?.cloneNode(true))
  const item = document.createElement(/^[OU]L$/.test(list.tagName) ? 'li' : 'div')
  const link = piece('a', 'url')
  link.append(piece('b', 'title'))
  const read = Object.assign(document.createElement('button'), { type: 'button', textContent: list.dataset.textRead ?? 'Mark as read' })
  read.dataset.swRead = ''
  item.append(piece('small', 'state'), link, piece('p', 'message'), piece('time', 'time'), read)
  return item
}

/** @param {string} tag @param {string} field */
function piece(tag, field) {
  const made = document.createElement(tag)
  made.dataset.swField = field
  return made
}

/** Hands the focus on, before an element that has it goes. @param {HTMLElement} element @param {HTMLElement} list */
function leave(element, list) {
  if (!element.contains(document.activeElement)) return element
  const buttons = /** @type {HTMLElement[]} */ ([...list.querySelectorAll('[data-sw-read]:not([hidden])')])
  const following = buttons.filter((button) => !element.contains(button))
  const next = following.find((button) => element.compareDocumentPosition(button) & Node.DOCUMENT_POSITION_FOLLOWING) ?? following.at(-1)
  if (!next) list.tabIndex = -1
  ;(next ?? list).focus()
  return element
}
