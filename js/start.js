// What the script tag starts: makes a client from the tag's attributes, keeps the page true, hands the client to the page's
// code. Nothing here throws into the page.
//
// A page that only shows stories downloads the lesser module. The whole one comes when the page's code asks for the client.
// What else a tag can do is in js/parts.js.
import { call, report } from './listeners.js'
import { load } from './load-story.js'
import { PageClient } from './page-client.js'
import { startParts } from './parts.js'
import { persist, warn } from './persist.js'
import { prepare } from './prepare.js'
import { follow, isBound, valueOf } from './settings.js'

/**
 * @param {import('./boot.js').Boot} boot
 * @returns {(entry: any) => void} runs a function of the page
 */
export function start({ tag, own, entries, asks, base, styles, places, early, fail, recover }) {
  const { supabaseUrl, supabaseKey, apiBase, accessToken } = tag
  /** Both clients read it when they need it, so that what changes under way is known to both. @type {import('./types.js').ClientOptions} */
  const options = { wasm: places }
  /** The client now; the whole one takes the place of the lesser one when it is asked for. @type {PageClient | undefined} */
  let client
  /** @type {Promise<import('./client.js').Client> | undefined} */
  let whole
  /** What is listened for, on whichever client. @type {[event: any, listener: (value: any) => unknown][]} */
  const heard = []
  /** What was last said of each, for parts that come later. @type {Map<string, [event: string, value: any]>} */
  const said = new Map()
  /** As it was last set by hand. @type {string | null | undefined} */
  let token
  let storyId = ''
  /** @type {import('./story.js').Story | undefined} */
  let story
  /** @type {(found: { url: string, key: string }) => void} */
  let makeKnown = () => {}
  /** Where the project is. @type {Promise<{ url: string, key: string }>} */
  const project = new Promise((resolve) => (makeKnown = resolve))

  const listen = (/** @type {any} */ event, /** @type {(value: any) => unknown} */ listener) => {
    heard.push([event, listener])
    client?.on(event, listener)
    for (const [of, value] of said.values()) if (of === event) call(listener, value)
  }
  const say = (/** @type {string} */ event, /** @type {any} */ value) => {
    said.set(event, [event, value])
    for (const [of, listener] of heard) if (of === event) call(listener, value)
  }
  const setToken = (/** @type {any} */ next) => {
    token = typeof next === 'string' && next ? next : null
    client?.setAuth(token)
  }
  /** Follows the story that the tag names, whether or not an element shows it. */
  const hold = () => {
    story?.close()
    story = storyId && client ? client.story(storyId) : undefined
  }
  /** @param {PageClient} next */
  const take = (next) => {
    const last = client
    own.client = client = next
    next.sink.early ??= early
    early = undefined
    if (token !== undefined) next.setAuth(token)
    for (const [event, listener] of heard) next.on(event, listener)
    next.ready.then((error) => error && fail(error, true))
    hold()
    // What the last one shows stays until this one knows as much, so that nothing ready is a skeleton in between.
    const known = [...(last?.told.keys() ?? [])].map((id) => next.story(id))
    const show = () => {
      last?.close()
      // By then the last one has let go of its elements.
      queueMicrotask(() => {
        next.observe()
        for (const one of known) one.close()
      })
    }
    if (!known.length) return show()
    // A page that closes the one that it was given means both.
    const close = next.close.bind(next)
    next.close = () => {
      last?.close()
      close()
    }
    const undo = next.on('connection', (state) => {
      if (state !== 'live' && state !== 'polling') return
      undo()
      show()
    })
  }
  /** Runs a function of the page with the whole client. @param {any} entry */
  const run = (entry) => {
    if (!asks(entry)) return
    whole ??= Promise.all([project, persist(() => import('./index.js'), warn)]).then(([{ url, key }, { createClient }]) => {
      const next = createClient(url, key, options)
      take(next)
      return next
    })
    whole.then((found) => call(entry.ready?.bind(entry) ?? entry, found), report)
  }
  const guard = (/** @type {() => void} */ step) => {
    try {
      step()
    } catch (error) {
      const { message } = /** @type {Error} */ (error)
      console.error(`Storywire: ${message}`)
      fail(/** @type {Error} */ (error), true)
    }
  }

  // A demo has its own.
  const place = { url: '', key: '' }
  /** @param {string} address @param {string} key */
  const make = (address = '', key = '') => {
    const url = (place.url = absolute(address, 'data-supabase-url', 'https://xyz.supabase.co'))
    // Says what is wrong with the tag, whichever client it is.
    const first = new PageClient(url, key, options, load)
    if (entries.some(asks)) first.close()
    else take(first)
    makeKnown({ url, key })
  }
  if (tag.options) guard(() => Object.assign(options, parse(tag.options ?? '')))
  if (apiBase) follow(apiBase, (value) => guard(() => void (options.apiBase = value ? absolute(String(value), 'data-api-base', 'https://api.example.com/v1') : undefined)))
  if (accessToken) {
    options.accessToken = () => valueOf(accessToken)
    // A user who signs in or out in the page changes the token under way.
    let isFirst = true
    if (isBound(accessToken)) follow(accessToken, (value) => (isFirst ? (isFirst = false) : setToken(value)))
  } else if (hasSession()) options.accessToken = () => import('./wized.js').then(({ sessionToken }) => sessionToken(tag.wizedApp))
  follow(tag.story, (id) => {
    storyId = String(id ?? '')
    hold()
  })
  const begin = () => {
    if (place.url) guard(() => make(place.url, place.key))
    else if (isBound(supabaseUrl) || isBound(supabaseKey)) {
      // The first of each counts until the page is loaded again: a page has one project.
      const found = ['', '']
      for (const [at, setting] of [supabaseUrl, supabaseKey].entries()) {
        follow(setting, (value) => {
          if (!value || found[at] === String(value)) return
          // The value is not said: it may be a secret that stands there by mistake.
          if (found[at]) return import('./values.js').then(({ warn }) => warn(`${setting} has another value now, and ${at ? 'data-supabase-key' : 'data-supabase-url'} keeps the first until the page is loaded again.`))
          found[at] = String(value)
          if (found.every(Boolean)) guard(() => make(found[0], found[1]))
        })
      }
    } else guard(() => make(supabaseUrl, supabaseKey))
    startParts({ tag, run, follow, listen, say, setToken, options })
  }
  // A module that could not be had may come later.
  listen('connection', (state) => state !== 'stopped' && recover())
  for (const event of ['connection', 'asset', 'story']) listen(event, (value) => said.set([event, value.story, value.asset].join(), [event, value]))
  addStyles(tag.styles, base, styles)
  const prepared = prepare({ tag, own, options, project: place, listen })
  if (prepared) prepared.then(begin)
  else begin()
  return run
}

/** Whether somebody has signed in with Supabase in this browser: then Wized, if the page has it, will know who. */
function hasSession() {
  try {
    return /\bsb-[^,]+-auth-token/.test(String(Object.keys(localStorage)))
  } catch {
    return false
  }
}

/** @param {string} address @param {string} name @param {string} example */
function absolute(address, name, example) {
  try {
    return new URL(address, address ? document.baseURI : undefined).href
  } catch {
    throw new Error(`the tag needs ${name}, e.g. ${example}.`)
  }
}

/** @param {string} json */
function parse(json) {
  try {
    return JSON.parse(json)
  } catch (error) {
    throw new Error(`data-options is no JSON: ${/** @type {Error} */ (error).message}`)
  }
}

/**
 * Before the page's own styles, so that those win.
 * @param {string | undefined} setting an address, or `off` @param {string} base @param {string} text
 */
function addStyles(setting, base, text) {
  if (setting === 'off' || !(setting || base || text)) return
  const element = setting || base ? Object.assign(document.createElement('link'), { rel: 'stylesheet', href: setting || `${base}storywire.css` }) : Object.assign(document.createElement('style'), { textContent: text })
  // Of a policy that trusts nonces, which the tag has then.
  element.nonce = /** @type {HTMLElement} */ (document.querySelector('script[nonce]') ?? element).nonce
  document.head.prepend(element)
}
