// Draws the page anew while the run goes on; what was opened stays open, and the page stays where it was scrolled to.
const PAUSE_MS = 5000;

async function renew() {
  const answer = await fetch('./', { cache: 'no-store' });
  if (!answer.ok) {
    throw new Error(await answer.text());
  }
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').body;
  const open = Array.from(document.querySelectorAll('details'), it => it.open);
  document.body.replaceWith(fresh);
  document.querySelectorAll('details').forEach((it, i) => { it.open = open[i] ?? it.open; });
}

async function follow() {
  while (document.body.dataset.state === 'running') {
    await new Promise(done => setTimeout(done, PAUSE_MS));
    try {
      await renew();
    } catch (problem) {
      document.getElementById('state').textContent = 'no news: ' + problem.message;
    }
  }
}

follow();
