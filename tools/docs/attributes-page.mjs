// docs/attributes.md, from the table of attributes.
import { events, groups, properties } from '../attributes.mjs'
import { read } from '../project.mjs'

const code = (text) => `\`${text}\``

/** What it takes, in words. @param {import('../attributes.mjs').Attribute} attribute */
function takes({ type, value }) {
  const words = typeof type === 'string' ? { text: 'text', url: 'an address', number: 'a number', flag: 'nothing', element: 'an element' }[type] : 'one word'
  return value === 'page' ? `${words}, or [a value of the page](#values-of-the-page)` : words
}

/** @param {import('../attributes.mjs').Attribute} attribute */
function section(attribute) {
  const { name, endings, type, needed, example, what, since } = attribute
  const facts = [
    `Takes ${takes(attribute)}.`,
    needed ? 'Needed.' : attribute.default ? `Default: ${attribute.default}.` : '',
    `Since ${since}.`,
  ]
  return [
    `### ${code(name)}`,
    what,
    endings && `For \`*\`: ${endings.map(code).join(', ')}.`,
    typeof type === 'object' && Object.entries(type).map(([word, meaning]) => `- ${code(word)}: ${meaning}`).join('\n'),
    facts.filter(Boolean).join(' '),
    ['```' + (example.startsWith('[') ? 'css' : 'html'), example, '```'].join('\n'),
  ]
    .filter(Boolean)
    .join('\n\n')
}

/** A link target as GitHub and www/docs make it of a heading. */
export const anchor = (heading) =>
  heading
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number}\s_-]/gu, '')
    .replace(/\s/g, '-')

export function attributesPage() {
  const overview = groups.map(({ title, attributes }) => {
    const links = attributes.map(({ name }) => `[${code(name)}](#${anchor(name)})`)
    return `- [${title}](#${anchor(title)}): ${links.join(', ')}`
  })
  return `${[
    '# Attributes',
    'Generated from `tools/attributes.mjs` by `npm run docs`. Editors know them too: [how to tell yours](#in-your-editor).',
    overview.join('\n'),
    ...groups.flatMap(({ title, intro, attributes }) => [`## ${title}`, intro, ...attributes.map(section)]),
    valuesOfThePage,
    told(),
    looks(),
    editors,
  ]
    .filter(Boolean)
    .join('\n\n')}\n`
}

const valuesOfThePage = `## Values of the page

Where it says *a value of the page*, the attribute may name a place instead of the value itself. The value is taken from there, and
followed as it changes: a new story takes the place of the old one, a token that appears signs the visitor in.

- \`wized:v.currentStoryId\`: a variable of Wized; likewise any other path in \`Wized.data\`, such as \`wized:r.user.data.id\`
- \`query:story\`: a parameter of the address, as in \`?story=42\`
- \`path:/stories/:id\`: a part of the address; \`*\` stands for anything
- \`cookie:name\`: a cookie that scripts may read
- \`storage:key\`: what local storage, or else session storage, keeps; \`storage:key.field\` is a field of JSON that is kept there
- \`#id\`: the value of a field, or the text of another element
- anything else is the value itself`

const told = () => `## Events

They bubble, so that one listener on the page hears all of them. What can be cancelled, by \`preventDefault()\`, does not happen then.

| event | at | \`detail\` | |
|---|---|---|---|
${events.map(({ name, at, detail, what, cancelable }) => `| ${code(name)} | ${at} | ${detail.startsWith('{') ? code(detail) : detail} | ${what}${cancelable ? ' It can be cancelled.' : ''} |`).join('\n')}

\`\`\`js
document.addEventListener('storywire:asset', ({ target, detail }) => {
  if (detail.asset === 'cover' && detail.status === 'ready') target.classList.add('sparkle')
})
\`\`\``

/** What a custom property is worth: in the light, and in the dark where that is another. @param {string} css @param {string} name */
function defaultsOf(css, name) {
  const values = [...css.matchAll(new RegExp(`^ +--storywire-${name}: ([^;]+);`, 'gm'))].map(([, value]) => String(value))
  const both = values.flatMap((value) => /^light-dark\((.+), (.+)\)$/.exec(value)?.slice(1) ?? [])
  return (both.length ? both : values.slice(0, 1)).map((value) => code(value)).join(', in the dark ')
}

function looks() {
  const rows = Object.entries(properties).flatMap(([file, names]) => {
    const css = read(`js/${file}`)
    return Object.entries(names).map(([name, what]) => `| ${code(`--storywire-${name}`)} | ${what} | ${defaultsOf(css, name)} |`)
  })
  return `## Colours and measures

Set them on \`:root\`, on a story, or on an element. Everything of ours is in \`@layer storywire\`, so that any rule of yours wins, whatever its place.

| custom property | for | default |
|---|---|---|
${rows.join('\n')}

\`--sw-emotion-<word>\` is the colour of a feeling, \`--sw-emotion-other\` that of words which have none.`
}

const editors = `## In your editor

WebStorm and other JetBrains editors find the attributes by themselves once the package is installed. In VS Code, add this to
\`.vscode/settings.json\`:

\`\`\`json
{ "html.customData": ["./node_modules/storywire/dist/vscode.html-data.json"] }
\`\`\``
