/** What GraphiQL and its explorer leave out for keyboards and screen readers, put in whenever the page has changed. */
const MENDS: readonly ((root: ParentNode) => void)[] = [
  // A tab that holds two buttons is no tab to a screen reader: the strip is a list of buttons, one of them current.
  (root) => {
    for (const strip of root.querySelectorAll('.graphiql-tabs[role]')) strip.removeAttribute('role');
    for (const item of root.querySelectorAll('.graphiql-tab')) {
      for (const name of ['role', 'aria-selected']) if (item.hasAttribute(name)) item.removeAttribute(name);
      set(item.querySelector('.graphiql-tab-button'), 'aria-current', String(item.classList.contains('graphiql-tab-active')));
    }
    set(root.querySelector('#graphiql-session'), 'role', 'region');
  },
  // Fields of the explorer answer to the mouse alone.
  (root) => {
    for (const field of root.querySelectorAll('[data-field-name], [data-arg-name]')) {
      set(field, 'tabindex', '0');
      set(field, 'role', 'button');
      // Its mark is filled or turned while the operation has it; nothing else says so.
      const mark = field.querySelector('svg');
      if (mark !== null) set(field, 'aria-pressed', String(mark.style.fill !== '' || mark.style.transform !== ''));
    }
    for (const select of root.querySelectorAll('.graphiql-explorer-actions select')) set(select, 'aria-label', 'Kind of operation to add');
    for (const button of root.querySelectorAll('.graphiql-explorer-actions button')) set(button, 'aria-label', 'Add an operation');
    for (const name of root.querySelectorAll('.graphiql-operation-title-bar input')) set(name, 'aria-label', 'Name of the operation');
  },
];

// Only when it differs: the observer sees its own changes too.
function set(element: Element | null, name: string, value: string): void {
  if (element !== null && element.getAttribute(name) !== value) element.setAttribute(name, value);
}

function pressField(event: KeyboardEvent): void {
  if (event.key !== 'Enter' && event.key !== ' ') return;
  if (!(event.target instanceof HTMLElement) || !event.target.matches('[data-field-name], [data-arg-name]')) return;
  event.preventDefault();
  event.target.click();
}

/** Keeps everything under `root` usable without a mouse and without sight, for as long as the page lives. */
export function keepAccessible(root: HTMLElement): void {
  const mend = (): void => MENDS.forEach((each) => each(root));
  let isDue = false;
  // Once per frame, however much an editor moves.
  const observer = new MutationObserver(() => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      mend();
    });
  });
  observer.observe(root, { childList: true, subtree: true, attributeFilter: ['role', 'aria-selected', 'class'] });
  root.addEventListener('keydown', pressField);
  mend();
}
