// The pages in www/, found by looking, and the states in which a visitor may meet them. The journeys and the screenshots go
// through the same ones, so a page that is added is checked and photographed from its first day.
import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { filesUnder, root } from './project.mjs'

/** @typedef {import('playwright-core').Page} Page */

const www = join(root, 'www')

/** The addresses of all pages: `/`, `/shelf.html`, … */
export const pages = filesUnder('www')
  .filter((file) => file.endsWith('.html') && !file.includes('/server/'))
  .map((file) => `/${relative(www, file).replace(/(^|\/)index\.html$/, '$1')}`)

const showsAssets = (/** @type {string} */ path) =>
  /data-asset=/.test(readFileSync(join(www, path.endsWith('/') ? `${path}index.html` : path), 'utf8'))

const names = ['text', 'cover', 'audio', 'scenes', 'activities', 'pdf']
/** @param {object} state */
const all = (state) => Object.fromEntries(names.map((name) => [name, state]))

/** What the rows of a page say in each state; `offline` is what was there when the network went. @type {Record<string, object>} */
const rows = {
  pending: all({ status: 'pending', progress: 0 }),
  generating: { ...all({ status: 'generating', progress: 60 }), pdf: { status: 'generating' } },
  failed: all({ status: 'failed' }),
}

/** The states of a page: those of its assets, if it has any. @param {string} path */
export const statesOf = (path) => (showsAssets(path) ? ['pending', 'generating', 'ready', 'failed', 'offline'] : ['loaded', 'offline'])

/**
 * Brings a page into a state and waits until it shows it.
 * @param {Page} page @param {string} url of the backend @param {string} path @param {string} state
 */
export async function open(page, url, path, state) {
  const post = async (/** @type {string} */ to, /** @type {object} */ body) => {
    const headers = { 'content-type': 'application/json', apikey: 'sb_publishable_storywire_local', prefer: 'return=representation' }
    const answer = await fetch(`${url}${to}`, { method: 'POST', headers, body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(`${to}: ${answer.status} ${await answer.text()}`)
    return answer.json()
  }
  const shows = showsAssets(path)
  // A shelf shows the newest stories, and a story page the one in its address.
  let story = ''
  for (let count = 0; shows && count < 3; count++) {
    const title = 'The Lantern and the Little Fox'
    const made = rows[state] ? (await post('/rest/v1/stories', { title, asset_generation_status: { assets: rows[state] } }))[0] : await post('/demo/stories', { title, seconds: 0 })
    story = made.id
  }
  await page.goto(`${url}${path}${shows ? `?story=${story}&count=3` : ''}`)
  if (shows) await page.locator(`[data-asset-state="${rows[state] ? state : 'ready'}"]`).first().waitFor({ state: 'attached' })
  // Those who are told how things stand should not be in the middle of it.
  await page.waitForFunction(() => {
    const said = document.querySelector('[data-sw-connection]')
    return !said || said.getAttribute('data-sw-connection') === 'live'
  })
  await page.waitForFunction(() => [...document.images].every((image) => !image.src || image.complete))
  if (state !== 'offline') return
  // What the page loads on demand should be there; a page that follows a stream is never idle.
  await page.waitForLoadState('networkidle', { timeout: 3_000 }).catch(() => {})
  await page.context().setOffline(true)
  await page.waitForFunction(() => {
    const said = document.querySelector('[data-sw-connection]')
    return !said || said.getAttribute('data-sw-connection') !== 'live'
  })
}
