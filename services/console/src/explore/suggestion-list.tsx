import { useEffect, useRef } from 'preact/hooks';
import type { Suggestion } from './completion.js';
import type { Suggested } from './suggestions.js';

export const suggestionsId = 'explore-suggestions';
export const suggestionId = (index: number): string => `${suggestionsId}-${index}`;

/** Below the search box, whose keys move through it. */
export function SuggestionList({
  suggested,
  active,
  onChoose,
}: {
  suggested: Suggested;
  active: number;
  onChoose: (suggestion: Suggestion) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    box.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [active]);
  const { list, loading, problem } = suggested;
  return (
    <div class="explore-suggestions" ref={box}>
      <div id={suggestionsId} role="listbox" aria-label="What may come here">
        {list.map((suggestion, at) => (
          <div
            key={suggestion.text}
            id={suggestionId(at)}
            role="option"
            tabIndex={-1}
            aria-selected={at === active}
            // The box keeps the focus.
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => onChoose(suggestion)}
          >
            <span class="mono cut" title={suggestion.label}>
              {suggestion.label}
            </span>
            {suggestion.note && (
              <span class="faint cut" title={suggestion.note}>
                {suggestion.note}
              </span>
            )}
          </div>
        ))}
      </div>
      {list.length === 0 && (
        <p class="faint" role="status">
          {loading ? 'Looking for values' : problem?.detail}
        </p>
      )}
    </div>
  );
}
