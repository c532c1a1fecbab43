// The script tag: what it loads, from where, and what it does when it cannot.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { journey, openPage, post, tag } from './journey.mjs'

const profile = '11111111-1111-4111-8111-111111111111'

/** The names of the files that the page has loaded from the package. */
const loaded = (page) =>
  page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname).filter((path) => path.startsWith('/dist/')).map((path) => path.slice(6)))

test(
  'a part of the package is downloaded when the first element that needs it comes into the page',
  journey(async (page, url) => {
    const { access_token: token } = await post(`${url}/demo/token`, {})
    await openPage(page, url, `<p id="place"></p>${tag(`data-profile="${profile}" data-access-token="${token}"`)}`)
    await page.waitForFunction(() => performance.getEntriesByType('resource').some(({ name }) => name.endsWith('.wasm')))
    assert.deepEqual((await loaded(page)).filter((name) => name.endsWith('.wasm')), ['storywire_story_bg.wasm'])
    const stream = page.waitForResponse((response) => response.url().includes('/emotions/stream'))
    await page.evaluate(() => (document.querySelector('#place').innerHTML = '<span data-sw-emotion></span>'))
    await stream
    await post(`${url}/rest/v1/emotion_check_ins`, { profile_id: profile, emotion: 'joy', intensity: 8 })
    await page.locator('[data-sw-emotion][data-emotion="joy"]').waitFor()
  }),
)
