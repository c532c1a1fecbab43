// Values of the page that settings name. Each kind reads one now, and says when it may have become another.
import { call } from './listeners.js'
import { followWized, valueOfWized } from './wized.js'

/** @typedef {{ read: (name: string) => string | undefined, follow: (look: () => void, name: string) => void }} Kind */

/** @type {Record<string, Kind>} */
const kinds = {
  query: { read: (name) => new URLSearchParams(location.search).get(name) ?? undefined, follow: onNavigation },
  path: { read: readPath, follow: onNavigation },
  cookie: { read: readCookie, follow: onCookie },
  storage: { read: readStorage, follow: onStorage },
  '#': { read: readElement, follow: onElement },
}

/**
 * Hears what a setting is worth, now and whenever it changes.
 * @param {string} setting @param {(value: any) => unknown} listener
 */
export function watch(setting, listener) {
  const [word, name] = parted(setting)
  let isFirst = true
  /** @type {any} */
  let last
  const tell = (/** @type {any} */ value) => {
    if (!isFirst && Object.is(value, last)) return
    isFirst = false
    last = value
    call(listener, value)
  }
  if (word === 'wized') return followWized(name, tell)
  const kind = kinds[word]
  if (!kind) return
  const look = () => tell(kind.read(name))
  kind.follow(look, name)
  look()
}

/** What a setting is worth now, or as soon as that can be known. @param {string} setting @returns {Promise<any>} */
export async function now(setting) {
  const [word, name] = parted(setting)
  return word === 'wized' ? valueOfWized(name) : kinds[word]?.read(name)
}

/** @param {string} setting @returns {[word: string, name: string]} */
const parted = (setting) => (setting[0] === '#' ? ['#', setting.slice(1)] : [setting.slice(0, setting.indexOf(':')), setting.slice(setting.indexOf(':') + 1)])

/** What has been said once need not be said again. */
const said = new Set()

/** @param {string} sentence */
export function warn(sentence) {
  if (said.has(sentence)) return
  said.add(sentence)
  console.warn(`Storywire: ${sentence}`)
}

// The address.

/** @param {string} pattern e.g. `/stories/:id`; `*` stands for anything */
function readPath(pattern) {
  if (!pattern.includes(':')) warn(`path:${pattern} names no part of the address: write a word after a colon where the value stands, e.g. path:/stories/:id.`)
  const expression = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*').replace(/:\w+/g, '([^/]+)').replace(/\/$/, '')
  const [, part] = new RegExp(`^${expression}/?$`).exec(location.pathname) ?? []
  return part && decoded(part)
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** @param {() => void} look */
function onNavigation(look) {
  const { navigation } = /** @type {any} */ (window)
  if (navigation) return navigation.addEventListener('currententrychange', look)
  for (const event of ['popstate', 'hashchange']) addEventListener(event, look)
  everySecond(look)
}

// What the browser keeps.

/** @param {string} name */
function readCookie(name) {
  try {
    const pair = document.cookie.split('; ').find((pair) => pair.startsWith(`${name}=`))
    return pair && decoded(pair.slice(name.length + 1))
  } catch {
    warn('the browser does not let this page read cookies, so settings that begin with cookie: are empty.')
  }
}

/** @param {() => void} look */
function onCookie(look) {
  const { cookieStore } = /** @type {any} */ (window)
  if (cookieStore) cookieStore.addEventListener('change', look)
  else everySecond(look)
}

/** @param {string} key of local storage or else session storage; `key.field` is a field of JSON that is kept there */
function readStorage(key) {
  const own = stored(key)
  if (own !== undefined) return own
  for (let dot = key.lastIndexOf('.'); dot > 0; dot = key.lastIndexOf('.', dot - 1)) {
    const json = stored(key.slice(0, dot))
    if (json !== undefined) return fieldOf(json, key.slice(dot + 1))
  }
}

/** @param {string} key */
function stored(key) {
  for (const name of /** @type {const} */ (['localStorage', 'sessionStorage'])) {
    try {
      const value = window[name].getItem(key)
      if (value !== null) return value
    } catch {
      warn('the browser does not let this page read its storage, so settings that begin with storage: are empty.')
    }
  }
}

/** @param {string} json @param {string} path */
function fieldOf(json, path) {
  try {
    return path.split('.').reduce((value, name) => value?.[name], JSON.parse(json))
  } catch {
    return undefined
  }
}

/** @param {() => void} look */
function onStorage(look) {
  addEventListener('storage', look)
  // Of what this page writes itself nobody is told.
  everySecond(look)
}

/** @type {Set<() => void>} */
const looks = new Set()

/** For what is told by no event: as long as somebody sees the page. @param {() => void} look */
function everySecond(look) {
  const lookAtAll = () => {
    if (!document.hidden) for (const one of looks) one()
  }
  if (!looks.size) {
    setInterval(lookAtAll, 1000)
    document.addEventListener('visibilitychange', lookAtAll)
  }
  looks.add(look)
}

// Elements.

/** @param {string} id */
function readElement(id) {
  const element = document.getElementById(id)
  if (element instanceof HTMLInputElement && /^(checkbox|radio)$/.test(element.type)) return element.checked ? element.value : ''
  if (element instanceof HTMLInputElement || element instanceof HTMLSelectElement || element instanceof HTMLTextAreaElement) return element.value
  return element?.textContent?.trim()
}

/** @param {() => void} look */
function onElement(look) {
  for (const event of ['input', 'change']) document.addEventListener(event, look)
  new MutationObserver(look).observe(document, { childList: true, characterData: true, subtree: true, attributeFilter: ['value'] })
  // A value that code puts into a field is told by no event.
  everySecond(look)
}
