// The pages in www/, found by looking, and the states in which a visitor may meet them. The journeys and the screenshots go
// through the same ones, so a page that is added is checked and photographed from its first day.
import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { filesUnder, root } from './project.mjs'

/** @typedef {import('playwright-core').Page} Page */

const www = join(root, 'www')

/** The addresses of all pages: `/`, `/shelf.html`, … The documents, which may have been written there, are no pages of the client. */
export const pages = filesUnder('www')
  .filter((file) => file.endsWith('.html') && !/\/www\/(server|docs)\//.test(file))
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

const text = [
  'Every evening, when the hills turned blue, a little fox lit a lantern.',
  'She carried it down to the river, where the boats were coming home.',
  'One night the wind blew the flame out, and the valley was dark.',
  '"Do not worry," said the moth. "I know where the light goes when it rests."',
  'They climbed past the mill, past the pines, up to the last stone.',
  'There lay the moon, low and round, as if it had been waiting.',
].join('\n\n')

/** A story in the middle of its making, with the files of one that is complete. @param {string} url @param {string} id */
const partly = (url, id) => {
  const ready = (/** @type {string} */ name) => ({ status: 'ready', url: `${url}/files/${id}/${name}` })
  return {
    text: { status: 'ready', text },
    cover: ready('cover.svg'),
    audio: { status: 'generating', progress: 68 },
    ...{ scene_1: ready('scene-1.svg'), scene_2: ready('scene-2.svg'), scene_3: { status: 'generating', progress: 30 }, scene_4: { status: 'pending' } },
    activities: { status: 'pending' },
    pdf: { status: 'failed' },
  }
}

/** What else a page can show. @type {Record<string, string[]>} */
const more = { '/': ['partly', 'debug'], '/emotions.html': ['empty'], '/notifications.html': ['full'], '/room.html': ['crowd'] }

/** The states of a page: those of its assets, if it has any. @param {string} path */
export const statesOf = (path) => [...(showsAssets(path) ? ['pending', 'generating', 'ready', 'failed', 'offline'] : ['loaded', 'offline']), ...(more[path] ?? [])]

const user = '00000000-0000-4000-8000-00000000d3a0'

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
  const title = 'The Lantern and the Little Fox'
  const shows = showsAssets(path)
  const asked = new URLSearchParams()
  const insert = async (/** @type {object} */ row) => (await post('/rest/v1/stories', { title, ...row }))[0]
  // A shelf shows the newest stories, and a story page the one in its address.
  for (let count = 0; shows && count < 3; count++) {
    const made = rows[state] ? await insert({ asset_generation_status: { assets: rows[state] } }) : await post('/demo/stories', { title, seconds: 0 })
    asked.set('story', made.id)
    asked.set('count', '3')
  }
  if (state === 'partly') {
    asked.set('story', (await insert({ asset_generation_status: { assets: partly(url, String(asked.get('story'))) } })).id)
  }
  if (state === 'debug') asked.set('storywire-debug', '')
  if (path === '/emotions.html') for (const name of ['quiet', 'interval']) asked.set(name, '1')
  if (path === '/room.html') asked.set('name', 'Ada Byron')
  const news = (/** @type {object} */ what) => post('/rest/v1/rpc/send_notification', { user_id: user, ...what })
  if (state === 'full') for (const title of ['The cover of your story is ready', 'Two more scenes were added']) await news({ title, message: 'It can be seen on the page of the story.' })
  await page.goto(`${url}${path}?${asked}`)
  if (shows) await page.locator(`[data-asset-state="${rows[state] ? state : 'ready'}"]`).first().waitFor({ state: 'attached' })
  if (path === '/emotions.html') await page.locator('#state', { hasText: 'connected' }).waitFor()
  if (path === '/emotions.html' && state !== 'empty') {
    await page.locator('#more').click()
    await page.locator('[data-sw-emotion-graph] path').nth(11).waitFor({ state: 'attached' })
  }
  if (path === '/presence.html') for (const at of [0, 1]) await page.frameLocator(`iframe >> nth=${at}`).locator('[data-storywire="person"]').nth(1).waitFor()
  if (path === '/room.html') await page.locator('[data-storywire="person"]').first().waitFor()
  if (state === 'debug') await page.locator('#storywire-debug').waitFor({ state: 'attached' })
  // Those who are told how things stand should not be in the middle of it.
  await page.waitForFunction(() => {
    const said = document.querySelector('[data-sw-connection]')
    return !said || said.getAttribute('data-sw-connection') === 'live'
  })
  await page.waitForFunction(() => [...document.images].every((image) => !image.src || image.complete))
  if (state === 'full') {
    await page.locator('[data-sw-toasts] [role="status"]').waitFor({ state: 'attached' })
    await page.locator('[data-sw-read]:not([hidden])').last().click()
    await news({ title: 'The little fox is ready', message: 'Cover, narration and pages to print are there.', data: { url: '/' } })
    await news({ type: 'story_failed', title: 'The narration could not be made', message: 'The voice was not available. It can be asked for again on the page of the story.' })
    await news({ title: 'Good to know' })
    await page.locator('[data-sw-toast]').nth(2).waitFor()
    // Under the pointer they stay.
    await page.locator('[data-sw-toast]').first().hover()
  }
  if (state === 'crowd') {
    await page.evaluate(crowd)
    await page.locator('[data-storywire="more"]').waitFor()
    await page.locator('[data-storywire="cursor"]').nth(2).waitFor()
  }
  if (state !== 'offline') return
  // What the page loads on demand should be there; a page that follows a stream is never idle.
  await page.waitForLoadState('networkidle', { timeout: 3_000 }).catch(() => {})
  await page.context().setOffline(true)
  for (const frame of page.frames()) {
    await frame.waitForFunction(() => {
      const said = document.querySelector('[data-sw-connection]')
      return !said || said.getAttribute('data-sw-connection') !== 'live'
    })
  }
}

/** In the page: others come, whose names are of every kind, and some of them point at something. */
async function crowd() {
  const { createClient } = await import(/** @type {any} */ ('/dist/index.js'))
  const { url, publishableKey } = await (await fetch('/demo/config')).json()
  const names = ['Ben Okri', 'Chloé Dubois', 'Wolfeschlegelsteinhausenbergerdorff the Elder of Long Names', 'شهرزاد', 'Goran Ilić', '']
  for (const [at, name] of names.entries()) {
    const key = `guest-${at}`
    const client = createClient(url, publishableKey)
    client.presence('demo', { key, meta: { name } })
    if (at > 2) continue
    const room = client.room('demo', { key })
    setInterval(() => room.send('cursor', { key, x: 0.12 + at * 0.36, y: 0.45 + at * 0.2 }, { latest: true }), 500)
  }
}
