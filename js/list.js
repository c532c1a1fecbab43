// Repeats a `<template>`, or the first `[data-asset-item]`, for the items of a list. The clones are found in the page each
// time, so those that came with a clone of the whole element count too. Loaded when a list is in the page.
import { append, make, own, set, setText, slot } from './element.js'
import { here } from './later.js'

/** @typedef {[name: string, value: string, isUrl: boolean]} Field */
/** @typedef {[state: string, fields: Field[]]} Item */

/** What takes a `src`. */
const sources = 'img,audio,video,iframe,source'

/** @param {HTMLElement} element @param {string} tag of an item that has no design @param {Item[]} items */
export function showItems(element, tag, items) {
  const template = /** @type {HTMLTemplateElement | undefined} */ (own(element, 'template')[0])
  const nodes = own(element, '[data-asset-item]')
  const isList = slot(element).matches('ul,ol')
  for (const [at, [state, fields]] of items.entries()) {
    const made = isList ? 'li' : fields.some(([, , isUrl]) => isUrl) || tag !== 'a' ? tag : 'p'
    const node = nodes[at] ?? newItem(element, template, nodes[at - 1], made)
    if (!node) return
    nodes[at] = node
    node.hidden = false
    set(node, 'data-asset-state', state)
    set(node, 'aria-busy', state === 'generating' ? 'true' : undefined)
    fill(node, fields, tag === 'img' ? tag : 'a', !template)
  }
  for (const [at, node] of nodes.entries()) {
    if (at < items.length) continue
    // Without a template, the first one is the only design there is.
    if (at || template) node.remove()
    else node.hidden = true
  }
}

here.list = showItems

/** @param {HTMLElement} element @param {HTMLTemplateElement | undefined} template @param {HTMLElement | undefined} last @param {string} tag */
function newItem(element, template, last, tag) {
  const design = template ? template.content.firstElementChild : last
  const node = design ? /** @type {HTMLElement} */ (design.cloneNode(true)) : template ? undefined : append(slot(element), make(tag, 'item'))
  if (!node) return
  node.dataset.assetItem = ''
  // Webflow's interactions know those that were there when they began: a copy would stay as they begin, unseen.
  for (const one of /** @type {HTMLElement[]} */ ([node, ...node.querySelectorAll('[data-w-id]')])) if (one.dataset.wId) one.style.opacity = one.style.transform = ''
  if (template) template.before(node)
  else last?.after(node)
  return node
}

/** @param {HTMLElement} node @param {Field[]} fields @param {string} tag @param {boolean} isUsed it may have been filled before */
function fill(node, fields, tag, isUsed) {
  const field = (/** @type {string | null | undefined} */ name) => fields.find(([one]) => one === name)
  const marked = '[data-asset-field]'
  const places = /** @type {HTMLElement[]} */ ([...(node.matches(marked) ? [node] : []), ...node.querySelectorAll(marked)])
  for (const place of places) {
    const value = field(place.dataset.assetField)
    if (value) put(place, value)
    else if (isUsed) clear(place)
  }
  if (places.length) return
  // Without marks: the address goes where an address can go, the words where words can go.
  const takesUrl = `${sources},a`
  const url = field('url')
  const title = (field('title') ?? field('text') ?? field('name'))?.[1]
  // An item of ours has a line for each.
  const words = node.dataset.storywire && !url ? ([title, field('description')?.[1]].filter(Boolean).join('\n') || undefined) : title
  let place = node.matches(takesUrl) ? node : /** @type {HTMLElement | null} */ (node.querySelector(takesUrl))
  if (url) {
    if (!place) {
      if (isUsed) clear(node)
      place = append(node, make(tag, 'content'))
    }
    put(place, url)
    if (!isPicture(place)) setText(place, words ?? (place.textContent || url[1]))
    else if (words || !place.hasAttribute('alt')) place.alt = words ?? ''
  } else if (place) {
    if (isUsed) clear(place)
  } else if (words !== undefined && !node.firstElementChild) setText(node, words)
}

/** Puts a field where it fits: an address into `src` or `href`, anything else as text. @param {HTMLElement} place @param {Field} field */
function put(place, [, value, isUrl]) {
  if (place.matches(sources)) {
    if (isPicture(place)) {
      // The words of a picture are its alternative.
      if (!isUrl) place.alt = value
      place.removeAttribute('srcset')
      if (!place.hasAttribute('loading')) place.loading = 'lazy'
    }
    if (isUrl && place.getAttribute('src') !== value) set(place, 'src', value)
  } else if (place.tagName === 'A' && isUrl) set(place, 'href', value)
  else setText(place, value)
}

/** @param {HTMLElement} place */
function clear(place) {
  if (place.matches(sources)) place.removeAttribute('src')
  else if (!place.firstElementChild) setText(place, '')
}

/** @param {HTMLElement} element @returns {element is HTMLImageElement} */
const isPicture = (element) => element.tagName === 'IMG'
