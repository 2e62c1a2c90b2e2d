// Returns what is wrong with the page as a list of strings.
(() => {
  const wrong = [];
  const say = (s) => { if (wrong.length < 40) wrong.push(s); };
  const visible = (e) => e.checkVisibility();

  // Nothing scrolls sideways but the tables in their own containers.
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width) {
    say(`the page is ${document.documentElement.scrollWidth} px wide in a window of ${width}`);
  }
  for (const e of document.querySelectorAll('body *')) {
    if (e.closest('.scroll') && !e.matches('.scroll')) continue;
    if (e.closest('svg') && e.tagName !== 'svg') continue;
    const r = e.getBoundingClientRect();
    if (visible(e) && r.width > 0 && r.right > width + 0.5) say(`<${e.tagName} class="${e.className.baseVal ?? e.className}"> ends at ${r.right}, beyond ${width}`);
  }

  // No text of a drawing lies over another or leaves the drawing.
  let drawings = 0;
  for (const svg of document.querySelectorAll('svg')) {
    if (!visible(svg)) continue;
    const frame = svg.getBoundingClientRect();
    const boxes = [...svg.querySelectorAll('text')].map((t) => [t.textContent, t.getBoundingClientRect()]);
    drawings++;
    if (boxes.length < 3) say(`only ${boxes.length} texts in "${svg.ariaLabel}"`);
    boxes.forEach(([s, a], i) => {
      if (a.left < frame.left - 1 || a.right > frame.right + 1 || a.top < frame.top - 1 || a.bottom > frame.bottom + 1) say(`"${s}" leaves "${svg.ariaLabel}"`);
      for (const [z, b] of boxes.slice(0, i)) {
        // A line's box is higher than its letters: 4 px of two lines may touch.
        if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4) say(`"${s}" lies over "${z}" in "${svg.ariaLabel}"`);
      }
    });
  }
  if (drawings < 1) say('no drawing');

  // Contrast AA: 4.5 : 1, or 3 : 1 for large text.
  const rgba = (c) => { const m = c.match(/[\d.]+/g).map(Number); return m.length < 4 ? [...m, 1] : m; };
  const luminance = (c) => {
    const f = (v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
    return 0.2126 * f(c[0]) + 0.7152 * f(c[1]) + 0.0722 * f(c[2]);
  };
  const ratio = (a, b) => { const x = luminance(a), y = luminance(b); return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05); };
  const ground = (e) => {
    for (; e; e = e.parentElement) { const c = rgba(getComputedStyle(e).backgroundColor); if (c[3] > 0.99) return c; }
    return [255, 255, 255, 1];
  };
  let measured = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n = walker.nextNode(); n; n = walker.nextNode()) {
    const e = n.parentElement;
    if (!n.data.trim() || ['TITLE', 'title', 'STYLE', 'style'].includes(e.tagName) || !visible(e)) continue;
    const s = getComputedStyle(e);
    let ink = rgba(s.color), back = ground(e);
    if (e.tagName === 'text') {
      ink = rgba(s.fill);
      const level = ((e.getAttribute('class') || '').match(/^t(\d+)$/) || [])[1];
      if (level) back = rgba(getComputedStyle(e.ownerSVGElement.querySelector('.h' + level)).fill);
    }
    const size = parseFloat(s.fontSize), large = size >= 24 || (size >= 18.66 && Number(s.fontWeight) >= 700);
    const r = ratio(ink, back);
    measured++;
    if (r < (large ? 3 : 4.5)) say(`contrast ${r.toFixed(2)} of "${n.data.trim().slice(0, 30)}" (${ink} on ${back})`);
  }
  // The report of a small comparison has some 100 texts.
  if (measured < 50) say(`contrast of only ${measured} texts`);
  return wrong;
})()
