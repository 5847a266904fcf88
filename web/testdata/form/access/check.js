// What is wrong with a page for somebody who sees it badly, not at all, or has big thumbs. The result is a list of "rule: what".
(() => {
  const wrong = [];
  const say = (rule, what) => wrong.push(rule + ": " + what);
  const all = (s, from = document) => [...from.querySelectorAll(s)];
  const name = e => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + " " + JSON.stringify((e.textContent || e.value || "").trim().slice(0, 40));
  const shown = e => { const r = e.getBoundingClientRect(), s = getComputedStyle(e); return r.width > 0 && r.height > 0 && s.visibility !== "hidden" };
  const text = e => (e.textContent || "").trim();
  const byIds = ids => (ids || "").split(/\s+/).filter(Boolean);

  // The document: language, title, headings, zoom.
  if (!/^(de|en)$/.test(document.documentElement.lang)) say("lang", document.documentElement.lang);
  if (!document.title.trim()) say("title", "none");
  const h1 = all("h1");
  if (h1.length !== 1) say("h1", h1.length + " of them");
  const first = document.querySelector("h1");
  let level = 0;
  for (const h of all("h1,h2,h3,h4,h5,h6")) {
    // What has gone wrong may stand before the title of the page.
    if (h.closest("[role=alert]") && first && h.compareDocumentPosition(first) & Node.DOCUMENT_POSITION_FOLLOWING) continue;
    const n = +h.tagName[1];
    if (n > level + 1) say("headings", name(h) + " follows level " + level);
    level = n;
  }
  for (const m of all("meta[name=viewport]")) if (/user-scalable\s*=\s*no|maximum-scale/.test(m.content)) say("zoom", m.content);
  if (all("main").length !== 1) say("main", all("main").length + " of them");
  if (all("script,iframe,object,embed,img").length) say("foreign", all("script,iframe,object,embed,img").map(name).join());
  for (const e of all("[lang]")) if (!/^(de|en)$/.test(e.lang)) say("lang", name(e));

  // Names, and what they refer to.
  const ids = new Map();
  for (const e of all("[id]")) ids.set(e.id, (ids.get(e.id) || 0) + 1);
  for (const [id, n] of ids) if (n > 1) say("ids", id + " " + n + " times");
  for (const e of all("[aria-describedby],[aria-labelledby]"))
    for (const id of [...byIds(e.getAttribute("aria-describedby")), ...byIds(e.getAttribute("aria-labelledby"))])
      if (!ids.has(id) || !text(document.getElementById(id))) say("refers", name(e) + " to " + id);
  for (const e of all("label[for]")) if (!ids.has(e.htmlFor)) say("refers", name(e) + " to " + e.htmlFor);
  for (const e of all("a[href^='#']")) if (!ids.has(e.hash.slice(1))) say("refers", name(e) + " to " + e.hash);
  for (const e of all("input:not([type=hidden]),textarea,select")) if (![...(e.labels || [])].some(text) && !e.getAttribute("aria-label")) say("label", name(e));
  for (const e of all("fieldset")) if (!e.querySelector("legend") || !text(e.querySelector("legend"))) say("legend", name(e));
  for (const e of all("a[href],button")) if (!text(e) && !e.getAttribute("aria-label")) say("name", name(e));
  for (const e of all("[aria-invalid=true]"))
    if (!byIds(e.getAttribute("aria-describedby")).some(id => id.startsWith("fault-"))) say("fault", name(e) + " does not say what is wrong");
  for (const e of all("[tabindex]")) if (e.tabIndex > 0) say("tabindex", name(e));
  for (const e of all("input[name=name],input[name=email],input[name=phone]")) if (!e.autocomplete) say("autocomplete", name(e));

  // Colours: of every text that is seen, and of the borders of fields.
  const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = c => { paint.clearRect(0, 0, 1, 1); paint.fillStyle = c; paint.fillRect(0, 0, 1, 1); const d = paint.getImageData(0, 0, 1, 1).data; return [d[0], d[1], d[2], d[3] / 255] };
  const over = (a, b) => [0, 1, 2].map(i => a[i] * a[3] + b[i] * (1 - a[3])).concat(1);
  const light = c => { const [r, g, b] = c.slice(0, 3).map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b };
  const contrast = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05) };
  const dark = matchMedia("(prefers-color-scheme: dark)").matches && getComputedStyle(document.documentElement).colorScheme.includes("dark");
  const ground = e => {
    const layers = [];
    for (let n = e; n; n = n.parentElement) layers.push(rgba(getComputedStyle(n).backgroundColor));
    return layers.reverse().reduce((below, c) => over(c, below), dark ? [18, 18, 18, 1] : [255, 255, 255, 1]);
  };
  const seen = new Set();
  const check = (e, what) => {
    const s = getComputedStyle(e), c = contrast(over(rgba(s.color), ground(e)), ground(e));
    if (c < 4.5) say("contrast", c.toFixed(2) + " " + what);
    if (parseFloat(s.fontSize) < 16) say("size", s.fontSize + " " + what);
  };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n = walk.nextNode(); n; n = walk.nextNode()) {
    const e = n.parentElement;
    if (!n.data.trim() || seen.has(e) || !shown(e)) continue;
    seen.add(e);
    check(e, name(e));
  }
  for (const e of all("input:not([type=hidden]):not([type=checkbox]),textarea")) {
    check(e, name(e));
    const border = contrast(over(rgba(getComputedStyle(e).borderTopColor), ground(e.parentElement)), ground(e.parentElement));
    if (border < 3) say("border", border.toFixed(2) + " " + name(e));
  }
  // A link that differs from the text around by its colour only is none for many people.
  for (const e of all("a[href]")) if (!getComputedStyle(e).textDecorationLine.includes("underline")) say("underline", name(e));

  // Thumbs, and narrow screens. A box may be pressed by its label.
  for (const e of all("a[href],button,input:not([type=hidden]),textarea,summary").filter(shown)) {
    const r = (e.type === "checkbox" && e.closest("label") || e).getBoundingClientRect();
    if (r.height < 43.9 || r.width < 43.9) say("target", Math.round(r.width) + "x" + Math.round(r.height) + " " + name(e));
  }
  const page = document.documentElement;
  if (page.scrollWidth > page.clientWidth) {
    const wide = all("body *").filter(e => e.getBoundingClientRect().right > page.clientWidth + 1).map(name);
    say("scroll", page.scrollWidth + " in " + page.clientWidth + " " + wide.slice(0, 3).join());
  }
  return wrong;
})()
