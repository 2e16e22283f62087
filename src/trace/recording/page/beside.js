// What an explored run has that others have not: deviations, an end that fails, and another run of the
// same program beside it.

const explored = {
  deviations: events.flatMap((event, at) => (isDeviation(event) ? [at] : [])),
  // The event in which it fails; less than zero if it does not.
  fails: events.findIndex(({ kind }) => kind === "Failed"),
};
explored.flags = [...explored.deviations, explored.fails].filter((at) => at >= 0);

function goingTo(at, words) {
  return leading(words, () => go(at));
}

function leading(words, act) {
  const button = element("button", words, { type: "button" });
  button.addEventListener("click", act);
  return button;
}

function listed(buttons) {
  return buttons.map((button) => element("li", [button]));
}

function showBeside() {
  const { deviations, fails } = explored;
  byId("beside").hidden = explored.flags.length === 0 && !tables.beside;
  for (const sign of document.querySelectorAll(".flagged")) sign.hidden = explored.flags.length === 0;
  const end = fails < 0 ? ["This run passes."] : [sentence(fails), " ", goingTo(fails, "Show where")];
  byId("fails").replaceChildren(...end);
  byId("deviations").hidden = deviations.length === 0;
  byId("deviations").querySelector(".count").textContent = String(deviations.length);
  byId("deviations").querySelector("ol").replaceChildren(...listed(deviations.map((at) => goingTo(at, sentence(at)))));
  if (tables.beside?.here) showParting();
}

// The first events in which the two runs are not equal; on a narrow screen only where they are.
function showParting() {
  const { parts, here, there } = tables.beside;
  const runs = ["The run that fails", "The run that passes"];
  const [mine, other] = explored.fails < 0 ? runs.reverse() : runs;
  byId("parts").hidden = byId("switch").hidden = false;
  byId("parts").open = matchMedia("(min-width: 601px)").matches;
  byId("parting").textContent =
    `Two runs of one program: ${plural(parts, "event")} are the same in both, and in #${parts} they part.`;
  byId("here-is").textContent = `${mine} (shown)`;
  byId("there-is").textContent = other;
  byId("here").replaceChildren(...listed(here.map(([at, words]) => goingTo(at, words))));
  byId("there").replaceChildren(...listed(there.map(([at, words]) => leading(words, () => switchTo(at)))));
  byId("switch").textContent = `Switch to ${other.toLowerCase()}`;
  onClick("switch", () => switchTo(shown));
  window.addEventListener("hashchange", () => location.reload());
}

// Shows the other run: an address that has changed has the page read anew.
function switchTo(at) {
  location.hash = RUN === "" ? `other-${at}` : String(at);
}

// Of a choice, all that was open.
function showOpen(event) {
  const open = event.kind === "Chosen" ? event.open.split("\n") : [];
  const place = byId("open");
  place.hidden = open.length === 0;
  place.querySelector("h2").textContent = `Choice ${event.number}: one of ${open.length}`;
  const items = open.map((words, at) => {
    const signs = [at === event.taken && "taken here", at === 0 && "what the runtime does by itself"].filter(Boolean);
    const item = element("li", signs.length > 0 ? [words, element("b", ` (${signs.join("; ")})`)] : words);
    if (at === event.taken) item.className = "changed";
    return item;
  });
  place.querySelector("ol").replaceChildren(...items);
}

// A flag on the axis for each deviation, and a cross where the run fails.
function drawFlags() {
  for (const index of explored.flags) {
    const x = Math.round(xOf(index)) + 0.5;
    if (x < view.gutter || x > view.width) continue;
    const colour = index === explored.fails ? colours.bad : colours.ink;
    context.setLineDash([3, 3]);
    context.strokeStyle = context.fillStyle = colour;
    context.lineWidth = 1.25;
    context.beginPath();
    context.moveTo(x, AXIS);
    context.lineTo(x, view.height);
    context.stroke();
    context.setLineDash([]);
    drawSign(x, index === explored.fails);
  }
}

function drawSign(x, fails) {
  const y = AXIS + 2;
  context.beginPath();
  if (fails) {
    context.lineWidth = 2;
    for (const [left, right] of [[-5, 5], [5, -5]]) {
      context.moveTo(x + left, y);
      context.lineTo(x + right, y + 10);
    }
    return context.stroke();
  }
  corners([[x, y], [x + 10, y + 5], [x, y + 10]]);
  context.fill();
}
