import './search-box.css';
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import { Button } from '../ui/button.js';
import { Icon } from '../ui/icon.js';
import { atCaret, complete, type Suggestion } from './completion.js';
import { SuggestionList, suggestionId, suggestionsId } from './suggestion-list.js';
import type { Suggestions } from './suggestions.js';

/** Where the typed text is wrong, in UTF-16 units. */
export interface Mark {
  start: number;
  end: number;
  detail: string;
}

/** The query language, bound to the address: Enter asks, Escape goes back to what was asked. What may come at the caret is offered meanwhile. */
export function SearchBox({
  asked,
  onAsk,
  mark,
  suggestions,
  inputRef,
}: {
  asked: string;
  onAsk: (text: string) => void;
  mark: Mark | undefined;
  suggestions: Suggestions;
  inputRef: RefObject<HTMLInputElement | null>;
}) {
  const [text, setText] = useState(asked);
  const [scrolled, setScrolled] = useState(0);
  useEffect(() => setText(asked), [asked]);
  // Of a text that was changed since, nothing is known.
  const shown = text === asked ? mark : undefined;

  const [offered, setOffered] = useState(false);
  const [active, setActive] = useState(-1);
  const [caret, setCaret] = useState<number | undefined>(undefined);
  const suggested = suggestions.state.value;
  const open = offered && (suggested.list.length > 0 || suggested.loading || suggested.problem !== undefined);
  const close = (): void => {
    setOffered(false);
    setActive(-1);
    suggestions.stop();
  };
  const offer = (typed: string, at: number): void => {
    setOffered(true);
    setActive(-1);
    suggestions.ask(atCaret(typed, at));
  };
  const choose = (suggestion: Suggestion): void => {
    const input = inputRef.current!;
    const at = atCaret(text, input.selectionStart ?? text.length);
    if (!at) {
      close();
      return;
    }
    const next = complete(text, at, suggestion);
    setText(next.text);
    setCaret(next.caret);
    // After a field come its values; after a value whatever is typed next.
    if (at.field === undefined) offer(next.text, next.caret);
    else close();
  };
  useLayoutEffect(() => {
    if (caret === undefined) return;
    inputRef.current?.setSelectionRange(caret, caret);
    setCaret(undefined);
  }, [caret]);
  const onKeyDown = (event: KeyboardEvent & { currentTarget: HTMLInputElement }): void => {
    const input = event.currentTarget;
    const { list } = suggested;
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    const chosen = list[active] ?? (event.key === 'Tab' && !event.shiftKey ? list[0] : undefined);
    if (by !== 0 && open) {
      // Past either end is the box itself.
      const places = list.length + 1;
      setActive(((active + 1 + by + places) % places) - 1);
    } else if (by === 1) offer(text, input.selectionStart ?? text.length);
    else if (open && chosen && (event.key === 'Enter' || event.key === 'Tab')) choose(chosen);
    else if (event.key === 'Escape' && open) close();
    else {
      if (event.key === 'Escape') {
        setText(asked);
        input.blur();
      }
      return;
    }
    event.preventDefault();
  };
  return (
    <search class="explore-search">
      <form
        class={shown ? 'wrong' : ''}
        onSubmit={(event) => {
          event.preventDefault();
          close();
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
            role="combobox"
            aria-autocomplete="list"
            aria-expanded={open}
            aria-controls={suggestionsId}
            {...(open && active >= 0 ? { 'aria-activedescendant': suggestionId(active) } : {})}
            onInput={({ currentTarget: { value, selectionStart } }) => {
              setText(value);
              offer(value, selectionStart ?? value.length);
            }}
            onBlur={close}
            onScroll={(event) => setScrolled(event.currentTarget.scrollLeft)}
            onKeyDown={onKeyDown}
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
      {open && <SuggestionList suggested={suggested} active={active} onChoose={choose} />}
      {shown && !open && (
        <p id="query-problem" class="explore-problem" role="alert">
          {shown.detail}
        </p>
      )}
    </search>
  );
}
