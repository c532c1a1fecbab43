// Every page of www/ without a mouse: Tab reaches all that can be used, one sees where one is, and nothing holds one fast.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { open, pages } from '../../tools/pages.mjs'
import { journey } from './journey.mjs'

/** Where the states of a page differ in what can be used. */
const states = { '/': ['ready', 'failed', 'debug'], '/shelf.html': ['failed'], '/notifications.html': ['full'] }

/** In the page: gives all that Tab should reach a number, and says how many there are. */
const number = () => {
  const usable = [...document.querySelectorAll('a[href],button,input,select,textarea,audio[controls],video[controls],[tabindex="0"]')].filter(
    (one) => one.checkVisibility({ visibilityProperty: true }) && !one.disabled && !one.closest('[inert]'),
  )
  usable.forEach((one, at) => (one.dataset.stop = String(at)))
  return usable.map((one) => one.outerHTML.slice(0, 120))
}

/** In the page: the number of what has the focus, and whether one sees that; undefined if nothing has it. */
const focused = () => {
  let at = document.activeElement
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement
  if (!at || at === document.body || at === document.documentElement) return
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(at)
  const { top, bottom, left, right } = at.getBoundingClientRect()
  return {
    stop: at.dataset.stop,
    // The controls of a player show it themselves.
    isSeen: (outlineStyle !== 'none' && parseFloat(outlineWidth) > 0) || boxShadow !== 'none' || at.tagName === 'AUDIO',
    isInView: bottom > 0 && right > 0 && top < innerHeight && left < innerWidth,
    html: at.outerHTML.slice(0, 120),
  }
}

for (const path of pages.filter((path) => path !== '/presence.html')) {
  for (const state of states[path] ?? ['loaded'])
    test(
      `Tab reaches all that can be used on ${path}, ${state}`,
      journey(
        async (page, url) => {
          await open(page, url, path, state)
          const all = await page.evaluate(number)
          assert.ok(all.length > 3, all.join('\n'))
          const reached = new Set()
          let ends = 0
          // From wherever the focus is to the end, and from the beginning to the end.
          for (let step = 0; step < 4 * all.length + 40 && ends < 2; step++) {
            await page.keyboard.press('Tab')
            const at = await page.evaluate(focused)
            if (!at) ends++
            else {
              assert.ok(at.isSeen, `one sees that it has the focus: ${at.html}`)
              assert.ok(at.isInView, `it is in view: ${at.html}`)
              if (at.stop) reached.add(Number(at.stop))
            }
          }
          assert.equal(ends, 2, 'the way leads out of the page again')
          assert.deepEqual(all.filter((_, at) => !reached.has(at)), [], 'these are not reached')
        },
        { allow: /Failed to load resource/ },
      ),
    )
}

/** Presses Tab until something has the focus. */
async function tabTo(page, locator) {
  for (let step = 0; step < 60; step++) {
    if (await locator.evaluate((one) => one === document.activeElement)) return
    await page.keyboard.press('Tab')
  }
  assert.fail(`Tab does not reach ${locator}`)
}

test(
  'a story is made, read on, retried and left by the keyboard',
  journey(async (page, url) => {
    await page.goto(`${url}/?seconds=0.2`)
    await page.locator('[data-story-state="completed"]').waitFor()
    const before = await page.locator('#story').getAttribute('data-story-id')
    await tabTo(page, page.locator('#more[data-shown]'))
    await page.keyboard.press('Enter')
    assert.equal(await page.locator('#more').getAttribute('aria-expanded'), 'true')
    await tabTo(page, page.getByRole('button', { name: 'One whose audio fails' }))
    await page.keyboard.press('Space')
    await page.locator(`#story:not([data-story-id="${before}"])`).waitFor()
    const retry = page.locator('[data-asset="audio"] button')
    await retry.waitFor()
    await tabTo(page, retry)
    await page.keyboard.press('Enter')
    await page.locator('[data-asset="audio"][data-asset-state="ready"]').waitFor()
    assert.ok(await page.evaluate(() => document.activeElement.closest('[data-asset="audio"]')), 'the focus stays where the button was')
    await tabTo(page, page.getByRole('link', { name: 'Shelf' }))
    await page.keyboard.press('Enter')
    await page.waitForURL(/shelf/)
  }),
)

test(
  'a shelf leads to its stories, and a cover that failed is asked for again, by the keyboard',
  journey(async (page, url) => {
    await open(page, url, '/shelf.html', 'failed')
    const retry = page.locator('.card button').first()
    await tabTo(page, retry)
    await page.keyboard.press('Enter')
    await page.locator('.card').first().locator('.status', { hasText: /^(Trying again|Waiting to start|There is nothing to try again|Cover)/ }).waitFor()
    await tabTo(page, page.locator('.card a').last())
    await page.keyboard.press('Enter')
    await page.waitForURL(/story=/)
  }),
)

test(
  'readings are asked for and walked along by the keyboard',
  journey(async (page, url) => {
    await open(page, url, '/emotions.html', 'empty')
    await tabTo(page, page.getByRole('button', { name: 'More readings' }))
    await page.keyboard.press('Enter')
    await page.locator('[data-sw-emotion-graph] path').nth(11).waitFor({ state: 'attached' })
    await tabTo(page, page.locator('[data-sw-emotion-graph] svg'))
    await page.keyboard.press('End')
    const last = await page.locator('.sw-emotion-said').innerText()
    await page.keyboard.press('Home')
    await page.waitForFunction((last) => document.querySelector('.sw-emotion-said').textContent !== last, last)
    assert.equal(await page.locator('path[data-current]').count(), 1)
  }),
)
