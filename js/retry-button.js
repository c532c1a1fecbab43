// The button by which a visitor asks for an asset again, and the way to another plan. Loaded when an asset can first be asked for again.
import { append, behind, make, own, set, setText } from './element.js'
import { here } from './later.js'

/** @typedef {import('./dom.js').Entry} Entry */

/** Elements in which a button may not stand, or would not be seen. */
const noPlaceForButtons = 'a,img,picture,audio,video,iframe,source,ul,ol,button'

/**
 * The page's own button, or one of ours, in the element or, where a button may not be, behind it.
 * @param {Entry} entry @param {(place: HTMLElement) => void} put takes note of a place behind the element
 * @param {string} [label] none: no button @param {boolean} [isPending] @param {string} [upgrade] @param {string} [url]
 */
export function showButton(entry, put, label, isPending, upgrade, url) {
  const pending = isPending ? 'true' : undefined
  const theirs = own(entry.element, '[data-asset-retry]')[0]
  if (theirs) {
    const hasFocus = theirs.contains(document.activeElement)
    theirs.hidden = label === undefined
    set(theirs, 'aria-disabled', pending)
    showUpgrade(own(entry.element, '[data-storywire=upgrade]')[0], (made) => theirs.after(made), upgrade, url)
    if (hasFocus && theirs.hidden) focusOn(entry)
    return
  }
  const known = own(entry.element, '[data-storywire=retry]')[0] ?? entry.button
  if (label === undefined) {
    if (known) removeButton(entry, known)
    return
  }
  const place = known ?? newButton(entry, put)
  const [said, button, link] = /** @type {HTMLElement[]} */ ([...place.children])
  if (!said || !button) return
  // Without a place for its status, an element says here what is wrong.
  setText(said, entry.statuses.length ? '' : entry.said)
  setText(button, label)
  // Not `disabled`: it would lose the focus.
  set(button, 'aria-disabled', pending)
  showUpgrade(link, (made) => place.append(made), upgrade, url)
}

here.button = showButton

/** @param {HTMLElement | undefined} link @param {(made: HTMLElement) => void} put @param {string} [text] @param {string} [url] */
function showUpgrade(link, put, text, url) {
  if (!text) {
    link?.remove()
    return
  }
  const made = link ?? make('a', 'upgrade')
  setText(made, text)
  set(made, 'href', url)
  if (!link) put(made)
}

/** A place with the button in it: what belongs to the button comes and goes with it. @param {Entry} entry @param {(place: HTMLElement) => void} put */
function newButton(entry, put) {
  const place = make('span', 'retry')
  append(place, make('span', 'said'))
  set(append(place, make('button', 'button')), 'type', 'button')
  if ((entry.element.closest('a') ?? entry.element).matches(noPlaceForButtons)) {
    behind(entry.element).after(place)
    // The stylesheet puts it onto what it can stand on.
    const anchor = `--storywire-${entry.id}`
    const ground = /** @type {HTMLElement} */ (entry.element.closest('audio,video,picture') ?? entry.element)
    ground.style.setProperty('anchor-name', anchor)
    place.style.setProperty('position-anchor', anchor)
    put(place)
    entry.button = place
  } else entry.element.append(place)
  return place
}

/** @param {Entry} entry @param {HTMLElement} place */
function removeButton(entry, place) {
  const hasFocus = place.contains(document.activeElement)
  place.remove()
  entry.button = undefined
  if (hasFocus) focusOn(entry)
}

/** Who pressed a button that goes stays where they are. @param {Entry} entry */
function focusOn({ element }) {
  if (element.tabIndex < 0) element.tabIndex = -1
  element.focus()
}
