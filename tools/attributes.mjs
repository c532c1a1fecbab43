// Every `data-` attribute there is: what the documents, the editors and the tests know of them.
//
// To add one, add an entry to its group, in one line or in a few, and run `npm run docs`.
//
//   name      as it stands in HTML; `data-text-*` stands for one attribute for each of `endings`
//   type      text, url, number, flag (present or not), element, or a list of the words it takes
//   value     'page' if it may also be taken from the page: `wized:v.name`, `query:name`, … (docs/attributes.md explains)
//   default   what counts when it is missing; nothing if that is nothing
//   needed    true if nothing works without it
//   example   the attribute, or the element, as one writes it
//   what      one or two sentences, in Markdown
//   since     the first version that has it

/**
 * @typedef {{ name: string, endings?: string[], type: 'text' | 'url' | 'number' | 'flag' | Record<string, string>, value?: 'page', default?: string,
 *   needed?: boolean, example: string, what: string, since: string }} Attribute
 * @typedef {{ id: string, title: string, intro: string, on: 'script' | 'any' | 'told', attributes: Attribute[] }} Group
 */

const connections = {
  live: 'changes arrive as they happen',
  'catching-up': 'connected, and reading what was missed',
  polling: 'no WebSocket can be had, so the rows are read every few seconds',
  offline: 'the browser has no network',
  stopped: 'nothing is followed',
}
const assetStates = { pending: 'waiting to be made', generating: 'being made', ready: 'its content is there', failed: 'it could not be made' }

/** @type {Group[]} */
export const groups = [
  {
    id: 'tag',
    title: 'On the script tag',
    intro: 'They configure the page. `createClient` has the same as options.',
    on: 'script',
    attributes: [
      { name: 'data-supabase-url', type: 'url', value: 'page', needed: true, example: 'data-supabase-url="https://xyz.supabase.co"', what: 'The URL of the Supabase project. If it names a value of the page, the first value counts until the page is loaded again: a page has one project.', since: '0.1.0' },
      { name: 'data-supabase-key', type: 'text', value: 'page', needed: true, example: 'data-supabase-key="sb_publishable_…"', what: 'The publishable (or anon) key of the project; of a value of the page the first counts, too. A secret key is refused.', since: '0.1.0' },
      { name: 'data-api-base', type: 'url', value: 'page', example: 'data-api-base="https://api.example.com/api/v1"', what: 'The base of your API, to which retries are posted and from which the emotion stream is read.', since: '0.1.0' },
      { name: 'data-access-token', type: 'text', value: 'page', example: 'data-access-token="wized:v.accessToken"', what: "The access token of the signed-in user, taken from the page, so that it is never written into its source. Without it, what the visitor sees is what the project's policies give to `anon`.", since: '0.1.0' },
      { name: 'data-wized-app', type: 'text', default: '`supabase`', example: 'data-wized-app="My backend"', what: "The name of the Supabase app in Wized whose signed-in user is taken, where there is no `data-access-token`.", since: '0.1.0' },
      { name: 'data-story', type: 'text', value: 'page', example: 'data-story="wized:v.currentStoryId"', what: 'A story that is followed even while no element shows it, as on a page that hides it until it is complete.', since: '0.1.0' },
      { name: 'data-options', type: 'text', example: `data-options='{"assets": {"texts": {"retry": "Nochmal", "cover": {"name": "Titelbild"}}}}'`, what: 'Whatever else `createClient` takes, as JSON: [other texts, words and classes](api.md#assetsettings) of assets, [other tables](api.md#clientoptions).', since: '0.1.0' },
      { name: 'data-profile', type: 'text', value: 'page', example: 'data-profile="wized:v.profileId"', what: 'The profile whose emotions are followed, where the page has an element that shows them.', since: '0.1.0' },
      { name: 'data-user', type: 'text', value: 'page', default: 'each page is a person of its own', example: 'data-user="wized:v.userId"', what: 'The id of the signed-in user, whose notifications are followed; several tabs of one user are one person, whose id everybody who is present with them sees.', since: '0.1.0' },
      { name: 'data-user-name', type: 'text', value: 'page', default: 'Guest', example: 'data-user-name="wized:v.userName"', what: 'The name under which the others see the user.', since: '0.1.0' },
      { name: 'data-sw-presence-name', type: 'text', value: 'page', default: '`data-user-name`', example: 'data-sw-presence-name="wized:v.nickname"', what: 'Another name for presence alone.', since: '0.1.0' },
      { name: 'data-notifications', type: 'text', example: 'data-notifications="private title"', what: 'Words between spaces: `private` if the broadcasts come by a private channel, `title` for the count before the title of the page, `app` for the badge of an installed app.', since: '0.1.0' },
      { name: 'data-styles', type: 'text', default: '`storywire.css` beside the script', example: 'data-styles="off"', what: 'The address of another stylesheet, or `off` for none. Ours is in `@layer storywire`, so any rule of the page wins.', since: '0.1.0' },
      { name: 'data-wasm', type: 'url', default: 'beside the script', example: 'data-wasm="/assets/storywire_story_bg.wasm"', what: 'Where the WebAssembly module lies, if not beside the script.', since: '0.1.0' },
      { name: 'data-fallback', type: 'url', default: 'another CDN, where the script comes from one', example: 'data-fallback="/storywire/dist/"', what: 'A second folder with the files of this version, for scripts and modules that the first one cannot give.', since: '0.1.0' },
      {
        name: 'data-sw-demo',
        type: { ready: 'everything is there', generating: 'everything is being made', failed: 'nothing could be made', partial: 'some of it could not be made', pending: 'nothing has begun' },
        default: 'the whole story, over and over',
        example: '<script … data-sw-demo="failed">',
        what: 'Shows a story that is made in the page, without a project, so that every state can be styled; with a word it holds that state. `?storywire-demo` in the address of the page does the same.',
        since: '0.1.0',
      },
      { name: 'data-sw-debug', type: 'flag', example: '<script … data-sw-debug>', what: 'Opens a panel that says what is going on, and what is wrong. `?storywire-debug` in the address of the page does the same.', since: '0.1.0' },
    ],
  },
  {
    id: 'story',
    title: 'On a story',
    intro: 'A story is an element. Elements may come later, go, be cloned, hidden and shown.',
    on: 'any',
    attributes: [
      { name: 'data-story-id', type: 'text', value: 'page', needed: true, example: '<div data-story-id="6f9619ff-…">', what: 'The primary key of the story whose assets are shown inside. In Webflow, bind it to a CMS field. While it is empty nothing is asked for.', since: '0.1.0' },
    ],
  },
  {
    id: 'asset',
    title: 'On an asset',
    intro: 'An asset is an element inside a story. Several elements may show the same one.',
    on: 'any',
    attributes: [
      { name: 'data-asset', type: 'text', value: 'page', needed: true, example: '<div data-asset="cover">', what: 'Which asset the element shows: `text`, `cover`, `audio`, `scenes`, `activities`, `pdf`, or a name of your own. While it is empty the element is left alone.', since: '0.1.0' },
      {
        name: 'data-asset-as',
        type: { text: 'as text', image: 'as an `<img>`', audio: 'as an `<audio controls>`', video: 'as a `<video controls>`', frame: 'as an `<iframe>`', link: 'as an `<a>`', source: 'as the `src` of a `<source>`', background: 'as an image that fills the element' },
        default: 'by the tag of the element, else by the asset, else by the ending of the address',
        example: '<div data-asset="trailer" data-asset-as="video">',
        what: 'How the content comes into the element.',
        since: '0.1.0',
      },
      { name: 'data-asset-priority', type: 'number', default: 'text, cover, audio, scenes, activities, pdf', example: '<div data-asset="pdf" data-asset-priority="0">', what: 'Its place in the order in which assets are painted and loaded, 0 to 99; 0 is first.', since: '0.1.0' },
    ],
  },
  {
    id: 'inside',
    title: 'Inside an asset',
    intro: 'All optional: they mark the parts of your own design. Without them a bar or a line of text is found by its class, and what is missing is not shown.',
    on: 'any',
    attributes: [
      { name: 'data-asset-bar', type: 'flag', example: '<div data-asset-bar></div>', what: 'A bar that shows the progress, in place of the class `progress-bar`.', since: '0.1.0' },
      { name: 'data-asset-status', type: 'flag', example: '<span data-asset-status></span>', what: 'Text that says what is going on. The class `status` does the same. Words of yours stay while the asset is being made.', since: '0.1.0' },
      { name: 'data-text-*', endings: ['pending', 'generating', 'ready', 'failed', ...Object.keys(connections), 'label', 'guest', 'you', 'more', 'joined', 'left', 'others', 'one', 'count'], type: 'text', example: '<span class="status" data-text-failed="No cover, sorry"></span>', what: 'Your own words for one state, on a status text or on `[data-sw-connection]`; or for what presence says: `label`, `guest`, `you`, `more` (with `{count}`), `joined` and `left` (with `{names}`), `others`, and on a count `one` and `count`.', since: '0.1.0' },
      { name: 'data-asset-content', type: 'flag', default: 'the element itself', example: '<div data-asset-content></div>', what: 'Where the content is put. A text takes the place of whatever stands in the element, but for the parts above and below; with `data-asset-content`, of what stands in there.', since: '0.1.0' },
      { name: 'data-asset-item', type: 'flag', example: '<li data-asset-item>', what: 'The design of one item of a list such as `scenes`, repeated for each. A `<template>` does the same, and leaves nothing on the page before the list is there.', since: '0.1.0' },
      { name: 'data-asset-field', type: 'text', example: '<b data-asset-field="title"></b>', what: 'Inside an item: the field of the item that is put here. An address goes into `src` or `href`, anything else becomes text.', since: '0.1.0' },
      { name: 'data-asset-retry', type: 'text', default: 'a button is made', example: '<button data-asset-retry>Once more</button>', what: 'Your own button for another attempt. It is hidden unless the asset has failed. With `wized:name` as its value it executes this request of Wized, which finds in `v.storywire.retry` what it is for; otherwise it asks the API.', since: '0.1.0' },
    ],
  },
  {
    id: 'anywhere',
    title: 'Anywhere on the page',
    intro: '',
    on: 'any',
    attributes: [
      { name: 'data-sw-connection', type: 'flag', example: '<span data-sw-connection></span>', what: 'Says how things stand, as text, and with the state as its value, for your CSS: `live`, `catching-up`, `polling`, `offline` or `stopped`. `data-text-*` has your own words.', since: '0.1.0' },
      { name: 'data-sw-fallback', type: 'flag', example: '<p data-sw-fallback hidden>Please come back later.</p>', what: 'Shown only where Storywire cannot run at all: its `hidden` is taken away.', since: '0.1.0' },
      { name: 'data-sw-into', type: 'text', example: '<div data-asset="cover" data-sw-into="v.cover">', what: 'A variable of Wized that is told what the element shows: an asset as `{ status, progress, url }`, or one field of it (`v.coverUrl.url`); a story as its state; a connection as its word; a badge as its number.', since: '0.1.0' },
      { name: 'data-sw-ix', type: 'text', example: '<div data-asset="cover" data-sw-ix="ready:cover-in failed:shake">', what: "Webflow interactions with GSAP (IX3) that start when the element comes into a state: the state, a colon, the name of the interaction's custom event.", since: '0.1.0' },
      { name: 'data-sw-ix2', type: { restart: 'when an asset inside is ready' }, example: '<section data-sw-ix2="restart">', what: 'Sets up the older Webflow interactions (IX2) again for content that has come in.', since: '0.1.0' },
      { name: 'data-sw-emotion', type: 'flag', example: '<span data-sw-emotion></span>', what: 'A badge with the latest emotion of `data-profile`.', since: '0.1.0' },
      { name: 'data-sw-emotion-word', type: 'flag', default: 'the badge itself', example: '<span data-sw-emotion><i data-sw-emotion-word></i></span>', what: 'Where inside the badge the word is put.', since: '0.1.0' },
      { name: 'data-sw-emotion-graph', type: 'flag', example: '<div data-sw-emotion-graph data-count="40"></div>', what: 'A graph of the latest emotions, with a summary for screen readers; the arrow keys walk along it.', since: '0.1.0' },
      { name: 'data-count', type: 'number', default: '20', example: '<div data-sw-emotion-graph data-count="40">', what: 'How many readings the graph shows.', since: '0.1.0' },
      { name: 'data-scale', type: 'number', default: '10', example: '<div data-sw-emotion-graph data-scale="100">', what: 'The highest intensity that your backend sends; on a badge and on a graph.', since: '0.1.0' },
    ],
  },
  {
    id: 'presence',
    title: 'Who is here',
    intro: "Each names a topic, or `story` for the story around it (or the page's only one), whose topic is then `presence:story:<id>`. Who may join is said by the policies of the project.",
    on: 'any',
    attributes: [
      { name: 'data-sw-presence', type: 'text', value: 'page', default: '`story`', example: '<ul data-sw-presence="story"></ul>', what: 'A list of those who are here, the visitor first. A `<template>` inside is your own design of a person.', since: '0.1.0' },
      { name: 'data-sw-presence-count', type: 'text', value: 'page', default: '`story`', example: '<span data-sw-presence-count="story" data-text-count="{count} people read this"></span>', what: 'How many are here. Alone it only counts, and does not show the visitor to the others.', since: '0.1.0' },
      { name: 'data-sw-cursors', type: 'text', value: 'page', default: '`story`', example: '<div data-sw-cursors="board">', what: "Shows the others' pointers over this element while they move. For the eye alone: say in words what matters.", since: '0.1.0' },
      { name: 'data-sw-field', type: 'text', example: '<b data-sw-field="name"></b>', what: 'Inside the template of a person: `name`, `initials`, `key`, `you`, or a field of what `update(meta)` says. An `<img>` gets it as its address. Inside a count, `count` is where the number is put. In a toast and in a list of notifications: `title`, `message`, `time`, `type`, `url` (on an `<a>`), or `state`, which says `New` while it is unread.', since: '0.1.0' },
      { name: 'data-max', type: 'number', default: '5', example: '<ul data-sw-presence="board" data-max="8"></ul>', what: 'So many people are shown, then "and 3 more".', since: '0.1.0' },
      { name: 'data-names', type: 'flag', example: '<ul data-sw-presence="board" data-names></ul>', what: 'Shows the names beside the initials. Screen readers hear them in any case.', since: '0.1.0' },
      { name: 'data-watch', type: 'flag', example: '<ul data-sw-presence="board" data-watch></ul>', what: 'Shows who is here without showing the visitor to them.', since: '0.1.0' },
      { name: 'data-private', type: 'flag', example: '<ul data-sw-presence="board" data-private></ul>', what: 'The topic is private: only those whom the policies of `realtime.messages` allow can join.', since: '0.1.0' },
      { name: 'data-announce', type: { off: 'nothing is announced' }, default: 'comings and goings are announced, summed up, at most once in 5 s', example: '<ul data-sw-presence="board" data-announce="off"></ul>', what: 'What screen readers are told of those who come and go.', since: '0.1.0' },
      { name: 'data-others', type: 'flag', example: '<span data-sw-presence-count data-others></span>', what: 'A count without the visitor.', since: '0.1.0' },
      { name: 'data-zero', type: { show: 'a count of 0 is shown' }, default: 'a count of 0 is hidden', example: '<span data-sw-presence-count data-zero="show"></span>', what: 'What a count does when nobody is here.', since: '0.1.0' },
    ],
  },
  {
    id: 'notifications',
    title: 'Notifications',
    intro: 'They show the notifications of `data-user`. Texts of yours go into `data-text-…`.',
    on: 'any',
    attributes: [
      { name: 'data-sw-unread', type: 'flag', example: '<span data-sw-unread></span>', what: 'A badge: how many are unread, `99+` above 99; hidden at 0.', since: '0.1.0' },
      { name: 'data-text', type: 'text', default: '`{count} unread notifications`', example: '<span data-sw-unread data-text="{count} ungelesen"></span>', what: 'What a badge is called for screen readers; `data-text-one` for one.', since: '0.1.0' },
      { name: 'data-sw-toasts', type: 'text', default: 'at the bottom, at the end of the line', example: '<div data-sw-toasts="top start"></div>', what: 'Where toasts show. Words between spaces: `top`, `start`, or `inline`, to let them stand where the element is. `data-text-more` is what one says that stands for many.', since: '0.1.0' },
      { name: 'data-text-close', type: 'text', default: '`Close`', example: '<div data-sw-toasts data-text-close="Schließen"></div>', what: 'What the button of a toast is called.', since: '0.1.0' },
      { name: 'data-sw-toast', type: 'text', example: '<template data-sw-toast>', what: 'On a `<template>`: the design of a toast. On a toast: empty, or `failure`.', since: '0.1.0' },
      { name: 'data-sw-close', type: 'flag', example: '<button data-sw-close>×</button>', what: 'In a toast: closes it.', since: '0.1.0' },
      { name: 'data-sw-notifications', type: 'flag', example: '<ul data-sw-notifications><template><li>…</li></template></ul>', what: 'A list of the newest. A `<template>` inside is the design of one.', since: '0.1.0' },
      { name: 'data-limit', type: 'number', default: '20', example: '<ul data-sw-notifications data-limit="50">', what: 'How many a list shows.', since: '0.1.0' },
      { name: 'data-text-new', type: 'text', default: '`New`', example: '<ul data-sw-notifications data-text-new="Neu">', what: 'What the field `state` of an unread one says.', since: '0.1.0' },
      { name: 'data-text-read', type: 'text', default: '`Mark as read`', example: '<ul data-sw-notifications data-text-read="Gelesen">', what: 'What the button says in a list without a design of yours.', since: '0.1.0' },
      { name: 'data-sw-empty', type: 'flag', example: '<li data-sw-empty hidden>Nothing yet</li>', what: 'In a list: shows while there are none.', since: '0.1.0' },
      { name: 'data-sw-read', type: 'flag', example: '<button data-sw-read>Mark as read</button>', what: 'In a toast and in a list: a click marks it as read. A click on a link does so too.', since: '0.1.0' },
      { name: 'data-sw-read-all', type: 'flag', example: '<button data-sw-read-all>Mark all as read</button>', what: 'A click marks all as read.', since: '0.1.0' },
    ],
  },
  {
    id: 'told',
    title: 'Set by Storywire',
    intro: 'For your CSS and your interactions. Write `[data-asset-state="failed"]`, not a class of which the page may have another.',
    on: 'told',
    attributes: [
      { name: 'data-asset-state', type: assetStates, example: '[data-asset-state="ready"] { … }', what: 'On an asset and on an item: its state.', since: '0.1.0' },
      { name: 'data-sw-unavailable', type: 'flag', example: '[data-sw-unavailable] .player { display: none }', what: 'On `<html>`, where Storywire cannot run at all: no WebAssembly, a policy, a dead network.', since: '0.1.0' },
      { name: 'data-progress', type: 'number', example: '[data-asset]:not([data-progress]) { … }', what: 'On an asset: 0 to 100, and missing while unknown. The custom property `--asset-progress` beside it is 0 to 1, for designs of your own, on the asset and below it.', since: '0.1.0' },
      {
        name: 'data-story-state',
        type: { pending: 'nothing has begun', generating: 'something is being made or still to come, and nothing failed', partial: 'something failed, and something did not', completed: 'all is ready', failed: 'nothing could be made' },
        example: '[data-story-state="completed"] .confetti { … }',
        what: 'On a story: all assets summed up.',
        since: '0.1.0',
      },
      {
        name: 'data-story-problem',
        type: { 'unknown-story': 'there is no such row, or it is hidden from this user', 'no-permission': 'the row may not be read', unreachable: 'no connection', unreadable: 'the row cannot be understood' },
        example: '[data-story-problem] { … }',
        what: 'On a story, while its assets cannot be known.',
        since: '0.1.0',
      },
      { name: 'data-emotion', type: 'text', example: '[data-emotion="joy"] { … }', what: 'On a badge: the word.', since: '0.1.0' },
      { name: 'data-intensity', type: 'number', example: '[data-intensity="100"] { … }', what: 'On a badge: the intensity in percent. `--sw-emotion-intensity`, 0 to 1, and `--sw-emotion-color` are beside it.', since: '0.1.0' },
      { name: 'data-sw-notification', type: 'text', example: '[data-sw-notification] { … }', what: 'On each of a list: its id.', since: '0.1.0' },
      { name: 'data-read', type: { true: 'it has been read', false: 'it is unread' }, example: '[data-read="false"] { … }', what: 'On each of a list.', since: '0.1.0' },
      { name: 'data-type', type: 'text', example: '[data-type="story_failed"] { … }', what: 'On a toast and on each of a list: its type.', since: '0.1.0' },
      { name: 'data-current', type: 'flag', example: '[data-sw-emotion-graph] path[data-current] { … }', what: 'In a graph: the reading on which the keyboard stands.', since: '0.1.0' },
      { name: 'data-self', type: 'flag', example: '[data-self] { … }', what: 'On a person: the visitor. `--sw-person` is the colour of a person, on which white letters are readable.', since: '0.1.0' },
      { name: 'data-leaving', type: 'flag', example: '[data-leaving] { opacity: 0 }', what: 'On a person who has gone, for a moment.', since: '0.1.0' },
      { name: 'data-people', type: 'number', example: '[data-people="1"] { … }', what: 'On a count: the number.', since: '0.1.0' },
      { name: 'data-end', type: 'flag', example: '[data-storywire="cursor"][data-end] { … }', what: 'On a pointer near the right edge: its name stands to the left.', since: '0.1.0' },
      { name: 'data-storywire', type: { person: 'a person who is here', more: 'how many more there are', cursors: 'the layer of pointers', cursor: 'a pointer', said: 'what is read out of those who come and go', content: 'what shows the content', item: 'an item without a design of yours', track: 'captions', retry: 'the place of the button', button: 'the button for another attempt', upgrade: 'the link beside it', graph: 'the drawing of a graph', status: 'what is read out to screen readers', line: 'a line of that', toasts: 'the live regions for toasts' }, example: '[data-storywire="button"] { … }', what: 'On whatever Storywire has made.', since: '0.1.0' },
    ],
  },
]

/** What elements tell, as events that bubble and cross shadow roots. @type {{ name: string, at: string, detail: string, what: string, cancelable?: boolean }[]} */
export const events = [
  { name: 'storywire:asset', at: 'each element of an asset', detail: '{ story, asset, status, progress, url }', what: 'The asset has changed.' },
  { name: 'storywire:story', at: 'each element of a story', detail: '{ story, status }', what: 'The story as a whole has changed.' },
  { name: 'storywire:before-retry', at: 'the element of the asset', detail: '{ story, asset }', what: 'Somebody asks for another attempt.', cancelable: true },
  { name: 'storywire:retry', at: 'each element of the story', detail: '{ story, asset, status, answer }', what: 'What the API answered, with its HTTP status; 0 is no answer.' },
  { name: 'storywire:notification', at: '`<html>`', detail: 'a [`Notification`](api.md#notification)', what: 'A notification has come.' },
  { name: 'storywire:before-toast', at: 'the place of the toasts', detail: 'a [`NotificationCard`](api.md#notificationcard), or `{ count }`', what: 'A toast is about to show.', cancelable: true },
  { name: 'storywire:unavailable', at: '`document`', detail: 'an `Error` with `code`', what: 'Storywire cannot run on this page.' },
]

/** Custom properties for a page's own CSS, by the stylesheet that has their defaults. @type {Record<string, Record<string, string>>} */
export const properties = {
  'storywire.css': {
    bone: 'the ground of what is waited for',
    accent: 'bars, and the ring of the focus',
    text: 'what is said of an asset',
    error: 'what is said of one that failed, and its button',
    radius: 'the corners of what we draw',
    'cover-ratio': 'width by height of a cover, so that its place is as large as the picture will be',
    'text-lines': 'how many lines the place of a text has',
    sweep: 'how long a bar takes from one side to the other while the progress is not known',
    glide: 'how long a bar takes to its next place: `300ms` is pretty on a page with one story, and twice the work on one with fifty',
  },
  'notifications.css': {
    notification: 'a badge, and the edge of a toast',
    'on-notification': 'the letters on a badge',
    toast: 'the ground of a toast',
    'on-toast': 'the letters on it',
    'toast-edge': 'its edge',
    failure: 'the edge of one that tells of a failure',
  },
  'presence.css': { move: 'how long somebody who goes takes to fade' },
}

/** Each attribute by its full name, patterns written out. */
export const attributes = groups.flatMap(({ attributes: list, on }) =>
  list.flatMap((attribute) => {
    const names = attribute.endings?.map((ending) => attribute.name.replace('*', ending)) ?? [attribute.name]
    return names.map((name) => ({ ...attribute, name, on }))
  }),
)
