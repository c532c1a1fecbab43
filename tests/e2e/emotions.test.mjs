// The emotion stream: badge, graph, keyboard, an expiring token, errors that say what follows.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { journey, post } from './journey.mjs'

const axe = readFileSync(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8')
const profile = '11111111-1111-4111-8111-111111111111'
const checkIn = (url, emotion, intensity) => post(`${url}/rest/v1/emotion_check_ins`, { profile_id: profile, emotion, intensity })
const open = async (page, url, query = '') => {
  await page.goto(`${url}/emotions.html?quiet&profile=${profile}${query}`)
  await page.locator('#state', { hasText: 'connected' }).waitFor()
}

test(
  'readings fill the badge and the graph, and the arrow keys walk along the line',
  journey(async (page, url) => {
    await open(page, url)
    for (const [emotion, intensity] of [['joy', 8], ['fear', 2], ['<b>odd</b>', 5]]) await checkIn(url, emotion, intensity)
    const badge = page.locator('[data-sw-emotion]')
    await page.locator('[data-sw-emotion][data-emotion="<b>odd</b>"]').waitFor()
    assert.equal(await badge.textContent(), '<b>odd</b>')
    assert.equal(await badge.getAttribute('data-intensity'), '50')
    const drawing = page.locator('svg[data-storywire]')
    assert.match(await drawing.getAttribute('aria-label'), /^3 readings\. Latest: .*Highest: joy, 80 percent\. Lowest: fear, 20 percent\.$/)
    assert.equal(await page.locator('[data-sw-emotion-graph] ol li').count(), 3)
    await drawing.focus()
    await page.keyboard.press('Home')
    const said = page.locator('.sw-emotion-said')
    assert.match(await said.textContent(), /^joy, 80 percent/)
    await page.keyboard.press('ArrowRight')
    assert.match(await said.textContent(), /^fear, 20 percent/)
    assert.equal(await page.locator('path[data-current]').count(), 1)
    const box = await drawing.boundingBox()
    await page.setViewportSize({ width: 400, height: 700 })
    assert.ok((await drawing.boundingBox()).width < box.width, 'it resizes with its box')
  }),
)

test(
  'readings that come at once count once each, also in a graph that comes between them',
  journey(async (page, url) => {
    const reading = (emotion, at) => `event: emotion\ndata: ${JSON.stringify({ type: 'emotion', emotion, intensity: 5, timestamp: `2026-01-01T00:00:0${at}Z` })}\n\n`
    const body = reading('joy', 1) + reading('calm', 2) + reading('sad', 3)
    await page.route('**/emotions/stream', (route) => route.fulfill({ contentType: 'text/event-stream', body }), { times: 1 })
    await page.goto(`${url}/emotions.html?quiet&profile=${profile}`)
    const drawing = page.locator('svg[data-storywire]')
    await drawing.waitFor()
    assert.match(await drawing.getAttribute('aria-label'), /^3 readings\. Latest: sad/)
    await page.evaluate(() => document.querySelector('[data-sw-emotion-graph]').after(Object.assign(document.createElement('div'), { id: 'late' })))
    await page.evaluate(() => {
      const late = document.querySelector('#late')
      late.dataset.swEmotionGraph = ''
      document.body.append(late)
    })
    assert.equal(await page.locator('#late ol li').count(), 3)
  }),
)

test(
  'a token that expires in the middle costs no event and doubles none',
  journey(async (page, url) => {
    await open(page, url, '&expires=3')
    const sent = []
    for (let number = 0; number < 14; number++) {
      sent.push(`e${number}`)
      await checkIn(url, `e${number}`, 5)
      await page.waitForTimeout(500)
    }
    await page.waitForFunction((count) => window.heard.length >= count, sent.length, { timeout: 15_000 })
    assert.deepEqual(await page.evaluate(() => window.heard.map(({ emotion }) => emotion)), sent)
  }),
)

test(
  'an error says whether and when it is tried again',
  journey(
    async (page, url) => {
      await post(`${url}/__control/stream`, { status: 503 })
      await page.goto(`${url}/emotions.html?quiet&profile=${profile}`)
      await page.waitForFunction(() => window.errors?.length > 0)
      const [error] = await page.evaluate(() => window.errors)
      assert.equal(error.code, 'unavailable')
      assert.ok(error.retryIn >= 0)
      await page.locator('#state', { hasText: 'connected' }).waitFor()
      await post(`${url}/__control/stream`, { status: 403, times: 5 })
      await page.reload()
      await page.waitForFunction(() => window.errors?.length > 0)
      assert.equal((await page.evaluate(() => window.errors))[0].retryIn, null)
    },
    { allow: /503|403/ },
  ),
)

for (const colorScheme of ['light', 'dark']) {
  for (const path of ['/emotions.html', '/?seconds=3']) {
    test(
      `axe finds nothing on ${path}, ${colorScheme}, narrow and wide`,
      journey(
        async (page, url) => {
          await page.goto(url + path)
          for (const width of [320, 1280, 1920]) {
            await page.setViewportSize({ width, height: 800 })
            await page.waitForTimeout(1_500)
            await page.evaluate(axe)
            const { violations } = await page.evaluate(() => window.axe.run())
            assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html.slice(0, 200))]), [], `${width} px`)
          }
        },
        { context: { colorScheme } },
      ),
    )
  }
}
