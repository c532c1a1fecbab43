// Puts a notification into the page's own markup: `[data-sw-field="title"]` and so on, as text, and addresses that the core
// has checked as `href`.
import { set, setText } from './element.js'

/** @param {Element} node @param {Record<string, any>} values @param {string | undefined} language */
export function fill(node, values, language) {
  const marked = '[data-sw-field]'
  for (const place of /** @type {HTMLElement[]} */ ([...(node.matches(marked) ? [node] : []), ...node.querySelectorAll(marked)])) {
    const name = String(place.dataset.swField)
    const value = String(Object.hasOwn(values, name) ? (values[name] ?? '') : '')
    if (name === 'url') {
      if (place.getAttribute('href') !== (value || null)) set(place, 'href', value || undefined)
      continue
    }
    if (name === 'time') {
      if (place.tagName === 'TIME') set(place, 'datetime', value || undefined)
      setText(place, clock(value, language))
    } else setText(place, value)
    // An empty piece takes no room.
    place.hidden = place.textContent === ''
  }
}

/** @param {Element} element */
export const languageOf = (element) => element.closest('[lang]')?.getAttribute('lang') || undefined

/** @param {string} time @param {string | undefined} language */
function clock(time, language) {
  const date = new Date(time)
  if (Number.isNaN(date.getTime())) return ''
  try {
    return date.toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' })
  } catch {
    return date.toLocaleString() // a language that nobody knows
  }
}
