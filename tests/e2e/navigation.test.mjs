// Pages that change without being loaded anew: transitions that put another body in place (Turbo, Barba, Swup, Webflow's own),
// and pages that come back from the browser's back/forward cache.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chromium } from 'playwright-core'
import { browserFlags, findBrowser } from '../../tools/browser.mjs'
import { backend, journey, openPage, post, state, tag } from './journey.mjs'

const single = { prefer: 'return=representation', accept: 'application/vnd.pgrst.object+json' }
const profile = '11111111-1111-4111-8111-111111111111'
const user = '22222222-2222-4222-8222-222222222222'
const progress = (url, story, asset, status, more = {}) => post(`${url}/rest/v1/rpc/update_asset_progress`, { story, asset, status, ...more })

test(
  'another body in place of the first is kept true in all its parts, and nothing of the first one stays',
  journey(async (page, url) => {
    const [one, two] = await Promise.all(['One', 'Two'].map((title) => post(`${url}/rest/v1/stories?select=id`, { title }, single)))
    const { access_token } = await post(`${url}/demo/token`, {})
    const body = (id) => `<main><div data-story-id="${id}"><div data-asset="cover"><span class="status"></span></div><ul data-sw-presence="story"></ul></div>
      <span data-sw-unread></span><div data-sw-toasts></div><span data-sw-emotion></span><div data-sw-emotion-graph></div><span data-sw-connection></span></main>`
    const stream = page.waitForResponse(/emotions\/stream/)
    await openPage(page, url, body(one.id), { head: tag(`data-access-token="${access_token}" data-profile="${profile}" data-user="${user}"`) })
    await progress(url, one.id, 'cover', 'generating', { progress: 10 })
    await state(page, 'cover', 'generating')
    await stream
    await post(`${url}/rest/v1/emotion_check_ins`, { profile_id: profile, emotion: 'joy', intensity: 8 })
    await page.locator('[data-sw-emotion][data-emotion="joy"]').waitFor()
    await post(`${url}/rest/v1/rpc/send_notification`, { user_id: user, type: 'story', title: 'First', message: 'One.' })
    await page.locator('[data-sw-unread]', { hasText: '1' }).waitFor()
    await page.locator('[data-sw-presence] li').waitFor()

    await page.evaluate((html) => {
      const next = document.createElement('body')
      next.innerHTML = html
      document.body.replaceWith(next)
    }, body(two.id))

    await state(page, 'cover', 'pending')
    await progress(url, two.id, 'cover', 'generating', { progress: 70 })
    await state(page, 'cover', 'generating')
    await page.locator('[data-sw-unread]', { hasText: '1' }).waitFor()
    await page.locator('[data-sw-connection="live"]').waitFor()
    await page.locator('[data-sw-presence] li').waitFor()
    // What was felt last is shown without waiting for the next feeling.
    await page.locator('[data-sw-emotion][data-emotion="joy"]').waitFor()
    assert.equal(await page.locator('[data-sw-emotion-graph] ol li').count(), 1)
    await post(`${url}/rest/v1/rpc/send_notification`, { user_id: user, type: 'story', title: 'Second', message: 'Two.' })
    await page.locator('[data-sw-toasts]', { hasText: 'Second' }).waitFor()
    // The regions in which screen readers are told are in the page again: of the story, and of who came and went.
    for (const region of ['status', 'said']) assert.equal(await page.locator(`[data-storywire="${region}"][role="status"]`).count(), 1, region)
  }),
)

test('a page that comes back from the back/forward cache is right at once, and live', async () => {
  const server = await backend()
  const browser = await chromium.launch({ executablePath: findBrowser(), args: browserFlags, ignoreDefaultArgs: ['--disable-back-forward-cache'] })
  try {
    const url = server.url.replace(/\/$/, '')
    const page = await browser.newPage()
    const { id } = await post(`${url}/rest/v1/stories?select=id`, { title: 'One' }, single)
    await page.goto(`${url}/?story=${id}`)
    await page.evaluate(() => addEventListener('pageshow', ({ persisted }) => (window.persisted = persisted)))
    await progress(url, id, 'cover', 'generating', { progress: 10 })
    await state(page, 'cover', 'generating')
    await page.goto(`${url}/demo/config`)
    await progress(url, id, 'cover', 'failed')
    // Nothing is loaded, so there is no event of loading to wait for.
    await page.evaluate(() => void history.back())
    await page.waitForURL(/story=/, { waitUntil: 'commit' })
    assert.equal(await page.waitForFunction(() => window.persisted, undefined, { timeout: 5_000 }).then((handle) => handle.jsonValue()), true, 'the open connection does not keep the page out of the cache')
    await state(page, 'cover', 'failed', 5_000)
    await progress(url, id, 'audio', 'generating', { progress: 30 })
    await state(page, 'audio', 'generating', 5_000)
  } finally {
    await browser.close()
    await server.stop()
  }
})
