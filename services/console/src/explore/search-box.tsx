import type { Ref } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Button } from '../ui/button.js';
import { Icon } from '../ui/icon.js';

/** Where the typed text is wrong, in UTF-16 units. */
export interface Mark {
  start: number;
  end: number;
  detail: string;
}

/** The query language, bound to the address: Enter asks, Escape goes back to what was asked. */
export function SearchBox({
  asked,
  onAsk,
  mark,
  inputRef,
}: {
  asked: string;
  onAsk: (text: string) => void;
  mark: Mark | undefined;
  inputRef: Ref<HTMLInputElement>;
}) {
  const [text, setText] = useState(asked);
  const [scrolled, setScrolled] = useState(0);
  useEffect(() => setText(asked), [asked]);
  // Of a text that was changed since, nothing is known.
  const shown = text === asked ? mark : undefined;
  return (
    <search class="explore-search">
      <form
        class={shown ? 'wrong' : ''}
        onSubmit={(event) => {
          event.preventDefault();
          onAsk(text);
        }}
      >
        <Icon name="search" />
        <span class="explore-query">
          <span class="explore-marks" aria-hidden="true">
            <span style={{ transform: `translateX(${-scrolled}px)` }}>
              {shown && (
                <>
                  {text.slice(0, shown.start)}
                  <u>{text.slice(shown.start, Math.max(shown.end, shown.start + 1)) || ' '}</u>
                </>
              )}
            </span>
          </span>
          <input
            ref={inputRef}
            aria-label="Search"
            placeholder="Search, as in  action:auth.* -outcome:success ip:10.0.0.0/8"
            spellcheck={false}
            autocomplete="off"
            autocapitalize="off"
            value={text}
            {...(shown ? { 'aria-invalid': 'true' as const, 'aria-describedby': 'query-problem' } : {})}
            onInput={(event) => setText(event.currentTarget.value)}
            onScroll={(event) => setScrolled(event.currentTarget.scrollLeft)}
            onKeyDown={(event) => {
              if (event.key !== 'Escape') return;
              setText(asked);
              event.currentTarget.blur();
            }}
          />
        </span>
        {text !== '' && (
          <Button
            look="quiet"
            small
            icon="close"
            label="Clear the search"
            onClick={() => {
              setText('');
              onAsk('');
            }}
          />
        )}
        <kbd>/</kbd>
      </form>
      {shown && (
        <p id="query-problem" class="explore-problem" role="alert">
          {shown.detail}
        </p>
      )}
    </search>
  );
}
