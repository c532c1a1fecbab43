// What the documents say can be followed, and speaks of the version at hand.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { allSentences } from '../../tools/docs/codes.mjs'
import { anchorsOf, brokenLinks } from '../../tools/docs/links.mjs'
import { filesUnder, root } from '../../tools/project.mjs'

const documents = filesUnder('README.md', 'CHANGELOG.md', 'ARCHITECTURE.md', 'docs', 'www/server/README.md').filter((path) => path.endsWith('.md'))
const { version, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

test('every link of the documents leads somewhere', () => {
  assert.ok(documents.length >= 12)
  assert.deepEqual(documents.flatMap(brokenLinks), [])
})

test('every code of an error is explained', () => {
  const explained = anchorsOf(join(root, 'docs/troubleshooting.md'))
  assert.deepEqual(Object.keys(allSentences()).filter((code) => !explained.has(code)), [])
})

test('addresses of the package name this version or its range, and files that it has', () => {
  const [major] = version.split('.')
  const addresses = documents.flatMap((path) => [...readFileSync(path, 'utf8').matchAll(/npm\/storywire(?:@([\d.]+))?\/dist\/([\w.-]+)/g)])
  assert.ok(addresses.length >= 3)
  for (const [address, given = '', file] of addresses) {
    assert.ok([major, version].includes(given), `${address}: this is ${version}`)
    assert.ok(['auto.js', 'inline.js'].includes(String(file)), address)
  }
})

test('entries that the documents import are entries of the package', () => {
  const imported = documents.flatMap((path) => [...readFileSync(path, 'utf8').matchAll(/(?:from|import) '(storywire(?:\/[\w.-]+)?)'/g)].map(([, name]) => String(name)))
  assert.ok(imported.length >= 5)
  assert.deepEqual(imported.filter((name) => !(name.replace(/^storywire/, '.') in exports)), [])
})
