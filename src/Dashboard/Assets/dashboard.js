// The only script: keys, two images in step, the way from page to page, and changes that come in. Every page works without it.
'use strict';

// Keys: what has data-key is pressed by that key.
addEventListener('keydown', event => {
  const at = event.target;
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented
      || at.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(at.tagName) && !/^(checkbox|radio|button)$/.test(at.type)) {
    if (event.key === 'Escape' && at.blur) at.blur();
    return;
  }
  const target = [...document.querySelectorAll('[data-key]')].find(e => e.dataset.key.split(' ').includes(event.key));
  if (target) {
    event.preventDefault();
    if (event.repeat && target.closest('form')) return; // a key that is held down answers once
    if (target.matches('input[type=search]')) target.focus();
    else if (target.getAttribute('aria-disabled') !== 'true') target.click();
  } else if (event.key === 'j' || event.key === 'k') {
    step('[data-row]', event.key === 'j' ? 1 : -1, row => row === document.activeElement, row => row.focus());
  } else if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') {
    step('[data-step]', event.key === 'ArrowRight' ? 1 : -1, part => '#' + part.id === location.hash, part => {
      event.preventDefault();
      history.replaceState(history.state, '', '#' + part.id);
      part.scrollIntoView();
    });
  }
});

function step(selector, by, isHere, go) {
  const all = [...document.querySelectorAll(selector)];
  if (all.length === 0) return;
  const here = all.findIndex(isHere);
  go(all[here < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, here + by))]);
}

// Two images, or more, in step. How they are looked at is in the address, and goes along to the next pair.
let state = new URLSearchParams(location.search), shown = location.pathname + location.search;

class ImagePair extends HTMLElement {
  connectedCallback() {
    this.zoom = Number(state.get('zoom')) || 1;
    this.x = Number(state.get('x')) || 0;
    this.y = Number(state.get('y')) || 0;
    this.show(this.querySelectorAll('.pane').length === 2 ? state.get('view') || 'side' : 'side');
    const range = this.querySelector('input[type=range]');
    range?.addEventListener('input', () => this.style.setProperty('--split', range.value + '%'));
    for (const button of document.querySelectorAll('[data-view]')) button.addEventListener('click', () => this.show(button.dataset.view));
    for (const button of document.querySelectorAll('[data-zoom]')) button.addEventListener('click', () =>
      button.dataset.zoom === 'whole' ? this.move(1, 0, 0) : button.dataset.zoom === 'pixels' ? this.pixels() : this.scale(button.dataset.zoom === 'in' ? 1.5 : 1 / 1.5));
    const panes = this.querySelector('.panes');
    panes.addEventListener('wheel', event => {
      if (!event.ctrlKey && this.zoom === 1) return;
      event.preventDefault();
      this.scale(event.deltaY < 0 ? 1.2 : 1 / 1.2);
    }, { passive: false });
    panes.addEventListener('dblclick', () => this.zoom > 1 ? this.move(1, 0, 0) : this.scale(3));
    panes.addEventListener('pointerdown', event => {
      const pane = event.target.closest('.pane');
      if (!pane || event.button !== 0) return;
      event.preventDefault();
      panes.setPointerCapture(event.pointerId);
      this.from = { x: event.clientX, y: event.clientY, side: pane.clientWidth };
    });
    panes.addEventListener('pointermove', event => {
      if (!this.from) return;
      if (this.classList.contains('slider') && this.zoom === 1) {
        const box = panes.getBoundingClientRect();
        range.value = Math.round(Math.min(100, Math.max(0, 100 * (event.clientX - box.left) / box.width)));
        range.dispatchEvent(new Event('input'));
      } else if (this.zoom > 1) {
        this.move(this.zoom, this.x + 100 * (event.clientX - this.from.x) / this.from.side, this.y + 100 * (event.clientY - this.from.y) / this.from.side);
      }
      Object.assign(this.from, { x: event.clientX, y: event.clientY });
    });
    for (const end of ['pointerup', 'pointercancel']) panes.addEventListener(end, () => { this.from = null; });
    this.move(this.zoom, this.x, this.y);
  }

  show(view) {
    this.classList.remove('side', 'slider', 'difference');
    this.classList.add(['slider', 'difference'].includes(view) ? view : 'side');
    for (const button of document.querySelectorAll('[data-view]')) button.setAttribute('aria-pressed', String(this.classList.contains(button.dataset.view)));
    keep({ view: view === 'side' ? null : view });
  }

  scale(by) {
    const zoom = Math.min(16, Math.max(1, this.zoom * by));
    this.move(zoom, this.x * zoom / this.zoom, this.y * zoom / this.zoom);
  }

  // A pixel of the image is one of the screen.
  pixels() {
    const image = this.querySelector('.pane img');
    if (image?.naturalWidth) this.scale(Math.max(image.naturalWidth / image.clientWidth, image.naturalHeight / image.clientHeight) / devicePixelRatio / this.zoom);
  }

  move(zoom, x, y) {
    const most = 50 * (zoom - 1);
    this.zoom = zoom;
    this.x = Math.min(most, Math.max(-most, x));
    this.y = Math.min(most, Math.max(-most, y));
    for (const [name, value] of [['--zoom', zoom], ['--x', this.x], ['--y', this.y]]) this.style.setProperty(name, value);
    keep(zoom === 1 ? { zoom: null, x: null, y: null } : { zoom: zoom.toFixed(2), x: this.x.toFixed(1), y: this.y.toFixed(1) });
  }
}

const kept = ['view', 'zoom', 'x', 'y'];

function keep(values) {
  for (const [name, value] of Object.entries(values)) value === null ? state.delete(name) : state.set(name, value);
  const query = state.toString();
  const to = location.pathname + (query ? '?' + query : '') + location.hash;
  if (to !== location.pathname + location.search + location.hash) history.replaceState(history.state, '', to);
  shown = location.pathname + location.search;
}

addEventListener('click', event => {
  const link = event.target.closest?.('a[data-carry]');
  if (!link?.href) return;
  const to = new URL(link.href);
  for (const name of kept) state.has(name) ? to.searchParams.set(name, state.get(name)) : to.searchParams.delete(name);
  link.href = to;
}, true);

customElements.define('image-pair', ImagePair);

// An answer is sent once, however often it is pressed while the next page comes.
addEventListener('submit', event => {
  if (!event.target.matches('[data-once]')) return;
  if (event.target.dataset.once) event.preventDefault();
  event.target.dataset.once = 'sent';
});

// From page to page: the next one is put in the place of this one, which keeps its script and its stream of changes. Where
// that does not work the browser goes there by itself.
let visits = 0;

async function visit(to, isNew) {
  const mine = ++visits;
  let page, answer;
  try {
    answer = await fetch(to, { headers: { accept: 'text/html' } });
    if (!answer.headers.get('content-type')?.startsWith('text/html')) throw new Error('no page');
    page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  } catch {
    location.assign(to);
    return;
  }
  if (mine !== visits) return; // somebody went on meanwhile
  const script = page.querySelector('script')?.getAttribute('src');
  if (!page.body.dataset.live || script !== document.querySelector('script').getAttribute('src')) { location.assign(to); return; }
  const address = answer.redirected ? new URL(answer.url) : to;
  if (isNew) {
    history.replaceState({ top: scrollY }, '');
    history.pushState(null, '', address);
  }
  [state, shown] = [new URLSearchParams(location.search), location.pathname + location.search];
  document.title = page.title;
  isFinishedAs(page);
  document.body.replaceChildren(...[...page.body.childNodes].map(node => document.importNode(node, true)));
  arrive();
  const part = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  document.getElementById('main').focus({ preventScroll: true });
  part && isNew ? part.scrollIntoView() : scrollTo(0, isNew ? 0 : history.state?.top ?? 0);
}

function isPage(address) {
  return document.body.dataset.live && address.origin === location.origin && !/^\/(images|assets)\//.test(address.pathname);
}

addEventListener('click', event => {
  const link = event.target.closest?.('a[href]');
  if (!link || event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || link.target || link.download) return;
  const to = new URL(link.href);
  if (!isPage(to) || to.hash && to.pathname + to.search === location.pathname + location.search) return;
  event.preventDefault();
  visit(to, true);
});

addEventListener('submit', event => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== 'get') return;
  const to = new URL(form.action);
  to.search = new URLSearchParams(new FormData(form, event.submitter));
  if (!isPage(to)) return;
  event.preventDefault();
  visit(to, true);
});

addEventListener('popstate', () => {
  if (location.pathname + location.search !== shown) visit(new URL(location.href), false);
});

// Changes: a signal says that there are some, and the parts of the page that differ are put in place. A tab that nobody
// sees, or that is paused, asks for nothing.
const live = document.body.dataset.live;
const shortest = 600; // ms between two looks
let signals = null, paused = false, looking = false, again = false, lastLook = 0, timer = 0, said = '';

function listen() {
  if (!live || signals || document.hidden || paused) return;
  signals = new EventSource(live);
  signals.onopen = () => say('live');
  signals.onmessage = look;
  signals.onerror = () => say('waits for the server');
}

function silence() {
  signals?.close();
  signals = null;
}

function say(text) {
  const lamp = document.getElementById('live');
  said = text;
  if (!lamp || !said) return;
  lamp.hidden = false;
  lamp.setAttribute('aria-pressed', String(paused));
  if (lamp.textContent !== text) lamp.textContent = text;
}

// A page is there, whichever way it came.
function arrive() {
  say(said);
  if (live && document.body.dataset.unfinished !== undefined) look();
}

function look() {
  if (looking) { again = true; return; }
  clearTimeout(timer);
  timer = setTimeout(lookNow, Math.max(0, lastLook + shortest - Date.now()));
}

async function lookNow() {
  [looking, again] = [true, false];
  lastLook = Date.now();
  const at = visits;
  try {
    const answer = await fetch(location.pathname + location.search, { headers: { accept: 'text/html' } });
    const page = answer.ok && new DOMParser().parseFromString(await answer.text(), 'text/html');
    if (page && at === visits) {
      if (document.body.dataset.unfinished === 'reload' && page.body.dataset.unfinished !== 'reload') { location.reload(); return; }
      for (const part of page.querySelectorAll('[data-region]')) {
        const here = document.getElementById(part.id);
        if (here) morph(here, part);
      }
      isFinishedAs(page);
    }
  } catch {
    // The server is away: the event stream says when it is back.
  } finally {
    looking = false;
  }
  if (again || document.body.dataset.unfinished !== undefined) look();
}

function isFinishedAs(page) {
  const { unfinished } = page.body.dataset;
  unfinished === undefined ? delete document.body.dataset.unfinished : document.body.dataset.unfinished = unfinished;
}

// Makes a part like another and leaves alone what is the same, with its focus, its open details and its images.
function morph(here, there) {
  if (here.nodeType !== there.nodeType || here.nodeName !== there.nodeName) { here.replaceWith(document.importNode(there, true)); return; }
  if (here.nodeType !== Node.ELEMENT_NODE) {
    if (here.data !== there.data) here.data = there.data;
    return;
  }
  for (const { name, value } of there.attributes) if (here.getAttribute(name) !== value && !(name === 'open' || name === 'style')) here.setAttribute(name, value);
  for (const { name } of [...here.attributes]) if (!there.hasAttribute(name) && name !== 'open' && name !== 'style') here.removeAttribute(name);
  const [mine, theirs] = [[...here.childNodes], [...there.childNodes]];
  theirs.forEach((node, i) => mine[i] ? morph(mine[i], node) : here.append(document.importNode(node, true)));
  mine.slice(theirs.length).forEach(node => node.remove());
}

if (live) {
  listen();
  document.addEventListener('visibilitychange', () => document.hidden ? silence() : (listen(), look()));
  addEventListener('pagehide', silence);
  addEventListener('pageshow', event => { if (event.persisted) { listen(); look(); } });
  // Heartbeats of workers are no change that anybody is told of.
  setInterval(() => document.hidden || paused || !document.getElementById('workers') || look(), 5000);
  addEventListener('click', event => {
    if (!event.target.closest?.('#live')) return;
    paused = !paused;
    paused ? (silence(), say('paused')) : (listen(), look(), say(said));
  });
}
arrive();
