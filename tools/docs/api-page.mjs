// docs/api.md, from the types that the package declares and the comments beside them.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript-api'
import { anchor } from './attributes-page.mjs'

/** What is told of an entry that is not simply its name. */
const entries = [
  { file: 'index.d.ts', title: 'storywire', intro: 'What `import … from \'storywire\'` gives. With the script tag, the client comes through a queue: `(window.Storywire ||= []).push((client) => …)`.' },
  { file: 'eventsource.d.ts', title: 'storywire/eventsource', only: ['EventSource'], intro: 'The class `EventSource` alone, in one file that carries its module in itself; for workers too.' },
  { file: 'inline.d.ts', title: 'storywire/inline', intro: 'The same as `storywire/auto`, in one file.' },
  { file: 'testing.d.ts', title: 'storywire/testing', intro: 'A backend in the page, for tests of your own pages.' },
  { file: 'window.d.ts', title: 'storywire/auto', intro: 'The script tag. Importing it starts it; its types tell of `window.Storywire`.' },
  { file: 'wized-api.d.ts', title: 'storywire/wized', intro: "The types of Wized's own JavaScript API: `import type { Wized } from 'storywire/wized'`." },
]

/** What one meets first stands first; all else by name. */
const first = ['createClient', 'Client', 'Story', 'Channel', 'Rows', 'Subscriptions', 'Presence', 'Room', 'EventStream', 'StreamEvent', 'EventSource', 'Emotions', 'StorywireError', 'fakeBackend', 'TestBackend', 'FakeBackend', 'ClientOptions', 'Timing', 'StoryHandlers', 'AssetChange']

const flags =
  ts.TypeFormatFlags.NoTruncation |
  ts.TypeFormatFlags.UseAliasDefinedOutsideCurrentScope |
  ts.TypeFormatFlags.WriteArrowStyleSignature |
  ts.TypeFormatFlags.UseSingleQuotesForStringLiteralType |
  ts.TypeFormatFlags.OmitParameterModifiers

/** @param {string} dist the folder with the types of a build */
export function apiPage(dist) {
  const files = entries.filter(({ file }) => existsSync(join(dist, file)))
  const program = ts.createProgram(
    files.map(({ file }) => join(dist, file)),
    { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, strict: true, lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts', 'lib.esnext.disposable.d.ts'], types: [] },
  )
  const checker = program.getTypeChecker()
  const told = new Set()
  const sections = files.map(({ file, title, intro, only }) => {
    const source = /** @type {ts.SourceFile} */ (program.getSourceFile(join(dist, file)))
    const module = checker.getSymbolAtLocation(source)
    const exported = (module ? checker.getExportsOfModule(module) : []).map((symbol) => ({ name: symbol.name, symbol: symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol }))
    // What two entries share is told once.
    const fresh = exported.filter(({ name, symbol }) => !told.has(symbol) && told.add(symbol) && (!only || only.includes(name)))
    const kind = (/** @type {ts.Symbol} */ symbol) =>
      symbol.flags & ts.SymbolFlags.Function || (symbol.flags & ts.SymbolFlags.Variable && checker.getTypeOfSymbol(symbol).getCallSignatures().length > 0) ? 0 : symbol.flags & ts.SymbolFlags.Class ? 1 : 2
    const order = (/** @type {{ name: string, symbol: ts.Symbol }} */ { name, symbol: { flags: of } }) =>
      first.includes(name) ? first.indexOf(name) : 100 + (of & ts.SymbolFlags.Function ? 0 : of & ts.SymbolFlags.Class ? 1 : 2)
    const sorted = fresh.sort((a, b) => order(a) - order(b) || (a.name < b.name ? -1 : 1))
    return { title, intro, parts: sorted.map(({ name, symbol }) => ({ name, text: describe(name, symbol, checker, told) })).filter(({ text }) => text) }
  })
  const link = anchors(sections)
  const overview = sections.map(({ title, parts }) => `- [\`${title}\`](#${anchor(title)})${parts.length > 0 ? ': ' : ''}${parts.map((part) => `[\`${part.name}\`](#${link(part)})`).join(', ')}`)
  return `${[
    '# API',
    'Generated from the types and comments of the sources by `npm run docs`. Times are milliseconds, unless it says otherwise. What the page is told of, it is told in listeners: nothing here throws later, and no promise rejects unless it says so.',
    overview.join('\n'),
    ...sections.flatMap(({ title, intro, parts }) => [`## \`${title}\``, intro, ...parts.map(({ text }) => text)]),
  ].join('\n\n')}\n`
}

/** The anchors of parts: headings that differ in their letters' case alone are numbered. @param {{ title: string, parts: { text: string }[] }[]} sections */
function anchors(sections) {
  const counts = new Map()
  const found = new Map()
  const next = (/** @type {string} */ heading) => {
    const name = anchor(heading)
    const times = counts.get(name) ?? 0
    counts.set(name, times + 1)
    return times ? `${name}-${times}` : name
  }
  for (const { title, parts } of sections) {
    next(title)
    for (const part of parts) for (const [at, [, heading = '']] of [...part.text.matchAll(/^#{3,4} (.*)$/gm)].entries()) {
      const name = next(heading.replace(/`/g, ''))
      if (at === 0) found.set(part, name)
    }
  }
  return (/** @type {{ text: string }} */ part) => found.get(part)
}

/** @param {string} name @param {ts.Symbol} symbol @param {ts.TypeChecker} checker @param {Set<ts.Symbol>} told */
function describe(name, symbol, checker, told) {
  const declaration = symbol.declarations?.[0]
  if (!declaration) return ''
  const about = text(symbol.getDocumentationComment(checker))
  // An alias of a type that is told under its own name.
  if (ts.isTypeAliasDeclaration(declaration) && ts.isImportTypeNode(declaration.type)) {
    const meant = checker.getTypeFromTypeNode(declaration.type)
    if ([...told].some((one) => one !== symbol && one === (meant.aliasSymbol ?? meant.symbol))) return ''
  }
  const signatures = symbol.flags & (ts.SymbolFlags.Function | ts.SymbolFlags.Variable) ? checker.getTypeOfSymbolAtLocation(symbol, declaration).getCallSignatures() : []
  if (signatures.length > 0) {
    return [`### \`${name}\``, block(signatures.map((signature) => `${name}${written(checker, signature, declaration)}`)), about, details(signatures, checker)].filter(Boolean).join('\n\n')
  }
  if (symbol.flags & ts.SymbolFlags.Class) {
    const type = checker.getDeclaredTypeOfSymbol(symbol)
    const constructed = checker.getTypeOfSymbolAtLocation(symbol, declaration).getConstructSignatures()
    const own = constructed.filter((signature) => signature.declaration && !isHidden(signature.declaration) && !isInternal(signature.declaration))
    // What a class has from one that is told of itself is told there.
    const base = checker.getBaseTypes(/** @type {ts.InterfaceType} */ (type))[0]?.symbol
    const isTold = base && told.has(base)
    const members = checker.getPropertiesOfType(type).filter((member) => isPublic(member) && !(isTold && member.parent !== symbol))
    const made = own.length > 0 && own[0]?.declaration?.parent === declaration
    return [
      `### \`${name}\``,
      about,
      isTold && `It has all that [\`${base.name}\`](#${anchor(base.name)}) has.`,
      made && [block(own.map((signature) => `new ${name}${written(checker, signature, declaration).replace(/ => .*$|: \w+$/s, '')}`)), text(own[0].getDocumentationComment(checker)), details(own, checker)].filter(Boolean).join('\n\n'),
      ...members.map((member) => memberText(name, member, checker, declaration)),
    ]
      .filter(Boolean)
      .join('\n\n')
  }
  // Types read best as they are written.
  const statement = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration
  return [`### \`${name}\``, about, block([outdented(withoutOwnComment(statement).replace(/^export (declare )?/, ''))])].filter(Boolean).join('\n\n')
}

/** @param {string} owner @param {ts.Symbol} member @param {ts.TypeChecker} checker @param {ts.Node} at */
function memberText(owner, member, checker, at) {
  const declaration = /** @type {ts.Declaration} */ (member.declarations?.[0] ?? at)
  const type = checker.getTypeOfSymbolAtLocation(member, at)
  const about = text(member.getDocumentationComment(checker))
  const signatures = member.flags & ts.SymbolFlags.Method ? type.getCallSignatures() : []
  const shown = member.name.startsWith('__@') ? `[Symbol.${/^__@(\w+?)(@|$)/.exec(member.name)?.[1]}]` : member.name
  const one = owner.replace(/^[A-Z]+(?=[A-Z][a-z]|$)|^[A-Z]/, (start) => start.toLowerCase())
  const name = shown.startsWith('[') ? `${one}${shown}` : `${one}.${shown}`
  if (signatures.length > 0) {
    const lines = signatures.map((signature) => `${shown}${written(checker, signature, declaration)}`)
    return [`#### \`${name}()\``, block(lines), about, details(signatures, checker)].filter(Boolean).join('\n\n')
  }
  const line = `${shown}: ${checker.typeToString(type, declaration, flags)}`
  // An object with many members is read one by one.
  const lines = line.length > 100 ? line.replace(/^(\w+: )\{ (.*) \}$/s, (_, start, inner) => `${start}{\n  ${inner.replace(/; (?=\w+\??: )/g, '\n  ').replace(/;$/, '')}\n}`) : line
  return [`#### \`${name}\``, block([lines]), about].filter(Boolean).join('\n\n')
}

/**
 * A signature as one would write it. What is taken apart in the sources has the name that its comment gives it.
 * @param {ts.TypeChecker} checker @param {ts.Signature} signature @param {ts.Node} at
 */
function written(checker, signature, at) {
  let line = checker.signatureToString(signature, at, flags & ~ts.TypeFormatFlags.WriteArrowStyleSignature).replace(/import\("[^"]*"\)\./g, '')
  signature.getParameters().forEach((parameter, place) => {
    if (parameter.name.startsWith('__')) line = line.replace(/([(,]\s?)\{[^{}:;]*(?::[^{};,]*)?\}(\??: )/, `$1${nameOf(signature, place)}$2`)
  })
  line = line.replace(/; \}/g, ' }')
  return line.length < 100 ? line : broken(line)
}

/** Parameters one by one, where they are too many for a line. @param {string} line */
function broken(line) {
  let depth = 0
  let result = ''
  let isOver = false
  for (const [at, letter] of [...line].entries()) {
    if ('([{<'.includes(letter)) depth += 1
    const closes = ')]}'.includes(letter) || (letter === '>' && line[at - 1] !== '=')
    if (closes) depth -= 1
    if (isOver) result += letter
    else if (letter === '(' && depth === 1) result += '(\n  '
    else if (letter === ',' && depth === 1) result += ',\n '
    else if (letter === ')' && depth === 0) {
      result += ',\n)'
      isOver = true
    } else result += letter
  }
  return result
}

/** @param {ts.Signature} signature @param {number} place */
function nameOf(signature, place) {
  const parameter = signature.getParameters()[place]
  if (parameter && !parameter.name.startsWith('__')) return parameter.name
  const tags = signature.declaration ? ts.getJSDocTags(signature.declaration).filter(ts.isJSDocParameterTag) : []
  return tags[place]?.name.getText() ?? 'options'
}

/** Parameters, result and exceptions, where something is said of them. @param {readonly ts.Signature[]} signatures @param {ts.TypeChecker} checker */
function details(signatures, checker) {
  const lines = new Set()
  for (const signature of signatures) {
    for (const [place, parameter] of signature.getParameters().entries()) {
      const about = text(parameter.getDocumentationComment(checker))
      if (about) lines.add(`- \`${nameOf(signature, place)}\`: ${about.replace(/^[-–]\s*/, '')}`)
    }
    for (const { name, text: parts } of signature.getJsDocTags()) {
      const about = text(parts ?? [])
      if (about && /^returns?$/.test(name)) lines.add(`- returns ${about.replace(/^\{[^}]*\}\s*/, '')}`)
      if (about && name === 'throws') lines.add(`- throws ${about.replace(/^\{@link (\w+)\}|^\{(\w+)\}/, '`$1$2`')}`)
    }
  }
  return [...lines].join('\n')
}

/** @param {readonly ts.SymbolDisplayPart[]} parts */
const text = (parts) => ts.displayPartsToString([...parts]).trim()

/** @param {string[]} lines */
const block = (lines) => ['```ts', ...lines.map((line) => line.replace(/import\("[^"]*"\)\./g, '')), '```'].join('\n')

/** @param {ts.Node} declaration */
const isHidden = (declaration) => Boolean(ts.getCombinedModifierFlags(/** @type {any} */ (declaration)) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected))

/** @param {ts.Node} declaration */
const isInternal = (declaration) => ts.getJSDocTags(declaration).some(({ tagName }) => tagName.text === 'internal')

/** @param {ts.Symbol} member */
function isPublic(member) {
  const declaration = member.declarations?.[0]
  if (!declaration || member.name.startsWith('#') || member.name.startsWith('__#')) return false
  // What comes from the language's own types is told elsewhere.
  if (/typescript-api|typescript\/lib/.test(declaration.getSourceFile().fileName)) return false
  return !isHidden(declaration) && !isInternal(declaration)
}

/** @param {ts.Node} node */
const withoutOwnComment = (node) => node.getText().replace(/^\/\*\*[\s\S]*?\*\/\s*/, '')

/** @param {string} lines with the four spaces of the compiler's printer */
const outdented = (lines) => lines.replace(/^(?: {4})+/gm, (spaces) => ' '.repeat(spaces.length / 2)).replace(/;$/gm, '')
