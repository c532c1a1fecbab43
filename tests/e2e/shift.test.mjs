// Nothing moves under the visitor's eyes: while a story fills itself in, every box has the size that its content will have.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { open } from '../../tools/pages.mjs'
import { journey, noteShifts, shifts } from './journey.mjs'

for (const [width, forcedColors] of [[320], [768], [1280], [1280, 'active']]) {
  test(
    `a story that fills itself in moves nothing, ${width} px wide${forcedColors ? ', in forced colours' : ''}`,
    journey(
      async (page, url) => {
        await noteShifts(page)
        await page.goto(`${url}/?seconds=3`)
        for (const asset of ['scenes', 'activities', 'cover', 'pdf']) {
          await page.locator(`[data-asset="${asset}"]`).scrollIntoViewIfNeeded()
          await page.locator(`[data-asset="${asset}"][data-asset-state="ready"]`).waitFor({ state: 'attached' })
        }
        await page.locator('[data-story-state="completed"]').waitFor({ state: 'attached' })
        await page.locator('[data-asset="audio"] audio').evaluate((audio) => audio.readyState > 0 || new Promise((resolve) => audio.addEventListener('loadedmetadata', resolve, { once: true })))
        assert.deepEqual(await shifts(page), [])
      },
      { context: { viewport: { width, height: 740 }, forcedColors } },
    ),
  )
}

test(
  'who wants no motion sees that a progress is not known, and nothing moves; in forced colours what is waited for is seen',
  journey(
    async (page, url) => {
      await open(page, url, '/', 'generating')
      const bar = page.locator('[data-asset="pdf"] .progress-bar')
      const { width } = await bar.boundingBox()
      assert.ok(width > 100, `the bar is ${width} px wide`)
      assert.equal(await bar.getAttribute('aria-valuenow'), null)
      assert.deepEqual(await page.evaluate(() => document.getAnimations().filter(({ playState }) => playState === 'running').length), 0)
      await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' })
      const seen = await page.evaluate(() => [
        ...['cover', 'pdf', 'audio'].map((asset) => getComputedStyle(document.querySelector(`[data-asset="${asset}"]`)).outlineStyle),
        getComputedStyle(document.querySelector('[data-asset="scenes"] [data-asset-item]')).outlineStyle,
        getComputedStyle(document.querySelector('[data-sw-connection]'), '::before').backgroundColor,
      ])
      assert.deepEqual(seen, ['dashed', 'dashed', 'dashed', 'dashed', 'rgb(22, 163, 74)'])
    },
    { context: { reducedMotion: 'reduce' } },
  ),
)
