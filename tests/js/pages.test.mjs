// The documents as pages: what is written is text, whatever is in it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { render } from '../../tools/docs/pages.mjs'

test('markup in a document stays text', () => {
  const { body } = render('# <b>T</b>\n\n<script>alert(1)</script>\n\n<img src=x onerror=alert(1)> [x](javascript:alert(1)) `<i>`\n\n```html\n<p>\n```\n')
  assert.doesNotMatch(body, /<(script|img|b|i)\b/)
  assert.doesNotMatch(body, /javascript:/)
  assert.match(body, /<code class="language-html">&lt;p&gt;<\/code>/)
})

test('links between documents lead to their pages', () => {
  const { body } = render('[a](api.md#client) [b](../CHANGELOG.md) [c](#here) [d](https://example.com)')
  assert.deepEqual([...body.matchAll(/href="([^"]+)"/g)].map(([, href]) => href), ['api.html#client', 'changelog.html', '#here', 'https://example.com'])
})

test('a heading that comes twice can be told apart', () => {
  const { body, title, sections } = render('# One\n\n## `two()`\n\n## `two()`\n')
  assert.equal(title, 'One')
  assert.deepEqual(sections.map(({ id }) => id), ['two', 'two-1'])
  assert.match(body, /<h2 id="two-1"><code>two\(\)<\/code><\/h2>/)
})
