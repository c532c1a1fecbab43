// The links of the documents, without the network: files exist, and so do the headings that are pointed at.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { Marked } from 'marked'
import { root } from '../project.mjs'
import { anchor } from './attributes-page.mjs'

const marked = new Marked()

/** @param {any[]} tokens @param {(token: any) => void} visit */
const walk = (tokens, visit) => marked.walkTokens(/** @type {any} */ (tokens), visit)

/** The anchors of a document, repeated headings numbered as GitHub does. @param {string} path */
export function anchorsOf(path) {
  const counts = new Map()
  const found = new Set()
  walk(marked.lexer(readFileSync(path, 'utf8')), (token) => {
    if (token.type !== 'heading') return
    const name = anchor(plain(token.text))
    const times = counts.get(name) ?? 0
    counts.set(name, times + 1)
    found.add(times === 0 ? name : `${name}-${times}`)
  })
  return found
}

/** The words of a heading, without their marks. @param {string} text */
export const plain = (text) => text.replace(/`/g, '').replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/\*/g, '')

/** What is wrong with the links of a document, in sentences. @param {string} path */
export function brokenLinks(path) {
  /** @type {string[]} */
  const wrong = []
  const from = relative(root, path)
  walk(marked.lexer(readFileSync(path, 'utf8')), (token) => {
    if (token.type === 'html' && !/^<!--.*-->\s*$/s.test(token.raw)) wrong.push(`${from} has HTML, which the pages do not show: ${token.raw.trim().slice(0, 60)}`)
    if (token.type !== 'link' && token.type !== 'image') return
    const { href } = token
    if (/^https:\/\//.test(href)) {
      if (!URL.canParse(href)) wrong.push(`${from}: ${href} is no address`)
      return
    }
    const [file, hash] = href.split('#')
    const target = file ? join(dirname(path), decodeURIComponent(file)) : path
    if (!existsSync(target)) wrong.push(`${from} points at ${href}, which does not exist`)
    else if (hash && target.endsWith('.md') && !anchorsOf(target).has(hash)) wrong.push(`${from} points at ${href}, and there is no such heading`)
  })
  return wrong
}
