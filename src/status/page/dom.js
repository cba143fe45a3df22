// Making and changing nodes. Text gets in through textContent only: names come from the network.

const SVG = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);

/** An HTML element; children are nodes or text. */
export function element(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** An SVG element. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) setAttribute(node, name, value);
  node.append(...children);
  return node;
}

/** A node whose parts that change are at hand as `node.parts`; they are its children where none are given. */
export function assembled(node, parts, ...children) {
  node.append(...(children.length > 0 ? children : Object.values(parts)));
  return Object.assign(node, { parts });
}

/** Sets an attribute where it differs; null takes it away. */
export function setAttribute(node, name, value) {
  if (value === null || value === undefined) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
  } else if (node.getAttribute(name) !== String(value)) {
    node.setAttribute(name, value);
  }
}

export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** One of the shapes that index.html draws, beside a word that says the same. */
export function shape(name) {
  return svg("svg", { class: "shape", "aria-hidden": "true" }, svg("use", { href: `#shape-${name}` }));
}

export function setShape(icon, name) {
  setAttribute(icon.firstElementChild, "href", `#shape-${name}`);
}

/** A path through the known values, with a gap at each null; a value alone between gaps is a dot. */
export function linePath(values, x, y) {
  let path = "";
  values.forEach((value, index) => {
    if (typeof value !== "number") return;
    const follows = index > 0 && typeof values[index - 1] === "number";
    path += `${follows ? "L" : "M"}${x(index).toFixed(1)} ${y(value).toFixed(1)}${follows ? "" : "h0"}`;
  });
  return path;
}

/**
 * Makes `parent` hold one node an item, in the items' order. A node stays with its key for as long as the key is
 * there; `update(node, item)` brings it up to date.
 */
export function syncChildren(parent, items, keyOf, create, update) {
  const nodes = (parent.nodesByKey ??= new Map());
  const keys = new Set(items.map(keyOf));
  for (const [key, node] of nodes) {
    if (!keys.has(key)) {
      node.remove();
      nodes.delete(key);
    }
  }
  let next = parent.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    let node = nodes.get(key);
    if (!node) nodes.set(key, (node = create(item)));
    if (node === next) next = next.nextElementSibling;
    else parent.insertBefore(node, next);
    update(node, item);
  }
}

/** Calls `changed(width)` with the node's width in pixels, now and whenever it changes. */
export function watchWidth(node, changed) {
  let known = 0;
  const look = () => {
    const width = Math.floor(node.clientWidth);
    if (width > 0 && width !== known) changed((known = width));
  };
  new ResizeObserver(look).observe(node);
  look();
}
