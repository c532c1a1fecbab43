// The page: finds the elements of stories and assets, tells the core what happens to them, and carries out its patches. The
// only file that touches elements. It decides nothing: what an asset is and how it shows is decided in src/core/asset.
//
// Nothing from the server becomes markup: texts go in as text, and addresses have been checked. What is known of an element
// is kept beside it, never on it, because pages clone elements with all their attributes.
import { append, bar, behind, closest, fire, make, move, own, parts, set, setText, share, slot, words } from './element.js'
import { here, isComing, later } from './later.js'
import { worth } from './settings.js'

/**
 * What is known of one element. `asset` is empty for a container.
 * @typedef {{ id: number, element: HTMLElement, story: string, asset: string, shape: number, bars: HTMLElement[],
 *   statuses: HTMLElement[], ownWords: string, said: string, wanted: string, hasText: boolean, hasFailed: boolean, button?: HTMLElement }} Entry
 */

/** How content comes in: the numbers of `Medium` in the core. */
const TEXT = 0, IMAGE = 1, AUDIO = 2, VIDEO = 3, FRAME = 4, LINK = 5, SOURCE = 6, BACKGROUND = 7
const media = { text: TEXT, image: IMAGE, audio: AUDIO, video: VIDEO, frame: FRAME, link: LINK, source: SOURCE, background: BACKGROUND }
/** What stands beside the medium in a shape: it is a list. */
const LIST = 16
/** @type {Record<string, number>} */
const mediumOfTag = { IMG: IMAGE, PICTURE: IMAGE, AUDIO, VIDEO, IFRAME: FRAME, A: LINK, SOURCE }
const tagOfMedium = ['a', 'img', 'audio', 'video', 'iframe', 'a', 'source', 'img']

const elementsOfStories = '[data-story-id],[data-asset]'
const watched = ['data-story-id', 'data-asset', 'data-asset-as', 'data-asset-priority']
/** What Webflow hides because the CMS had nothing for it when the page was published; now there is something. */
const unbound = 'w-dyn-bind-empty'

/** Who shows an element: two clients on one would take turns for ever. Of the page, since a page may have two copies of this file. */
const owners = () => /** @type {WeakMap<Element, Dom>} */ (/** @type {any} */ (document)[Symbol.for('storywire')] ??= new WeakMap())

export class Dom {
  #root
  #tell
  #mutations
  #views
  #next = 0
  /** @type {Map<number, Entry>} */
  #entries = new Map()
  /** Elements and retry buttons; an element may be a container besides. @type {WeakMap<Element, Entry>} */
  #assets = new WeakMap()
  /** @type {WeakMap<Element, Entry>} */
  #stories = new WeakMap()
  #hasToldStray = false
  #hasToldOwner = false
  /** The live region, once it is in the page. @type {HTMLElement | undefined} */
  #region
  #stop = new AbortController()
  #owners = owners()

  /**
   * Watches `root` and everything in it. Nothing is found before `scan`.
   * @param {Element} root
   * @param {(kind: string, id?: number, story?: string, asset?: string, shape?: number) => void} tell is given one of the kinds
   *   in src/core/port.rs, or `stray`; comes while the browser calls the page, so it should only be noted
   */
  constructor(root, tell) {
    this.#root = root
    this.#tell = tell
    this.#mutations = new MutationObserver((mutations) => this.#handleMutations(mutations))
    this.#views = new IntersectionObserver(
      (entries) => {
        // Without a box of its own it is never seen, and its children may be.
        for (const { target, isIntersecting } of entries) this.#say(isIntersecting || getComputedStyle(target).display === 'contents' ? 'seen' : 'unseen', this.#known(this.#assets, target))
      },
      // What is near is there when it comes, the next slide too.
      /** @type {any} */ ({ rootMargin: '300px', scrollMargin: '300px' }),
    )
    // On their way down: errors do not bubble, and the page's own listeners may stop a click.
    const options = { capture: true, signal: this.#stop.signal }
    root.addEventListener('click', (event) => this.#handleClick(event), options)
    root.addEventListener('error', (event) => this.#handleError(event), options)
  }

  /** Finds what is there, and from then on what comes, changes and goes. Calling it again does no harm. */
  scan() {
    this.#mutations.observe(this.#root, { childList: true, subtree: true, attributeFilter: watched })
    this.#ensureRegion()
    this.#visitAll(this.#root)
  }

  /** Ends it. */
  stop() {
    this.#stop.abort()
    this.#mutations.disconnect()
    this.#views.disconnect()
    this.#region?.remove()
    for (const { element } of this.#entries.values()) this.#owners.delete(element)
    this.#tell = () => {}
  }

  // Patches: `begin`, the changes, `end`. What is changed between them is not taken for a change by the page.

  /** @param {[name: string, ...args: any[]][]} calls of the methods that follow */
  apply(calls) {
    for (const [name, ...args] of calls) /** @type {any} */ (this)[name](...args)
  }

  begin() {
    // The page may have changed something since the observer was last heard.
    this.#handleMutations(this.#mutations.takeRecords())
  }

  end() {
    this.#mutations.takeRecords()
  }

  /** @param {number} id @param {string} names of classes @param {boolean} on */
  toggle(id, names, on) {
    for (const name of names.split(' ')) if (name) this.#entries.get(id)?.element.classList.toggle(name, on && !(name === 'error' && pageHidesErrors()))
  }

  /** @param {number} id @param {string} name @param {string} [value] */
  attribute(id, name, value) {
    const entry = this.#entries.get(id)
    if (entry) set(entry.element, name, value)
  }

  /** Nothing but the progress is new, and it was known before. @param {number} id @param {number} progress */
  progress(id, progress) {
    const entry = this.#entries.get(id)
    if (!entry) return
    set(entry.element, 'data-progress', String(progress))
    share(entry.element, progress)
    for (const one of entry.bars) move(one, progress)
  }

  /** @param {number} id @param {number} progress below 0: unknown @param {string} name @param {string} text @param {boolean} shown */
  bar(id, progress, name, text, shown) {
    const entry = this.#entries.get(id)
    if (!entry) return
    share(entry.element, progress)
    for (const one of entry.bars) bar(one, progress, name, text, shown)
  }

  /** @param {number} id @param {string} text @param {string} state @param {boolean} yields */
  status(id, text, state, yields) {
    const entry = this.#entries.get(id)
    if (!entry) return
    entry.said = text
    words(entry.statuses, text, state, yields ? entry.ownWords : '')
  }

  /** @param {number} id @param {string} text */
  text(id, text) {
    const entry = this.#entries.get(id)
    if (entry) this.#write(entry, text)
  }

  /**
   * What stands in for the text gives way to it, and the parts of the design stay. A paragraph is the design of each.
   * @param {Entry} entry @param {string} text
   */
  #write(entry, text) {
    entry.hasText = true
    const place = slot(entry.element)
    const nodes = own(entry.element, '[data-storywire=content]')
    if (!nodes[0] && place.firstElementChild) {
      // Comments are places that others have kept.
      const away = [...place.childNodes].filter((node) => node instanceof Element ? !node.matches(parts) && !node.querySelector(parts) : node.nodeType === 3)
      const paragraph = /** @type {HTMLElement | undefined} */ (away.find(({ nodeName }) => nodeName === 'P')?.cloneNode())
      const design = paragraph ?? (away.length < place.childNodes.length ? make('div', '') : undefined)
      if (design) {
        design.dataset.storywire = 'content'
        design.removeAttribute('id')
        design.classList.remove(unbound)
        place.insertBefore(design, away[0] ?? null)
        nodes[0] = design
      }
      for (const node of away) node.remove()
    }
    const [first] = nodes
    if (!first) {
      setText(place, text)
      return
    }
    const split = first.tagName === 'P' ? text.split(/\n\s*\n/) : []
    const pieces = split.length && split.length < 1000 ? split : [text]
    for (const [at, piece] of pieces.entries()) {
      const node = (nodes[at] ??= /** @type {HTMLElement} */ (first.cloneNode()))
      if (!node.parentNode) nodes[at - 1]?.after(node)
      setText(node, piece)
    }
    for (const node of nodes.slice(pieces.length)) node.remove()
  }

  /**
   * @param {number} id @param {number} medium @param {string} url @param {string} name @param {string} track @param {boolean} eager
   */
  source(id, medium, url, name, track, eager) {
    const entry = this.#entries.get(id)
    if (!entry) return
    const isAgain = entry.hasFailed
    entry.hasFailed = false
    entry.wanted = url
    if (medium === IMAGE || medium === BACKGROUND) {
      this.#loadPicture(entry, medium, url, name, eager)
      return
    }
    const target = this.#target(entry, medium)
    const isMade = target.dataset.storywire
    if (target.tagName === 'A') {
      // A link needs a name; a page that gave it one keeps it.
      if (isMade || (!target.firstElementChild && !target.textContent?.trim())) setText(target, name)
    } else if (isMade && medium === FRAME) {
      set(target, 'title', name)
      set(target, 'loading', 'lazy')
    } else if (isMade) {
      set(target, 'aria-label', name)
      set(target, 'controls', '')
    }
    if (track) {
      const known = target.querySelector('track')
      const made = known ?? append(target, make('track', 'track'))
      if (!known) set(made, 'kind', 'captions')
      if (made.getAttribute('src') !== track) set(made, 'src', track)
    }
    const attribute = target.tagName === 'A' ? 'href' : 'src'
    const old = target.getAttribute(attribute)
    // The same address again would start what plays from the beginning.
    if (old === url && !isAgain) return
    const player = /** @type {HTMLMediaElement | null} */ (target.closest('audio,video'))
    if (player && !player.paused && !isAgain && !(player.autoplay && player.muted)) {
      // Another one too: it waits until the visitor pauses. What plays by itself in the background plays for nobody.
      player.addEventListener('pause', () => this.#entries.get(id)?.wanted === url && this.source(id, medium, url, name, track, eager), { once: true })
      return
    }
    // Addresses are often signed anew; then it is the same file, which goes on where it was.
    const at = player && !player.ended && old?.split('?')[0] === url.split('?')[0] ? player.currentTime : 0
    set(target, attribute, url)
    // Of the file that stood in for it.
    if (medium === SOURCE) set(target, 'type')
    if (medium === SOURCE && target.parentElement instanceof HTMLPictureElement) set(target, 'srcset', url)
    if (medium === SOURCE) player?.load()
    if (player && at) player.currentTime = at
  }

  /** @param {number} id @param {number} medium @param {import('./list.js').Item[]} items */
  items(id, medium, items) {
    const entry = this.#entries.get(id)
    if (entry) this.#later('list', entry, () => import('./list.js'), (showItems) => showItems(entry.element, tagOfMedium[medium] ?? 'a', items))
  }

  /**
   * The page's own button, or one of ours, in the element or, where a button may not be, behind it.
   * @param {number} id @param {string} [label] none: no button @param {boolean} [isPending] @param {string} [upgrade] @param {string} [url]
   */
  retry(id, label, isPending, upgrade, url) {
    const entry = this.#entries.get(id)
    if (!entry) return
    const put = (/** @type {HTMLElement} */ place) => this.#assets.set(place, entry)
    if (label !== undefined || isComing('button')) this.#later('button', entry, () => import('./retry-button.js'), (showButton) => showButton(entry, put, label, isPending, upgrade, url))
    else {
      for (const theirs of own(entry.element, '[data-asset-retry]')) theirs.hidden = true
      // It came along with a clone.
      own(entry.element, '[data-storywire=retry]')[0]?.remove()
    }
  }

  /**
   * Changes an element by what may have to be loaded, if it is still there then.
   * @template {keyof typeof import('./later.js').here} Name
   * @param {Name} name @param {Entry} entry @param {() => Promise<unknown>} load
   * @param {(what: NonNullable<typeof import('./later.js').here[Name]>) => void} change
   */
  #later(name, entry, load, change) {
    let isLate = false
    later(name, load, (what) => {
      if (this.#stop.signal.aborted) return
      if (isLate) this.begin()
      if (this.#entries.get(entry.id) === entry) change(what)
      if (isLate) this.end()
    })
    isLate = true
  }

  /** Adds a line to the live region for a while. Fifty covers that come at once are said once. @param {number} _id @param {string} text */
  announce(_id, text) {
    const region = this.#ensureRegion()
    if ([...region.children].some((line) => line.textContent === text)) return
    const line = append(region, make('p', 'line'))
    setText(line, text)
    setTimeout(() => line.remove(), 5000)
  }

  /** @param {number} id @param {string} name @param {unknown} detail @param {boolean} cancelable */
  fire(id, name, detail, cancelable) {
    const entry = this.#entries.get(id)
    return !entry || fire(entry.element, name, detail, cancelable)
  }

  /** At the containers of a story. @param {string} story @param {string} name @param {unknown} detail */
  fireAtStory(story, name, detail) {
    for (const entry of this.#entries.values()) if (!entry.asset && entry.story === story) fire(entry.element, name, detail, false)
  }

  // Finding.

  /** @param {WeakMap<Element, Entry>} map @param {Element | null} element */
  #known(map, element) {
    const entry = element ? map.get(element) : undefined
    return entry && this.#entries.get(entry.id)
  }

  /** @param {string} kind @param {Entry} [entry] */
  #say(kind, entry) {
    if (entry) this.#tell(kind, entry.id)
  }

  /** @param {Element} element */
  #visitAll(element) {
    // Whatever it is: its attributes may just have gone.
    this.#visit(element, false)
    for (const one of element.querySelectorAll(elementsOfStories)) this.#visit(one, false)
  }

  /** Brings what is known of an element up to date. @param {Element} element @param {boolean} wiped its content is not what it was */
  #visit(element, wiped) {
    if ((this.#owners.get(element) ?? this) !== this) {
      if (!this.#hasToldOwner) console.warn('Storywire: another client shows these elements already: observe them with one.')
      this.#hasToldOwner = true
      return
    }
    const story = (element.isConnected && idOf(element, 'data-story-id')) || ''
    const container = this.#known(this.#stories, element)
    if ((container?.story ?? '') !== story) {
      this.#forget(container)
      if (story) this.#tell('mounted-story', this.#keep(this.#stories, element, story, '', 0).id, story)
    }
    const known = this.#known(this.#assets, element)
    const [ofStory, asset] = (element.isConnected && this.#assetOf(element)) || []
    if (!ofStory || !asset) {
      this.#forget(known)
      return
    }
    element.classList.remove(unbound)
    const as = element.getAttribute('data-asset-as') ?? ''
    const medium = media[/** @type {keyof typeof media} */ (as)] ?? mediumOfTag[element.tagName] ?? -1
    const isList = element.matches('ul,ol') || own(element, 'template,[data-asset-item]').length > 0
    const given = element.getAttribute('data-asset-priority') ?? ''
    const priority = /^\d{1,2}$/.test(given) ? Number(given) : -1
    // As `shape` in src/core/port.rs reads it.
    const shape = (medium + 1) | (isList ? LIST : 0) | ((priority + 1) << 5)
    const isSame = known?.story === ofStory && known.asset === asset && known.shape === shape
    if (isSame && !wiped) return
    if (!isSame) {
      // It may have been let go meanwhile.
      const before = this.#assets.get(element)
      if (before && (before.story !== ofStory || before.asset !== asset)) this.#empty(before)
      this.#forget(known)
      this.#views.observe(element)
      // A button that came along with a clone is nobody's.
      for (let next; (next = behind(element).nextElementSibling)?.matches('[data-storywire=retry]') && !this.#assets.has(next); ) next.remove()
    }
    const { id } = this.#keep(this.#assets, element, ofStory, asset, shape, isSame ? known : undefined)
    this.#tell('mounted', id, ofStory, asset, shape)
  }

  /** The story and the asset that an element shows, if both are there. @param {Element} element */
  #assetOf(element) {
    const asset = idOf(element, 'data-asset')
    if (!asset) return
    const container = element.closest('[data-story-id]')
    if (!container && !this.#hasToldStray) {
      this.#hasToldStray = true
      this.#tell('stray')
    }
    // Webflow keeps what its conditions hide in the page.
    if (container && !element.closest('.w-condition-invisible')) return [idOf(container, 'data-story-id'), asset]
  }

  /**
   * The same element keeps its id, and the words that the page wrote into it.
   * @param {WeakMap<Element, Entry>} map @param {Element} element @param {string} story @param {string} asset
   * @param {number} shape @param {Entry} [before] @returns {Entry}
   */
  #keep(map, element, story, asset, shape, before) {
    const statuses = asset ? own(element, '.status,[data-asset-status]') : []
    // A clone of an element that we have painted has our words in it.
    const isFresh = /^(pending|generating)?$/.test(element.getAttribute('data-asset-state') ?? '')
    const entry = {
      id: before?.id ?? this.#next++,
      element: /** @type {HTMLElement} */ (element),
      story,
      asset,
      shape,
      bars: asset ? own(element, '.progress-bar,[data-asset-bar]') : [],
      statuses,
      ownWords: before?.ownWords ?? (isFresh ? (statuses[0]?.textContent ?? '') : ''),
      said: '',
      wanted: before?.wanted ?? '',
      hasText: before?.hasText ?? false,
      hasFailed: before?.hasFailed ?? false,
      button: before?.button,
    }
    map.set(element, entry)
    this.#owners.set(element, this)
    if (entry.button) map.set(entry.button, entry)
    this.#entries.set(entry.id, entry)
    return entry
  }

  /** @param {Entry} [entry] */
  #forget(entry) {
    if (!entry) return
    this.#entries.delete(entry.id)
    this.#owners.delete(entry.element)
    if (entry.asset) this.#views.unobserve(entry.element)
    entry.button?.remove()
    this.#say('unmounted', entry)
  }

  /** @param {MutationRecord[]} mutations */
  #handleMutations(mutations) {
    /** @type {Set<Element>} */
    const wiped = new Set()
    for (const { type, target, addedNodes, removedNodes } of mutations) {
      if (!(target instanceof Element)) continue
      if (type === 'attributes') {
        this.#visitAll(target)
        continue
      }
      // Gone, moved or new: those that are in the page now stay.
      for (const node of [...removedNodes, ...addedNodes]) if (node instanceof Element) this.#visitAll(node)
      const owner = target.closest('[data-asset]')
      if (owner && this.#known(this.#assets, owner)) wiped.add(owner)
    }
    for (const owner of wiped) this.#visit(owner, true)
    // The page may have put another body in place.
    this.#ensureRegion()
  }

  // What the page says.

  /** @param {Event} event */
  #handleClick(event) {
    const link = closest(event.target, 'a')
    const waiting = link && this.#known(this.#assets, link.closest('[data-asset][aria-disabled]'))
    // A page's link leads somewhere even before there is something, if only to its own beginning.
    if (waiting && this.#find(waiting, 'a') === link) event.preventDefault()
    const button = closest(event.target, '[data-storywire=button],[data-asset-retry]')
    if (!button) return
    const entry = this.#known(this.#assets, button.closest('[data-storywire=retry]')) ?? this.#known(this.#assets, button.closest('[data-asset]'))
    if (!entry) return
    // Pages often have a link for a button.
    event.preventDefault()
    const { story, asset, element } = entry
    if (!button.hasAttribute('aria-disabled') && fire(element, 'storywire:before-retry', { story, asset }, true)) this.#say('clicked', entry)
  }

  /** Media and frames that do not load say so themselves; pictures are loaded beside the page. @param {Event} event */
  #handleError({ target }) {
    const entry = this.#known(this.#assets, closest(target, '[data-asset]'))
    if (!entry || !(target instanceof Element) || target.tagName === 'IMG' || target.getAttribute('src') !== entry.wanted) return
    entry.hasFailed = true
    this.#say('failed', entry)
  }

  // Content.

  /**
   * Loads and decodes a picture beside the page, and shows it then, so that nothing flashes. The page takes it from memory:
   * the browser keeps what the document has loaded.
   * @param {Entry} entry @param {number} medium @param {string} url @param {string} name @param {boolean} eager
   */
  #loadPicture(entry, medium, url, name, eager) {
    const shown = medium === IMAGE ? /** @type {HTMLImageElement | undefined} */ (this.#find(entry, 'img')) : undefined
    if (shown?.getAttribute('src') === url && !shown.srcset && shown.complete && shown.naturalWidth) {
      this.#say('loaded', entry)
      return
    }
    const picture = make('img', 'content')
    picture.alt = name
    if (shown?.crossOrigin) picture.crossOrigin = shown.crossOrigin
    if (eager) set(picture, 'fetchpriority', 'high')
    picture.src = url
    const done = () => {
      // The element may have gone, or may want another picture by now.
      if (this.#entries.get(entry.id) !== entry || entry.wanted !== url) return
      // Some formats load and do not decode beside a page.
      if (!picture.naturalWidth) {
        this.#say('failed', entry)
        return
      }
      this.begin()
      if (medium === BACKGROUND) entry.element.style.backgroundImage = `url("${url.replace(/["\\]/g, encodeURIComponent)}")`
      else this.#showPicture(entry, picture)
      this.end()
      this.#say('loaded', entry)
    }
    picture.decode().then(done, done)
  }

  /** @param {Entry} entry @param {HTMLImageElement} picture */
  #showPicture(entry, picture) {
    const shown = this.#find(entry, 'img')
    if (!shown) {
      slot(entry.element).prepend(picture)
      return
    }
    // They would win over the address.
    for (const source of shown.closest('picture')?.querySelectorAll('source') ?? []) source.removeAttribute('srcset')
    for (const name of ['srcset', 'sizes']) shown.removeAttribute(name)
    set(shown, 'src', picture.getAttribute('src') ?? undefined)
  }

  /** What an element shows of one story is not true of another. What plays goes on until it is paused. @param {Entry} entry */
  #empty(entry) {
    const { element, shape, wanted } = entry
    if (entry.hasText) this.#write(entry, '')
    if (shape & LIST) here.list?.(element, 'a', [])
    if (!wanted) return
    for (const one of [element, ...own(element, '[src],[href]')]) {
      const clear = () => {
        for (const name of ['src', 'srcset', 'href']) if (one.getAttribute(name) === wanted) one.removeAttribute(name)
        if (one.matches('[data-storywire=content]:not([src],[href])')) one.remove()
      }
      if (one instanceof HTMLMediaElement && !one.paused && !(one.autoplay && one.muted)) one.addEventListener('pause', clear, { once: true })
      else clear()
    }
    if ((shape & 15) === BACKGROUND + 1) element.style.backgroundImage = ''
  }

  /** The element itself, if it is of the tag, or the first of the tag in it. @param {Entry} entry @param {string} tag */
  #find({ element }, tag) {
    const found = element.tagName.toLowerCase() === tag || tag === 'source' ? element : own(element, tag)[0]
    found?.classList.remove(unbound)
    return found
  }

  /** @param {Entry} entry @param {number} medium */
  #target(entry, medium) {
    const tag = tagOfMedium[medium] ?? 'a'
    const found = this.#find(entry, tag)
    if (found) return found
    const made = make(tag, 'content')
    slot(entry.element).prepend(made)
    return made
  }

  // The live region.

  /** The live region has to be in the page before its first message. */
  #ensureRegion() {
    if (!this.#region?.isConnected) {
      this.#region = make('div', 'status')
      set(this.#region, 'role', 'status')
      // By the style object, because a strict content security policy forbids the attribute.
      this.#region.style.cssText = 'position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)'
      document.body?.append(this.#region)
    }
    return this.#region
  }
}

/** @type {boolean | undefined} */
let hidesErrors

/** Whether the page hides whatever has this class, which it has for itself, and we for what failed. */
function pageHidesErrors() {
  if (hidesErrors === undefined) {
    const probe = append(document.body, make('i', 'probe'))
    probe.className = 'error'
    hidesErrors = getComputedStyle(probe).display === 'none'
    probe.remove()
    if (hidesErrors) console.warn(`Storywire: this page hides .error, so what failed goes without. Rename ours: data-options='{"assets": {"classes": {"error": "sw-error"}}}'`)
  }
  return hidesErrors
}

/** What an attribute is worth at the moment. @param {Element} element @param {string} name */
const idOf = (element, name) => worth(element.getAttribute(name) ?? '')
