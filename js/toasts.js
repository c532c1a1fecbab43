// Toasts in `[data-sw-toasts]`. Which of them show, in which order and for how long is the core's business
// (src/core/notifications/toasts.rs); here they are put into live regions that were there before them.
import { append, closest, fire, make } from './element.js'
import { fill, languageOf } from './notification-fields.js'

/** @typedef {import('./notifications.js').Notifications} Notifications */
/** @typedef {import('./types.js').NotificationCard} Card */
/** @typedef {{ isFailure: boolean, content: Card | number, node?: HTMLElement }} Toast */

/** Reasons to pause, as in the core. */
const pausedBy = { pointer: 1, focus: 2, hidden: 4 }

export class Toasts {
  #bell
  #root
  #makesPlace
  #tell
  #signal
  /** @type {Map<number, Toast>} */
  #shown = new Map()
  /** @type {HTMLElement | undefined} */
  #place
  /** Where the focus was before it came into a toast. @type {HTMLElement | undefined} */
  #before
  /** Where the place belongs, while it is in a dialog. @type {Comment | undefined} */
  #home
  #dialogs = new MutationObserver(() => this.#follow())

  /**
   * @param {Notifications} bell @param {Element} root @param {boolean} makesPlace where the page has none
   * @param {(name: string, number: number) => void} tell @param {AbortSignal} signal
   */
  constructor(bell, root, makesPlace, tell, signal) {
    this.#bell = bell
    this.#root = root
    this.#makesPlace = makesPlace
    this.#tell = tell
    this.#signal = signal
    const seen = () => tell(document.hidden ? 'pause' : 'resume', pausedBy.hidden)
    document.addEventListener('visibilitychange', seen, { signal })
    document.addEventListener('keydown', (event) => this.#key(event), { signal })
    if (document.hidden) seen()
    this.#dialogs.observe(document, { subtree: true, attributeFilter: ['open'] })
    this.prepare()
  }

  close() {
    this.#dialogs.disconnect()
    for (const key of [...this.#shown.keys()]) this.hide(key)
    this.#goHome()
  }

  /** Makes the place ready before anything is said in it; and again if the page has taken it away or put in another. */
  prepare() {
    // A dialog that went has taken it along.
    if (this.#home && !this.#place?.isConnected) this.#goHome()
    const found = /** @type {HTMLElement | null | undefined} */ (this.#home ? this.#place : this.#root.querySelector('[data-sw-toasts]'))
    if (!found && !this.#makesPlace) return
    const place = found ?? append(document.body, document.createElement('div'))
    if (place === this.#place && region(place, 'alert') && region(place, 'status')) return
    place.dataset.swToasts ??= ''
    if (!place.hasAttribute('role')) place.setAttribute('role', 'region')
    if (!place.ariaLabel && !place.hasAttribute('aria-labelledby')) place.ariaLabel = 'Notifications'
    for (const role of ['alert', 'status']) {
      if (region(place, role)) continue
      const live = append(place, make('div', 'toasts'))
      live.setAttribute('role', role)
      // Only what is added is read out, not all that stands there.
      live.setAttribute('aria-atomic', 'false')
    }
    if (place !== this.#place) this.#watch(place)
    this.#place = place
    for (const toast of this.#shown.values()) if (!toast.node?.isConnected) this.#put(toast)
  }

  /** @param {HTMLElement} place */
  #watch(place) {
    const signal = this.#signal
    place.addEventListener('pointerenter', () => this.#tell('pause', pausedBy.pointer), { signal })
    place.addEventListener('pointerleave', () => this.#tell('resume', pausedBy.pointer), { signal })
    place.addEventListener('focusin', ({ relatedTarget }) => {
      if (relatedTarget instanceof HTMLElement && !place.contains(relatedTarget)) this.#before = relatedTarget
      this.#tell('pause', pausedBy.focus)
    }, { signal })
    place.addEventListener('focusout', ({ relatedTarget }) => {
      if (!(relatedTarget instanceof Node && place.contains(relatedTarget))) this.#tell('resume', pausedBy.focus)
    }, { signal })
    place.addEventListener('click', ({ target }) => this.#click(target), { signal })
    this.#raise(place)
    this.#follow()
  }

  /** Into the modal dialog that is open, since nothing outside of it can be used or is read out; and back when it closes. */
  #follow() {
    const place = this.#place
    if (!place?.isConnected || place.matches('[data-sw-toasts~="inline"]')) return
    const dialogs = [...document.querySelectorAll('dialog:modal')]
    const dialog = dialogs.find((one) => one.contains(document.activeElement)) ?? dialogs.at(-1)
    if (!dialog) {
      this.#goHome()
      return
    }
    if (dialog.contains(place)) return
    if (!this.#home) place.before((this.#home = document.createComment('toasts')))
    dialog.append(place)
    this.#moved(place)
  }

  #goHome() {
    const place = this.#place
    if (!place || !this.#home) return
    if (this.#home.isConnected) this.#home.replaceWith(place)
    else document.body.append(place)
    this.#home = undefined
    this.#moved(place)
  }

  /** @param {HTMLElement} place */
  #moved(place) {
    this.#raise(place)
    this.#resume()
  }

  /** An element that goes from under the pointer, or with the focus, does not say so. */
  #resume() {
    if (!this.#place?.matches(':hover')) this.#tell('resume', pausedBy.pointer)
    if (!this.#place?.contains(document.activeElement)) this.#tell('resume', pausedBy.focus)
  }

  /** Above everything else, where the browser can and the page does not want it in its place. @param {HTMLElement} place */
  #raise(place) {
    // Without our stylesheet a popover would be a box in the middle of the page.
    const isStyled = getComputedStyle(place).getPropertyValue('--storywire-toasts').trim() === 'on'
    if (!isStyled || !place.showPopover || place.matches('[data-sw-toasts~="inline"]')) return
    place.popover ??= 'manual'
    if (!place.matches(':popover-open')) place.showPopover()
  }

  /** @param {number} key @param {boolean} isFailure @param {Card | number} content one, or the number that it stands for */
  show(key, isFailure, content) {
    this.prepare()
    const detail = typeof content === 'number' ? { count: content } : content
    if (!fire(this.#place ?? this.#root, 'storywire:before-toast', detail, true)) {
      this.#tell('dismiss', key)
      return
    }
    /** @type {Toast} */
    const toast = { isFailure, content }
    this.#shown.set(key, toast)
    this.#put(toast)
    // What has to be answered is not taken away.
    if (toast.node?.querySelector('a[href],button:not([data-sw-close]),input,select,textarea')) this.#tell('hold', key)
  }

  /** @param {Toast} toast */
  #put(toast) {
    const place = this.#place
    if (!place?.isConnected) return
    this.#raise(place)
    toast.node ??= this.#make(place, toast)
    region(place, toast.isFailure ? 'alert' : 'status')?.append(toast.node)
  }

  /** @param {HTMLElement} place @param {Toast} toast */
  #make(place, { isFailure, content }) {
    const isMany = typeof content === 'number'
    const values = isMany ? { title: (place.dataset.textMore ?? '{count} more notifications').replace('{count}', String(content)) } : content
    const template = /** @type {HTMLTemplateElement | null} */ (isMany ? null : (place.querySelector('template[data-sw-toast]') ?? this.#root.querySelector('template[data-sw-toast]')))
    const own = template?.content.firstElementChild
    const node = own ? /** @type {HTMLElement} */ (own.cloneNode(true)) : newToast(place, values)
    node.dataset.swToast = isFailure ? 'failure' : ''
    if (!isMany) node.dataset.type = content.type
    fill(node, values, languageOf(place))
    return node
  }

  /** @param {number} key */
  hide(key) {
    const node = this.#shown.get(key)?.node
    this.#shown.delete(key)
    if (!node) return
    const hadFocus = node.contains(document.activeElement)
    const following = /** @type {Element | null} */ (node.nextElementSibling ?? node.previousElementSibling)
    node.remove()
    if (hadFocus) {
      const next = /** @type {HTMLElement | null | undefined} */ (following?.querySelector('a[href],button'))
      if (next) next.focus()
      else if (this.#before?.isConnected) this.#before.focus()
    }
    this.#resume()
  }

  /** @param {Element | null} element @returns {[number, Toast] | undefined} */
  #of(element) {
    return [...this.#shown].find(([, { node }]) => element && node?.contains(element))
  }

  /** @param {EventTarget | null} target */
  #click(target) {
    const [key, toast] = this.#of(target instanceof Element ? target : null) ?? []
    if (!key || !toast) return
    const isFollowed = closest(target, 'a[href],[data-sw-read]')
    if (isFollowed && typeof toast.content !== 'number') this.#bell.markRead(toast.content.id)
    if (isFollowed || closest(target, '[data-sw-close]')) this.#tell('dismiss', key)
  }

  /** Escape closes the toast that has the focus, or the last one, unless there is something else to close. @param {KeyboardEvent} event */
  #key(event) {
    if (event.key !== 'Escape' || event.defaultPrevented || this.#shown.size === 0) return
    const isBusy = [...document.querySelectorAll('dialog[open],:popover-open')].some((open) => open !== this.#place)
    const focused = this.#of(document.activeElement)
    const [last] = focused ?? (isBusy ? [] : ([...this.#shown].at(-1) ?? []))
    if (!last) return
    // The dialog around it stays.
    if (focused) event.preventDefault()
    this.#tell('dismiss', last)
  }
}

/** @param {Element} place @param {string} role */
const region = (place, role) => [...place.children].find((child) => child.matches(`[data-storywire="toasts"][role="${role}"]`))

/** Our own design. @param {HTMLElement} place @param {Partial<Card>} values */
function newToast(place, values) {
  const node = document.createElement('div')
  const words = append(node, document.createElement('div'))
  const link = append(words, document.createElement(values.url ? 'a' : 'div'))
  if (values.url) link.dataset.swField = 'url'
  const title = append(link, document.createElement('b'))
  // A link needs words.
  title.dataset.swField = values.title || !values.message ? 'title' : 'message'
  if (!values.title && !values.message) title.textContent = 'Notification'
  if (values.title) append(words, document.createElement('p')).dataset.swField = 'message'
  const close = append(node, Object.assign(document.createElement('button'), { type: 'button', textContent: '×', ariaLabel: place.dataset.textClose ?? 'Close' }))
  close.dataset.swClose = ''
  return node
}
