// What the debug panel and the report leave out, and how a misspelt word is recognised.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { distance } from '../../js/debug/mistakes.js'
import { bare, redact } from '../../js/debug/redact.js'

test('whatever could be a secret is hidden', () => {
  const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln'
  for (const [text, secret] of [
    [`Authorization: Bearer ${jwt}`, jwt],
    [`Authorization: Bearer opaque`, 'opaque'],
    ['{"access_token":"abc","x":1}', 'abc'],
    ['{\\"refresh_token\\":\\"abc\\"}', 'abc'],
    ["api_key = 'abc'", 'abc'],
    ['?apikey=abc&vsn=2.0.0', 'abc'],
    ['password: abc', 'abc'],
    ['the key sb_secret_abc-DEF_1', 'abc-DEF_1'],
    ['the key sb_publishable_abc', 'abc'],
    ['https://user:abc@host/x', 'abc'],
    ['from someone@example.com', 'someone'],
    ['a run 9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c', '9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c'],
    ['cut off: {"access_token":"abc', 'abc'],
  ]) {
    assert.ok(!redact(String(text)).includes(String(secret)), redact(String(text)))
  }
  assert.ok(!redact('the word abcde stands here', ['abcde']).includes('abcde'), 'what is known by its value')
})

test('what helps stays', () => {
  const text = 'story:6f9619ff-8b86-4d01-b42d-00cf4fc964ff phx_reply ok, "stories" has 3 rows'
  assert.equal(redact(text), text)
  assert.equal(bare('https://user:x@h.test/a/b?token=1&token=2&size=3#access_token=4'), 'https://h.test/a/b?token=…&size=…')
  assert.equal(bare('wss://h.test/realtime/v1/websocket?apikey=k&vsn=2.0.0'), 'wss://h.test/realtime/v1/websocket?apikey=…&vsn=…')
  assert.equal(bare('data:text/plain,secret'), 'data:…')
})

test('two words are as far apart as the letters that were mistyped', () => {
  for (const [one, other, apart] of [['covr', 'cover', 1], ['cvoer', 'cover', 1], ['audio', 'audio', 0], ['pfd', 'pdf', 1], ['scene', 'scenes', 1], ['', 'pdf', 3], ['poster', 'cover', 3]]) {
    assert.equal(distance(String(one), String(other)), apart, `${one} ${other}`)
  }
})
