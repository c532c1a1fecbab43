// The few things that are done to elements again and again.

/**
 * A new element of ours. The mark is true of a clone too.
 * @template {string} T @param {T} tag @param {string} mark
 * @returns {T extends keyof HTMLElementTagNameMap ? HTMLElementTagNameMap[T] : HTMLElement}
 */
export function make(tag, mark) {
  const made = document.createElement(tag)
  made.dataset.storywire = mark
  return /** @type {any} */ (made)
}

/** @template {Node} T @param {Element} parent @param {T} child */
export function append(parent, child) {
  parent.append(child)
  return child
}

/** @param {Element} element @param {string} name @param {string} [value] undefined removes it */
export function set(element, name, value) {
  if (value === undefined) element.removeAttribute(name)
  else element.setAttribute(name, value)
}

/** @param {Element} element @param {string} text */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text
}

/** @param {EventTarget | null} target @param {string} selector */
export const closest = (target, selector) => (target instanceof Element ? target.closest(selector) : null)

/**
 * The elements within `element` that belong to it, and not to another asset inside it.
 * @param {Element} element @param {string} selector @returns {HTMLElement[]}
 */
export const own = (element, selector) =>
  /** @type {HTMLElement[]} */ ([...element.querySelectorAll(selector)].filter((one) => one.closest('[data-asset]') === element))

/** What is part of a design, and no text that stands in for another. */
export const parts = '.progress-bar,.status,template,[data-asset],[data-asset-bar],[data-asset-status],[data-asset-retry],[data-storywire]'

/** Behind what a button stands that may not be in the element. A source stands within its medium, where nothing is seen. @param {Element} element */
export const behind = (element) => element.closest('a') ?? element.closest('audio,video,picture') ?? element

/** Where children of ours go: the page's place for them, or the element. @param {HTMLElement} element */
export const slot = (element) => own(element, '[data-asset-content]')[0] ?? element

/** `false` if a listener cancelled it. @param {Element} element @param {string} name @param {unknown} detail @param {boolean} cancelable */
export const fire = (element, name, detail, cancelable) =>
  element.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true, cancelable, detail }))

/**
 * Moves a bar by `transform`, which costs no layout; a page's own `width` is the full width of the bar then. Written as it is:
 * with a custom property in it, the browser works out all of the bar's style for each step, and not the transform alone.
 * @param {HTMLElement} bar @param {number} progress below 0: unknown @param {string} name @param {string} text @param {boolean} shown
 */
export function bar(bar, progress, name, text, shown) {
  if (!bar.style.transform) {
    // Asked of the attribute, since asking for the style would make the browser find out all styles at once.
    const isRtl = closest(bar, '[dir]')?.getAttribute('dir') === 'rtl'
    Object.assign(bar.style, { width: '100%', transformOrigin: isRtl ? '100% 50%' : '0 50%' })
    if (!bar.ariaLabel && !bar.hasAttribute('aria-labelledby')) bar.ariaLabel = name
    set(bar, 'role', 'progressbar')
  }
  bar.hidden = !shown
  move(bar, Math.max(progress, 0))
  if (progress < 0) bar.removeAttribute('aria-valuenow')
  set(bar, 'aria-valuetext', progress < 0 ? text : undefined)
}

/** @param {HTMLElement} bar @param {number} progress 0 to 100 */
export function move(bar, progress) {
  bar.style.transform = `scaleX(${progress / 100})`
  bar.setAttribute('aria-valuenow', String(progress))
}

/** For designs of the page's own, on the asset and below it. @param {HTMLElement} asset @param {number} progress below 0: unknown */
export const share = ({ style }, progress) => (progress < 0 ? style.removeProperty('--asset-progress') : style.setProperty('--asset-progress', String(progress / 100)))

/**
 * Writes the status texts: the page's words for the state, or its words for the time of waiting, or ours.
 * @param {HTMLElement[]} statuses @param {string} text @param {string} state @param {string} ownWords
 */
export function words(statuses, text, state, ownWords) {
  for (const status of statuses) setText(status, status.getAttribute(`data-text-${state}`) ?? (ownWords || text))
}
