// The documents as pages: docs/*.md into www/docs/*.html, in the look of the other pages and without a script.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Marked } from 'marked'
import { filesUnder, read, root } from '../project.mjs'
import { anchor } from './attributes-page.mjs'
import { plain } from './links.mjs'

/** In the order in which one meets them; others follow. */
const order = ['webflow', 'wized', 'attributes', 'api', 'supabase', 'moving-from-supabase-js', 'testing', 'debugging', 'csp', 'versions', 'troubleshooting', 'changelog']

const escaped = (/** @type {string} */ text) => text.replace(/[&<>"]/g, (letter) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[letter] ?? '')

/** @param {string} href of a document */
function address(href) {
  const [file = '', hash] = href.split('#')
  const page = file && `${basename(file, '.md').toLowerCase()}.html`
  return /^https:/.test(href) ? href : `${page}${hash ? `#${hash}` : ''}`
}

/** @param {string} markdown @returns {{ title: string, body: string, sections: { id: string, title: string }[] }} */
export function render(markdown) {
  const counts = new Map()
  let title = ''
  /** @type {{ id: string, title: string }[]} */
  const sections = []
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth, text }) {
        const words = plain(text)
        const name = anchor(words)
        const times = counts.get(name) ?? 0
        counts.set(name, times + 1)
        const id = times ? `${name}-${times}` : name
        if (depth === 1) title = words
        if (depth === 2) sections.push({ id, title: words })
        return `<h${depth} id="${escaped(id)}">${this.parser.parseInline(tokens)}</h${depth}>\n`
      },
      // No markup but what Markdown has.
      html: ({ text }) => (/^<!--.*-->\s*$/s.test(text) ? '' : escaped(text)),
      link({ href, tokens }) {
        const words = this.parser.parseInline(tokens)
        return /^(https:|[\w./-]*(#[^"]*)?$)/.test(href) ? `<a href="${escaped(address(href))}">${words}</a>` : words
      },
      image: ({ text }) => escaped(text),
      code: ({ text, lang = '' }) => `<pre><code${lang && ` class="language-${escaped(lang)}"`}>${escaped(text)}</code></pre>\n`,
      table(token) {
        const cells = (/** @type {any[]} */ row, /** @type {string} */ tag) => row.map((cell) => `<${tag}${tag === 'th' ? ' scope="col"' : ''}>${this.parser.parseInline(cell.tokens)}</${tag}>`).join('')
        // A first row without words is none.
        const head = token.header.some(({ text }) => text) ? `<thead><tr>${token.header.map((cell) => (cell.text ? cells([cell], 'th') : cells([cell], 'td'))).join('')}</tr></thead>` : ''
        return `<table>${head}<tbody>${token.rows.map((row) => `<tr>${cells(row, 'td')}</tr>`).join('')}</tbody></table>\n`
      },
    },
  })
  return { body: /** @type {string} */ (marked.parse(markdown)), title, sections }
}

const icon = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath d='M3 2h8l2 2v10H3z' fill='%234f46e5'/%3E%3Cpath d='M5 7h6M5 10h4' stroke='%23fff'/%3E%3C/svg%3E"

/** The links between the pages, as the story page has them. @param {boolean} isIndex */
const links = (isIndex) =>
  String(/<nav aria-label="Pages">.*?<\/nav>/s.exec(read('www/index.html'))?.[0]).replace(' aria-current="page"', '').replace('href="/docs/"', isIndex ? 'href="/docs/" aria-current="page"' : '$&')

/** @param {{ title: string, here: string, pages: { name: string, title: string }[], sections: { id: string, title: string }[], body: string }} page */
const page = ({ title, here, pages, sections, body }) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${escaped(title)} · Storywire</title>
    <link rel="icon" href="${icon}">
    <link rel="stylesheet" href="/css/page.css">
    <link rel="stylesheet" href="/css/docs.css">
  </head>
  <body>
    <a class="skip" href="#text">To the text</a>
    <header class="top">
      <p class="brand"><a href="/">Storywire</a></p>
      ${links(here === 'index')}
    </header>
    <div class="docs">
      <nav class="contents" aria-label="Documents">
        <ul>
${pages.map(({ name, title: words }) => `          <li><a href="${name}.html"${name === here ? ' aria-current="page"' : ''}>${escaped(words)}</a>${name === here && sections.length > 1 ? `\n            <ul>${sections.map(({ id, title: section }) => `<li><a href="#${escaped(id)}">${escaped(section)}</a></li>`).join('')}</ul>\n          ` : ''}</li>`).join('\n')}
        </ul>
      </nav>
      <main id="text" tabindex="-1">
        <article>
${body}
        </article>
      </main>
    </div>
  </body>
</html>
`

/** Writes the pages. @returns {string[]} their names */
export function writePages(folder = join(root, 'www', 'docs')) {
  const documents = [...filesUnder('docs').filter((path) => path.endsWith('.md')), join(root, 'CHANGELOG.md')]
  const place = (/** @type {string} */ name) => (order.indexOf(name) + 1 || order.length + 1)
  const rendered = documents
    .map((path) => ({ name: basename(path, '.md').toLowerCase(), ...render(readFileSync(path, 'utf8')) }))
    .sort((a, b) => place(a.name) - place(b.name))
  const pages = rendered.map(({ name, title }) => ({ name, title }))
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const write = (/** @type {string} */ name, /** @type {string} */ text) => writeFileSync(join(folder, `${name}.html`), text)
  for (const { name, title, sections, body } of rendered) write(name, page({ title, here: name, pages, sections, body }))
  const list = pages.map(({ name, title }) => `<li><a href="${name}.html">${escaped(title)}</a></li>`).join('\n')
  write('index', page({ title: 'Documents', here: 'index', pages, sections: [], body: `<h1>Documents</h1>\n<ul>${list}</ul>` }))
  return ['index', ...pages.map(({ name }) => name)]
}
