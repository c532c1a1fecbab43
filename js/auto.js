// The script tag: reads its own attributes, makes a client, keeps the page true. Nothing here throws into the page.
import { createClient } from './index.js'
import { call } from './listeners.js'
import { follow, isWized, valueOf } from './wized.js'

/** The tag that loaded this module; `document.currentScript` is null in modules. */
function ownTag() {
  const tags = [...document.querySelectorAll('script')]
  return tags.find((tag) => tag.src === import.meta.url) ?? tags.find((tag) => tag.dataset.supabaseUrl) ?? document.createElement('script')
}

function start() {
  const scope = /** @type {any} */ (window)
  const waiting = scope.Storywire
  if (waiting?.client) {
    console.warn('Storywire: the script is on this page twice; the second one does nothing. Remove one of the two tags.')
    return
  }
  const { supabaseUrl = '', supabaseKey = '', apiBase, accessToken, styles, wasm } = ownTag().dataset
  /** @type {import('./client.js').Client} */
  let client
  try {
    client = createClient(new URL(supabaseUrl, supabaseUrl ? location.href : undefined).href, supabaseKey, {
      apiBase: apiBase && new URL(apiBase, location.href).href,
      accessToken: accessToken ? () => valueOf(accessToken) : undefined,
      wasm,
    })
  } catch (error) {
    const cure = error instanceof TypeError ? 'the tag needs data-supabase-url, e.g. https://xyz.supabase.co.' : /** @type {any} */ (error).message
    console.error(`Storywire: ${cure}`)
    return
  }
  // A user who signs in or out in the page changes the token under way.
  let first = true
  if (isWized(accessToken)) follow(String(accessToken), (token) => first ? (first = false) : client.realtime.setAuth(token ?? null))
  if (styles !== 'off') addStyles(styles || new URL('storywire.css', import.meta.url).href)
  bindStories()
  client.observe()
  scope.Storywire = Object.assign((/** @type {unknown[]} */ ...functions) => functions.forEach(run), { client, push: run })
  for (const entry of Array.isArray(waiting) ? waiting : []) run(entry)

  /** @param {any} entry */
  function run(entry) {
    queueMicrotask(() => call(entry, client))
  }
}

/** Before the page's own styles, so that those win. @param {string} href */
function addStyles(href) {
  const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href })
  document.head.prepend(link)
}

/** `data-story-id="wized:v.currentStoryId"`: the attribute is given the value, now and whenever it changes. */
function bindStories() {
  for (const element of document.querySelectorAll('[data-story-id^="wized:"]')) {
    follow(String(element.getAttribute('data-story-id')), (id) => element.setAttribute('data-story-id', id ?? ''))
  }
}

if (typeof document !== 'undefined') {
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start, { once: true })
  else start()
}
